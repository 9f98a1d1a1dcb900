"""What is accepted is kept whole: of a value that the contract allows, not only a part comes back.

Where the response to a creation or an update shows a value that was sent, a service may have normalized it; it has lost
something where a string ends within a word, a number lost its fraction or did not fit, a moment its offset, or an array its end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from html import escape
from typing import Any
from unicodedata import normalize

from toolkit.client.bodies import sent_value
from toolkit.client.client import CheckedResponse, Client
from toolkit.contract.flow import kind, words
from toolkit.contract.operation import Operation
from toolkit.contract.promises import dig
from toolkit.document.files import Node
from toolkit.document.pointers import as_object, pointer_text
from toolkit.schema.judge import shown
from toolkit.schema.scalars import read_moment, read_number
from toolkit.secrets.masking import Secrets
from toolkit.validation.bodies import is_valid_body
from toolkit.verdict import Violation

_LEAST = 4  # characters that a part of a string has
_WRAP = 2**32
_FULL = frozenset({2**31 - 1, -(2**31)})  # what a number of 32 bits becomes that is beyond
# Words in the names of properties that a service may set or change by itself.
_SET_BY_SERVICE = frozenset({
    "id", "uuid", "guid", "created", "updated", "modified", "changed", "at", "timestamp", "version", "revision", "etag", "owner",
    "status", "state", "password", "secret", "token", "hash", "checksum", "size", "count", "links", "href", "url", "date", "time",
    "last", "seen", "expires", "self", "meta", "metadata",
})  # fmt: skip
_CREATION = ({"created"}, {"created", "at"}, {"created", "on"}, {"creation", "date"}, {"creation", "time"})
_JOINTS = re.compile(r"(?<=\d)[ ()-]+(?=[\d()])|[()]")
AMOUNTS = frozenset({
    "price", "amount", "cost", "fee", "rate", "tax", "salary", "budget", "discount", "weight", "width", "height", "quantity",
})  # fmt: skip
_DELETED = re.compile(
    "delet|remov|trash|archiv|activ|cancel|disab|clos|revok|withdr|discard|expire|stopp|terminat", re.IGNORECASE
)
_PUT_AWAY = re.compile("(?:is_?)?(?:archived?|deleted?|trashed|removed|discarded)", re.IGNORECASE)
_STATES = frozenset({"status", "state", "phase", "stage", "progress", "step"})
_UNDER_WAY = re.compile(
    r"pend|queu|progress|process(?!ed)|accept|wait|schedul|submit|receiv|start|creat|request|import|upload|partial|init|unknown|None|ing\b"
    r"|^(\d\d?|0\.\d+)$",
    re.IGNORECASE,
)
_ENDED = re.compile(r"^(is_?)?(done|ready|finish|complet|process(ed)?|succe)", re.IGNORECASE)
_IDENTIFYING = frozenset({"id", "ids", "uuid", "guid"})
_OF_CALLS = frozenset(
    {"request", "trace", "correlation", "span", "session", "transaction", "operation", "event", "message", "job"}
)
_OF_CALLERS = frozenset({"user", "author", "account", "creator", "tenant"})
Tokens = tuple[str, ...]


def kept(client: Client, response: CheckedResponse) -> Iterator[Violation]:
    """The first value of a request of which its response shows a part alone."""
    request, operation = response.exchange.request, client.operation
    rule = _RULES.get("create" if kind(operation) == "create" else operation.method)
    if rule is None or request is None or not response.ok or response.status == 202:
        return
    name = request.headers.content_type
    value, is_shown = sent_value(operation, name, request.body), partial(is_declared, operation, response)
    for at, sent, found in lost(unwrapped(value, response), response.thing, (), is_shown):
        if is_valid_body(operation, name, request.body or b""):
            has = "without it" if found is None else f"with {shown(found)}"
            message = f"{operation.name} accepts {shown(sent)} for {'.'.join(at)}, and responds {has}"
            hint = "keep the whole value, or state its limit in the contract"
            place = f"response.body#{pointer_text(at)}"
            yield Violation(rule, message, place, operation.node.location, hint, operation.name)
        return


def unwrapped(sent: Any, response: CheckedResponse) -> Any:
    """What a request says of a thing, without what the response wraps one in."""
    inner = (key for key, one in as_object(response.value).items() if one is response.thing and one is not None)
    return as_object(sent).get(next(inner, ""), sent)


_RULES = {"create": "law-read-after-create", "PUT": "law-update", "PATCH": "law-update"}


def declared(operation: Operation, response: CheckedResponse, at: Tokens = ()) -> dict[str, Node]:
    """The properties that the contract gives a response, or an object in it."""
    spec = operation.response(response.status)
    media = next(iter(spec.content.values()), None) if spec else None
    node = media.get("schema") if media else None
    if node and response.thing is not response.value:  # what it is wrapped in
        node = node.get("properties", next(key for key, one in response.value.items() if isinstance(one, dict)))
    found: dict[str, Node] = {}
    for name in (None, *at):
        node = node if name is None else found.get(name)
        parts = [node, *(part for _, part in node.each("allOf"))] if node else []
        found = {key: one for part in parts for key, one in part.each("properties")}
    return found


def is_declared(operation: Operation, response: CheckedResponse, at: Tokens) -> bool:
    """Whether the contract gives a response a property of an object in it, and not only a request."""
    property_ = declared(operation, response, at[:-1]).get(at[-1])
    return property_ is not None and not as_object(property_.value).get("writeOnly")


def lost(
    sent: Any, found: Any, at: Tokens, is_shown: Callable[[Tokens], bool] = lambda at: False
) -> Iterator[tuple[Tokens, Any, Any]]:
    """Where of a value that was sent a part alone is found, and both: of an object in it, not all that `is_shown` in a response. One
    with an identifier names another thing, which may be shown in brief."""
    if isinstance(sent, dict) and isinstance(found, dict):
        is_object = at and any(is_same(one, found.get(key)) for key, one in sent.items() if not is_empty(one))
        is_whole = is_object and not any({*words(key)[-1:]} & _IDENTIFYING for key in (*sent, *found))
        for name, one in sent.items():
            if name in found and not is_set_by_service(name):
                yield from lost(one, found[name], (*at, name), is_shown)
            elif is_whole and name not in found and not may_be_left_out(name, one) and is_shown((*at, name)):
                yield (*at, name), one, None
    elif isinstance(sent, list) and isinstance(found, list):
        cut = len(found)
        # Of a field that is repeated, some keep the last alone.
        ends = ((sent[:cut], sent[-1]), (sent[-cut:], sent[0])) if 0 < cut < len(sent) else ()
        is_cut = any(found == kept and gone not in found for kept, gone in ends)
        if is_cut and not _is_merged(sent, found):
            yield at, sent, found
        elif len(sent) == len(found) == 1:  # of several, others may be first
            yield from lost(sent[0], found[0], (*at, "0"), is_shown)
    elif at and (is_part(sent, found) or is_zeroed(at[-1], sent, found)):
        yield at, sent, found


def leaves(value: Any, at: Tokens = ()) -> Iterator[Tokens]:
    """Where the values of an object, and of the objects in it, stand."""
    for key, one in as_object(value).items():
        yield from leaves(one, (*at, key)) if isinstance(one, dict) and one else [(*at, key)]


def within(value: Any) -> dict[str, Any]:
    """The values of an object, and of the objects in it: `recipient.city`."""
    return {".".join(at): dig(value, at) for at in leaves(value)}


def is_zeroed(name: str, sent: Any, found: Any) -> bool:
    """Whether nothing is left of a number with a fraction, or of one that says how much: a position may well become 0."""
    is_number = not isinstance(sent, bool) and not isinstance(found, bool) and isinstance(sent, int | float)
    is_amount = (isinstance(sent, float) and not sent.is_integer()) or bool({*words(name)} & AMOUNTS)
    return is_number and round(sent, 2) != 0 == found and is_amount  # less than a cent may be rounded away


def _is_merged(sent: list[Any], found: list[Any]) -> bool:
    """Whether one object stands for all that have the same strings, as an order has one line for each article."""
    if not all(isinstance(one, dict) for one in (*sent, *found)):
        return False
    before, after = (
        [tuple((name, text) for name, text in sorted(one.items()) if isinstance(text, str)) for one in items]
        for items in (sent, found)
    )
    return all(before) and sorted({*before}) == sorted(after)


def is_part(sent: Any, found: Any) -> bool:
    """Whether a string or number is what is left of another one that was cut, rounded to an integer or did not fit, or a moment
    has lost its offset, or a text is written for HTML or in ASCII."""
    if isinstance(sent, str) and isinstance(found, str):
        one, other = read_moment(sent), read_moment(found)
        if one and other and one.utcoffset() != other.utcoffset():
            return one.replace(microsecond=0, tzinfo=None) == other.replace(microsecond=0, tzinfo=None)
        otherwise = escape(sent), escape(sent, quote=False), sent.encode("ascii", "replace").decode()
        if found != sent and found in otherwise:
            return True
        cut = len(found)
        if not (_LEAST <= cut < len(sent) and sent.startswith(found) and sent.isprintable()):
            return False
        around = sent[cut - 1 : cut + 1]  # a time without its zone, or `10.5` for `10.50`, is another way to write it
        is_within = around.isalpha() or around.isdigit()
        return is_within and read_moment(sent) is None and read_number(sent) != read_number(found)
    if isinstance(sent, bool) or isinstance(found, bool):
        return False
    if isinstance(sent, float) and isinstance(found, int | float) and not sent.is_integer():
        return found == int(found) and abs(found - sent) < 1 and round(sent, 2) == sent
    if isinstance(sent, int) and isinstance(found, int) and sent != found and not -(2**31) <= sent < 2**31:
        return found in _FULL or (found - sent) % _WRAP == 0
    return False


def is_set_by_service(name: str) -> bool:
    """Whether a service may set or change a property of this name by itself."""
    return bool({*words(name)} & _SET_BY_SERVICE)


def says_deleted(before: Any, after: Any) -> bool:
    """Whether what is still shown of an item says that it was deleted, as `state: deleted` does, and did not say so before."""
    is_known = isinstance(before, dict) and isinstance(after, dict)
    changed = [f"{key} {value}" for key, value in after.items() if before.get(key) != value] if is_known else []
    return any(map(_DELETED.search, changed))


def puts_away(sent: Any) -> bool:
    """Whether a request says that a thing is not shown any more, as `archived: true` does."""
    return any(_PUT_AWAY.fullmatch(key) and one for key, one in as_object(sent).items())


def is_under_way(value: Any) -> bool:
    """Whether an object says that a service still works on it, as `state: queued` and `done: false` do."""
    states = (f"{one}" for key, one in as_object(value).items() if {*words(key)} & _STATES)
    ends = (one for key, one in as_object(value).items() if _ENDED.search(key))
    return any(map(_UNDER_WAY.search, states)) or not all(ends)


def may_change(name: str) -> bool:
    """Whether a service may change a property of this name that nobody speaks of: not one that names another thing, as `parent_id`
    does, and neither a request nor what the service did, nor one that says when it was created."""
    return is_set_by_service(name) and not names_place(name) and not says_created(name)


def says_created(name: str) -> bool:
    """Whether a property of this name says when a thing was created."""
    return {*words(name)} in _CREATION


def names_place(name: str) -> bool:
    """Whether a property of this name says which other thing one belongs to: `parent_id`, and not `request_id`, nor `user_id`, since a
    service knows better than the body who calls."""
    *of, last = words(name) or [""]
    return last in _IDENTIFYING and bool(of) and not {*of} & (_SET_BY_SERVICE | _OF_CALLS | _OF_CALLERS)


def is_empty(value: Any) -> bool:
    """Whether a value says as little as a property that is not there: many services leave such properties out."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def may_be_left_out(name: str, value: Any) -> bool:
    """Whether a service may show an object without a property of this name and value: one of its own, a secret, or what says nothing."""
    return is_set_by_service(name) or Secrets().is_secret(name) or is_empty(value) or value in (False, 0)


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are equal but for what may be normalized: letter case, spaces, how numbers and moments are written, an order."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(key in other and is_same(value, other[key]) for key, value in one.items() if value is not None)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(any(is_same(a, b) for b in other) for a in one)
    if isinstance(one, str) and isinstance(other, str):
        return _is_same_string(one, other)
    if isinstance(one, bool) or isinstance(other, bool) or not _is_number(one) or not _is_number(other):
        return bool(one == other) or (is_empty(one) and is_empty(other))
    return abs(float(one) - float(other)) <= 1e-6 * max(1.0, abs(float(one)))


def _is_same_string(one: str, other: str) -> bool:
    moments = read_moment(one), read_moment(other)
    is_decimal = "." in one + other  # else zeros before it are part of a code
    numbers = [read_number(re.sub(r"^(-?)0+(?=\d)", r"\1", text) if is_decimal else text) for text in (one, other)]
    if moments[0] and moments[1]:
        return abs(moments[0] - moments[1]) < timedelta(seconds=1)  # many databases keep whole seconds
    if not isinstance(numbers[0], str) and not isinstance(numbers[1], str):
        return bool(numbers[0] == numbers[1])
    is_masked = "**" in other and "**" not in one
    return is_masked or _plain(one) == _plain(other)


def _plain(text: str) -> str:
    """A string without what is a matter of writing: case, white space, the forms of Unicode; of a telephone number, what joins digits."""
    plain = " ".join(normalize("NFKC", text).casefold().split()).rstrip("/")
    return plain if any(map(str.isalpha, plain)) else _JOINTS.sub("", plain)


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return value.replace(".", "", 1).lstrip("-").isdecimal()
    return isinstance(value, int | float)
