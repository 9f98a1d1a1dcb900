"""What changes in XML alone: names, attributes, wrappers and namespaces, which JSON knows nothing of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from toolkit.document.files import Node
from toolkit.review.changes import Change
from toolkit.review.forms import Sameness
from toolkit.review.inclusion import ASIDE, Comparison
from toolkit.review.messages import Witness
from toolkit.review.samples import made
from toolkit.schema.shape import Outline, Shapes
from toolkit.validation.bodies import root_name
from toolkit.xml.codec import XmlCodec

_MOST_VALUES, _MOST_OF_LARGE, _LARGE = 40, 4, 100_000  # values that are tried; those of so many characters


def xml_changes(
    comparison: Comparison, prove: Callable[[Any], Witness | None], named: tuple[str, str, Node]
) -> Iterator[Change]:
    """A change for values that both versions accept in JSON and one refuses, or reads otherwise, in XML.

    `named` are the rule, the place in the message, and the media type in the contract.
    """
    if any(gap.kind not in ASIDE for gap in comparison.gaps()):
        return  # the values differ already, and that is reported
    inner, outer = comparison.inner, comparison.outer
    same = Sameness(inner, outer, telling=frozenset({"xml"}))
    if root_name(inner) == root_name(outer) and same.holds(inner.schema, outer.schema):
        return
    rule, at, media = named
    codecs = [XmlCodec.compile(one.schema, root_name(one)) for one in (comparison.inner, comparison.outer)]
    understood = Shapes(outer.schema).outline(outer.schema)
    first = made(inner, most=_MOST_OF_LARGE)
    for value in first if len(repr(first)) > _LARGE else made(inner, most=_MOST_VALUES):
        if _written(codecs[0], value) is None:
            continue  # it has a name that no XML has, say, so nobody sends it
        witness = prove(value) or _misread(codecs, _known(value, understood))
        if witness:
            yield Change(rule, f"{at}: the same value is written otherwise in XML", media, at, witness)
            return


def _known(value: Any, outline: Outline) -> Any:
    """A value without the properties of which a schema says nothing, wherever its XML has them."""
    if isinstance(value, list):
        return [_known(one, item) for one, item in zip(value, outline.each_item(), strict=False)]
    if not isinstance(value, dict):
        return value
    said = {name: one for name, one in value.items() if outline.named(name) or outline.others}
    return {name: _known(one, outline.property_of(name)) for name, one in said.items()}


def _misread(codecs: list[XmlCodec], value: Any) -> Witness | None:
    """A text that one version writes and the other reads as another value."""
    written, other_way = (_written(codec, value) for codec in codecs)
    if written is None or other_way in (None, written):
        return None
    one, other = codecs[0].read(written), codecs[1].read(written)
    if one.faults or one.value != value or (not other.faults and other.value == value):
        return None
    found = other.faults[0].message if other.faults else f"it is read as {other.value!r}"
    return Witness(f"{written.decode('utf-8', 'replace')} - stands for {value!r}, and {found}", kind="xml")


def _written(codec: XmlCodec, value: Any) -> bytes | None:
    """The XML of a value; None where there is none."""
    try:
        return codec.encode(value)
    except (ValueError, TypeError, AttributeError, LookupError):
        return None
