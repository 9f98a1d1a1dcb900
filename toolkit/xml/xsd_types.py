"""Simple types of XSD 1.0 (XML Schema part 2) for the scalars of a JSON Schema, never narrower than it; and what an XSD says
otherwise than the schema it is derived from, and where: it is wider there, or, if closed, narrower."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from toolkit.document.pointers import array_at
from toolkit.schema.bundle import ANNOTATIONS, definition_of
from toolkit.schema.patterns import compile_pattern
from toolkit.schema.scalars import INTEGER, NUMBER
from toolkit.schema.shape import Shape, Shapes, json_types, without_null
from toolkit.structs import Frozen
from toolkit.xml.parse import FORBIDDEN_CHARACTER
from toolkit.xml.xsd_pattern import translated

_EXACT = 2**53
"""Up to here every integer is a double (IEEE 754): beyond, an exclusive bound of a double may refuse its neighbour."""
_LONGEST = 2**31 - 1


def scalar_type(shapes: Iterable[Shape], lenient: bool = False) -> Element:
    """The type of texts that are a scalar of one of the shapes; `lenient` as in `moment_type`."""
    types = [made for shape in shapes for made in _types(shape, lenient)]
    if len(types) == 1:
        return types[0]
    outer = Element("xs:simpleType")
    union = SubElement(outer, "xs:union")
    union.extend(types or [_restriction("xs:string", [("length", "0")])])
    return outer


def component_of(shapes: Shapes, known: list[Shape], names: Mapping[int, str]) -> str | None:
    """The name in `$defs`, where `names` has all by their identity, of the schema that a value is one of, and of nothing else; None where
    there is none."""
    if len(known) != 1 or not known[0].parts:
        return None
    definitions = shapes.bundle.get("$defs", {})
    schema, own = known[0].parts[0].schema, {id(part.schema) for part in known[0].parts}
    for _ in range(_MOST_STEPS):
        if id(schema) in names:
            whole = {id(part.schema) for part in shapes.of(schema).parts}
            return names[id(schema)] if own == whole else None
        own = own - {id(schema)}
        inner = _only(schema, definitions)
        if inner is None:
            return None
        schema = inner
    return None


def _only(schema: Mapping[str, Any], definitions: Mapping[Any, Any]) -> Mapping[str, Any] | None:
    """The one schema that a schema stands for: a `$ref`, or a lone alternative beside null."""
    words = [word for word in schema if word not in ANNOTATIONS]
    if words == ["$ref"]:
        target = definitions.get(definition_of(schema))
        return target if isinstance(target, Mapping) else None
    group = words[0] if len(words) == 1 and words[0] in ("allOf", "anyOf", "oneOf") else ""
    inner = without_null(array_at(schema, group))
    return inner[0] if len(inner) == 1 and isinstance(inner[0], Mapping) else None


_MOST_STEPS = 20


def untranslated(shape: Shape) -> Iterator[tuple[str, str]]:
    """The patterns of a shape that cannot be said, each with the reason."""
    for keyword in ("pattern", "x-text-pattern"):
        for pattern in shape.each(keyword):
            try:
                translated(pattern)
            except ValueError as error:
                yield keyword, str(error)


def _types(shape: Shape, lenient: bool) -> Iterator[Element]:
    """One type for each JSON type that a scalar of the shape may have."""
    numeric = "number" if "number" in shape.types else "integer"
    for name in ("string", "boolean", numeric):
        if name in shape.types:
            base, facets = _MAKERS[name](shape, _constants(shape, name))
            moment = moment_type(shape, lenient) if name == "string" and not facets else None
            made = _restriction(moment or base, facets)
            for pattern in [*shape.each("x-text-pattern"), *(shape.each("pattern") if name == "string" else [])]:
                made = _narrowed(made, pattern)
            yield made


def _constants(shape: Shape, name: str) -> list[Any] | None:
    """The values of that type among those allowed, without what XML cannot carry; None where any value is."""
    constants = shape.constants()
    typed = [value for value in constants or () if name in json_types(value)]
    kept = [value for value in typed if not (isinstance(value, str) and FORBIDDEN_CHARACTER.search(value))]
    return None if constants is None else kept


Facets = list[tuple[str, str]]


def _string(shape: Shape, constants: list[Any] | None) -> tuple[str, Facets]:
    facets: Facets = [("enumeration", value) for value in constants or ()]
    low, high = max(shape.each("minLength"), default=0), min(shape.each("maxLength"), default=_LONGEST)
    if 0 < low <= min(high, _LONGEST - 1):
        facets.append(("minLength", str(int(low))))
    if low <= high < _LONGEST:
        facets.append(("maxLength", str(int(high))))
    return "xs:string", facets


def _boolean(shape: Shape, constants: list[Any] | None) -> tuple[str, Facets]:
    allowed = [value for value in (True, False) if constants is None or value in constants]
    return "xs:boolean", [("pattern", "|".join("true" if value else "false" for value in allowed or (True, False)))]


def _integer(shape: Shape, constants: list[Any] | None) -> tuple[str, Facets]:
    lows = [math.ceil(value) for value in shape.each("minimum")]
    lows += [math.floor(value) + 1 for value in shape.each("exclusiveMinimum")]
    highs = [math.floor(value) for value in shape.each("maximum")]
    highs += [math.ceil(value) - 1 for value in shape.each("exclusiveMaximum")]
    facets = [] if _is_plain(shape) else [("pattern", INTEGER)]
    facets += [("enumeration", str(int(value))) for value in constants or ()]
    if lows and (not highs or max(lows) <= min(highs)):
        facets.append(("minInclusive", str(max(lows))))
    if highs and (not lows or max(lows) <= min(highs)):
        facets.append(("maxInclusive", str(min(highs))))
    low, high = (max(lows), min(highs)) if lows and highs else (math.inf, math.inf)
    return next((name for name, most in _SIZES if -most - 1 <= low and high <= most), _ANY), facets


def _is_plain(shape: Shape) -> bool:
    """Whether a pattern for the text of a number takes no more than JSON's grammar does, so that one pattern says it all."""
    patterns = [pattern for pattern in shape.each("x-text-pattern") if _is_said(pattern)]
    return any(not any(map(compile_pattern(pattern), _ODD)) for pattern in patterns)


