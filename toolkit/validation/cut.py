"""Bodies that cannot be restored, or whose end is lost, and what a broken contract says nothing of: what is said of them, and
what of them is examined all the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from toolkit.document.pointers import Tokens, as_array, part_at, plain_tokens, pointer_text
from toolkit.errors import ContractError
from toolkit.exchange import EXCERPT, LACKS, NO_DECODER
from toolkit.schema.bundle import objects_in, stated_types
from toolkit.schema.judge import JsonSchema
from toolkit.schema.shape import SCALARS_OR_NULL, Shape, Shapes, without_null
from toolkit.structs import replace
from toolkit.validation.bodies import DocumentedBody
from toolkit.verdict import Violation
from toolkit.wire.forms import parts_of
from toolkit.wire.whole import whole_part

_STRUCTURE = "xml-structure"
_CERTAIN = ("schema-type", "schema-unknown-member", _STRUCTURE)  # of an object or array, whatever else is in it
# What is broken by a part of them is so by the whole; and what more of it may cure
_ONLY_WORSE = ("maxItems", "maxProperties", "maxLength", "uniqueItems")
_BY_MORE = ("required", "minProperties", "dependentRequired", "minItems", "contains", "minContains")
_FORMS = ("form", "multipart")
_CURED = re.compile("Missing child|[kK]ey|IDREF")  # in what an XSD says of elements that may go on
_CONDITIONS = ("if", "not", "dependentSchemas", "$dynamicRef")


def unread(fault: str, where: str, place: str, what: str = "it") -> Violation:
    """That a body, or `what` of it, was not examined, for its fault."""
    if fault.startswith(NO_DECODER):
        return Violation("decoder-missing", f"{fault}, so the body was not checked", where, place)
    if fault.startswith(LACKS):
        return Violation("body-unrecorded", f"{fault}, so {what} was not checked", where, place)
    return Violation("body-undecodable", fault, where, place)


def guarded(check: Callable[[], Iterable[Violation]], at: str) -> list[Violation]:
    """What a check finds; if the contract is broken where it needs it, that is the last finding."""
    found = []
    try:
        for violation in check():
            found.append(violation)  # those before an error are kept
    except ContractError as error:
        found.append(unusable(error, at))
    return found


def unusable(error: ContractError, at: str) -> Violation:
    """The violation for a part of the contract that cannot be used."""
    place, what, cure = error.parts
    return Violation("contract-unusable", what, at, place, cure)


def of_whole_part(
    documented: DocumentedBody, content_type: str, fault: str, data: bytes, where: str, place: str
) -> tuple[list[Violation], Any]:
    """What is wrong with the part that is whole of a body whose end is lost, and the value of that part; of the objects
    and arrays around it, which may go on, only what no rest can cure."""
    documented = replace(documented, is_part=True)
    if fault == EXCERPT:
        return _of_excerpt(documented, data, where, place)
    is_xml = documented.kind == "xml"
    part, places, depth = _whole(documented, content_type, data)
    body = documented.read(part) if part else None
    is_by_xsd = documented.by_xsd and body and not body.faults
    if body is None or not (body.readable or is_by_xsd):
        other_root = [one for one in documented.violations(part, body, where) if one.rule == _STRUCTURE] if body else []
        return [unread(fault, where, place), *other_root], None
    known = places if is_xml else _open_places(documented, body.value, depth)
    if known is None:
        return [unread(fault, where, place)], None
    found = [unread(fault, where, place, "the rest")]
    fields = parts_of(part) if documented.kind == "multipart" else ()
    lost = {one.name for one in fields if one.is_file and not one.text}
    for violation in documented.violations(part, body, where):
        at, keyword = violation.at.partition("#")[2], violation.contract.rpartition("/")[2].partition(":")[0]
        if is_xml:
            at = at.partition(" (")[0]
            is_open = at in known or (violation.rule == "xsd-invalid" and _CURED.search(violation.message) is not None)
            is_open |= violation.rule == "schema-size" and at.rpartition("/")[0] in known
        else:
            is_open = at in known or (documented.kind in _FORMS and _may_go_on(plain_tokens(at), body.value, part))
        if lost.intersection(plain_tokens(at)[:1]):
            continue
        if not is_open or violation.rule in _CERTAIN or keyword in _ONLY_WORSE:
            found.append(violation)
    return found, body.value


def _of_excerpt(documented: DocumentedBody, data: bytes, where: str, place: str) -> tuple[list[Violation], Any]:
    """The same of a body whose objects and arrays may all go on. Where what is left out may choose an alternative, that is said."""
    body, schema = documented.read(data), documented.schema
    found = [*documented.violations(data, body, where)]
    if found and body.readable and schema and any(map(_is_condition, objects_in(schema.schema))):
        return [unread(EXCERPT, where, place)], body.value
    is_of_constants = schema and any(one.rule == "schema-value" for one in found)
    known = _parts_of_constants(schema, body.value) if schema and is_of_constants else ()
    sure = [one for one in found if one.contract.rpartition("/")[2].partition(":")[0] not in _BY_MORE]
    return [one for one in sure if one.rule != "schema-value" or one.at.partition("#")[2] not in known], body.value


def _parts_of_constants(schema: JsonSchema, value: Any) -> set[str]:
    """The places of values that more properties and items may make one of those that `enum` or `const` allows."""
    faults = [(one, part_at(schema.schema, one.place)) for one in schema.faults(value) if one.rule == "schema-value"]
    allowed = [(one.at, stated if one.place[-1] == "enum" else [stated]) for one, stated in faults]
    return {pointer_text(at) for at, listed in allowed if any(_is_part(part_at(value, at), one) for one in listed)}


def _is_part(part: Any, whole: Any) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and _is_part(one, whole[name]) for name, one in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return all(any(_is_part(one, other) for other in whole) for one in part)
    return bool(part == whole)


def _whole(documented: DocumentedBody, content_type: str, data: bytes) -> tuple[bytes, set[str], int]:
    """The part of a body that is whole, with an end; of XML the places of the elements that are open there, of others how many
    objects and arrays are."""
    if documented.kind != "xml":
        part, depth = whole_part(documented.kind, content_type, data)
        return part, set(), depth
    from toolkit.xml.parse import whole_document

    schema = documented.schema
    if (schema is None and not documented.by_xsd) or (schema and any(map(_is_condition, objects_in(schema.schema)))):
        return b"", set(), 0  # by what is lost, other alternatives may be meant
    return *whole_document(data), 0


def _may_go_on(at: Tokens, value: Any, part: bytes) -> bool:
    """Whether other fields may add to what stands there: an array, or anything of which each part is a field."""
    try:
        found = part_at(value, at)
    except (LookupError, TypeError, ValueError):
        return False  # of a field alone, such as `a[b]`
    if not isinstance(found, list | dict) or (isinstance(found, list) and len(at) == 1):
        return isinstance(found, list)
    return any(f"{at[0]}{bracket}".encode() in part for bracket in ("[", "%5B", "%5b"))


def _open_places(documented: DocumentedBody, value: Any, depth: int) -> set[str] | None:
    """The places of the objects and arrays that are open at the end; None where what is in them may be right or wrong by what is lost."""
    if documented.each or documented.schema is None:
        return {""}
    shapes, at, places = Shapes(documented.schema.schema), list[str](), set[str]()
    shape = shapes.of(documented.schema.schema)
    if documented.kind in _FORMS and any(_depends(shapes.of(*shape.of_property(name))) for name in value):
        return None  # a value that is sent once more is an array
    for level in range(depth):
        if _depends(shape):
            return None
        places.add(pointer_text(tuple(at)))
        if level + 1 < depth:
            key, value = list(value.items() if isinstance(value, dict) else enumerate(value))[-1]
            here = shape.of_property(key) if isinstance(key, str) else shape.first[key : key + 1] or shape.items
            shape = shapes.of(*here)
            at.append(str(key))
    return places


def _depends(shape: Shape) -> bool:
    """Whether it has a condition, or several alternatives beside null."""
    groups = (*shape.each("anyOf"), *shape.each("oneOf"))
    return any(map(shape.each, _CONDITIONS)) or any(map(_are_several, groups))


def _are_several(alternatives: Any) -> bool:
    """Whether what is lost may choose between these: another part of an object, or a scalar that is sent again and so an array."""
    listed = without_null(as_array(alternatives))
    others = [types for types in map(stated_types, listed) if not types or not SCALARS_OR_NULL.issuperset(types)]
    return len(others) > 1 or (len(listed) > 1 and others not in ([], [["object"]]))


def _is_condition(schema: dict[str, Any]) -> bool:
    """The same of a schema alone."""
    return not schema.keys().isdisjoint(_CONDITIONS) or any(map(_are_several, map(schema.get, ("anyOf", "oneOf"))))
