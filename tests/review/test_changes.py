"""The rules of a comparison: `bad.pair` of each rule breaks it and no other, `good.pair` comes near and breaks none."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from support.growth import LINEAR, growth
from support.pairs import changes, difference, load_pairs
from support.places import TESTS

from toolkit.client.making import made_values
from toolkit.review import body_changes
from toolkit.rules import RULES, TABLES, Severity
from toolkit.schema.judge import JsonSchema
from toolkit.schema.languages import strings_between
from toolkit.structs import replace
from toolkit.validation.validator import Validator

ON_REQUEST = "change-compatible"  # of the command line alone, with --fail-on any
OPTIONS = {"service-outdated": {"services": True}}


@pytest.mark.parametrize("rule", [name for name in TABLES["changes"] if name != ON_REQUEST])
def test_bad_breaks_this_rule_alone(rule: str, tmp_path: Path) -> None:
    found = changes(load_pairs(TESTS / "cases" / rule / "bad.pair"), tmp_path, **OPTIONS.get(rule, {}))
    assert [one.rule for one in found] == [rule]
    assert found[0].severity is RULES[rule].severity
    assert found[0].message and "\n" not in found[0].message and found[0].at and ".json#/" in found[0].contract


@pytest.mark.parametrize("rule", [name for name in TABLES["changes"] if name != ON_REQUEST])
def test_good_breaks_none(rule: str, tmp_path: Path) -> None:
    assert changes(load_pairs(TESTS / "cases" / rule / "good.pair"), tmp_path, **OPTIONS.get(rule, {})) == []


def test_contracts_that_differ_without_a_breach_are_known_to_differ(tmp_path: Path) -> None:
    bad, good = (load_pairs(TESTS / "cases" / ON_REQUEST / f"{case}.pair") for case in ("bad", "good"))
    assert difference(bad, tmp_path).differs and not changes(bad, tmp_path)
    assert not changes(good, tmp_path)


def test_findings_come_in_the_order_of_the_contract(tmp_path: Path) -> None:
    names = [*"qwertzuiop"]
    old = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    found = changes({"response": [old, {"type": "object"}]}, tmp_path)
    assert [one.message for one in found] == [f'response.200.body: "{name}" is gone' for name in names]


@pytest.mark.slow
def test_long_lists_of_values_are_compared_in_linear_time(tmp_path: Path) -> None:
    def make(count: int) -> dict[str, Any]:
        values = [f"value {number}" for number in range(count)]
        return {"response": [{"enum": values}, {"enum": [*values, "new"]}]}

    assert growth(make, lambda pair: changes(pair, tmp_path), 400) < LINEAR


@pytest.mark.slow
def test_a_long_list_of_numbers_beside_a_range_is_compared_in_linear_time(tmp_path: Path) -> None:
    def make(count: int) -> dict[str, Any]:
        return {"request": [{"type": "integer", "minimum": 1, "maximum": 50}, {"enum": list(range(count))}]}

    assert changes(make(1_000), tmp_path) == []
    gone = {"request": [{"type": "integer"}, {"enum": list(range(1_000))}]}
    assert [one.rule for one in changes(gone, tmp_path)] == ["request-body-narrowed"]
    assert growth(make, lambda pair: changes(pair, tmp_path), 1_000) < LINEAR


def test_a_witness_is_there_by_its_parts(tmp_path: Path) -> None:
    narrowed = changes(load_pairs(TESTS / "cases" / "parameter-narrowed" / "bad.pair"), tmp_path)[0].witnesses
    assert narrowed[0]["request"]["method"] == "POST" and narrowed[0]["refused_by"] == "new.json"
    widened = changes(load_pairs(TESTS / "cases" / "response-widened" / "bad.pair"), tmp_path)[0].witnesses
    assert widened[0]["response"]["status"] == 200 and widened[0]["refused_by"] == "old.json" and widened[0]["reason"]


OPEN = [{"type": "object", "properties": {"p": {"type": "string"}, **more}} for more in ({}, {"q": {"type": "string"}})]
NEEDS = [{**OPEN[1], "required": [name]} for name in "pq"]
ENUM = [{"enum": values} for values in (["a"], ["a", "b"], ["b", "c"])]


@pytest.mark.parametrize(
    ("pair", "breaks"),
    [
        ({"response": [ENUM[0], ENUM[1]]}, {"response-enum-value-added": "client"}),
        ({"response": [ENUM[1], ENUM[2]]}, {"response-enum-value-added": "both"}),
        ({"response": [ENUM[1], ENUM[0]]}, {"service-outdated": "service"}),
        ({"request": [{"type": "integer"}, {"type": "string"}]}, {"request-body-narrowed": "both"}),
        ({"request": OPEN}, {}),
        ({"request": NEEDS}, {"request-property-required": "client", "service-outdated": "service"}),
        ({"document": [{"servers": [{"url": "/v1"}]}, {"servers": [{"url": "/v2"}]}]}, {"server-path-removed": "both"}),
        ({"document": [{"paths": {"/more": {"get": {"responses": {}}}}}, {}]}, {"operation-removed": "client"}),
        ({"document": [{}, {"paths": {"/more": {"get": {"responses": {}}}}}]}, {"service-outdated": "service"}),
    ],
)  # fmt: skip
def test_each_change_says_whom_it_breaks(pair: dict[str, object], breaks: dict[str, str], tmp_path: Path) -> None:
    assert {one.rule: one.breaks for one in changes(pair, tmp_path, services=True)} == breaks
    only = {rule: who for rule, who in breaks.items() if who != "service"}
    assert {one.rule: one.breaks for one in changes(pair, tmp_path)} == only


def test_an_optional_header_field_that_is_gone_is_a_warning(tmp_path: Path) -> None:
    headers = {"X-Total": {"schema": {"type": "integer"}}}
    before, after = ({"responses": {"200": {"description": "Done", **more}}} for more in ({"headers": headers}, {}))
    [found] = changes({"operation": [before, after]}, tmp_path)
    assert (found.rule, found.severity) == ("response-header-optional", Severity.WARNING)
    assert changes({"operation": [after, before]}, tmp_path) == []


def test_what_changes_for_all_operations_at_once_is_one_finding(tmp_path: Path) -> None:
    problem = {"description": "Refused", "content": {"application/problem+json": {}}}
    responses = {status: {"$ref": "#/components/responses/Problem"} for status in ("400", "404", "default")}
    sides = [
        {
            "security": [{"key": []}],
            "paths": {"/a": {"get": {"responses": responses}}, "/b": {"get": {"responses": responses}}},
            "components": {
                "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": name}},
                "responses": {"Problem": {**problem, "content": {media: {}}}},
            },
        }
        for name, media in (("X-Key", "application/problem+json"), ("X-Api-Key", "application/json"))
    ]
    rules = [one.rule for one in changes({"document": sides}, tmp_path)]
    assert rules.count("security-raised") == rules.count("response-media-type-removed") == 1


def test_a_new_property_of_an_open_object_is_a_warning_on_request(tmp_path: Path) -> None:
    assert changes({"response": OPEN}, tmp_path) == []
    [found] = changes({"response": OPEN}, tmp_path, strict=True)
    assert (found.rule, found.severity) == ("response-property-added", Severity.WARNING)
    assert changes({"response": OPEN[::-1]}, tmp_path)[0].rule == "response-property-removed"


@pytest.mark.parametrize("wrong", [{"properties": None}, {"required": "a"}, {"enum": {}}, {"type": 7}])
@pytest.mark.parametrize("kind", ["request", "response", "parameter"])
@pytest.mark.parametrize("side", [0, 1])
def test_a_schema_that_is_none_is_named_as_not_compared(wrong: Any, kind: str, side: int, tmp_path: Path) -> None:
    sound = {"type": "object", "properties": {"a": {"type": "string"}}}
    schemas: list[Any] = [{**sound, **wrong}, sound][:: 1 - 2 * side]
    pair = schemas if kind != "parameter" else [{"name": "p", "in": "query", "schema": one} for one in schemas]
    found = changes({kind: pair}, tmp_path)
    assert {one.rule for one in found} == {"change-uncompared"} and ("old.json", "new.json")[side] in found[0].message
    assert "not compared" in found[0].message
    assert changes({kind: [pair[1 - side], pair[1 - side]]}, tmp_path) == []


def test_an_operation_below_another_base_path_is_the_same_one(tmp_path: Path) -> None:
    """With the base path before it, a request of the old version is read by the new one, and a change of it is found."""
    item = [
        {"get": {"parameters": [{"name": "q", "in": "query", "schema": {"type": one}}], "responses": {}}}
        for one in ("string", "integer")
    ]
    versions = [{"paths": {"/v1/pets": item[0]}}, {"servers": [{"url": "/v1"}], "paths": {"/pets": item[1]}}]
    for number, pair in enumerate(
        (versions, [{**versions[1], "paths": {"/pets": item[0]}}, {"paths": {"/v1/pets": item[1]}}])
    ):
        (tmp_path / str(number)).mkdir()
        things = [{**one, "paths": {"/things": None, **one["paths"]}} for one in pair]
        [found] = changes({"document": things}, tmp_path / str(number))
        assert found.rule == "parameter-narrowed" and "GET /v1/pets?q=" in found.witness


def test_a_schema_too_large_to_compare_is_named_and_a_smaller_one_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nested(depth: int, innermost: dict[str, Any]) -> dict[str, Any]:
        for _ in range(depth):
            innermost = {"type": "object", "properties": {"p": innermost}}
        return innermost

    def found(depth: int) -> list[tuple[str, bool]]:
        pair = {"response": [nested(depth, {"type": "string", "maxLength": 5}), nested(depth, {"type": "string"})]}
        return [(one.rule, "was not compared" in one.message) for one in changes(pair, tmp_path)]

    assert found(30) == [("response-widened", False)]
    monkeypatch.setattr("toolkit.review.inclusion._MOST_STEPS", 20)
    assert found(30) == [("change-uncompared", True)]
    assert found(10) == [("response-widened", False)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [({"maxLength": 5}, {"maxLength": 4}), ({}, {"type": "integer"}), ({}, None)],
    ids=["narrowed", "another type", "gone"],
)
def test_many_changes_within_one_object_are_proved_in_linear_time(
    old: dict[str, Any], new: dict[str, Any] | None, tmp_path: Path
) -> None:
    def make(count: int) -> dict[str, Any]:
        names = [f"p{number}" for number in range(count)]
        one, other = (
            {name: {"type": "string", **rules} for name in names} if rules is not None else {} for rules in (old, new)
        )
        closed = {"type": "object", "additionalProperties": False}
        return {"request": [{**closed, "properties": one}, {**closed, "properties": other}]}

    assert len(changes(make(30), tmp_path)) == 30
    assert growth(make, lambda pair: changes(pair, tmp_path), 60) < LINEAR


@pytest.mark.parametrize(
    ("required", "rule"),
    [([], "request-body-narrowed"), pytest.param(["a", "b"], "change-undecided", marks=pytest.mark.slow)],
)
def test_a_change_to_which_very_many_ways_lead_is_one_change(required: list[str], rule: str, tmp_path: Path) -> None:
    def nested(most: int) -> dict[str, Any]:
        below = [{"$ref": f"#/components/schemas/C{number}"} for number in range(1, 26)]
        both = [{"type": "object", "required": required, "properties": {"a": one, "b": one}} for one in below]
        return {f"C{number}": one for number, one in enumerate([*both, {"type": "integer", "maximum": most}])}

    whole = {"$ref": "#/components/schemas/C0"}
    found = changes({"components": [nested(9), nested(8)], "request": [whole, whole]}, tmp_path)
    assert [one.rule for one in found] == [rule]


def test_a_contract_of_webhooks_alone_is_compared(tmp_path: Path) -> None:
    webhooks = {"paths": None, "webhooks": {"came": {"post": {"responses": {"200": {"description": "Taken"}}}}}}
    assert [*difference({"document": [webhooks, webhooks]}, tmp_path).verdicts()]
    assert not [*difference({"document": [{"paths": None}, {"paths": None}]}, tmp_path).verdicts()]


def _many(count: int, kind: str) -> Any:
    names = [f"p{number}" for number in range(count)]
    one = {"type": "object", "required": names, "properties": {name: {"type": "string"} for name in names}}
    other = {**one, "required": []}
    if kind == "alternatives":
        one = {"oneOf": [{"type": "object", "required": [name], "properties": {name: {}}} for name in names]}
        other = {"type": "object", "required": ["id"]}
    return {"xml": [one, other]}


@pytest.mark.parametrize("more", ["", pytest.param("x", marks=pytest.mark.slow)])
def test_alternatives_with_patterns_are_proved_only_where_no_string_refutes_it(more: str, tmp_path: Path) -> None:
    strings_between.cache_clear()
    old, new = (
        {"anyOf": [{"type": "string", "pattern": f"^k{n}{end}[a-z]+$"} for n in range(20)]} for end in ("", more)
    )
    found = changes({"request": [old, new]}, tmp_path)
    assert [one.rule for one in found] == ["request-body-narrowed"] * 20 * bool(more)
    assert strings_between.cache_info().misses < 5 * 20


@pytest.mark.slow
def test_of_a_form_with_many_parts_no_more_ways_are_made_than_are_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = list[Any]()
    monkeypatch.setattr(body_changes, "replace", lambda *given, **new: copies.append(new) or replace(*given, **new))
    names = [f"p{number}" for number in range(100)]
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    media = [{"schema": schema, "encoding": {name: {"contentType": kind} for name in names}} for kind in ("a/b", "c/d")]
    posts = [{"requestBody": {"content": {"multipart/form-data": one}}, "responses": {}} for one in media]
    found = changes({"document": [{"paths": {"/a": {"post": post}}} for post in posts]}, tmp_path)
    assert [one.rule for one in found] == ["request-body-narrowed"] and len(copies) < 100


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["required", "alternatives"])
def test_many_changes_are_compared_in_linear_time(kind: str, tmp_path: Path) -> None:
    assert growth(lambda count: _many(count, kind), lambda pair: changes(pair, tmp_path), 250) < LINEAR


def test_a_value_that_proves_many_changes_is_judged_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged, check = list[Any](), Validator.check_response
    monkeypatch.setattr(Validator, "check_response", lambda *given: judged.append(given) or check(*given))
    found = changes(_many(50, "required"), tmp_path)
    assert len(found) >= 50 and all(one.witness for one in found) and 0 < len(judged) < len(found)


def test_changes_that_were_not_looked_into_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {one.rule for one in changes(_many(20, "required"), tmp_path)} == {"response-property-optional"}
    monkeypatch.setattr("toolkit.review.changes._MOST_TRIED", 100)
    found = changes(_many(20, "required"), tmp_path)
    assert {one.rule for one in found} == {"response-property-optional", "change-uncompared"}
    assert "more, such as" in next(one.message for one in found if one.rule == "change-uncompared")


def test_a_property_that_nothing_describes_is_made_of_one_series_of_values(tmp_path: Path) -> None:
    """Each of many took memory of its own."""
    required = [f"p{number}" for number in range(50)]
    bundle = JsonSchema.compile({"type": "object", "required": required}).bundle
    made = [*islice(made_values(bundle), 3)]
    assert made and all(one.keys() >= set(required) for one in made)
    assert all(len(set(map(str, one.values()))) == 1 for one in made)
