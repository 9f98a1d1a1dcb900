"""Ranges of which the contract says nothing but the names: items beyond the bound, and those at it; doubts blame nobody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.contracts import as_json, loaded, of_json, parameter
from support.laws import run_of

from toolkit.conformance.laws.named_ranges import named_ranges
from toolkit.conformance.plan import laws_of
from toolkit.exchange import Request, Response

ITEMS = [
    {"id": at, "price": at * 700, "createdOn": f"2026-01-{at:02}", "rank": at - 1, "maxAge": at} for at in range(1, 6)
]
NUMBER, DAY = {"type": "integer"}, {"type": "string", "format": "date"}
Keeps = Callable[[dict[str, Any], Any], object]


@pytest.mark.parametrize(
    ("name", "schema", "told", "keeps", "found"),
    [
        ("min_price", NUMBER, "at least this", lambda one, bound: one["price"] >= bound, ""),
        ("min_price", NUMBER, "", lambda one, bound: True, "min_price=3500 returns an item with price 700"),
        ("maxPrice", NUMBER, "", lambda one, bound: one["price"] >= bound, "maxPrice=700 returns an item with price 1400"),
        ("min_price", NUMBER, "", lambda one, bound: one["price"] > bound, ""),
        ("min_price", NUMBER, "the lowest price", lambda one, bound: one["price"] > bound, "min_price=3500 returns no item with price 3500, "
         "and without it there is one"),
        ("max_price", NUMBER, "in dollars", lambda one, bound: one["price"] <= bound * 100, ""),
        ("min_price", NUMBER, "the lowest price", lambda one, bound: one["price"] >= bound * 100, ""),
        ("max_rank", NUMBER, "", lambda one, bound: not bound or one["rank"] <= bound, ""),  # 0 is none
        ("min_price", {**NUMBER, "maximum": 3500}, "", lambda one, bound: True, "min_price=3500 returns an item with price 700"),
        ("maxAge", NUMBER, "", lambda one, bound: True, ""),  # of what it is, the items say otherwise
        ("min_stars", NUMBER, "", lambda one, bound: True, ""),
        ("created_from", DAY, "of this day or later", lambda one, bound: one["createdOn"] >= bound, ""),
        ("created_from", DAY, "", lambda one, bound: True, "created_from=2026-01-05 returns an item with createdon 2026-01-01"),
        ("createdBefore", DAY, "", lambda one, bound: one["createdOn"] < bound, ""),
        ("created_to", DAY, "of this day or earlier", lambda one, bound: one["createdOn"] < bound, "created_to=2026-01-01 returns no item "
         "with createdon 2026-01-01, and without it there is one"),
        ("created_to", {"type": "string"}, "a person", lambda one, bound: True, ""),
    ],
)  # fmt: skip
def test_what_is_out_of_a_range(
    name: str, schema: dict[str, Any], told: str, keeps: Keeps, found: str, tmp_path: Path
) -> None:
    def send(request: Request) -> Response:
        text = parse_qs(urlsplit(request.url).query).get(name, [""])[0]
        bound = int(text) if text and schema["type"] == "integer" else text
        return as_json(200, [one for one in ITEMS if not text or keeps(one, bound)])

    get = {"parameters": [{**parameter(name, schema), "description": told}]}
    get |= {"responses": {"200": of_json({"type": "array", "items": {"type": "object"}})}}
    subject = run_of(loaded(tmp_path, {"/goods": {"get": get}}), send).subjects["GET /goods"]
    messages = [one.violation.message for one in named_ranges(subject)] if named_ranges in laws_of(subject) else []
    assert messages == ([found] if found else [])
