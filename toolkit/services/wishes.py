"""What a request prefers of the mock, the status of a success, and the values of its responses that are not those of an example."""

from __future__ import annotations

import json
from http.client import responses
from typing import Any

from toolkit.client.bodies import Described
from toolkit.contract.operation import Operation, ResponseSpec
from toolkit.document.names import bare_name
from toolkit.document.pointers import as_object
from toolkit.structs import Frozen
from toolkit.wire import media_type
from toolkit.wire.preferences import acceptable


class Wish(Frozen):
    """What a request prefers: a status, an example by its name, other values than before; and the media types it accepts."""

    accept: tuple[str, ...] = ()
    media: str | None = None  # what the parameter that selects the format says
    code: int | None = None
    example: str | None = None
    dynamic: bool = False
    query: tuple[tuple[str, str], ...] = ()
    here: str = ""  # the URL without its query

    @property
    def applied(self) -> str:
        """The preferences as `Preference-Applied` has them (RFC 7240, section 3)."""
        quoted = None if self.example is None else json.dumps(self.example)
        named = (("code", self.code), ("example", quoted), ("dynamic", "true" if self.dynamic else None))
        return ", ".join(f"{name}={value}" for name, value in named if value is not None)


def choices_of(operation: Operation, spec: ResponseSpec, wish: Wish) -> list[Described]:
    """The documented bodies that are wanted, the most wanted first."""
    chosen = acceptable(wish.accept, spec.content)
    if wish.media is not None and (found := media_type.best(wish.media, spec.content)):
        chosen = [(found, wish.media)]
    return [described_as(operation, spec, name, sent) for name, sent in chosen]


def described_as(operation: Operation, spec: ResponseSpec, name: str, sent: str) -> Described:
    """The body of a documented media type; one that is a range is sent as a media type in it."""
    return Described(operation, sent if "*" in name else name, spec.content[name], request=False)


def usual(value: Any, status: int, detail: str) -> dict[tuple[str, ...], Any]:
    """What an error says of itself in the properties that it or an object in it has, by names that are usual (RFC 9457, section 3.1)."""
    texts = dict.fromkeys(("detail", "message", "errordescription"), detail)
    usual = {**texts, "title": responses.get(status, ""), "status": status, "statuscode": status}
    objects = {(): as_object(value), **{(name,): as_object(one) for name, one in as_object(value).items()}}
    named = {(*path, name): one for path, found in objects.items() for name, one in found.items()}
    said = {path: (usual.get(bare_name(path[-1])), one) for path, one in named.items()}
    return {path: text for path, (text, known) in said.items() if text and type(known) is type(text)}


def renewed(value: Any, turn: int) -> Any:
    """Another value for each turn: a number that much larger, a string with the turn as its last digits; None for others."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value + turn
    if not isinstance(value, str):
        return None
    digits, letters = list(f"{turn:08d}"), list(value)
    for index in reversed(range(len(letters))):
        if digits and letters[index].isalnum():
            letters[index] = digits.pop()
    return "".join(letters)


def success(operation: Operation) -> int:
    """The status of a success: the lowest that is documented, else of a redirection, else 200, by `default` or by nothing."""
    for first in "23":
        exact = sorted(int(key) for key in operation.responses if key.isdigit() and len(key) == 3 and key[0] == first)
        if exact:
            return exact[0]
        if f"{first}XX" in operation.responses:
            return int(first) * 100
    known = sorted(int(key) for key in operation.responses if key.isdigit() and key >= "200")
    return known[0] if known and "default" not in operation.responses else 200