def _is_said(pattern: Any) -> bool:
    try:
        return bool(translated(pattern))
    except ValueError:
        return False


_ANY, _SIZES = "xs:integer", (("xs:int", 2**31 - 1), ("xs:long", 2**63 - 1))
_ODD = ("01", "00", "05", "001", "010", "007", "0000000010", "00000000000000000001", "+0", "+1", "+10", "-01", "-00")
"""Integers to XML Schema, and none to JSON."""


def _number(shape: Shape, constants: list[Any] | None) -> tuple[str, Facets]:
    facets = [("pattern", NUMBER), *(("enumeration", repr(value)) for value in constants or ())]
    low = _bound(shape.each("minimum"), shape.each("exclusiveMinimum"), "min", max)
    high = _bound(shape.each("maximum"), shape.each("exclusiveMaximum"), "max", min)
    if low and high and float(low[1]) > float(high[1]):
        return "xs:double", facets
    return "xs:double", [*facets, *(facet for facet in (low, high) if facet)]


def _bound(inclusive: list[Any], exclusive: list[Any], side: str, closest: Any) -> tuple[str, str] | None:
    if not inclusive and not exclusive:
        return None
    bound = closest([*inclusive, *exclusive])
    strict = bound in exclusive and abs(bound) < _EXACT
    return side + ("Exclusive" if strict else "Inclusive"), repr(bound)


_MAKERS = {"string": _string, "boolean": _boolean, "integer": _integer, "number": _number}


def _restriction(base: str, facets: Facets) -> Element:
    outer = Element("xs:simpleType")
    restriction = SubElement(outer, "xs:restriction", base=base)
    for name, value in facets:
        SubElement(restriction, f"xs:{name}", value=value)
    return outer


def _narrowed(inner: Element, pattern: str) -> Element:
    """The type with one more pattern: patterns of one step are alternatives, those of several steps all hold."""
    try:
        text = translated(pattern)
    except ValueError:
        return inner
    if all(facet.tag != "xs:pattern" for facet in inner.iter()):
        SubElement(inner[0], "xs:pattern", value=text)
        return inner
    outer = Element("xs:simpleType")
    restriction = SubElement(outer, "xs:restriction")
    restriction.append(inner)
    SubElement(restriction, "xs:pattern", value=text)
    return outer


# Where a string with a format of time is one of XSD 1.0's types of time, and not only a string: RFC 3339 (section 5.6) takes some texts
# that XML Schema part 2 (section 3.2.7) does not: lower-case t and z, seconds of 60, the year 0, offsets beyond 14 hours. So a pattern
# beside the format has to exclude them.
_DAYS = ("2020-02-29", "2024-06-30", "2016-12-31", "1999-01-01")
_HOURS = ("12:30:00", "00:00:00", "23:59:59")
_ENDS = ("Z", "+00:00", "-00:00", "+01:00", "-08:00", "+05:30")
_FRACTIONS = ("", ".0", ".000", ".123", ".123456", ".123456789")
_TIMES = [f"{hour}{fraction}{end}" for hour in _HOURS for fraction in _FRACTIONS for end in _ENDS]
_MOMENTS = [f"{day}T{time}" for day in _DAYS for time in _TIMES]
_OTHER_DAYS = ("0000-02-29", "0000-01-01", "0000-12-31")
_OTHER_TIMES = [f"23:59:60{fraction}{end}" for fraction in _FRACTIONS for end in _ENDS]
_BEYOND = [f"{hour}{part}{end}" for hour in _HOURS for part in _FRACTIONS for end in ("+14:30", "-23:59", "+23:00")]
_OTHER_MOMENTS = [
    *(one.replace("T", mark) for one in _MOMENTS for mark in ("t", " ")),
    *(one.replace("Z", "z") for one in _MOMENTS if one.endswith("Z")),
    *(f"{day}T{time}" for day in _OTHER_DAYS for time in _TIMES),
    *(f"{day}T{time}" for day in _DAYS for time in (*_OTHER_TIMES, *_BEYOND)),
]
_TYPES = {"date-time": ("xs:dateTime", _MOMENTS, _OTHER_MOMENTS), "date": ("xs:date", list(_DAYS), list(_OTHER_DAYS))}


