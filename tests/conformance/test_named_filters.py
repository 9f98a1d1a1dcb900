"""Filters and orders of which the contract says nothing but the names: what does nothing is found, doubts blame nobody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.contracts import as_json, loaded, of_json
from support.laws import run_of

from toolkit.conformance.laws.named_filters import named_filters
from toolkit.conformance.plan import laws_of
from toolkit.exchange import Request, Response

PETS = [
    {"id": 1, "species": "cat", "tags": ["old", "shy"], "weight": 100, "name": "Bo"},
    {"id": 2, "species": "dog", "tags": ["old"], "weight": 15, "name": "Al"},
    {"id": 3, "species": "cat", "tags": [], "weight": 20, "name": "Cy"},
    {"id": 4, "species": "dog", "tags": ["shy"], "weight": 3, "name": "Di"},
]
Pets = list[dict[str, Any]]


def _found(folder: Path, name: str, schema: dict[str, Any], listed: Callable[[str], Pets]) -> list[str]:
    def send(request: Request) -> Response:
        return as_json(200, listed(parse_qs(urlsplit(request.url).query).get(name, [""])[0]))

    parameters = [{"name": name, "in": "query", "schema": schema}]
    get = {"parameters": parameters, "responses": {"200": of_json({"type": "array", "items": {"type": "object"}})}}
    subject = run_of(loaded(folder, {"/pets": {"get": get}}), send).subjects["GET /pets"]
    return [one.violation.message for one in named_filters(subject)] if named_filters in laws_of(subject) else []


@pytest.mark.parametrize(
    ("name", "listed", "found"),
    [
        ("species", lambda text: PETS, "species=dog lists all that the list without it has, among it one with cat, as species=cat does"),
        ("tag", lambda text: PETS, "tag=shy lists all that the list without it has, among it one with old, as tag=old does"),
        ("species", lambda text: [one for one in PETS if text in ("", one["species"])], ""),
        ("weight", lambda text: [one for one in PETS if one["weight"] >= int(text or 0)], ""),  # at least
        ("species", lambda text: PETS if text == "cat" else PETS[:1], ""),
        ("lang", lambda text: [{**one, "lang": "en" if one["id"] > 1 else "de"} for one in PETS], ""),  # or what there is of it
        ("limit", lambda text: [{**one, "limit": one["id"]} for one in PETS], ""),
        ("colour", lambda text: PETS, ""),
    ],
)  # fmt: skip
def test_a_filter_that_does_nothing(name: str, listed: Callable[[str], Pets], found: str, tmp_path: Path) -> None:
    assert _found(tmp_path, name, {"type": "string"}, listed) == ([found] if found else [])


def _by(key: str, of: Callable[[Any], Any] = lambda value: value, turned: bool = True) -> Callable[[str], Pets]:
    return lambda text: sorted(PETS, key=lambda one: of(one[key]), reverse=turned and text[:1] == "-")


@pytest.mark.parametrize(
    ("ways", "listed", "found"),
    [
        (["name", "-name"], _by("name"), ""),
        (["name", "-name"], lambda text: PETS[:2], "sort=name and sort=-name list the same items in the same order"),
        (["species:asc", "species:desc"], lambda text: PETS[::2], ""),  # both are cats
        (["weight"], _by("weight"), ""),
        (["weight"], _by("weight", str), "sort=weight sorts numbers as text: 100 before 15"),
        (["weight"], lambda text: [PETS[0], PETS[3], PETS[1], PETS[2]], ""),  # one of them may be pinned
    ],
)
def test_an_order_that_is_none(ways: list[str], listed: Callable[[str], Pets], found: str, tmp_path: Path) -> None:
    assert _found(tmp_path, "sort", {"enum": ways}, listed) == ([found] if found else [])


def test_what_a_filter_selects_it_selects_on_every_page_and_in_every_order(tmp_path: Path) -> None:
    """What is wrong then, the response shows alone (`meant`)."""
    asked = list[dict[str, str]]()

    def send(request: Request) -> Response:
        asked.append({name: one[0] for name, one in parse_qs(urlsplit(request.url).query).items()})
        at, size = int(asked[-1].get("offset", 0)), int(asked[-1].get("limit", 20))
        return as_json(
            200, [one for one in PETS * 2 if one["species"] == asked[-1].get("species", "cat")][at : at + size]
        )

    schemas: dict[str, Any] = {"species": {"enum": ["cat", "dog"]}, "sort": {"enum": ["name", "-name"]}}
    schemas |= {name: {"type": "integer"} for name in ("offset", "limit")}
    parameters = [{"name": name, "in": "query", "schema": one} for name, one in schemas.items()]
    get = {"parameters": parameters, "responses": {"200": of_json({"type": "array", "items": {"type": "object"}})}}
    assert not [*named_filters(run_of(loaded(tmp_path, {"/pets": {"get": get}}), send).subjects["GET /pets"])]
    assert {"species": "cat", "sort": "-name"} in asked
    assert {"species": "cat", "offset": "2", "limit": "2"} in asked


def test_what_one_response_shows_is_said_of_that_one(tmp_path: Path) -> None:
    assert not _found(tmp_path, "species", {"enum": ["cat", "dog"]}, lambda text: PETS)
    assert not _found(tmp_path, "sort", {"enum": ["name", "-name"]}, _by("id", turned=False))
