"""The values that everyone speaks: header fields, made into pairs at once or when first needed."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import NamedTuple

import pytest

from toolkit.exchange import Headers
from toolkit.recordings.formats.har_entry import exchange

PAIRS = (("Content-Type", "a/b"), ("Set-Cookie", "x=1"), ("set-cookie", "y=2"))


class Field(NamedTuple):
    name: str
    value: str


MADE: list[Callable[[], Headers]] = [
    lambda: Headers(PAIRS),
    lambda: Headers.of(iter(PAIRS)),
    lambda: Headers.of_fields([Field(":status", "200"), *(Field(name, value) for name, value in PAIRS)]),
]


@pytest.mark.parametrize("made", MADE)
def test_header_fields_are_found_without_regard_to_case(made: Callable[[], Headers]) -> None:
    for headers in (made(), pickle.loads(pickle.dumps(made()))):
        assert headers.get("content-type") == headers.get("CONTENT-TYPE") == "a/b"
        assert headers.get("set-cookie") == "x=1" and headers.get("server") is None
        assert headers.get_all("Set-Cookie") == ["x=1", "y=2"] and headers.pairs == PAIRS
        assert headers.replaced("SET-COOKIE", "z").pairs == (PAIRS[0], ("SET-COOKIE", "z"))
        assert headers.get("content-type") == "a/b", "also after the pairs are made"
        assert headers == Headers(PAIRS) and hash(headers) == hash(Headers(PAIRS)) and repr(headers) == repr(made())
        assert headers != Headers() and headers != PAIRS
        with pytest.raises(AttributeError):
            headers.pairs = ()  # type: ignore[misc]


@pytest.mark.parametrize(
    ("field", "value"), [({"name": "x", "value": 1}, "1"), ({"name": "x", "value": ["a"]}, "a"), ({"name": 5, "value": "a"}, None)]
)  # fmt: skip
def test_fields_that_are_no_strings_are_read_as_ones(field: dict[str, object], value: str | None) -> None:
    entry = {"request": {"method": "GET", "url": "/", "headers": [field]}}
    if value is not None:
        request = exchange(entry, "").request
        assert request and request.headers.pairs == (("x", value),)
    else:
        with pytest.raises(TypeError):
            exchange(entry, "")


def test_a_field_without_a_name_is_none() -> None:
    request = exchange({"request": {"method": "GET", "url": "/", "headers": [{"value": "x"}]}}, "").request
    assert request and request.headers.pairs == ()
