"""Pairs of contracts with known truth, half of them after public reports of false positives and negatives of other tools."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from support.pairs import changes, load_pairs

from toolkit.rules import Severity

PAIRS: list[dict[str, Any]] = load_pairs(Path(__file__).with_name("pairs.yaml"))

_KINDS: dict[str, Any] = {"A": {"type": "string"}, "B": {"type": "integer"}}
WITHOUT_MESSAGE = ("promise-changed", "callback-changed")  # of several responses, or of what does not come


def test_there_are_sixty_and_some_are_of_others() -> None:
    assert len(PAIRS) >= 60 and sum("after" in pair for pair in PAIRS) >= 30
    assert len({pair["name"] for pair in PAIRS}) == len(PAIRS)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["name"])
def test_what_breaks_is_found_and_proved_and_nothing_else(pair: dict[str, Any], tmp_path: Path) -> None:
    every = changes(pair, tmp_path)
    found = [one for one in every if one.severity is Severity.ERROR]
    assert "breaks" in pair or "warns" in pair or not any(one.rule == "change-undecided" for one in every)
    assert "warns" not in pair or sorted({one.rule for one in every if one not in found}) == pair["warns"]
    expected = [pair["breaks"]] if "breaks" in pair else []
    assert sorted({one.rule for one in found}) == expected, [one.message for one in found]
    assert all(one.witness or pair.get("unproved") for one in found)


def test_nine_of_ten_breaking_pairs_are_proved() -> None:
    breaking = [pair for pair in PAIRS if "breaks" in pair and pair["breaks"] not in WITHOUT_MESSAGE]
    assert sum("unproved" not in pair for pair in breaking) >= 0.9 * len(breaking)


def test_what_is_no_media_type_is_compared_with_itself(tmp_path: Path) -> None:
    def version(schema: dict[str, Any]) -> dict[str, Any]:
        content = {"content": {"*": {"schema": schema}}}
        return {"requestBody": content, "responses": {"200": {"description": "", **content}}}

    pair = [version({"type": "string"}), version({"type": "string", "title": "the same"})]
    assert not changes({"operation": pair}, tmp_path)


def test_a_required_property_that_is_gone_is_one_change_and_an_optional_one_another(tmp_path: Path) -> None:
    old = {"type": "object", "required": ["a"], "properties": {"a": {}, "b": {}}}
    found = changes({"response": [old, {"type": "object"}]}, tmp_path)
    assert [(one.rule, one.message.split()[1]) for one in found] == [
        ("response-property-optional", '"a"'),
        ("response-property-removed", '"b"'),
    ]


def test_a_witness_says_of_several_faults_that_of_its_change(tmp_path: Path) -> None:
    old = {"type": "object", "properties": {"s": {"enum": ["a", "b"]}}}
    new = {"type": "object", "required": ["n"], "properties": {"s": {"enum": ["a"]}, "n": {"minLength": 3}}}
    witnesses = {one.rule: one.witness for one in changes({"request": [old, new]}, tmp_path)}
    assert '"n" is missing (request.body#), and "b" is not' in witnesses["request-body-narrowed"]


def test_a_value_that_names_another_schema_by_a_discriminator_breaks_who_decodes_by_it(tmp_path: Path) -> None:
    parts = {name: {"type": "object", "required": ["k"], "properties": {name: kind}} for name, kind in _KINDS.items()}
    mappings: list[dict[str, str]] = [{"a": "A", "b": "B"}, {"a": "B", "b": "A"}]
    alternatives = [{"$ref": f"#/components/schemas/{name}"} for name in parts]
    versions = [{"oneOf": alternatives, "discriminator": {"propertyName": "k", "mapping": one}} for one in mappings]
    [found] = changes({"components": parts, "response": versions}, tmp_path)
    assert found.rule == "discriminator-changed" and "k named A by 'a', and names B, k named B by" in found.message
    assert re.search(r"\"k\": \"a\".* - old\S* decodes it as A", found.witness)
    wider = {**parts, "B": {"allOf": [{"$ref": "#/components/schemas/A"}, parts["B"]]}}
    versions[1]["discriminator"] = {"propertyName": "k", "mapping": {"a": "B", "b": "B"}}
    assert [one.rule for one in changes({"components": wider, "response": versions}, tmp_path)] == ["change-undecided"]


def test_a_value_by_which_a_discriminator_names_nothing_any_more_is_said(tmp_path: Path) -> None:
    parts = {name: {"type": "object", "required": ["k"], "properties": {name: kind}} for name, kind in _KINDS.items()}
    alternatives = [{"$ref": f"#/components/schemas/{name}"} for name in parts]
    mappings: list[dict[str, str]] = [{"a": "A", "b": "B"}, {"c": "A", "b": "B"}]
    versions = [{"oneOf": alternatives, "discriminator": {"propertyName": "k", "mapping": one}} for one in mappings]
    [found] = changes({"components": parts, "request": versions}, tmp_path)
    assert found.rule == "discriminator-changed" and "named A by 'a', and names nothing" in found.message
    plain: dict[str, Any] = {"oneOf": alternatives, "discriminator": {"propertyName": "k"}}
    named: dict[str, Any] = {**plain, "discriminator": {"propertyName": "k", "mapping": {"A": "A", "b": "B"}}}
    assert not changes({"components": parts, "request": [plain, named]}, tmp_path)


def test_a_discriminator_names_schemas_whose_references_are_percent_encoded(tmp_path: Path) -> None:
    parts = {
        f"{name}«x»": {"type": "object", "required": ["k"], "properties": {name: kind}} for name, kind in _KINDS.items()
    }
    references = {name: f"#/components/schemas/{name}%C2%ABx%C2%BB" for name in _KINDS}
    alternatives = [{"$ref": one} for one in references.values()]
    mappings = [
        {tag.lower(): one for tag, one in references.items()},
        {"a": "A«x»", "b": "B«x»"},
        {"c": references["A"]},
    ]
    told: list[dict[str, Any]] = [{"propertyName": "k", "mapping": one} for one in mappings]
    old, same, other = ({"oneOf": alternatives, "discriminator": one} for one in told)
    assert not changes({"components": parts, "request": [old, same]}, tmp_path)
    [found] = changes({"components": parts, "request": [old, other]}, tmp_path)
    assert found.rule == "discriminator-changed" and "by 'a', and names nothing" in found.message


def test_whether_a_renamed_component_breaks_who_decodes_by_its_name_is_undecided(tmp_path: Path) -> None:
    def parts(first: str, kind: dict[str, Any]) -> dict[str, Any]:
        cat = {"type": "object", "required": ["k", "claws"], "properties": {"k": kind}}
        return {first: cat, "Dog": {"type": "object", "required": ["k"], "properties": {"k": {"const": "Dog"}}}}

    def version(first: str) -> dict[str, Any]:
        alternatives = [{"$ref": f"#/components/schemas/{name}"} for name in (first, "Dog")]
        return {"oneOf": alternatives, "discriminator": {"propertyName": "k"}}

    def rules(kind: dict[str, Any]) -> list[str]:
        components = [parts("Cat", kind), parts("Kitty", kind)]
        pair = {"components": components, "response": [version("Cat"), version("Kitty")]}
        return [one.rule for one in changes(pair, tmp_path)]

    assert rules({"type": "string", "pattern": "^[CK]"}) == ["change-undecided"]
    assert rules({"const": "feline"}) == []


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (["https://h.example/v1"], ["change-undecided"]),
        (["https://h.example/v1", "http://h.example/v1"], []),
        (["https://other.example/v1"], []),
        (["{scheme}://h.example/v1"], []),
        (["/v1"], []),
    ],
)
def test_a_scheme_that_a_host_loses_is_undecided(new: list[str], expected: list[str], tmp_path: Path) -> None:
    scheme = {"variables": {"scheme": {"default": "https", "enum": ["http", "https"]}}}
    after = [{"url": url, **(scheme if "{" in url else {})} for url in new]
    found = changes({"document": [{"servers": [{"url": "http://h.example/v1"}]}, {"servers": after}]}, tmp_path)
    assert [one.rule for one in found] == expected and all("was by http" in one.message for one in found)


def test_another_default_of_a_base_path_that_may_be_any_is_undecided(tmp_path: Path) -> None:
    def version(default: str, *known: str) -> dict[str, Any]:
        variable = {"default": default, **({"enum": list(known)} if known else {})}
        return {"servers": [{"url": "https://host.example/{base}", "variables": {"base": variable}}]}

    def rules(*versions: dict[str, Any]) -> list[str]:
        return [one.rule for one in changes({"document": list(versions)}, tmp_path)]

    assert rules(version("v1"), version("v2")) == ["change-undecided"]
    assert rules(version("v1", "v1", "v2"), version("v2", "v1", "v2")) == []
    assert rules(version("v1", "v1"), version("v2", "v2")) == ["server-path-removed"]
    assert rules(version("v1"), version("v1")) == []


def test_another_address_for_tokens_is_a_warning(tmp_path: Path) -> None:
    def version(host: str, *more: dict[str, Any]) -> dict[str, Any]:
        flows = {"clientCredentials": {"tokenUrl": f"https://{host}.example/token", "scopes": {}}}
        return {
            "components": {"securitySchemes": {"o": {"type": "oauth2", "flows": flows}}},
            "security": [{"o": []}, *more],
        }

    found = changes({"document": [version("a"), version("b")]}, tmp_path)
    assert [(one.rule, one.severity) for one in found] == [("security-raised", Severity.WARNING)]
    assert "https://a.example/token" in found[0].message
    assert not changes({"document": [version("a"), version("a", {})]}, tmp_path)


def test_messages_say_which_credentials_and_write_values_as_json(tmp_path: Path) -> None:
    def version(scheme: str, name: str) -> dict[str, Any]:
        schema = {
            "type": "object",
            "xml": {"name": "r"},
            "properties": {"a": {"type": "string", "xml": {"name": name}}},
        }
        body = {"200": {"description": "", "content": {"application/xml": {"schema": schema}}}}
        schemes = {"securitySchemes": {"s": {"type": "http", "scheme": scheme}}}
        return {"components": schemes, "paths": {"/things": {"post": {"security": [{"s": []}], "responses": body}}}}

    found = {one.rule: one for one in changes({"document": [version("bearer", "a"), version("basic", "b")]}, tmp_path)}
    assert found["security-raised"].message == (
        "requests with bearer in the header field authorization were enough, and basic in the header field authorization is needed now"
    )
    assert 'stands for {"a": "aaa"}' in str(found["response-xml-changed"].witness)
