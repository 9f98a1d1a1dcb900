"""A fault in a request's body -> whether every reader refuses it: lenient ones turn `"5"` into 5, and null into nothing.

As for parameters, a fault must be refused only where no lenient reading of the value is free of it. What a strict reader takes
of a body is not asked here: a body that is valid and accepted in one form is not known to be accepted in another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from toolkit.client.client import Client
from toolkit.client.texts import FORMATS
from toolkit.conformance.probes.opinions import (
    LENIENT_FORMATS,
    is_finite,
    read_boolean_leniently,
    read_number_leniently,
)
from toolkit.contract.operation import Operation
from toolkit.contract.promises import dig
from toolkit.document.pointers import ABSENT, as_object, plain_tokens, pointer_text, put_at
from toolkit.exchange import Request
from toolkit.schema.judge import JsonSchema, shown
from toolkit.validation.access import misplaced
from toolkit.validation.bodies import DocumentedBody, find_body
from toolkit.verdict import Violation

ITEM_TWICE = "an item twice"
_IN_VALUES = frozenset({"json", "form"})
_ALWAYS = frozenset({"schema-required", "schema-bound", "schema-value", "schema-length", "schema-size", "json-syntax"})
Tokens = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """A new value at a place of a body; ABSENT takes the property away. `label` says what is special about it.

    `inner`, if given, is the one change within that value, which was made by the schema: its place is one in the whole. `made`
    says which of its alternatives the value was made as, '' where it has one form.
    """

    at: Tokens
    value: Any
    label: str
    rank: int
    inner: Edit | None = None
    made: str = ""

    @property
    def place(self) -> Tokens:
        """Where something is changed in the whole, as far as one change says it."""
        return self.inner.at if self.inner else self.at

    @property
    def name(self) -> str:
        return self.of("a body") if self.at or not isinstance(self.value, str) else self.of("the body")

    def of(self, whole: str) -> str:
        """What is changed in a whole, in words."""
        if self.inner:
            part = f"with another #{pointer_text(self.at)}" if self.at else "of"
            return self.inner.of(f"{whole} {part}{self.made}")
        if self.value is ABSENT:
            return f"{whole} without #{pointer_text(self.at)}"
        text = shown(self.value)
        place = f"with #{pointer_text(self.at)}=" if self.at else "" if isinstance(self.value, str) else "of "
        return f"{whole} {place}{text if len(text) <= 60 else '...'} [{self.label}]"


def must_be_refused(client: Client, request: Request, fault: Violation) -> bool:
    """Whether every reader of a request's body refuses a fault that the validator finds in it."""
    documented = documented_request(client.operation, request)
    if documented and request.body and fault.rule == "parameters-inconsistent":
        sent = as_object(documented.read(request.body).value).values()
        return all(one not in ("", [], {}) for one in sent)  # some readers take these for absent
    if documented is None or not fault.rule.startswith("schema-") or not request.body:
        return fault.rule in ("request-body-missing", "json-syntax", "xml-syntax")
    if documented.kind not in _IN_VALUES or documented.schema is None:
        return fault.rule in _ALWAYS
    at = plain_tokens(fault.at.partition("#")[2].partition(" (line ")[0])  # of `request.body#/items/0 (line 3)`
    value = documented.read(request.body).value
    places = misplaced(documented.schema, documented.hidden, value) if documented.hidden else ()
    # Of items, the place of one stands for those of all.
    own, *others = (tuple("*" if token.isdecimal() else token for token in place) for place in (at, *places))
    if any(own[: len(other)] == other for other in others):
        return False  # a service may ignore what is `readOnly` (JSON Schema Validation, section 9.4)
    return is_surely_refused(documented.schema, value, at, fault.rule)


def documented_request(operation: Operation, request: Request) -> DocumentedBody | None:
    """What the contract says of a request's body; None where it has none, or one of another media type."""
    return find_body(operation, request.headers.content_type) if request.body is not None else None


def is_surely_refused(schema: JsonSchema, value: Any, at: Tokens, rule: str) -> bool:
    """Whether the fault of a rule at a place of a value is in every lenient reading of what is there.

    Where a value is none of several alternatives, each of them has to have such a fault; one that is more than one of them is
    a value of some reader's choice.
    """
    errors = _errors(schema, value)
    own = [error for error in errors if (error.at, error.rule) == (at, rule)]
    if not all(_is_none_of(schema, dig(value, at), error.place) for error in own):
        return False
    before = {(error.at, error.rule) for error in errors}
    for reading in _readings(dig(value, at), rule):
        after = {(error.at, error.rule) for error in _errors(schema, put_at(value, at, reading))}
        if (at, rule) not in after and after <= before:
            return False
    return True


def _is_none_of(schema: JsonSchema, value: Any, place: Tokens) -> bool:
    """Whether each of the alternatives at a place of a schema surely refuses a value; True where there are none."""
    return all(
        any(is_surely_refused(one, value, error.at, error.rule) for error in _errors(one, value))
        for one in schema.alternatives(place)
    )


def _errors(schema: JsonSchema, value: Any) -> list[Any]:
    return [] if value is ABSENT or schema.is_valid(value) else list(schema.errors(value))


def _readings(value: Any, rule: str) -> Iterator[Any]:
    """What lenient readers take a JSON value for, or absent; a format for one of its own where that is the fault."""
    if value is None or (isinstance(value, str) and value.strip() in ("", "null")):
        yield ABSENT
    if value is None or value in ([], {}):
        yield from ({}, [])
    if not isinstance(value, list):
        yield [value]
    else:
        yield [one for index, one in enumerate(value) if one not in value[:index]]  # read as a set
    if isinstance(value, bool):
        yield from (int(value), str(value).lower())
    elif isinstance(value, int | float):
        yield str(value)
        yield from (bool(value),) if value in (0, 1) else ()
    elif isinstance(value, str):
        yield from _readings_of_text(value)
    if rule == "schema-format" and not isinstance(value, dict | list):
        text = str(value).strip()
        yield from (FORMATS[name](0) for name, reads in LENIENT_FORMATS.items() if reads(text))


def _readings_of_text(text: str) -> Iterator[Any]:
    trimmed = text.strip()
    yield "".join(char for char in trimmed if ord(char) >= 32)
    number = read_number_leniently(trimmed)
    if number is not None and is_finite(number):
        yield int(number) if number == number // 1 else number
    yield from (True, False) if read_boolean_leniently(trimmed) else ()
    if not text.isascii():
        yield text.encode("ascii", "replace").decode()
