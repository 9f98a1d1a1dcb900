"""Laws: how values compare, what a run says of the difference between two pages, and what one response must keep."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from support.contracts import as_json, loaded, of_json, operation, parameter
from support.laws import errors_of, run_of
from support.tags import TAG, run_of_tags, run_of_versions

from toolkit.conformance.laws.comparing import find_range, is_misordered, magnitude, shift
from toolkit.conformance.laws.equivalence import defaults, parameter_order
from toolkit.conformance.laws.one_response import _is_echo
from toolkit.conformance.plan import check_plain
from toolkit.contract.promises import Facts, Filter
from toolkit.exchange import Exchange, Request, Response


@pytest.mark.parametrize(
    ("value", "seconds", "shifted"),
    [
        ("2024-03-01T00:00:00Z", -1, "2024-02-29T23:59:59Z"),
        ("41", 1, "42"),
        ("abc", 1, None),
        ("2024-03-01T00:00:00+08:00", 1, None),
        ("٣", 1, None),
    ],
)
def test_a_value_is_shifted_in_its_own_form(value: str, seconds: int, shifted: str | None) -> None:
    assert shift(value, seconds) == shifted


def test_digits_sort_as_numbers_before_other_strings() -> None:
    assert sorted(["b", "10", "9", 1, "007"], key=magnitude) == [1, "007", "9", "10", "b"]


@pytest.mark.parametrize(
    ("relation", "value", "item", "selected"),
    [
        ("equal", "a", {"n": "a"}, True),
        ("equal", "a", {"n": "A"}, False),
        ("equal", "a", {}, False),
        ("equal", "1.0", {"n": 1}, True),
        ("at-least", "10", {"n": 9}, False),
        ("at-most", "10", {"n": 9}, True),
        ("at-least", "2024", {"n": "2024-01"}, True),
        ("equal", "true", {"n": True}, True),
        ("at-least", "no number", {"n": 9}, True),
    ],
)
def test_a_filter_selects(relation: str, value: str, item: Any, selected: bool) -> None:
    assert Filter("p", ("n",), relation).selects(value, item) is selected


def test_a_range_has_two_ends_of_one_property() -> None:
    low, high, other = (Filter("a", ("t",), "at-least"), Filter("b", ("t",), "at-most"), Filter("c", ("u",), "at-most"))
    assert find_range(Facts(filters=(other, low, high))) == (low, high)
    assert find_range(Facts(filters=(low, other))) is None and find_range(Facts()) is None


def test_an_order_is_wrong_only_if_it_is_wrong_in_every_reading() -> None:
    facts = Facts(order=(("-", ("day",)), ("+", ("id",))))
    assert is_misordered(facts, {"day": "1", "id": "b"}, {"day": "2", "id": "a"})
    assert is_misordered(facts, {"day": "1", "id": "b"}, {"day": "1", "id": "a"})
    assert not is_misordered(facts, {"day": "1", "id": "9"}, {"day": "1", "id": "10"})  # as numbers
    assert not is_misordered(facts, {"day": "1", "id": "10"}, {"day": "1", "id": "9"})  # as strings


@pytest.mark.parametrize(
    ("sent", "echoed", "same"),
    [
        ("3", 3, True),
        ("-0", 0, True),
        ("1.0", 1, True),
        (True, True, True),
        ("3", "3", True),
        ("3", 4, False),
        ("x", 0, False),
    ],
)
def test_an_echo_is_the_value_that_was_sent_however_a_number_is_written(sent: Any, echoed: Any, same: bool) -> None:
    assert _is_echo(echoed, sent) is same


# --- conditional requests


@pytest.mark.parametrize(
    ("headers", "asked", "is_noted"),
    [
        ((("ETag", TAG),), {"If-None-Match"}, False),
        ((("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT"),), {"If-Modified-Since"}, False),
        ((), set(), True),
    ],
)
def test_a_documented_304_is_asked_for_with_what_the_response_before_has(
    headers: tuple[tuple[str, str], ...], asked: set[str], is_noted: bool
) -> None:
    """A service may send a whole response for a date (RFC 9110, section 13.1.3: SHOULD), so that only the tag binds it."""
    exchanges: list[Exchange] = []
    run = run_of_tags(heeds=True, headers=headers)
    run.on_exchange = exchanges.append
    assert not errors_of(run)
    names = {name for one in exchanges if one.request for name, _ in one.request.headers.pairs}
    assert {name for name in names if name.startswith("If-")} == asked
    assert any("304 is documented and was not examined" in note for note in run.notes) is is_noted


@pytest.mark.slow
@pytest.mark.parametrize(
    "how, refused",
    [
        ({"named": True}, 428),
        ({"required": True}, 428),
        ({"named": False}, 428),
        ({"named": False, "in_body": True}, 409),
    ],
)
def test_what_is_written_with_the_version_of_now_alone_is_written_with_it(how: dict[str, bool], refused: int) -> None:
    """Each write changes the version; without its entity tag, or with an older one, it is refused."""
    exchanges: list[Exchange] = []
    run = run_of_versions(**how)
    run.on_exchange = exchanges.append
    assert not errors_of(run)
    written = [one.response.status for one in exchanges if one.request and one.response and one.request.method == "PUT"]
    assert written.count(200) > 5 and 400 in written and refused in written


@pytest.mark.parametrize("is_sound", [True, False])
def test_a_link_to_itself_repeats_the_query_and_is_no_other_default(is_sound: bool, tmp_path: Path) -> None:
    """Nor is one to the same in another format, nor the time of the response."""
    times = itertools.count()
    archived = parameter("archived", {"type": "boolean", "default": False})
    plain = {"type": "object", "required": ["boards", "_links"]}
    paths = {"/boards": {"get": operation("list", archived, responses={"200": of_json(plain)})}}

    def handle(request: Request) -> Response:
        html = f"http://example.com{request.url.replace('/boards', '/boards.html')}"
        links = {
            "self": {"href": f"http://example.com{request.url}"},
            "docs": {"href": "/docs?of=boards"},
            "html": html,
        }
        is_whole = "archived=false" in request.url or is_sound
        return as_json(
            200,
            {"_links": links, "timeStamp": next(times), "boards": [{"id": 1}, {"id": 2}] if is_whole else [{"id": 1}]},
        )

    run = run_of(loaded(tmp_path, paths), handle)
    list(check_plain(run.subjects["list"], run.journal))
    found = [one.violation.rule for law in (defaults, parameter_order) for one in law(run.subjects["list"])]
    assert found == ([] if is_sound else ["law-default"])
