"""A small REST service, offset and limit, JSON only, paths with parameters; and faults, each a step of it replaced."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from support.contracts import as_json

from toolkit.exchange import Headers, Request, Response, Send
from toolkit.structs import Frozen, replace

Track = dict[str, Any]
Given = Mapping[str, str]

_RANDOM = random.Random(5)
TRACKS: tuple[Track, ...] = tuple(
    {
        "id": number,
        "title": _RANDOM.choice(("Rain", "Rainy Day", "Éire 100%", "a+b & c", f"Take {number}", "rain")),
        "genre": ("jazz", "folk", "noise")[number * number % 7 % 3],
        "year": 1990 + number * 5 % 23,
        "live": number % 3 == 0,
        "rating": None if number % 10 == 0 else number * 7 % 11 / 2 % 5,
    }
    for number in range(1, 88)
)
_INTEGER = re.compile(r"0|-?[1-9][0-9]*", re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)


class Refused(Exception):
    """Refused with this status, code and message."""


def _invalid(name: str) -> Refused:
    return Refused(422, "invalid", f"{name} is invalid")


def integer(given: Given, name: str, low: int, high: int) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not _INTEGER.fullmatch(text) or len(text) > 20 or not low <= int(text) <= high:
        raise _invalid(name)
    return int(text)


def number(given: Given, name: str, low: int, high: int) -> float | None:
    text = given.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text) or len(text) > 300 or not low <= float(text) <= high:
        raise _invalid(name)
    return float(text)


def member(given: Given, name: str, members: Sequence[str]) -> str | None:
    text = given.get(name)
    if text is not None and text not in members:
        raise _invalid(name)
    return text


def title(given: Given) -> str | None:
    text = given.get("title")
    if text is not None and not 1 <= len(text) <= 100:
        raise _invalid("title")
    return text


def read(pairs: Sequence[tuple[str, str]]) -> Given:
    names = [name for name, _ in pairs]
    for name in ("offset", "limit", "genre", "title", "live", "rating", "yearFrom", "yearTo"):
        if names.count(name) > 1:
            raise _invalid(name)
    return dict(pairs)


def choose(given: Given) -> list[Track]:
    genre, live = member(given, "genre", ("jazz", "folk", "noise")), member(given, "live", ("true", "false"))
    wanted = {"genre": genre, "title": title(given), "rating": number(given, "rating", 0, 5)}
    wanted["live"] = None if live is None else live == "true"
    low, high = integer(given, "yearFrom", 1900, 2100), integer(given, "yearTo", 1900, 2100)
    return [
        track
        for track in TRACKS
        if all(value is None or track[name] == value for name, value in wanted.items())
        and (low is None or track["year"] >= low)
        and (high is None or track["year"] <= high)
    ]


def order(tracks: list[Track]) -> list[Track]:
    return sorted(tracks, key=lambda track: (-track["year"], track["id"]))


def window(given: Given) -> tuple[int, int]:
    offset, limit = integer(given, "offset", 0, 10_000), integer(given, "limit", 1, 50)
    return offset or 0, 20 if limit is None else limit


def cut(tracks: list[Track], offset: int, limit: int) -> list[Track]:
    return tracks[offset : offset + limit]


def page(items: list[Track], offset: int, limit: int, total: int) -> Any:
    return {"data": {"items": items}, "page": {"offset": offset, "limit": limit, "total": total}}


def one(text: str) -> Track:
    wanted = integer({"id": text}, "id", 1, 10**18)
    found = [track for track in TRACKS if track["id"] == wanted]
    if not found:
        raise Refused(404, "not-found", "there is no such track")
    return found[0]


def refusal(status: int, code: str, message: str) -> Response:
    return as_json(status, {"error": {"code": code, "message": message}})


class Albums(Frozen):
    """The service as steps, any of which may be replaced."""

    read: Callable[[Any], Given] = read
    choose: Callable[[Given], list[Track]] = choose
    order: Callable[[list[Track]], list[Track]] = order
    window: Callable[[Given], tuple[int, int]] = window
    cut: Callable[[list[Track], int, int], list[Track]] = cut
    page: Callable[[list[Track], int, int, int], Any] = page
    one: Callable[[str], Any] = one
    refusal: Callable[[int, str, str], Response] = refusal
    as_json: Callable[[int, Any], Response] = as_json

    def __call__(self, request: Request) -> Response:
        try:
            return self._answer(request)
        except Refused as refused:
            return self.refusal(*refused.args)

    def _answer(self, request: Request) -> Response:
        url = urlsplit(request.url)
        found = re.fullmatch(r"/albums/([^/]*)/tracks(?:/([^/]*))?", url.path)
        if not found or request.method != "GET":
            raise Refused(404, "not-found", "there is no such place")
        artist = unquote(found[1])
        if not re.fullmatch(r"[a-z][a-z-]{0,30}", artist):
            raise _invalid("artist")
        if artist != "the-vowels":
            raise Refused(404, "not-found", "there is no such artist")
        if found[2] is not None:
            return self.as_json(200, self.one(unquote(found[2])))
        given = self.read(parse_qsl(url.query, keep_blank_values=True))
        tracks = self.order(self.choose(given))
        offset, limit = self.window(given)
        return self.as_json(200, self.page(self.cut(tracks, offset, limit), offset, limit, len(tracks)))


SOUND = Albums()


def _changed(change: Callable[[dict[str, str]], None]) -> Callable[[Any], Given]:
    """Parameters read, then changed."""

    def reading(pairs: Any) -> Given:
        given = dict(read(pairs))
        change(given)
        return given

    return reading


def _loose(name: str, put: str) -> Callable[[Any], Given]:
    """A bad value of one parameter is taken for another value."""

    def reading(pairs: Any) -> Given:
        given = dict(read(pairs))
        try:
            choose(given)
            window(given)
        except Refused:
            given[name] = put
        return given

    return reading


def _matching(name: str, fits: Callable[[Any, str], bool]) -> Callable[[Given], list[Track]]:
    """One filter by another comparison, after the value was checked."""

    def choosing(given: Given) -> list[Track]:
        choose(given)
        rest = {key: value for key, value in given.items() if key != name}
        return [track for track in choose(rest) if name not in given or fits(track, given[name])]

    return choosing


def _either(given: Given) -> list[Track]:
    if not {"genre", "live"} <= given.keys():
        return choose(given)
    left, right = (choose({key: given[key] for key in given if key != name}) for name in ("live", "genre"))
    return [track for track in TRACKS if track in left or track in right]


def _shuffling() -> Callable[[list[Track]], list[Track]]:
    calls = count()

    def ordering(tracks: list[Track]) -> list[Track]:
        turned = order(tracks)
        return turned[::-1] if next(calls) % 2 else turned

    return ordering


def _items(change: Callable[[list[Track]], list[Track]]) -> Callable[..., Any]:
    return lambda items, offset, limit, total: page(change(items), offset, limit, total)


def _quoting(given: Given) -> list[Track]:
    if "'" in given.get("title", ""):
        raise Refused(500, "invalid", "near ''': syntax error")
    return choose(given)


FAULTS: dict[str, Send] = {
    name: replace(SOUND, **steps)
    for name, steps in {
        "offset off by one": {"cut": lambda tracks, offset, limit: cut(tracks, offset + bool(offset), limit)},
        "offset ignored": {"cut": lambda tracks, offset, limit: cut(tracks, 0, limit)},
        "offset counts pages": {"cut": lambda tracks, offset, limit: cut(tracks, offset * limit, limit)},
        "limit ignored": {"cut": lambda tracks, offset, limit: cut(tracks, offset, 20)},
        "limit one short": {"cut": lambda tracks, offset, limit: cut(tracks, offset, limit - 1 if limit > 1 else 1)},
        "another default limit": {"read": _changed(lambda given: given.setdefault("limit", "10") and None)},
        "limit clamped": {"read": _loose("limit", "50")},
        "negative offset taken for 0": {"read": _loose("offset", "0")},
        "total is the page's": {"page": lambda items, offset, limit, total: page(items, offset, limit, len(items))},
        "total one more": {"page": lambda items, offset, limit, total: page(items, offset, limit, total + 1)},
        "total of everything": {"page": lambda items, offset, limit, total: page(items, offset, limit, len(TRACKS))},
        "offset echoed as 0": {"page": lambda items, offset, limit, total: page(items, 0, limit, total)},
        "limit echoed as found": {"page": lambda items, offset, limit, total: page(items, offset, len(items) or 1, total) },
        "genre ignored": {"choose": _matching("genre", lambda track, text: True)},
        "title by prefix": {"choose": _matching("title", lambda track, text: track["title"].startswith(text))},
        "title in any case": {"choose": _matching("title", lambda track, text: track["title"].lower() == text.lower())},
        "live inverted": {"choose": _matching("live", lambda track, text: track["live"] != (text == "true"))},
        "live only when true": {"choose": _matching("live", lambda track, text: text != "true" or track["live"])},
        "rating rounded": {"choose": _matching("rating", lambda track, text: int(track["rating"] or 0) == int(float(text))) },
        "yearFrom exclusive": {"choose": _matching("yearFrom", lambda track, text: track["year"] > int(text))},
        "yearTo ignored": {"choose": _matching("yearTo", lambda track, text: True)},
        "filters joined by OR": {"choose": _either},
        "order ascending": {"order": lambda tracks: order(tracks)[::-1]},
        "order of ties turned": {"order": lambda tracks: sorted(tracks, key=lambda track: (-track["year"], -track["id"])) },
        "order changes each time": {"order": _shuffling()},
        "an item twice": {"page": _items(lambda items: [*items[:-1], items[0]] if len(items) > 2 else items)},
        "an item left out": {"page": _items(lambda items: [track for track in items if track["id"] != 13])},
        "a page past the end is refused": {
            "cut": lambda tracks, offset, limit: cut(tracks, offset, limit) if offset <= len(tracks) else _past_end()
        },
        "a bad genre is answered": {"read": _loose("genre", "jazz")},
        "a bad yearFrom is answered": {"read": _loose("yearFrom", "1900")},
        "refused as 400": {"refusal": lambda status, code, message: refusal(400 if status == 422 else status, code, message) },
        "refused as not-found": {"refusal": lambda status, code, message: refusal(status, "not-found", message)},
        "refused without the name": {"refusal": lambda status, code, message: refusal(status, code, "a value is invalid") },
        "a quote is a fault": {"choose": _quoting},
        "the year as text": {"page": _items(lambda items: [{**item, "year": str(item["year"])} for item in items])},
        "a member lacks": {"page": _items(lambda items: [{key: item[key] for key in item if key != "live"} for item in items]) },
        "a member too many": {"one": lambda text: {**one(text), "secret": 1}},
        "no JSON": {"as_json": lambda status, value: replace(as_json(status, value), body=repr(value).encode())},
        "another media type": {"as_json": lambda status, value: replace(as_json(status, value), headers=Headers((("Content-Type", "text/html"),))) },
        "twice the same parameter": {"read": dict},
        "an unknown parameter is refused": {"read": _changed(lambda given: _known(given))},
    }.items()
}  # fmt: skip


def _past_end() -> list[Track]:
    raise _invalid("offset")


def _known(given: Given) -> None:
    if given.keys() - {"offset", "limit", "genre", "title", "live", "rating", "yearFrom", "yearTo"}:
        raise _invalid("parameter")
