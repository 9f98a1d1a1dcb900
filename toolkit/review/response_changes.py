"""Responses of two versions of an operation: statuses and header fields; their bodies are compared elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolkit.client.bodies import Content
from toolkit.contract.operation import Parameter, ResponseSpec
from toolkit.review.body_changes import response_bodies, response_body_changes
from toolkit.review.changes import Change, Pair, Wording, schema_changes
from toolkit.review.messages import Witness, parameter_text, status_of
from toolkit.review.samples import made
from toolkit.structs import replace

_HEADER = {"other": "response-header-widened", "default": "", "ignored": "", "withdrawn": "", "added": ""}


def response_changes(pair: Pair) -> Iterator[Change]:
    for key, new in pair.after.responses.items():
        known = pair.before.responses.get(key) or pair.before.response(status_of(new, pair.after))
        if known is None:
            yield from _added(pair, new)
        else:
            yield from _compared(pair, known, new)
    for key, old in pair.before.responses.items():
        wider = pair.after.response(status_of(old, pair.before))
        is_narrower = "X" in key.upper() and any(one[0] == "2" for one in pair.after.responses)
        if wider and key.isdigit() and wider.key != key:
            yield from _compared(pair, old, replace(wider, key=key))
        if key[0] == "2" and not is_narrower and wider is None:
            message = f"status {key} does not come any more"
            yield Change("response-status-removed", message, old.node, "response.status", cause=key)


def _compared(pair: Pair, old: ResponseSpec, new: ResponseSpec) -> Iterator[Change]:
    yield from response_body_changes(pair, old, new)
    yield from header_changes(pair, old, new)


def _added(pair: Pair, new: ResponseSpec) -> Iterator[Change]:
    """A status that clients do not know. They know the class of an error (RFC 9110, section 15), so that is a warning."""
    witness = pair.response_refused(new, _any_content(pair, new))
    message = f"status {new.key} is new"
    is_error = not new.key.startswith(("1", "2", "3"))
    yield Change("response-status-added", message, new.node, "response.status", witness, new.key, soft=is_error)


def _any_content(pair: Pair, spec: ResponseSpec) -> Content | None:
    made = (response_bodies(pair.after, name, media, 1) for name, media in spec.content.items())
    return next((content for bodies in made for content in bodies), None)


def header_changes(pair: Pair, old: ResponseSpec, new: ResponseSpec) -> Iterator[Change]:
    sent = {header.name.lower(): header for header in new.headers}
    for header in old.headers:
        now = sent.get(header.name.lower())
        if now is None or (header.required and not now.required):
            witness = pair.response_refused(new, _any_content(pair, new), **{header.name: None})
            how = "is gone" if now is None else "need not come any more"
            message = f"the header field {header.name} of status {new.key} {how}"
            place = now.node if now else header.node
            at = f"response.{new.key}.header.{header.name}"
            yield Change("response-header-optional", message, place, at, witness, soft=not header.required)
        if now is not None:
            yield from _header(pair, header, now, new)


def _header(pair: Pair, old: Parameter, new: Parameter, spec: ResponseSpec) -> Iterator[Change]:
    def prove(value: Any) -> Witness | None:
        text = parameter_text(new, value)
        if not isinstance(text, str):
            return None
        return pair.response_refused(spec, _any_content(pair, spec), **{new.name: text})

    at = f"response.{spec.key}.header.{new.name}"
    wording = Wording(_HEADER, at, prove, any_text=old.takes_any_text)
    texts = not old.serialization.media_type
    comparison = pair.compared(old.bundle, new.bundle, response=True, texts=texts)
    found = list(schema_changes(comparison, wording, pair.shared))
    if not found and _written(old) != _written(new):
        witness = next(filter(None, map(prove, made(new.bundle))), None)
        rule = "response-header-widened" if witness else "change-undecided"
        found = [Change(rule, f"{at}: it is written otherwise (`explode`, `content`)", new.node, at, witness)]
    yield from found


def _written(header: Parameter) -> tuple[object, ...]:
    """What tells how a header field is written (OpenAPI, Header Object): `explode` counts for objects alone."""
    how = header.serialization
    return how.media_type, how.explode and "object" in header.types
