"""The reference service, promise by promise (numbered in docs/promises.md), in process and over HTTP.

Every answer that a test asks for is also judged by the contract, in `ask`.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.places import ROOT
from support.serving import serving

from toolkit.client import target
from toolkit.client.signing import sign_aliyun_rpc
from toolkit.contract.model import Contract
from toolkit.errors import ContractError
from toolkit.exchange import Exchange, Headers, Request, Response, Send
from toolkit.services.service import Service, create_app, reference_service, respond
from toolkit.services.store import Filters, Store, StoreLocked, Task
from toolkit.services.tasks import generate
from toolkit.structs import replace
from toolkit.validation.validator import Validator

NOW = datetime.now(UTC).replace(microsecond=0)
CONTRACT = Contract.load(ROOT / "openapi.yaml")
VALIDATOR = Validator(CONTRACT)
KEY = ("testAccessKeyId", "testAccessKeySecret")
NEEDED = {"Action": "DescribeRefreshTasks", "DomainName": "example.com", "ObjectType": "file"}
FORM = Headers((("Content-Type", "application/x-www-form-urlencoded"),))
TASKS = tuple(generate(500, 1, NOW))
MATCHES = sorted(
    (
        one
        for one in TASKS
        if (one.domain_name, one.object_type) == ("example.com", "file")
        and one.creation_time >= (NOW - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    ),
    key=lambda one: int(one.task_id),
)
MATCHES.sort(key=lambda one: one.creation_time, reverse=True)
FAILED = next(one for one in MATCHES if one.status == "Failed")


def service(**options: Any) -> Service:
    store = Store.open(":memory:")
    store.insert_many(TASKS)
    return reference_service(store, CONTRACT, clock=lambda: NOW, **options)


@pytest.fixture(scope="module")
def sound() -> Service:
    return service()


@pytest.fixture(scope="module")
def send(sound: Service) -> Iterator[Send]:
    with target.asgi(create_app(sound)) as sending:
        yield sending


def url(**parameters: object) -> str:
    given_parameters = {name: value for name, value in {**NEEDED, **parameters}.items() if value is not None}
    return "/?" + urlencode({name: str(value) for name, value in given_parameters.items()})


def element(node: ElementTree.Element) -> Any:
    """XML as the value that JSON has for it, numbers as text."""
    if node.tag == "Tasks":
        return {"Task": [element(child) for child in node]}
    return {child.tag: element(child) for child in node} if len(node) else node.text or ""


def value_of(response: Response) -> dict[str, Any]:
    assert response.body is not None
    if response.headers.get("Content-Type") == "application/json":
        value = json.loads(response.body)
        assert isinstance(value, dict)
        return value
    assert response.headers.get("Content-Type") == "application/xml"
    found = element(ElementTree.fromstring(response.body))
    assert isinstance(found, dict)
    return found


def judged(send: Send, request: Request) -> Response:
    response = send(request)
    verdict = VALIDATOR.check(Exchange(request, response, request.url))
    assert not [violation for violation in verdict.violations if not violation.at.startswith("request.")]
    return response


def ask(send: Send, text: str, status: int = 200, method: str = "GET") -> dict[str, Any]:
    """The value of an answer that has this status and conforms to the contract."""
    response = judged(send, Request(method, text))
    assert response.status == status
    return value_of(response)


def listed(send: Send, **parameters: object) -> list[str]:
    answered = ask(send, url(Format="JSON", **{"PageSize": 50, **parameters}))
    return [one["TaskId"] for one in answered["Tasks"]["Task"]]


def refused(send: Send, text: str, code: str, names: str = "", status: int = 400) -> None:
    for name in ("JSON", "XML"):
        value = ask(send, f"{text}&Format={name}", status)
        assert value["Code"] == code
        assert names in value["Message"]


def walked(send: Send, size: int, **parameters: object) -> list[str]:
    total = ask(send, url(Format="JSON", **parameters))["TotalCount"]
    pages = range(1, -(-total // size) + 1)
    return [one for page in pages for one in listed(send, PageSize=size, PageNumber=page, **parameters)]


def test_1_get_and_post_mean_the_same(send: Send) -> None:
    expected = ask(send, url(Format="JSON", PageSize=7))
    query, body = url(Format="JSON", PageSize=7)[2:], b""
    splits = [
        (query, b""),
        ("", query.encode()),
        (query[: query.index("&Format")], query[query.index("&Format") + 1 :].encode()),
    ]
    for query, body in splits:
        value = value_of(judged(send, Request("POST", f"/?{query}" if query else "/", FORM, body)))
        assert {**value, "RequestId": ""} == {**expected, "RequestId": ""}


def test_1_a_body_means_nothing_where_it_is_no_form_that_is_posted(send: Send) -> None:
    plain = Headers((("Content-Type", "text/plain"),))
    for method, headers in (("GET", FORM), ("POST", plain), ("POST", Headers())):
        assert send(Request(method, url(), headers, b"PageSize=51&Unknown")).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "BREW"])
def test_1_other_methods_are_refused_with_those_allowed(send: Send, method: str) -> None:
    response = send(Request(method, url(Format="JSON")))
    assert response.status == 405
    assert response.headers.get("Allow") == "GET, POST"
    assert method == "HEAD" or value_of(response)["Code"] == "UnsupportedHTTPMethod"


@pytest.mark.parametrize("path", ["/x", "/x/", "/index.html", "/..%2F", "/%00"])
def test_1_there_is_one_path(send: Send, path: str) -> None:
    response = send(Request("GET", path + url()[1:]))
    assert (response.status, value_of(response)["Code"]) == (404, "InvalidAction.NotFound")


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("JSON", "json"), ("json", "json"), ("jSoN", "json"), ("XML", "xml"), ("xMl", "xml"), (None, "xml")],
)
def test_2_format_in_any_case(send: Send, name: str | None, media_type: str) -> None:
    response = judged(send, Request("GET", url(Format=name)))
    assert (response.status, response.headers.get("Content-Type")) == (200, f"application/{media_type}")


@pytest.mark.parametrize("query", ["Format=", "Format=YAML", "Format=JSON ", "Format=JSON&Format=JSON", "Format=%FF"])
def test_2_and_15_a_bad_format_is_told_in_xml(send: Send, query: str) -> None:
    response = judged(send, Request("GET", f"{url()}&{query}"))
    assert (response.status, response.headers.get("Content-Type")) == (400, "application/xml")
    assert value_of(response)["Code"] == "InvalidParameter"
    assert "Format" in value_of(response)["Message"]


def test_2_what_signatures_need_is_ignored_where_none_is_required(send: Send) -> None:
    ask(send, url(Version="2017-03-21", AccessKeyId="x", Signature="y", Timestamp="z", SignatureMethod="none"))


def test_2_and_16_another_version_or_action_is_refused(send: Send) -> None:
    refused(send, url(Version="2017-03-22"), "InvalidVersion")
    refused(send, url(Action="Describe"), "InvalidAction.NotFound", status=404)
    refused(send, url(Action="describeRefreshTasks"), "InvalidAction.NotFound", status=404)
    refused(send, url(Action=None), "MissingParameter", "Action")
    refused(send, url() + "&Action=DescribeRefreshTasks", "InvalidParameter", "Action")


@pytest.mark.parametrize("name", ["DomainName", "ObjectType"])
def test_4_a_required_parameter_that_is_missing_or_empty_is_refused_by_name(send: Send, name: str) -> None:
    refused(send, url(**{name: None}), "MissingParameter", name)
    refused(send, url(**{name: ""}), "InvalidParameter", name)


MOMENTS = [
    "",
    "2026-01-01",
    "2026-02-30T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:00:60Z",
    "2026-01-01T00:00:00",
]
MOMENTS += ["2026-01-01t00:00:00z", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.0Z", " 2026-01-01T00:00:00Z"]
NUMBERS = [
    "",
    "0",
    "-1",
    "+1",
    "1.0",
    "1e1",
    "01",
    " 1",
    "1 ",
    "0x1",
    "\u0661",
    "x",
    "null",
    "9" * 100,
    "18446744073709551617",
]
BAD = {
    "ObjectType": ["File", "files", "file "],
    "Status": ["", "Pending", "complete"],
    "StartTime": MOMENTS,
    "EndTime": MOMENTS,
    "PageSize": [*NUMBERS, "51"],
    "PageNumber": [*NUMBERS, "100001"],
    "ObjectPath": [b"\xff", b"\xed\xa0\x80"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_4_and_5_bad_values_are_refused_by_name(send: Send, name: str, value: str | bytes) -> None:
    rest = url(**{name: None})
    refused(send, f"{rest}&{urlencode({name: value})}", "InvalidParameter", name)


@pytest.mark.parametrize("value", ["", "x", "1" * 21, "-1", "1.0", " 1", "\u0661"])
def test_4_and_16_malformed_task_ids(send: Send, value: str) -> None:
    refused(send, url(TaskId=value), "InvalidTaskId.Malformed", "Specified TaskId is malformed.")


def test_4_end_is_not_before_start(send: Send) -> None:
    refused(send, url(StartTime="2026-01-01T00:00:01Z", EndTime="2026-01-01T00:00:00Z"), "InvalidParameter", "EndTime")
    ask(send, url(StartTime="2026-01-01T00:00:00Z", EndTime="2026-01-01T00:00:00Z"))
    ask(send, url(StartTime="2024-02-29T00:00:00Z"))


def test_5_pages_are_taken_up_to_their_bounds_and_have_defaults(send: Send) -> None:
    for size, page in [(1, 1), (50, 1), (49, 100000), (2, 99999)]:
        value = ask(send, url(PageSize=size, PageNumber=page, Format="JSON"))
        assert (value["PageSize"], value["PageNumber"]) == (size, page)
    value = ask(send, url(Format="JSON"))
    assert (value["PageSize"], value["PageNumber"], len(value["Tasks"]["Task"])) == (20, 1, 20)


def test_6_names_have_one_case_and_unknown_ones_are_ignored(send: Send) -> None:
    expected = ask(send, url(Format="JSON"))["TotalCount"]
    assert ask(send, url(Format="JSON", pagesize="x", taskId="1", Unknown=""))["TotalCount"] == expected
    assert ask(send, url(Format="JSON") + "&u=1&u=2&%FF=%FF&%zz")["TotalCount"] == expected
    refused(send, url(domainname="example.com", DomainName=None), "MissingParameter", "DomainName")


@pytest.mark.parametrize(
    "name", ["DomainName", "ObjectType", "TaskId", "ObjectPath", "Status", "StartTime", "PageSize", "Timestamp"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_6_a_parameter_given_twice(send: Send, name: str, method: str) -> None:
    value = {"DomainName": "example.com", "ObjectType": "file", "Status": "Failed"}.get(name, "1")
    request = Request(method, f"{url(**{name: value})}&{name}={value}")
    if method == "POST":
        request = Request(method, url(**{name: value}), FORM, f"{name}={value}".encode())
    answered = value_of(judged(send, request))
    assert answered["Code"] == "InvalidParameter" and name in answered["Message"]


def test_7_filters_match_exactly_and_are_joined_by_and(send: Send) -> None:
    for path in {one.object_path for one in MATCHES}:
        expected = [one.task_id for one in MATCHES if one.object_path == path]
        assert walked(send, 50, ObjectPath=path) == expected
        some = [one.task_id for one in MATCHES if (one.object_path, one.status) == (path, "Failed")]
        assert listed(send, ObjectPath=path, Status="Failed") == some
    for status in ("Complete", "Refreshing", "Failed"):
        assert walked(send, 50, Status=status) == [one.task_id for one in MATCHES if one.status == status]
    assert listed(send, TaskId=FAILED.task_id) == [FAILED.task_id]
    assert listed(send, TaskId=FAILED.task_id, ObjectPath=FAILED.object_path, Status="Failed") == [FAILED.task_id]
    for other in ({"ObjectPath": FAILED.object_path + "x"}, {"Status": "Complete"}, {"ObjectType": "path"}):
        assert listed(send, TaskId=FAILED.task_id, **other) == []
    assert listed(send, TaskId=FAILED.task_id.zfill(20)[-20:]) == (
        [FAILED.task_id] if len(FAILED.task_id) == 20 else []
    )
    assert listed(send, DomainName="EXAMPLE.com") == []


def test_7_both_ends_of_a_time_range_are_included(send: Send) -> None:
    moment = MATCHES[len(MATCHES) // 2].creation_time
    same = [one.task_id for one in MATCHES if one.creation_time == moment]
    assert listed(send, StartTime=moment, EndTime=moment) == same
    assert walked(send, 50, StartTime=moment) == [one.task_id for one in MATCHES if one.creation_time >= moment]
    assert walked(send, 50, EndTime=moment) == [one.task_id for one in MATCHES if one.creation_time <= moment]


def test_8_only_tasks_of_the_last_three_days_are_listed(send: Send) -> None:
    old = next(
        one for one in TASKS if one.domain_name == "example.com" and one not in MATCHES and one.object_type == "file"
    )
    assert walked(send, 50, StartTime="2000-01-01T00:00:00Z") == [one.task_id for one in MATCHES]
    assert ask(send, url(TaskId=old.task_id, Format="JSON"))["TotalCount"] == 0
    assert listed(send, EndTime=old.creation_time) == []


@pytest.mark.parametrize("size", [1, 7, 20, 50])
def test_9_and_10_pages_are_complete_and_in_order(send: Send, size: int) -> None:
    assert walked(send, size) == [one.task_id for one in MATCHES]


def test_10_and_11_a_page_past_the_end_is_empty_and_tells_the_total(send: Send) -> None:
    for name in ("JSON", "XML"):
        value = ask(send, url(PageNumber=100000, PageSize=50, Format=name))
        assert value["Tasks"] == {"Task": []}
        assert int(value["TotalCount"]) == len(MATCHES)


def test_12_both_formats_carry_the_same(send: Send) -> None:
    for page in range(1, 4):
        by_json = ask(send, url(PageSize=50, PageNumber=page, Format="JSON"))
        by_xml = ask(send, url(PageSize=50, PageNumber=page, Format="XML"))
        assert by_xml["Tasks"] == by_json["Tasks"]
        assert [int(by_xml[name]) for name in ("PageNumber", "PageSize", "TotalCount")] == [page, 50, len(MATCHES)]
        assert [by_json[name] for name in ("PageNumber", "PageSize", "TotalCount")] == [page, 50, len(MATCHES)]


def test_12_an_empty_list_in_xml(send: Send) -> None:
    body = judged(send, Request("GET", url(DomainName="nobody.example"))).body or b""
    assert b"<DescribeRefreshTasksResponse>" in body
    assert b"<Tasks></Tasks>" in body or b"<Tasks/>" in body


def test_13_tasks_are_those_of_the_store(send: Send) -> None:
    value = ask(send, url(TaskId=FAILED.task_id, Format="JSON"))
    assert value["Tasks"]["Task"] == [
        {
            "CreationTime": FAILED.creation_time,
            "ObjectPath": FAILED.object_path,
            "Status": "Failed",
            "TaskId": FAILED.task_id,
            "ObjectType": "file",
            "Process": FAILED.process,
            "Description": FAILED.description,
        }
    ]


def test_16_a_locked_store_is_no_internal_error(sound: Service) -> None:
    def find(query: object) -> Any:
        raise StoreLocked("locked")

    with target.asgi(create_app(replace(sound, find=find))) as send:
        refused(send, url(), "ServiceUnavailable", status=503)


def test_14_and_15_every_answer_has_its_own_id(send: Send) -> None:
    texts = [url(), url(Format="JSON"), url(Action=None), url(Format="x"), "/none"] * 3
    ids = [value_of(send(Request("GET", text)))["RequestId"] for text in texts]
    assert len(set(ids)) == len(ids)
    assert all(str(UUID(one)).upper() == one for one in ids)
    assert value_of(send(Request("GET", url(Action=None))))["HostId"]


def signed_url(
    text: str = "", now: datetime = NOW, nonce: str = "n", key: tuple[str, str] = KEY, method: str = "GET"
) -> str:
    text = text or url(Version="2017-03-21", Format="JSON")
    return sign_aliyun_rpc(Request(method, text), *key, now, nonce).url


@pytest.fixture
def guarded() -> Iterator[Send]:
    with target.asgi(create_app(service(require_signature=KEY))) as sending:
        yield sending


def changed(text: str, name: str, value: str | None) -> str:
    """A signed URL with a parameter changed, or dropped, after it was signed."""
    pieces = [piece for piece in text[2:].split("&") if not piece.startswith(f"{name}=")]
    return "/?" + "&".join([*pieces, *([] if value is None else [f"{name}={value}"])])


SIGNED = signed_url()
SIGNATURES: dict[str, tuple[str, int, str]] = {
    "unsigned": (url(Version="2017-03-21", Format="JSON"), 400, "IncompleteSignature"),
    "no Version": (signed_url(url(Format="JSON")), 400, "MissingParameter"),
    "wrong Version": (signed_url(url(Version="1", Format="JSON")), 400, "InvalidVersion"),
    "other secret": (signed_url(key=(KEY[0], "other")), 400, "SignatureDoesNotMatch"),
    "other key": (signed_url(key=("other", KEY[1])), 404, "InvalidAccessKeyId.NotFound"),
    "changed": (changed(SIGNED, "PageSize", "5"), 400, "SignatureDoesNotMatch"),
    "other method": (changed(signed_url(method="POST"), "x", None), 400, "SignatureDoesNotMatch"),
    "Unicode Signature": (changed(SIGNED, "Signature", "%C3%A9"), 400, "SignatureDoesNotMatch"),
    "16 minutes late": (signed_url(now=NOW - timedelta(minutes=16)), 400, "InvalidTimeStamp.Expired"),
    "16 minutes early": (signed_url(now=NOW + timedelta(minutes=16)), 400, "InvalidTimeStamp.Expired"),
    "no time": (changed(SIGNED, "Timestamp", "2026-1-1T00:00:00Z"), 400, "IncompleteSignature"),
    "other method name": (changed(SIGNED, "SignatureMethod", "HMAC-SHA256"), 400, "IncompleteSignature"),
    "other signature version": (changed(SIGNED, "SignatureVersion", "2.0"), 400, "IncompleteSignature"),
    "twice": (f"{SIGNED}&Timestamp=2026-01-01T00:00:00Z", 400, "InvalidParameter"),
    "bad parameter": (signed_url(url(Version="2017-03-21", Format="JSON", PageSize=51)), 400, "InvalidParameter"),
    "15 minutes late": (signed_url(now=NOW - timedelta(minutes=15)), 200, ""),
    "parameters that are no text": (signed_url(url(Version="2017-03-21", Format="JSON") + "&u=%FF&v=%zz&w"), 200, ""),
} | {
    f"no {name}": (changed(SIGNED, name, value), 400, "IncompleteSignature")
    for name in ("AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp")
    for value in (None, "")
}


@pytest.mark.parametrize("case", SIGNATURES)
def test_3_and_16_a_signature_is_refused_for_what_is_wrong_with_it(guarded: Send, case: str) -> None:
    text, status, code = SIGNATURES[case]
    value = ask(guarded, text, status)
    assert value.get("Code", "") == code


def test_16_a_nonce_is_used_once(guarded: Send) -> None:
    assert ask(guarded, changed(SIGNED, "Signature", "x"), 400)["Code"] == "SignatureDoesNotMatch"
    ask(guarded, SIGNED)
    assert ask(guarded, SIGNED, 400)["Code"] == "SignatureNonceUsed"
    ask(guarded, signed_url(nonce="m"))


def test_16_a_nonce_is_remembered_as_long_as_it_could_be_used_again() -> None:
    moments = [NOW, NOW + timedelta(minutes=29), NOW + timedelta(minutes=29, seconds=30), NOW + timedelta(minutes=31)]
    clock = iter(moments)
    guarded = replace(service(require_signature=KEY), clock=lambda: next(clock))
    late = signed_url(now=NOW + timedelta(minutes=15))
    codes = [
        value_of(respond(guarded, Request("GET", text))).get("Code")
        for text in (late, late, signed_url(now=moments[2]))
    ]
    assert codes == [None, "SignatureNonceUsed", "SignatureNonceUsed"]
    assert respond(guarded, Request("GET", signed_url(now=moments[3]))).status == 200


def test_16_a_form_is_signed_with_the_query(guarded: Send) -> None:
    request = Request("POST", "/?Version=2017-03-21", FORM, url(ObjectPath="a b+c&d=é", Format="JSON")[2:].encode())
    assert judged(guarded, sign_aliyun_rpc(request, *KEY, NOW, "p")).status == 200
    unsigned = Request("POST", "/?Version=2017-03-21", FORM, url(ObjectPath="other", Format="JSON")[2:].encode())
    mixed = replace(unsigned, url=sign_aliyun_rpc(request, *KEY, NOW, "q").url)
    assert value_of(judged(guarded, mixed))["Code"] == "SignatureDoesNotMatch"


CONTENT_TYPES = st.sampled_from(
    [
        "application/x-www-form-urlencoded",
        "application/json",
        "multipart/form-data",
        "text/plain; charset=x",
        "",
        "\xff",
    ]
)
PIECES = st.one_of(
    st.sampled_from(
        [*(f"{name}={value}" for name, value in NEEDED.items()), "Format=JSON", "&", "=", "%", "%00", "a=%ED%A0%80"]
    ),
    st.sampled_from(["TaskId=", "Status=", "StartTime=", "PageSize=", "ObjectPath="]).flatmap(
        lambda name: st.text(st.characters(codec="latin-1"), max_size=4).map(lambda text: name + text)
    ),
)
METHODS = st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "get"])


@pytest.mark.slow
@settings(max_examples=300)
@given(
    METHODS,
    st.lists(PIECES, max_size=7),
    CONTENT_TYPES,
    st.binary(max_size=30) | st.lists(PIECES).map(lambda p: "&".join(p).encode()),
)
def test_17_nothing_that_is_sent_is_answered_5xx(method: str, query: list[str], content_type: str, body: bytes) -> None:
    for one in (ANY, ANY_GUARDED):
        request = Request(method, "/?" + "&".join(query), Headers((("Content-Type", content_type),)), body)
        response = respond(one, request)
        assert response.status < 500
        assert value_of(response)["RequestId"]


ANY, ANY_GUARDED = service(), service(require_signature=KEY)


def test_17_requests_that_are_too_long(send: Send, sound: Service) -> None:
    long_query = respond(sound, Request("GET", url(Format="JSON", ObjectPath="x" * 70_000)))
    long_form = send(Request("POST", url(Format="JSON"), FORM, b"x" * 70_000))
    long_body = send(Request("POST", url(Format="JSON"), Headers(), b"x" * 5_000_000))
    for response in (long_query, long_form, long_body):
        assert (response.status, value_of(response)["Code"]) == (400, "InvalidParameter")


def test_17_a_fault_of_the_service_shows_no_internals(sound: Service) -> None:
    def fail(choice: object) -> tuple[int, list[Task]]:
        raise OSError("/secret/path: SELECT * FROM task")

    response = respond(replace(sound, find=fail), Request("GET", url()))
    assert (response.status, value_of(response)["Code"]) == (500, "InternalError")
    assert b"secret" not in (response.body or b"") and b"SELECT" not in (response.body or b"")


def test_a_step_can_be_replaced(sound: Service) -> None:
    def none(choice: object) -> tuple[int, list[Task]]:
        return 0, []

    assert value_of(respond(replace(sound, find=none), Request("GET", url())))["TotalCount"] == "0"


def test_a_contract_of_another_operation_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("{openapi: 3.1.0, info: {title: t, version: '1'}, paths: {}}")
    with pytest.raises(ContractError, match="no XML response with status"):
        reference_service(Store.open(":memory:"), Contract.load(tmp_path / "other.yaml"))


def test_tasks_of_the_future_are_not_shown() -> None:
    store = Store.open(":memory:")
    later = (NOW + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    store.insert_many([Task("1", "example.com", "file", "", "Complete", "100%", later)])
    value = value_of(respond(reference_service(store, CONTRACT, clock=lambda: NOW), Request("GET", url())))
    assert value["TotalCount"] == "0"
    assert store.query(Filters("example.com", "file"), NOW, NOW + timedelta(hours=2), 1, 1)[0] == 1


@pytest.fixture(scope="module")
def address(sound: Service) -> Iterator[tuple[str, int]]:
    with serving(create_app(sound)) as base:
        host, _, port = base.removeprefix("http://").partition(":")
        yield host, int(port)


def exchanged(address: tuple[str, int], raw: bytes, half: bool = False) -> bytes:
    with socket.create_connection(address, timeout=5) as connection:
        connection.sendall(raw)
        if half:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def form(body: str) -> Callable[[str], bytes]:
    return lambda extra: f"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{extra}\r\n{body}".encode()


def test_over_http_it_is_the_same_service(address: tuple[str, int]) -> None:
    with target.http(f"http://{address[0]}:{address[1]}") as send:
        assert walked(send, 50) == [one.task_id for one in MATCHES]
        assert send(Request("HEAD", url())).status == 405
        refused(send, url(PageSize=0), "InvalidParameter", "PageSize")


RAW: dict[str, tuple[bytes, bytes]] = {
    "HTTP/1.0": (b"GET %s HTTP/1.0\r\n\r\n" % url().encode(), b"200"),
    "chunked": (
        form(f"{len(url()) - 2:x}\r\n{url()[2:]}\r\n0\r\n\r\n")(
            "Transfer-Encoding: chunked\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        ),
        b"200",
    ),
    "no type": (form(url()[2:])(f"Content-Length: {len(url()) - 2}\r\n"), b"400"),
    "GET with body": (
        b"GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\n\r\na=b" % url().encode(),
        b"200",
    ),
    "no HTTP": (b"\x00\xff\r\n\r\n", b"400"),
    "raw bytes": (
        b"GET %s&ObjectPath=\xc3\xa9 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" % url().encode(),
        b"400",
    ),
    "TRACE": (b"TRACE / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", b"405"),
    "asterisk": (b"OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", b"404"),
    "upgrade": (
        b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        b"4",
    ),
}


@pytest.mark.parametrize("case", RAW)
def test_17_an_odd_message_has_its_status(address: tuple[str, int], case: str) -> None:
    raw, status = RAW[case]
    assert exchanged(address, raw).startswith(b"HTTP/1.1 " + status)


def test_17_half_a_body_stops_nothing(address: tuple[str, int], capfd: pytest.CaptureFixture[str]) -> None:
    exchanged(address, form("a=b")("Content-Length: 100\r\n"), half=True)
    with target.http(f"http://{address[0]}:{address[1]}") as send:
        ask(send, url())
    assert capfd.readouterr() == ("", "")
