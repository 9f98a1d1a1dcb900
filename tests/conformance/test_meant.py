"""Filters by constants and the order that a request names, where the contract states no law of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.contracts import as_json, loaded, of_json, parameter
from support.laws import only_client

from toolkit.conformance.laws.meant import meant
from toolkit.exchange import Request

STATES = ["open", "closed", "unspecified"]
QUERY = [
    parameter("state", {"type": "string", "enum": STATES}),
    parameter("severity", {"type": "string", "enum": ["low", "high"]}),
    {**parameter("done", {"type": "boolean"}), "description": "only those that are done, or not"},
    parameter("urgent", {"type": "boolean"}),
    parameter("sort", {"type": "string", "enum": ["name", "-size", "size", "at_desc"], "default": "name"}),
    parameter("dir", {"type": "string", "enum": ["asc", "desc"]}),
    parameter("include_closed", {"type": "boolean", "default": False}),
]
ITEM = {"state": "open", "severity": "high", "done": True, "urgent": True}
SIZES = [{"size": size} for size in (5, 1, 4, 2, 3)]
NAMES = [{"name": name} for name in ("B", "c", "A", "b", "a")]  # folders before files


@pytest.mark.parametrize(
    ("asked", "items", "rule"),
    [
        ({"state": "open"}, [ITEM], ""),
        ({"state": "closed"}, [ITEM], "law-filter-exact"),
        ({"state": "closed"}, [{"state": "archived"}, {"name": "open"}], ""),
        ({"state": "unspecified"}, [ITEM], ""),
        ({"severity": "low"}, [ITEM], ""),
        ({"done": "false"}, [ITEM], "law-filter-exact"),
        ({"urgent": "false"}, [ITEM], ""),
        ({"sort": "size"}, SIZES, "law-order"),
        ({"sort": "size"}, [*reversed(SIZES[:3]), *SIZES[3:]], "law-order"),
        ({"sort": "size"}, sorted(SIZES, key=lambda one: -one["size"]), ""),
        ({"sort": "-size"}, sorted(SIZES, key=lambda one: one["size"]), "law-order"),
        ({"sort": "size", "dir": "desc"}, sorted(SIZES, key=lambda one: one["size"]), "law-order"),
        ({"sort": "-size"}, SIZES[:3], ""),
        ({}, sorted(NAMES, key=lambda one: one["name"]), ""),
        ({}, [NAMES[2], NAMES[0], NAMES[4], NAMES[3], NAMES[1]], ""),
        ({"dir": "desc"}, sorted(NAMES, key=lambda one: one["name"]), "law-order"),
        ({"sort": "size"}, [{"size": None}, *SIZES], ""),
        ({"sort": "size"}, NAMES, ""),
        ({}, [{"closed": True}], "law-filter-exact"),
        ({"include_closed": "true"}, [{"closed": True}], ""),
        ({"state": "closed"}, [{"closed": True}], ""),  # which says it of itself
        ({}, [{"closed": "2026-01-01"}], ""),
    ],
)
def test_a_constant_and_an_order_are_what_they_are_called(
    asked: dict[str, str], items: list[dict[str, Any]], rule: str, tmp_path: Path
) -> None:
    contract = loaded(tmp_path, {"/bugs": {"get": {"parameters": QUERY, "responses": {"200": of_json({})}}}})

    def handle(request: Request) -> Any:
        return as_json(200, {"items": items})

    client = only_client(contract, handle)
    response = client.ask(client.call({("query", name): text for name, text in asked.items()}))
    assert [one for one, _ in meant(client, response)] == ([rule] if rule else [])
