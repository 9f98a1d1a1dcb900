"""Boundaries of a request's body: one property at a time is changed in a valid body, at every depth, and at the body itself.

A probe names the change; the body that it changes is the plain one of the moment when it is sent. The validator decides whether
the change is a fault, and the two opinions of readers what is expected of the response.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from toolkit.client.bodies import bodies, body_values, write_body
from toolkit.client.client import OWN_BODY, Body, Client
from toolkit.conformance.probes.edits import Made, by_worth, edits_of, expected_of_edit, faults_of
from toolkit.conformance.probes.expected import Edit, Probe, body_place, request_probe
from toolkit.conformance.probes.opinions import ACCEPTED, OPEN, REFUSED, documented_request
from toolkit.contract.promises import dig
from toolkit.document.pointers import pointer_text, put_at
from toolkit.schema.judge import JsonSchema
from toolkit.schema.shape import Shapes, shape_of
from toolkit.structs import replace
from toolkit.validation.bodies import DocumentedBody
from toolkit.wire import media_type
from toolkit.wire.json import parse_json

_MOST_PROBES = 60  # of one operation, for each of so many alternatives of its body
_MOST_FORMS = 3
_MOST_OTHERS, _MOST_VARIANTS = 2, 8  # bodies as a whole, and where a body may be one of several
UNDOCUMENTED = "application/x-undocumented"
_KINDS = frozenset({"json", "form", "multipart", "xml", "other"})


def body_probes(client: Client) -> Iterator[Probe]:
    """The probes of an operation's body. Its properties, fields, elements or text are changed one at a time."""
    plain = client.request(client.call())
    content_type = plain.headers.content_type
    yield from _of_other_media_types(client, content_type)
    yield from _faults_of_other_media_types(client, content_type)
    is_any_taken = any("*/*" in name for name in client.operation.request_content)
    if plain.body and client.operation.response(415) and not is_any_taken:
        # Where the contract has a response to that; readers differ in whether they look at it
        body, place = (UNDOCUMENTED, plain.body), client.operation.node
        yield request_probe(client, f"a body of {UNDOCUMENTED}", OPEN, "media-type", place, body=body)
    documented = documented_request(client.operation, plain)
    kind = documented.kind if documented else ""
    if documented is None or documented.schema is None or not plain.body or kind not in _KINDS:
        return
    # Many contracts call a body optional without meaning it.
    expected = REFUSED if client.operation.body_required else OPEN
    yield request_probe(client, "a request without its body", expected, "request-body-missing", body=None)
    if kind == "json":
        yield request_probe(client, "a body that is cut off", REFUSED, "json-syntax", body=(content_type, b'{"a": '))
    value, whole = documented.read(plain.body).value, documented.schema.bundle.schema
    most = _MOST_VARIANTS if shape_of(whole).groups else _MOST_OTHERS
    others = _other_bodies(client, content_type, value, most) if kind == "json" else ()
    for edit in (*others, *_edits(client, documented.schema, value, kind)):
        probe = _probe(client, documented, documented.schema, value, edit, content_type)
        if probe:
            yield probe


def _edits(client: Client, schema: JsonSchema, value: Any, kind: str) -> list[Edit]:
    """The edits of a body that say the most, so many for each alternative of it; the client keeps how many of how many."""
    made = Made(Shapes(schema.bundle.schema), schema.bundle)
    edits = by_worth(list(edits_of(made, made.shapes.of(schema.bundle.schema), value, (), kind)))
    forms = min(_MOST_FORMS, len({edit.made for edit in edits}))
    most = _MOST_PROBES * forms
    if len(edits) > most:
        client.sampled = f"{most} of {len(edits)}"
    return edits[:most]


