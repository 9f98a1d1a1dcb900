"""Copies of a contract for tools that cannot read the published one, by single changes, each for generators that cannot read what it
takes away. The published contract stays the source: a copy says less, and never anything else.

A change takes the document and gives it changed, with notes that say in a line each what was changed or lost.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from toolkit.contract.model import Contract
from toolkit.contract.objects import METHODS
from toolkit.contract.operation import Operation
from toolkit.document.pointers import Tokens, array_at, as_object, object_at, pointer_tokens
from toolkit.errors import ContractError
from toolkit.export.bundling import bundled_document
from toolkit.export.downgrade import as_30
from toolkit.export.grammar import SECTIONS, look, rewrite, walk
from toolkit.export.loosening import CONDITIONS, loosened
from toolkit.export.tools import Changes
from toolkit.schema.patterns import portable
from toolkit.schema.shape import SCALARS
from toolkit.structs import Frozen
from toolkit.verdict import few
from toolkit.wire import media_type

_MOST_NAMED = 3  # patterns in a note
Document = dict[str, Any]
Changed = tuple[Document, list[str]]


def inline_responses(document: Document) -> Changed:
    """Responses stand where they are used, instead of in `components`."""
    return _inlined(document, "response", lambda _: True, "responses")


def inline_scalars(document: Document) -> Changed:
    """Component schemas of strings, numbers and booleans stand where they are used; enumerations keep their names, and so do those
    that give the root element of a body its name."""
    owners = (value for kind, _, value in walk(document) if kind in ("response", "body"))
    media = (pair for owner in owners for pair in object_at(owner, "content").items())
    roots = {id(look(document, as_object(one).get("schema"))) for name, one in media if media_type.kind(name) == "xml"}

    def is_scalar(one: Any) -> bool:
        return isinstance(one, dict) and one.get("type") in SCALARS and "enum" not in one and id(one) not in roots

    return _inlined(document, "schema", is_scalar, "scalar schemas")


def _inlined(document: Document, kind: str, takes: Callable[[Any], bool], what: str) -> Changed:
    prefix = f"#/components/{SECTIONS[kind]}/"

    def change(value: Any, counts: Counter[str]) -> Any:
        target = look(document, value) if str(value.get("$ref")).startswith(prefix) else value
        if target is value or not takes(target):
            return value
        counts[prefix] += 1
        return {**target, **{key: one for key, one in value.items() if key != "$ref"}}

    made, counts = _changed(document, (kind,), change)
    if not counts:
        return document, []
    section = made["components"][SECTIONS[kind]]
    own = document["components"][SECTIONS[kind]]
    left = {name: one for name, one in section.items() if not takes(look(document, own[name]))}
    components = {**made["components"], SECTIONS[kind]: left}
    made["components"] = {name: objects for name, objects in components.items() if objects}
    return made, [f"{what} written out where they are used: {counts[prefix]} references to {prefix[:-1]}"]


def _changed(
    document: Document, kinds: Sequence[str], change: Callable[[Any, Counter[str]], Any]
) -> tuple[Document, Counter[str]]:
    """The document with each object of some kinds changed, and what the changes count."""
    counts = Counter[str]()

    def visit(kind: str, tokens: Tokens, value: Any) -> Any:
        return change(value, counts) if kind in kinds and isinstance(value, dict) else value

    return rewrite(document, visit), counts


def _counted(lost: Counter[str]) -> str:
    return ", ".join(f"{word} ({count})" for word, count in lost.items())


def text_times(document: Document) -> Changed:
    """A date-time with a pattern is a string: what typed clients write of it breaks the pattern."""

    def change(schema: Any, counts: Counter[str]) -> Any:
        if "pattern" not in schema or schema.get("format") != "date-time":
            return schema
        counts["times"] += 1
        return {key: one for key, one in schema.items() if key != "format"}

    made, counts = _changed(document, ("schema",), change)
    note = f"times are strings: `format: date-time` left out of {counts['times']} schemas with a pattern"
    return made, [note] if counts else []


def portable_patterns(document: Document) -> Changed:
    """Patterns are written for readers with the flag `u`, as those of Python and Rust are in this; one that cannot be stays."""

    def change(schema: Any, counts: Counter[str]) -> Any:
        own, rules = schema.get("pattern"), object_at(schema, "patternProperties")
        made = {one: portable(one) or one for one in (own, *rules) if isinstance(one, str)}
        counts.update(f"{one} as {new}" for one, new in made.items() if new != one)
        named = {"patternProperties": {made.get(name, name): one for name, one in rules.items()}} if rules else {}
        return {**schema, **({"pattern": made[own]} if own in made else {}), **named}

    made, counts = _changed(document, ("schema",), change)
    return made, [f"patterns written for readers with the flag u: {few([*counts], _MOST_NAMED)}"] if counts else []


def drop_conditions(document: Document) -> Changed:
    """Schemas without conditions, which no generator keeps."""

    def change(schema: Any, lost: Counter[str]) -> Any:
        lost.update(word for word in CONDITIONS if word in schema)
        return {key: one for key, one in schema.items() if key not in CONDITIONS}

    loose, changed = loosened(document, CONDITIONS)
    made, lost = _changed(loose, ("schema",), change)
    lost.update(f"{word} around them" for _, word in changed)
    return made, [f"conditions left out: {_counted(lost)}"] if lost else []


def one_media_type(document: Document, kind: str) -> Changed:
    """Bodies of one kind of media type, `json` or `xml`, wherever there is one of it."""

    def change(owner: Any, lost: Counter[str]) -> Any:
        content = object_at(owner, "content")
        kept = next((name for name in content if media_type.kind(name) == kind), None)
        if kept is None:
            return owner
        lost.update(name for name in content if name != kept)
        return {**owner, "content": {kept: content[kept]}}

    made, lost = _changed(document, ("response", "body"), change)
    return made, [f"one media type for each body: {_counted(lost)} left out"] if lost else []


class _Pin(Frozen):
    """A query parameter that names the format, and its one value that is kept."""

    name: str
    value: str

    def fits(self, parameter: Any) -> bool:
        return isinstance(parameter, dict) and parameter.get("name") == self.name and parameter.get("in") == "query"

    def schema(self, document: Document, before: Any) -> dict[str, Any]:
        text = as_object(look(document, before)).get("description")
        return {"type": "string", **({"description": text} if text else {}), "enum": [self.value]}


def pin_format(document: Document, kind: str) -> Changed:
    """The parameter that chooses the format is required and has one value, so that no client is answered in the other."""
    pins = {(path, method): pin for path, method, pin in _pins(document, kind)}
    if not pins:
        kinds = ({media_type.kind(str(name)) for name in object_at(value, "content")} for _, _, value in walk(document))
        several = any({"json", "xml"} <= found for found in kinds)
        return document, [f"no parameter chooses between formats, so none is pinned to {kind}"] if several else []
    paths = {path: dict(item) if isinstance(item, dict) else item for path, item in document["paths"].items()}
    forms: dict[str, _Pin] = {}
    for (path, method), pin in pins.items():
        paths[path][method] = _pinned(document, paths[path], paths[path][method], pin, forms)
    made = {**document, "paths": paths}
    if forms:
        schemas = dict(made["components"]["schemas"])
        schemas |= {name: _pinned_form(document, schemas[name], pin) for name, pin in forms.items()}
        made["components"] = {**made["components"], "schemas": schemas}
    named = sorted({f"{pin.name}={pin.value}" for pin in pins.values()})
    return made, [f"the format is pinned: {', '.join(named)} is required in {len(pins)} operations"]


def _pinned(document: Document, item: Any, operation: Any, pin: _Pin, forms: dict[str, _Pin]) -> Any:
    made = dict(operation)
    own, shared = ([*(owner.get("parameters") or [])] for owner in (made, item))
    used = [one for one in own if pin.fits(look(document, one))]
    listed = own if used else [*own, *(one for one in shared if pin.fits(look(document, one)))]
    if listed:
        made["parameters"] = [_pinned_parameter(document, one, pin) for one in listed]
    for name, media in object_at(look(document, made.get("requestBody")), "content").items():
        reference = object_at(media, "schema").get("$ref") if media_type.kind(name) == "form" else None
        if isinstance(reference, str) and reference.startswith("#/components/schemas/"):
            forms[pointer_tokens(reference)[-1]] = pin
    return made


def _pinned_parameter(document: Document, parameter: Any, pin: _Pin) -> Any:
    known = look(document, parameter)
    if not pin.fits(known):
        return parameter
    kept = {key: one for key, one in known.items() if key not in ("example", "examples")}
    return {**kept, "required": True, "schema": pin.schema(document, known.get("schema")), "example": pin.value}


def _pinned_form(document: Document, schema: Any, pin: _Pin) -> Any:
    properties = object_at(schema, "properties")
    if pin.name not in properties:
        return schema
    changed = {**properties, pin.name: pin.schema(document, properties[pin.name])}
    required = list(dict.fromkeys([*array_at(schema, "required"), pin.name]))
    return {**schema, "required": required, "properties": changed}


def _pins(document: Document, kind: str) -> Iterator[tuple[str, str, _Pin]]:
    """The path, the method and the pin of each operation that has a parameter of the format."""
    operations = [(tokens, value) for found, tokens, value in walk(document) if found == "operation"]
    by_id = {one.get("operationId"): one for _, one in operations if isinstance(one, dict)}
    for tokens, operation in operations:
        if len(tokens) == 3 and tokens[0] == "paths" and tokens[2] in METHODS and isinstance(operation, dict):
            pin = _stated_pin(operation, by_id, kind) or _guessed_pin(document, tokens, operation, kind)
            if pin:
                yield tokens[1], tokens[2], pin


def _stated_pin(operation: dict[str, Any], by_id: dict[Any, Any], kind: str) -> _Pin | None:
    """By the fact `formats` of `x-laws`."""
    laws = operation.get("x-laws")
    if isinstance(laws, dict) and "same-as" in laws:
        laws = by_id.get(laws["same-as"], {}).get("x-laws")
    formats = object_at(laws, "formats")
    if "parameter" not in formats:
        return None
    values = (value for value, name in formats.items() if value != "parameter" and media_type.kind(str(name)) == kind)
    value = next(values, None)
    return _Pin(str(formats["parameter"]), str(value)) if value is not None else None


def _guessed_pin(document: Document, tokens: Tokens, operation: dict[str, Any], kind: str) -> _Pin | None:
    """By an enumeration that holds both `json` and `xml`."""
    item = document["paths"][tokens[1]]
    listed = [one for owner in (operation, item) for one in (owner.get("parameters") or [])]
    for parameter in (look(document, one) for one in listed):
        if as_object(parameter).get("in") != "query":
            continue
        values = array_at(look(document, parameter.get("schema")), "enum")
        texts = {str(value).lower(): str(value) for value in values}
        if {"json", "xml"} <= texts.keys():
            return _Pin(str(parameter.get("name")), texts[kind])
    return None


class Copy(Frozen):
    """A document of OpenAPI, and a line for each change and each loss."""

    document: dict[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def content(self) -> bytes:
        """The document as JSON, which every reader of YAML reads alike, too."""
        try:
            text = json.dumps(self.document, ensure_ascii=False, indent=2, allow_nan=False)
        except ValueError:
            reason = "a number that is infinite, not a number or beyond a double, which JSON cannot say"
            raise ContractError(f"the contract has {reason}; write it as a finite number") from None
        return text.encode("utf-8", "backslashreplace") + b"\n"


def make_copy(contract: Contract, wanted: Changes, operations: Collection[Operation] | None = None) -> Copy:
    """The published document without references to other files, and changed as wanted. Raises ContractError."""
    try:
        document = bundled_document(contract, operations)
        notes: list[str] = []
        for change in _steps(wanted):
            document, found = change(document)
            notes += found
    except RecursionError:
        raise ContractError(f"{contract.name}: nested too deeply; flatten it") from None
    return Copy(document, tuple(notes))


def _steps(wanted: Changes) -> list[Callable[[dict[str, Any]], Changed]]:
    media = wanted.media or "json"
    steps: list[tuple[bool, Callable[[dict[str, Any]], Changed]]] = [
        (wanted.pin_format, lambda document: pin_format(document, media)),
        (bool(wanted.media), lambda document: one_media_type(document, media)),
        (wanted.inline_responses, inline_responses),
        (wanted.inline_scalars, inline_scalars),
        (wanted.text_times, text_times),
        (wanted.portable_patterns, portable_patterns),
        (wanted.drop_conditions, drop_conditions),
        (bool(wanted.version), as_30),
    ]
    return [step for is_wanted, step in steps if is_wanted]
