"""The shipped contract as a document: valid OpenAPI 3.1, true to its own samples, traced promise by promise."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime
from functools import cache
from typing import Any

import pytest
import yaml12
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from support.places import ROOT

from toolkit.rules import RULES

CONTRACT: Any = yaml12.parse_yaml((ROOT / "openapi.yaml").read_text("utf-8"))
COMPONENTS = CONTRACT["components"]
GET, POST = CONTRACT["paths"]["/"]["get"], CONTRACT["paths"]["/"]["post"]
TABLE = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "promises.md").read_text("utf-8").splitlines()
    if re.match(r"\| \d+ \|", line)
]
SAMPLE = COMPONENTS["examples"]["RefreshTasksSampleJson"]["value"]


def at(pointer: str) -> Any:
    """The node of the contract at a JSON pointer (RFC 6901); KeyError or IndexError where there is none."""
    node = CONTRACT
    for token in pointer.removeprefix("#").split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        node = node[int(key)] if isinstance(node, list) else node[key]
    return node


def resolved(node: Any) -> Any:
    return at(node["$ref"]) if "$ref" in node else node


@cache
def validator(schema: str) -> Draft202012Validator:
    root = {"$ref": f"#/components/schemas/{schema}", "components": COMPONENTS}
    return Draft202012Validator(root, format_checker=FormatChecker(["date-time"]))


def accepts(schema: str, value: Any) -> bool:
    return bool(validator(schema).is_valid(value))


def nodes(node: Any = CONTRACT, path: str = "#") -> Iterator[tuple[str, Any]]:
    yield path, node
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in members:
        yield from nodes(child, f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}")


def examples() -> Iterator[Any]:
    """(media type, component name of the schema, example value) of every answer in the contract."""
    for status, response in GET["responses"].items():
        for media_type, media in response["content"].items():
            schema = media["schema"]["$ref"].rpartition("/")[2]
            for name, example in media.get("examples", {}).items():
                yield pytest.param(media_type, schema, resolved(example)["value"], id=f"{status}-{media_type}-{name}")


def decoded(element: ElementTree.Element, schema: Any) -> Any:
    """The value of an XML element by its schema, for the shapes that this contract has."""
    schema = resolved(schema)
    if schema["type"] == "integer":
        return int(element.text or "")
    if schema["type"] == "string":
        return element.text or ""
    value: dict[str, Any] = {}
    for name, member in schema["properties"].items():
        children = element.findall(name)
        if member.get("type") == "array":
            value[name] = [decoded(child, member["items"]) for child in children]
        elif children:
            value[name] = decoded(children[0], member)
    assert {child.tag for child in element} <= set(value), "an element that the schema does not know"
    return value


def of_xml(text: str, schema: str) -> Any:
    root = ElementTree.fromstring(text.encode())
    assert root.tag == COMPONENTS["schemas"][schema]["xml"]["name"]
    return decoded(root, COMPONENTS["schemas"][schema])


def test_it_conforms_to_the_openapi_meta_schema() -> None:
    assert CONTRACT["openapi"] == "3.1.1"
    assert [error.message for error in OpenAPIV31SpecValidator(CONTRACT).iter_errors()] == []


@pytest.mark.parametrize(("media_type", "schema", "value"), list(examples()))
def test_every_example_conforms_to_its_schema(media_type: str, schema: str, value: Any) -> None:
    answer = value if media_type == "application/json" else of_xml(value, schema)
    assert [error.message for error in validator(schema).iter_errors(answer)] == []


def test_the_vendors_two_samples_hold_the_same_page() -> None:
    xml = of_xml(COMPONENTS["examples"]["RefreshTasksSampleXml"]["value"], "RefreshTasksAnswer")
    assert xml | {"RequestId": SAMPLE["RequestId"]} == SAMPLE
    assert [task["TaskId"] for task in SAMPLE["Tasks"]["Task"]] == ["704225667", "704222904"]


BAD_TASK: dict[str, list[Any]] = {
    "TaskId": [704225667, "", "7a", "-1", "1" * 21, "\u0661", None],
    "ObjectPath": [None, 1],
    "Status": ["complete", "Failed", "Done", "", None],
    "Process": ["50%", "101%", "100", "0100%", "-1%", "99.5%", 100, None],
    "ObjectType": ["File", "directory", "", None],
    "CreationTime": ["2014-11-27 08:23:22Z", "2014-11-27T08:23:22+00:00", "2014-02-30T08:23:22Z", 1417076602, None],
    "Description": ["Internal Error"],
    "Undeclared": [""],
}
BAD_ANSWER: dict[str, list[Any]] = {
    "PageNumber": [0, 100001, "1", 1.5, None],
    "PageSize": [0, 51, "10", None],
    "TotalCount": [-1, "2", 2**31, None],
    "RequestId": ["", "174f6032-aa26-470d-b90e-36f0eb205bee", "174F6032AA26470DB90E36F0EB205BEE", None],
    "Tasks": [[], {}, {"Task": None}, {"Task": {}}, None],
    "Undeclared": [None],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD_TASK.items() for value in values])
def test_a_task_with_one_bad_value_is_refused(name: str, value: Any) -> None:
    answer = deepcopy(SAMPLE)
    answer["Tasks"]["Task"][1][name] = value
    assert not accepts("RefreshTasksAnswer", answer)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD_ANSWER.items() for value in values])
def test_an_answer_with_one_bad_value_is_refused(name: str, value: Any) -> None:
    assert not accepts("RefreshTasksAnswer", SAMPLE | {name: value})


@pytest.mark.parametrize("name", ["Tasks", "PageNumber", "PageSize", "TotalCount", "RequestId"])
def test_an_answer_lacks_nothing(name: str) -> None:
    assert not accepts("RefreshTasksAnswer", {key: value for key, value in SAMPLE.items() if key != name})


@given(
    st.sampled_from(["Complete", "Refreshing", "Failed", "Pending"]),
    st.integers(0, 100),
    st.sampled_from([None, "Internal Error", "Origin Timeout", "Origin Return StatusCode 5XX"]),
)
def test_description_and_process_follow_the_status(status: str, percent: int, description: str | None) -> None:
    task = SAMPLE["Tasks"]["Task"][0] | {"Status": status, "Process": f"{percent}%"}
    if description is not None:
        task["Description"] = description
    sound = (description is not None) == (status == "Failed") and (status != "Complete" or percent == 100)
    assert accepts("RefreshTasksTask", task) is sound


@given(st.datetimes(min_value=datetime(1, 1, 1)))
def test_every_real_moment_is_accepted(moment: datetime) -> None:
    assert accepts("RefreshTasksMoment", moment.replace(microsecond=0).isoformat() + "Z")


@given(st.from_regex(r"\A[0-9]{4}-[0-3][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z\Z"))
def test_a_moment_is_accepted_exactly_where_it_is_real(text: str) -> None:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        assert not accepts("RefreshTasksMoment", text)
    else:
        assert accepts("RefreshTasksMoment", text)


@pytest.mark.parametrize(
    ("schema", "code", "message"),
    [
        ("RefreshTasksUnavailableError", "Throttling", "Request was denied due to request throttling."),
        ("RefreshTasksForbiddenError", "OperationDenied", "Your account does not open VOD service yet."),
        ("RefreshTasksForbiddenError", "OperationDenied.Suspended", "Your VOD service is suspended."),
        ("RefreshTasksBadRequestError", "InvalidTaskId.Malformed", "Specified TaskId is malformed."),
    ],
)
def test_an_error_has_the_vendors_message(schema: str, code: str, message: str) -> None:
    error = {"RequestId": SAMPLE["RequestId"], "HostId": "host", "Code": code, "Message": message}
    assert accepts(schema, error)
    assert not accepts(schema, error | {"Message": "Another message."})
    assert not accepts(schema, error | {"Code": "Undocumented"})
    assert not accepts(schema, error | {"HostId": ""})
    assert not accepts(schema, error | {"Detail": "more"})


@pytest.mark.parametrize("text", ["GET, POST", "POST,GET", "GET, HEAD, POST", "OPTIONS, POST, PUT, GET"])
def test_allow_lists_both_methods(text: str) -> None:
    pattern = GET["responses"]["405"]["headers"]["Allow"]["schema"]["pattern"]
    assert re.search(pattern, text)
    assert not re.search(pattern, text.replace("GET", "BUDGET"))
    assert not re.search(pattern, text.replace("POST", "PUT"))


def test_the_laws_speak_of_declared_parameters_and_members() -> None:
    laws, item = GET["x-laws"], COMPONENTS["schemas"]["RefreshTasksTask"]["properties"]
    parameters = {resolved(node)["name"] for node in GET["parameters"]}
    members = {laws["identity"], laws["window"]["item"], *laws["not-after-now"], *(key[1:] for key in laws["order"])}
    assert members | {fact["item"] for fact in laws["filters"].values()} <= set(item)
    named = {*laws["echo"], *laws["filters"], *laws["errors"]["by-parameter"], laws["formats"]["parameter"]}
    assert named <= parameters
    assert set(COMPONENTS["securitySchemes"]["aliyunRpc"]["x-security-parameters"]) <= parameters
    assert POST["x-laws"]["same-as"] == GET["operationId"]


def test_the_table_traces_every_promise_to_places_and_rules() -> None:
    assert [int(row[0]) for row in TABLE] == list(range(1, 19))
    for _, _, places, rules in TABLE:
        pointers = re.findall(r"`(#[^`]*)`", places)
        assert pointers and all(at(pointer) is not None for pointer in pointers)
        assert set(re.findall(r"`([^`]*)`", rules)) - set(RULES) == set()
    of_others = {
        "law-read-after-create",
        "law-list-after-create",
        "law-update",
        "law-read-after-delete",
        "law-not-modified",
        "law-precondition",
        "law-entity-tag",
    }  # it creates and writes nothing, and documents no 304
    assert {rule for rule in RULES if rule.startswith("law-")} - of_others <= set(re.findall(r"`([^`]*)`", str(TABLE)))


def test_references_have_no_siblings_and_no_schema_is_boolean_but_the_closing_one() -> None:
    for path, node in nodes():
        if isinstance(node, dict):
            assert "$defs" not in node, path
            assert "$ref" not in node or len(node) == 1, path
            assert None not in node.get("enum", []), path
        inside = path.startswith("#/components/schemas/") and not path.endswith("/additionalProperties")
        assert not (inside and isinstance(node, bool)), path


def test_json_is_listed_before_xml_and_statuses_are_exact() -> None:
    for status, response in GET["responses"].items():
        assert re.fullmatch("[1-5][0-9][0-9]", status)
        assert list(response["content"]) == ["application/json", "application/xml"]


def test_both_methods_have_the_same_responses_and_repeat_them_in_full() -> None:
    """Some code generators lose a response that stands in `components`."""
    for shared in ("responses", "x-speakeasy-pagination", "x-dependencies"):
        assert GET[shared] == POST[shared]
    assert "responses" not in COMPONENTS
    assert not [status for status, response in GET["responses"].items() if "$ref" in response]


def test_post_has_its_parameters_in_the_form_alone_and_they_are_those_of_get() -> None:
    """A required parameter that stood in the query and in the form would be sent twice by generated clients."""
    form = COMPONENTS["schemas"]["RefreshTasksForm"]
    declared = {resolved(node)["name"]: resolved(node) for node in GET["parameters"]}
    assert "parameters" not in POST and POST["x-form-or-query"] is True and POST["requestBody"]["required"] is True
    assert form["properties"] == {name: node["schema"] for name, node in declared.items()}
    assert form["required"] == [name for name, node in declared.items() if node.get("required")]
    assert all("example" in node for node in declared.values())


def test_descriptions_cannot_break_generated_comments() -> None:
    texts = [(path, node) for path, node in nodes() if path.endswith(("/description", "/summary"))]
    assert len(texts) > 50
    assert [path for path, text in texts if any(mark in text for mark in ("*/", '"""', "\\"))] == []


def test_component_names_are_distinct_prefixed_and_unlike_fields() -> None:
    names = [name for kind in ("schemas", "parameters", "examples") for name in COMPONENTS[kind]]
    assert len(names) == len(set(names))
    assert all(name.startswith("RefreshTasks") for name in names)
