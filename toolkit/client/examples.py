"""What the contract offers for parameters: values of its examples and of its schema, written as the wire carries them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from toolkit.client.making import compiled, made_values
from toolkit.client.texts import shown_texts
from toolkit.client.writing import written_bodies
from toolkit.contract.operation import Parameter
from toolkit.document.files import Node
from toolkit.validation.bodies import DocumentedBody, documented_parameter
from toolkit.wire import media_type
from toolkit.wire.json import JsonFault
from toolkit.wire.parameters import StyleFault, readings, write_parameter

Value = str | tuple[tuple[str, str], ...]
"""What the wire carries of a parameter: its text, or where it is spread over several pairs, their names and texts."""
_MOST_MADE = 60


def example_nodes(owner: Node) -> Iterator[Node]:
    """The examples of a Parameter or Media Type Object (OpenAPI, Example Object)."""
    listed = owner.get("examples")
    entries = [entry for _, entry in listed.items()] if listed and isinstance(listed.value, dict) else []
    yield from filter(None, (owner.raw("example"), *map(example_node, entries)))


def example_node(entry: Node) -> Node | None:
    """The value of an Example Object, which OpenAPI 3.2 calls `dataValue`."""
    return entry.raw("dataValue") or entry.raw("value")


def offered(owner: Node, schema: Mapping[str, Any]) -> Iterator[Any]:
    """The values of the examples of a Parameter or Media Type Object, then those that its schema states."""
    yield from (node.value for node in example_nodes(owner))
    for keyword in ("example", "examples", "const", "default", "enum", "minimum"):
        value = schema.get(keyword)
        if keyword in ("examples", "enum"):
            yield from value if isinstance(value, list) else ()
        elif keyword in schema:
            yield value


def stated(parameter: Parameter) -> Iterator[Any]:
    """Every value that the contract offers for a parameter, whether or not it conforms."""
    media = next((node for _, node in parameter.node.each("content")), None)
    yield from offered(parameter.node, {}) if media else ()
    yield from offered(media or parameter.node, parameter.schema)


@lru_cache(maxsize=4096)
def example_values(parameter: Parameter) -> Sequence[Value]:
    """The values that the contract offers for a parameter and that conform, its examples first, then what its schema implies."""
    written_values = (written(parameter, value) for value in stated(parameter) if conforms(parameter, value))
    return tuple(dict.fromkeys(value for value in written_values if value is not None))


def parameter_values(parameter: Parameter, seed: int = 0) -> Iterator[Value]:
    """Distinct values that conform and can be sent: those that the contract offers, then made ones; the other way round for
    any seed but 0, so that another seed gives other values. Few or none where the schema leaves no room."""
    found = dict.fromkeys(() if seed else example_values(parameter))
    yield from found
    prose = str(parameter.node.value.get("description", "")) if "string" in parameter.types and not seed else ""
    for value in chain(shown_texts(prose), islice(made_values(parameter.bundle, seed), _MOST_MADE)):
        text = written(parameter, value) if conforms(parameter, value) else None
        is_risky = parameter.location == "path" and "/" in str(text)  # proxies may read it as two segments
        if text is not None and text not in found and not is_risky:
            found[text] = None
            yield text
    yield from (value for value in example_values(parameter) if value not in found)


def conforms(parameter: Parameter, value: Any) -> bool:
    """Whether a value may be sent as a valid one: it fits, null has no text, and some texts are not what arrives."""
    text, location = written(parameter, value), parameter.location
    if text is None or (value is None and not parameter.serialization.media_type):
        return False
    is_resolved = location == "path" and text in ("", ".", "..")  # by services and proxies (RFC 3986, section 5.2.4)
    if is_resolved or (isinstance(text, str) and not is_sendable(location, text)):
        return False
    return fits(parameter, value)


def fits(parameter: Parameter, value: Any) -> bool:
    """Whether a value is valid by the schema of a parameter, or reads as a valid one where it is written."""
    is_valid, text, how = compiled(parameter.bundle).is_valid, written(parameter, value), parameter.serialization
    if not isinstance(text, str):
        return bool(is_valid(value))
    if not how.is_readable:
        documented, data = documented_content(parameter), text.encode("utf-8", "surrogatepass")
        return not any(documented.violations(data, documented.read(data), "request"))
    read = (one for one in readings(how, [text]) if not isinstance(one, JsonFault | StyleFault))
    return any(map(is_valid, read))


def is_sendable(location: str, text: str) -> bool:
    """Whether a value arrives unchanged: a header field has only some characters, and loses spaces around it (RFC 9110, section 5.5)."""
    return location not in ("header", "cookie") or (text.isascii() and text.isprintable() and text.strip() == text)


@lru_cache(maxsize=1024)
def documented_content(parameter: Parameter) -> DocumentedBody:
    """How the text of a parameter is read that `content` describes in XML, as a form or the like."""
    return documented_parameter(parameter, request=True)


def written(parameter: Parameter, value: Any) -> Value | None:
    """A value in the style of a parameter, or in the media type of its `content`, where a text may be written already; None where
    nothing stands for it, as for an empty array."""
    if not parameter.serialization.is_readable:
        return value if isinstance(value, str) else next(_contents(parameter, value), None)
    pairs = write_parameter(parameter.serialization, value)
    if len(pairs) == 1 and pairs[0][0] == parameter.name:
        return pairs[0][1]
    return tuple(pairs) or None


def in_style(parameter: Parameter, text: str) -> str:
    """The text of a scalar as its style writes it: `label` and `matrix` put something before it. All else is written already."""
    is_scalar = not (parameter.is_compound or parameter.serialization.media_type)
    return write_parameter(parameter.serialization, text)[0][1] if is_scalar else text


def _contents(parameter: Parameter, value: Any) -> Iterator[str]:
    """A value in the media type of a parameter's `content`, without the line break that may not stand in a header field."""
    name, media = parameter.serialization.media_type or "", documented_content(parameter).media
    for body in written_bodies(media_type.kind(name), value, media, parameter.bundle, name):
        yield body.decode("utf-8", "surrogatepass").replace("?>\n", "?>", 1)
