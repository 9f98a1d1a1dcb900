"""Examples and defaults that break their own schema, in JSON, in XML and as parameters are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from toolkit.client.bodies import Described
from toolkit.client.faulty_examples import FaultyExample, fault_of, of_body, of_parameter
from toolkit.contract.operation import Operation, read_parameter
from toolkit.document.files import Node
from toolkit.errors import ContractError
from toolkit.review.checks.schemas import bundled, refused_of
from toolkit.review.survey import Mistake, Site, Survey
from toolkit.schema.judge import compile_schema
from toolkit.wire import media_type


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
