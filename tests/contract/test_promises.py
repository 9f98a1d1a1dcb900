"""Promises of a contract over several responses: `x-laws`, the pagination extension, paths and durations in them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from support.contracts import loaded, operation
from support.places import ROOT

from toolkit.contract.model import Contract
from toolkit.contract.promises import Chain, dig, path, read_facts
from toolkit.errors import ContractError
from toolkit.schema.scalars import read_duration

SHIPPED = Contract.load(ROOT / "openapi.yaml")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("$.a.b", ("a", "b")),
        ("a", ("a",)),
        ("$['a b'][0]", ("a b", "0")),
        ('$["a"].b-c', ("a", "b-c")),
        ("", ()),
        (None, ()),
        ("$", ()),
        ("/a/b~1c", ("a", "b/c")),
    ],
)
def test_a_path_to_one_value_is_read_in_each_form(text: Any, tokens: tuple[str, ...]) -> None:
    assert path(text) == tokens


@pytest.mark.parametrize("text", ["$..a", "$.a[*].b", "$.a[?@.b]", "$.a[1:2]", "$.a..b", "a b", "$.a[-1]"])
def test_a_path_that_may_lead_to_several_values_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a path to one value"):
        path(text)


def test_what_stands_at_a_path_is_found_and_elsewhere_nothing() -> None:
    tree = {"a": [{"b": 1}], "n": None}
    assert dig(tree, ("a", "0", "b")) == 1 and dig(tree, ()) == tree
    assert [dig(tree, at) for at in [("a", "1"), ("a", "x"), ("n", "b"), ("z",)]] == [None] * 4


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("P3D", 259200),
        ("PT2S", 2),
        ("PT0.5S", 0.5),
        ("P1W", 604800),
        ("P1DT2H3M4S", 93784),
        ("P", None),
        ("", None),
        ("3D", None),
        ("P1Y", None),
    ],
)
def test_a_duration_is_read_or_refused(text: str, seconds: float | None) -> None:
    if seconds is not None:
        assert read_duration(text) == timedelta(seconds=seconds)
    else:
        with pytest.raises(ValueError, match="is not a duration"):
            read_duration(text)


LAWS = {
    "identity": "id",
    "order": ["-day", "id"],
    "filters": {"from": {"item": "day", "is": "at-least"}},
    "window": {"item": "day", "last": "P3D"},
    "echo": {"n": "$.n"},
}
PAGES = {
    "type": "offsetLimit",
    "inputs": [{"name": "n", "type": "limit"}, {"name": "o", "type": "offset"}],
    "outputs": {"results": "$.data.items"},
}


def test_laws_and_pagination_are_read_as_facts(tmp_path: Path) -> None:
    declared = {
        "get": {**operation("a"), "x-laws": LAWS, "x-speakeasy-pagination": PAGES},
        "post": {**operation("b"), "x-laws": {"same-as": "a"}},
    }
    contract = loaded(tmp_path, {"/x": declared})
    facts = read_facts(contract.operation("a"), contract)
    assert facts.pages and (facts.pages.results, facts.pages.limit, facts.pages.offset, facts.pages.page) == (
        ("data", "items"),
        "n",
        "o",
        None,
    )
    assert facts.order == (("-", ("day",)), ("+", ("id",))) and facts.window == (("day",), timedelta(days=3))
    assert facts.filters[0].relation == "at-least" and facts.echo == {"n": ("n",)}
    assert read_facts(contract.operation("b"), contract) == facts
    with pytest.raises(ContractError, match="has no operation 'aa'; did you mean a"):
        contract.operation("aa")


@pytest.mark.parametrize(
    "laws",
    [
        {"window": {"item": "a", "last": "soon"}},
        {"filters": {"a": {"item": "b", "is": "like"}}},
        {"filters": {"a": {}}},
        {"order": [""]},
        [1],
        {"echo": [1]},
        {"identity": "$.items[*].id"},
        {"errors": "all"},
        {"errors": {"parameter-mising": {"status": 400}}},
        {"filters": {"a": {"item": "b", "iz": "equal"}}},
        {"encoding": ["utf-8"]},
        {"order": "-day"},
    ],
)
def test_laws_that_cannot_be_read(tmp_path: Path, laws: Any) -> None:
    contract = loaded(tmp_path, {"/x": {"get": {**operation("a"), "x-laws": laws}}})
    with pytest.raises(ContractError, match="x-laws cannot be read") as caught:
        read_facts(contract.operation("a"), contract)
    assert "\n" not in str(caught.value)


LAWS_SCHEMA = json.loads((ROOT / "schemas" / "x-laws.schema.json").read_text("utf-8"))


def test_the_published_schema_takes_the_laws_that_ship() -> None:
    laws = SHIPPED.operation("DescribeRefreshTasks").extension("x-laws")
    assert not list(Draft202012Validator(LAWS_SCHEMA).iter_errors(laws))
    assert list(Draft202012Validator(LAWS_SCHEMA).iter_errors({**laws, "identiy": "id"}))


def test_a_fact_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    contract = loaded(tmp_path, {"/a": {"get": operation("a", **{"x-laws": {"identiy": "id"}})}})
    with pytest.raises(ContractError, match=r"identiy.* is not declared .did you mean .identity"):
        read_facts(contract.operation("a"), contract)


@pytest.mark.parametrize(
    ("pagination", "chain"),
    [
        ({"type": "offsetLimit", "inputs": []}, None),
        (
            {
                "type": "cursor",
                "inputs": [{"name": "c", "type": "cursor"}],
                "outputs": {"results": "$.i", "nextCursor": "$.n"},
            },
            Chain(("i",), None, "c", ("n",)),
        ),
        ({"type": "url", "outputs": {"results": "$.i", "nextUrl": "$.n"}}, Chain(("i",), None, None, ("n",))),
    ],
)
def test_how_pages_name_the_next_one(tmp_path: Path, pagination: Any, chain: Chain | None) -> None:
    contract = loaded(tmp_path, {"/a": {"get": operation("a", **{"x-speakeasy-pagination": pagination})}})
    assert read_facts(contract.operation("a"), contract).chain == chain


def test_a_partition_is_no_filter_by_a_property(tmp_path: Path) -> None:
    laws = {"filters": {"site": {"is": "partition"}, "name": {"item": "name"}}}
    facts = read_facts(
        (found := loaded(tmp_path, {"/a": {"get": operation("a", **{"x-laws": laws})}})).operation("a"), found
    )
    assert facts.partitions == ("site",)
    assert [rule.parameter for rule in facts.filters] == ["name"]
