"""Promises of a contract over several responses: `x-laws`, the pagination extension, paths and durations in them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.contracts import loaded, operation

from toolkit.contract.promises import dig, path, read_facts
from toolkit.errors import ContractError
from toolkit.schema.moments import read_duration


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
    ],
)
def test_paths(text: Any, tokens: tuple[str, ...]) -> None:
    assert path(text) == tokens


@pytest.mark.parametrize("text", ["$..a", "$.a[*].b", "$.a[?@.b]", "$.a[1:2]", "$.a..b", "a b", "$.a[-1]"])
def test_a_path_that_may_lead_to_several_values_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a path to one value"):
        path(text)


def test_digging() -> None:
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
def test_durations(text: str, seconds: float | None) -> None:
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


def test_facts(tmp_path: Path) -> None:
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
    ],
)
def test_laws_that_cannot_be_read(tmp_path: Path, laws: Any) -> None:
    contract = loaded(tmp_path, {"/x": {"get": {**operation("a"), "x-laws": laws}}})
    with pytest.raises(ContractError, match="x-laws cannot be read") as caught:
        read_facts(contract.operation("a"), contract)
    assert "\n" not in str(caught.value)