def moment_type(shape: Shape, lenient: bool = False) -> str | None:
    """`xs:dateTime` or `xs:date` for a string whose format and pattern take nothing that this type refuses; None for others. `lenient`:
    although it refuses some that they take, such as leap seconds."""
    formats = set(shape.each("format")) & _TYPES.keys() if "string" in shape.types else set()
    if len(formats) != 1:
        return None
    name, usual, others = _TYPES[formats.pop()]
    patterns = [compile_pattern(one) for one in shape.each("pattern") if isinstance(one, str)]
    if not all(any(map(fits, usual)) for fits in patterns):
        return None
    return name if lenient or any(not any(map(fits, others)) for fits in patterns) else None


_UNSAYABLE = {
    **dict.fromkeys(("oneOf", "anyOf"), "alternatives are merged into one type that takes each of them"),
    "not": "XSD has no negation",
    **dict.fromkeys(("if", "dependentRequired", "dependentSchemas"), "XSD 1.0 has no conditions"),
    "uniqueItems": "items are not compared",
    "contains": "items are not searched",
    "prefixItems": "items are not distinguished by position",
    "multipleOf": "XSD has no such facet",
    "format": "the form is not checked, only the rest",
    **dict.fromkeys(("minProperties", "maxProperties"), "properties are not counted"),
    **dict.fromkeys(("propertyNames", "patternProperties"), "names are not checked"),
}
_SILENT_FORMATS = {"int32", "int64", "float", "double", "binary", "password"}
_NARROWER = {"order"}


class Loss(Frozen):
    """What the XSD says otherwise than the schema at a JSON pointer, maybe of another file, by keyword, and why; `narrower` where it refuses more."""

    pointer: str
    keyword: str
    why: str
    narrower: bool = False

    @property
    def text(self) -> str:
        """The line of the documentation."""
        where = f" ({self.pointer})" if self.pointer else ""
        return f"{'Narrower' if self.narrower else 'Wider'}: {self.keyword}{where}: {self.why}"

    def __str__(self) -> str:
        amount = "refuses" if self.narrower else "allows"
        file = "#" if self.pointer[:1] in ("", "/") else ""
        return f"{amount} more than the contract: {self.keyword} at {file}{self.pointer}: {self.why}"


def losses_of(
    shapes: list[Shape], more: list[tuple[str, str]], pointers: dict[int, str], closed: bool
) -> dict[Loss, None]:
    """The losses of an element or type of these shapes, and `more`, each once."""
    known = (pointers.get(id(part.schema)) for shape in shapes for part in shape.parts)
    pointer = next((pointer for pointer in known if pointer is not None), "")
    found = dict.fromkeys(Loss(pointer, keyword, why, keyword in _NARROWER) for keyword, why in more)
    for shape in shapes:
        lost = [one for one in _UNSAYABLE.items() if any(_says(one[0], value) for value in shape.each(one[0]))]
        if moment_type(shape, closed):
            lost = [one for one in lost if one[0] != "format"]
        for keyword, why in [*lost, *untranslated(shape)]:
            holder = next(part.schema for part in shape.parts if keyword in part.schema)
            found[Loss(pointers.get(id(holder), ""), keyword, why)] = None
        found |= dict.fromkeys(Loss(pointer, *one, narrower=True) for one in (_narrowings(shape) if closed else ()))
    return found


def _narrowings(shape: Shape) -> Iterator[tuple[str, str]]:
    """What a closed XSD refuses beyond a schema of this shape."""
    if not shape.stated and shape.known:
        yield "type", "values of a type other than the implied one are refused"
    if "object" in shape.types and not shape.closed and is_written(shape):
        yield "additionalProperties", "properties that are not named are refused"
    if moment_type(shape, True) and not moment_type(shape):
        why = "XSD's own type refuses lower-case t and z, leap seconds, the year 0; it takes times without offset"
        yield "format", why


def is_written(shape: Shape) -> bool:
    """Whether an object's properties are written down, and nothing is said of others."""
    return not shape.unknown and any("properties" in part.schema for part in shape.parts)


def _says(keyword: str, value: Any) -> bool:
    """Whether a keyword with this value asks for anything."""
    if keyword in ("oneOf", "anyOf"):
        return len(without_null(value)) > 1
    return value not in _SILENT_FORMATS if keyword == "format" else value not in (False, None)
