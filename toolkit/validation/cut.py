"""Bodies that cannot be restored, or whose end is lost: what is said of them, and what of them is examined all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolkit.document.pointers import pointer_text
from toolkit.exchange import LACKS, NO_DECODER
from toolkit.schema.shape import Shape, Shapes, without_null
from toolkit.validation.bodies import DocumentedBody
from toolkit.verdict import Violation
from toolkit.wire.whole import whole_part

_RECORD_WHOLE = "record whole bodies, and keep the files of a recording beside it"
_CERTAIN = ("schema-type", "schema-unknown-member")  # of an object or array, whatever else is in it
_CONDITIONS = ("if", "not", "dependentSchemas", "$dynamicRef")


def unread(fault: str, where: str, place: str, what: str = "it") -> Violation:
    """That a body, or `what` of it, was not examined, for its fault."""
    if fault.startswith(NO_DECODER):
        hint = "install the package that it needs, or record without this coding"
        return Violation("decoder-missing", f"{fault}, so the body was not checked", where, place, hint)
    if fault.startswith(LACKS):
        return Violation("body-unrecorded", f"{fault}, so {what} was not checked", where, place, _RECORD_WHOLE)
    return Violation("body-undecodable", fault, where, place, "check how the body was encoded or recorded")


def of_whole_part(
    documented: DocumentedBody, content_type: str, fault: str, data: bytes, where: str, place: str
) -> tuple[list[Violation], Any]:
    """What is wrong with the part that is whole of a body whose end is lost, and the value of that part; of the objects
    and arrays around it, which may go on, only what no rest can cure."""
    part, depth = whole_part(documented.kind, content_type, data)
    body = documented.read(part) if part else None
    if body is None or (known := _open_places(documented, body.value, depth)) is None:
        return [unread(fault, where, place)], None
    found = [unread(fault, where, place, "the rest")]
    for violation in documented.violations(part, body, where):
        at, rule = violation.at.partition("#")[2], violation.rule
        is_open = at in known or (documented.kind in ("form", "multipart") and _may_go_on(at, rule, part))
        if rule in _CERTAIN or not is_open:
            found.append(violation)
    return found, body.value


def _may_go_on(at: str, rule: str, part: bytes) -> bool:
    """Whether other fields may add to the property of a form: an array, or an object with a field for each property."""
    return at.count("/") == 1 and (rule == "schema-size" or f"{at[1:]}[".encode() in part)


def _open_places(documented: DocumentedBody, value: Any, depth: int) -> set[str] | None:
    """The places of the objects and arrays that are open at the end; None where what is in them may be right or wrong by what is
    lost."""
    if documented.each or documented.schema is None:
        return {""}
    shapes, at, places = Shapes(documented.schema.schema), list[str](), set[str]()
    shape = shapes.of(documented.schema.schema)
    for level in range(depth):
        if any(map(shape.each, _CONDITIONS)) or any(_alternatives(shape)):
            return None
        places.add(pointer_text(tuple(at)))
        if level + 1 < depth:
            key, value = list(value.items() if isinstance(value, dict) else enumerate(value))[-1]
            here = shape.of_property(key) if isinstance(key, str) else shape.first[key : key + 1] or shape.items
            shape = shapes.of(*here)
            at.append(str(key))
    return places


def _alternatives(shape: Shape) -> Iterator[bool]:
    """For each group of alternatives whether there are several, beside null."""
    for group in (*shape.each("anyOf"), *shape.each("oneOf")):
        yield isinstance(group, list) and len(without_null(group)) > 1
