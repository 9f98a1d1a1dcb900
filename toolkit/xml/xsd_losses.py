"""What an XSD says otherwise than the schema it is derived from, and where: it is wider there, or, if closed, narrower."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from toolkit.document.pointers import pointer_text
from toolkit.schema.bundle import places_in
from toolkit.schema.shape import Shape, without_null
from toolkit.xml.xsd_types import moment_type, untranslated

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
_SIZES = {"int32", "int64", "float", "double", "binary", "password"}
_NARROWER = {"order"}


@dataclass(frozen=True, slots=True)
class Loss:
    """What the XSD says otherwise than the schema at a JSON pointer, by keyword, and why; `narrower` where it refuses more."""

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
        return f"{amount} more than the contract: {self.keyword} at #{self.pointer}: {self.why}"


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
        found |= dict.fromkeys(Loss(pointer, *one, narrower=True) for one in (_narrowed(shape) if closed else ()))
    return found


def _narrowed(shape: Shape) -> Iterator[tuple[str, str]]:
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
    return value not in _SIZES if keyword == "format" else value not in (False, None)


def pointers_of(schema: Any) -> dict[int, str]:
    """The JSON pointer of every schema of a bundle, by identity."""
    return {id(one): pointer_text(place) for place, one in places_in(schema)}