def with_body(client: Client, probe: Probe, base: Body = OWN_BODY) -> Probe:
    """The probe with the body that its edit makes of the plain one, or of another `base`; as it is where there is none, or it has changed."""
    if probe.edit is None:
        return probe
    plain = client.request(replace(probe.call, body=base))
    documented = documented_request(client.operation, plain)
    if documented is None or not plain.body:
        return probe
    value = documented.read(plain.body).value
    parent = dig(value, probe.edit.at[:-1])
    if probe.edit.at and (not isinstance(parent, dict | list) or (isinstance(parent, list) and not parent)):
        return probe
    content_type, changed = plain.headers.content_type, put_at(value, probe.edit.at, probe.edit.value)
    if documented.kind == "json" and documented.schema and documented.schema.is_valid(changed) is bool(probe.kind):
        return with_body(client, probe) if base != OWN_BODY else replace(probe, expected=OPEN)  # of another alternative
    body = write_body(client.operation, content_type, changed)
    return replace(probe, call=replace(probe.call, body=(content_type, body))) if body is not None else probe


def _of_other_media_types(client: Client, plain: str) -> Iterator[Probe]:
    """A body of each documented media type that the plain request has not: what is in it may mean nothing, its type must be taken."""
    if client.operation.form_or_query:
        return
    for name, data in bodies(client.operation):
        if name != plain:
            yield request_probe(client, f"a body of {name}", ACCEPTED, "media-type", body=(name, data))


def _faults_of_other_media_types(client: Client, plain: str) -> Iterator[Probe]:
    """One fault at a time in a body of each documented media type of JSON that the plain request has not."""
    for content_type, data in () if client.operation.form_or_query else bodies(client.operation):
        request = client.request(client.call(body=(content_type, data)))
        documented = documented_request(client.operation, request) if content_type != plain else None
        if documented is None or documented.schema is None or documented.kind != "json":
            continue
        schema, value = documented.schema, documented.read(data).value
        for edit in _edits(client, schema, value, "json")[:_MOST_PROBES]:
            probe = _probe(client, documented, schema, value, edit, content_type)
            if probe and probe.expected == REFUSED and edit.rank == 1:
                body = write_body(client.operation, content_type, put_at(value, edit.at, edit.value))
                call = replace(probe.call, body=(content_type, body or b""))
                yield replace(probe, what=f"{content_type}: {probe.what}", call=call, edit=None)


def _other_bodies(client: Client, name: str, value: Any, most: int) -> Iterator[Edit]:
    """Whole bodies that the contract allows beside the plain one: of each variant, with more than is required."""
    same = (one for one in client.operation.request_content if media_type.essence(one) == media_type.essence(name))
    name = next(same, "")
    made: Iterator[Any] = (parse_json(data) for _, data in body_values(client.operation, name)) if name else iter(())
    others = islice((one for one in made if one != value), most)
    yield from (Edit((), other, f"other valid body {number}", 2) for number, other in enumerate(others, 1))


# --- from edits to probes


def _probe(
    client: Client, documented: DocumentedBody, schema: JsonSchema, value: Any, edit: Edit, content_type: str
) -> Probe | None:
    """The probe of an edit; None if it has more than one fault, or changes nothing."""
    changed = put_at(value, edit.at, edit.value)
    if documented.kind != "json":
        body = write_body(client.operation, content_type, changed)
        read = documented.read(body) if body else None
        if read is None or read.faults or not read.readable:
            return None
        changed = read.value
    if changed == value or (errors := faults_of(schema, changed)) is None:
        return None
    expected = expected_of_edit(schema, changed, edit, errors)
    if expected == ACCEPTED and schema.named and not schema.named.is_certain(changed):
        expected = OPEN  # it is another alternative than it says
    if expected == OPEN and not errors and edit.rank == 1 and edit.inner:
        return None  # a boundary within a made part, which as a whole may mean nothing to the service
    if expected == OPEN and any(error.rule == "schema-format" for error in errors):
        return None  # a lenient service would store it, and break the contract with every response that shows it
    place = schema.location(errors[0].place) if errors else body_place(client.operation).location
    kind, is_whole = errors[0].rule if errors else "", isinstance(edit.value, dict | list)
    at = edit.place if edit.inner else errors[0].at if errors and is_whole else edit.at
    where = f"request.body#{pointer_text(at)}" if at else "request.body"
    return Probe(edit.name, client.call(), expected, "", kind, place, edit.rank, where=where, edit=edit)
