"""Examples and defaults that break their own schema, in JSON, in XML and as parameters are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from toolkit.client.examples import fits
from toolkit.client.faulty_examples import HINT, faulty_examples
from toolkit.contract.operation import Operation
from toolkit.document.files import Node
from toolkit.errors import ContractError
from toolkit.review.checks.schemas import bundled, is_valid, refused_of
from toolkit.review.survey import Mistake, Site, Survey
from toolkit.schema.judge import JsonSchema, compile_schema, shown
from toolkit.validation.bodies import documented_body
from toolkit.wire import media_type


def invalid(survey: Survey) -> Iterator[Mistake]:
    for operation in survey.operations:
        try:
            yield from [Mistake(one.place, one.message, HINT) for one in faulty_examples(operation)]
        except (ContractError, RecursionError, ValueError):
            continue
        yield from _of_responses(operation)
    for site in survey.of("schema"):
        yield from _of_values(list(site.values("default", "example", "examples")), site, site.node, survey)
    for site in survey.of("media"):
        stated = [("example",), *(("examples", str(name), "value") for name in site.map("examples"))]
        parts = [(keys, site.part(*keys)) for keys in stated if media_type.kind(site.own) == "json"]
        values = [
            (keys, one.value) for keys, one in parts if one.tokens[-1:] == keys[-1:] and not isinstance(one.value, str)
        ]
        yield from _of_values(values, site, site.part("schema"), survey) if site.map("schema") else ()


def _of_values(
    values: Sequence[tuple[tuple[str | int, ...], Any]], site: Site, schema: Node, survey: Survey
) -> Iterator[Mistake]:
    """What an object gives by a schema; a value that is valid as part of a request or of a response is valid."""
    readings = [bundled(schema, survey, request=request) for request in (False, True)] if values else []
    known = [one for one in readings if one]
    refused = [set(refused_of(one, [value for _, value in values])) for one in known]
    wrong = sorted(set.intersection(*refused)) if refused else []
    if wrong:
        judge = compile_schema(known[0])
        for keys, value in map(values.__getitem__, wrong):
            yield _finding(site.part(*keys), value, str(keys[0]).removesuffix("s"), judge)


def _finding(node: Node, value: Any, word: str, judge: JsonSchema) -> Mistake:
    reason = next(iter(judge.errors(value))).message
    return Mistake(node, f"the {word} {shown(value)} does not conform to its schema: {reason}", HINT)


def _of_responses(operation: Operation) -> Iterator[Mistake]:
    for spec in operation.responses.values():
        for header in spec.headers:
            for node, value in _stated(header.node):
                if value is not None and not fits(header, value):
                    yield _finding(node, value, "example", compile_schema(header.bundle))
        for content_type, media in spec.content.items():
            for node, value in _stated(media):
                yield from _of_body(operation, content_type, media, node, value)


def _stated(media: Node) -> Iterator[tuple[Node, Any]]:
    if one := media.raw("example"):
        yield one, one.value
    listed = media.raw("examples")
    for _, entry in listed.children() if listed and isinstance(listed.value, dict) else ():
        try:
            found = entry.follow()
        except ContractError:  # which another rule says
            continue
        if one := found.raw("value"):
            yield one, one.value


def _of_body(operation: Operation, content_type: str, media: Node, node: Node, value: Any) -> Iterator[Mistake]:
    """An example of a response's body: the value itself, or, as a string, the text of the body."""
    kind = media_type.kind(content_type)
    try:
        found = operation.body_bundle(media)
        if found is None or kind not in ("json", "xml") or is_valid(found, value):
            return
        if not isinstance(value, str):
            yield _finding(node, value, "example", compile_schema(found))
            return
        documented = documented_body(operation, content_type, media)
        data = value.encode("utf-8", "surrogatepass")
        broken = next(iter(documented.violations(data, documented.read(data), "response.body")), None)
    except (ContractError, RecursionError):
        return
    if broken:
        yield Mistake(node, f"the example {shown(value)} does not conform to its schema: {broken.message}", HINT)
