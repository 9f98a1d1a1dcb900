"""Examples and defaults that break their own schema, in JSON, in XML and as parameters are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from toolkit.client.bodies import Described
from toolkit.client.faulty_examples import FaultyExample, fault_of, of_body, of_parameter
from toolkit.contract.operation import Operation, read_parameter
from toolkit.document.encodings import from_base64, is_base64
from toolkit.document.files import Node
from toolkit.errors import ContractError
from toolkit.review.checks.schemas import bundled, refused_of
from toolkit.review.survey import Mistake, Site, Survey
from toolkit.schema.judge import compile_schema, shown
from toolkit.wire import media_type
from toolkit.wire.json import parse_json


def invalid(survey: Survey) -> Iterator[Mistake]:
    owner = survey.contract.bare
    for site in survey.of("parameter", "header", "media"):
        try:
            yield from [Mistake(one.place, one.message) for one in _faulty(site, owner)]
        except (ContractError, RecursionError, ValueError):  # which another rule says
            continue
    for site in survey.of("schema"):
        values = site.values("default", "example", "examples")
        for node, inner in ((site.node, True), (site.whole.node, False)):
            own = [one for one in values if isinstance(one[1], dict | list) is inner]
            yield from _of_values(own, site, node, survey)
        for keys, value in values if site.node.value.keys() & {"contentEncoding", "contentMediaType"} else ():
            if isinstance(value, str) and (fault := _of_content(value, site, survey)):
                yield site.mistake(f"{shown(value)} {fault}", "correct the one or the other", *keys, mild=True)


def _of_content(text: str, site: Site, survey: Survey) -> str:
    """What keeps a string from being what the keywords of its content say (JSON Schema, section 8); ''."""
    encoding, own = site.node.value.get("contentEncoding"), str(site.node.value.get("contentMediaType"))
    if encoding in ("base64", "base64url") and not is_base64(text):
        return "is no Base64, and `contentEncoding` says that it is"
    if media_type.kind(own) != "json" or encoding not in (None, "base64", "base64url"):
        return ""
    try:
        value = parse_json(from_base64(text) if encoding else text.encode())
    except ValueError:
        return f"is no JSON, and `contentMediaType` says that it is {own}"
    schema = bundled(site.part("contentSchema"), survey) if site.map("contentSchema") else None
    if schema is None or not [*refused_of(schema, [value])]:
        return ""
    return f"does not conform to `contentSchema`: {next(iter(compile_schema(schema).errors(value))).message}"


def _faulty(site: Site, owner: Operation) -> Iterator[FaultyExample]:
    """The examples of an object, wherever it stands. `owner` knows how schemas are read."""
    around = list(site.around)
    kinds, by_query = {one.kind for one in around}, any(one.node.value.get("x-form-or-query") is True for one in around)
    request = "body" in kinds
    is_read = request or media_type.kind(site.own) in ("json", "xml")
    if site.kind == "parameter":
        yield from of_parameter(read_parameter(site.node, owner.request_dialect))
    elif site.kind == "header":
        yield from of_parameter(owner.header(site.own, site.node, request=request))
    elif is_read and not by_query and not kinds & {"parameter", "header"}:
        yield from of_body(Described(owner, site.own, site.node, request))


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
            place, message = fault_of(site.part(*keys), str(keys[0]).removesuffix("s"), value, judge)
            yield Mistake(place, message)
