"""Bodies of two versions of an operation: that of the request, and those of responses, in every media type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from toolkit.client.bodies import body_values
from toolkit.contract.operation import ResponseSpec
from toolkit.document.files import Node
from toolkit.review.changes import Change, Pair, Wording, schema_changes
from toolkit.review.messages import (
    Witness,
    contents,
    refused,
    response_of,
    response_witness,
    shown_value,
)
from toolkit.review.xml_changes import xml_changes
from toolkit.wire import media_type

_REQUEST = {
    "required": "request-property-required",
    "undeclared": "request-property-removed",
    "ignored": "request-property-removed",
    "default": "default-changed",
    "withdrawn": "",
    "other": "request-body-narrowed",
}
_FIELDS = ("form", "multipart")
_RESPONSE = {
    "required": "response-property-optional",
    "undeclared": "response-property-added",
    "enum": "response-enum-value-added",
    "withdrawn": "response-property-removed",
    "ignored": "",
    "default": "",
    "other": "response-widened",
}


def request_body_changes(pair: Pair) -> Iterator[Change]:
    old, new = pair.before.request_content, pair.after.request_content
    body = pair.after.node.get("requestBody") or pair.after.node
    if old and not new and pair.before.node.get("requestBody"):
        gone = pair.before.node.get("requestBody") or pair.before.node
        yield Change("request-body-removed", "the request takes no body any more", gone, "request.body")
        return
    if pair.after.body_required and not pair.before.body_required:
        witness = refused(pair.old, pair.new, pair.before, {}, (next(iter(new), "text/plain"), b""))
        how = "is required now" if old else "is new, and required"
        yield Change("request-body-required", f"the request's body {how}", body, "request.body", _some(witness))
    for name, media in old.items():
        found = media_type.best(media_type.concrete(name), new) if new else None
        if found is not None:
            yield from _request_media(pair, (name, media), (found, new[found]))
        elif new:
            witness = next((_sent(pair, content) for content in body_values(pair.before, name)), None)
            message = f"the media type {name} is not taken any more"
            yield Change("request-media-type-removed", message, media, "request.header.Content-Type", _some(witness))


def _some(witness: Witness | None) -> tuple[Witness, ...]:
    return (witness,) if witness else ()


def _sent(pair: Pair, content: tuple[str, bytes]) -> Witness | None:
    return refused(pair.old, pair.new, pair.before, {}, content)


def _request_media(pair: Pair, old: tuple[str, Node], new: tuple[str, Node]) -> Iterator[Change]:
    bundles = (
        pair.before.body_bundle(old[1], request=True),
        pair.after.body_bundle(new[1], request=True),
    )
    if bundles[0] is None or bundles[1] is None:
        return

    def prove(value: Any) -> Witness | None:
        written = [one for one in contents(pair.before, old[0], old[1], value, request=True) if one[1]]
        if not written or (
            not value and media_type.kind(old[0]) in _FIELDS
        ):  # nothing stands for the value, such as an empty object in a form
            return Witness(
                f"{shown_value(value)} - conforms to the schema of {pair.old.label}, not to that of {pair.new.label}"
            )
        return _sent(pair, written[0])

    comparison, kind = pair.compared(bundles[0], bundles[1]), media_type.kind(old[0])
    yield from schema_changes(comparison, Wording(_REQUEST, "request.body", prove, kind), pair.shared.proved)
    if kind == "xml":
        yield from xml_changes(comparison, prove, ("request-xml-changed", "request.body", new[1]))


def response_body_changes(pair: Pair, old: ResponseSpec, new: ResponseSpec) -> Iterator[Change]:
    """`new` is a status of the new version, `old` what the old one said of it."""
    if new.content and not old.content:
        message = f"status {new.key} has a body, and had none"
        yield Change("response-body-added", message, new.node, f"response.{new.key}.body")
        return
    for name, media in old.content.items():
        if media_type.best(media_type.concrete(name), new.content) is None:
            yield from _withdrawn(pair, (name, media), old, new)
    for name, media in new.content.items():
        known = media_type.best(media_type.concrete(name), old.content)
        if known is not None:
            yield from _response_media(pair, (old.content[known], old), (name, media, new))


def _withdrawn(pair: Pair, gone: tuple[str, Node], old: ResponseSpec, new: ResponseSpec) -> Iterator[Change]:
    """A media type that clients ask for and do not get any more: a response in it proves it, the other way round."""
    name, media = gone
    bundle = pair.before.body_bundle(media)
    from toolkit.review.samples import made

    schema: Mapping[str, Any] = {k: v for k, v in bundle.schema.items() if k != "$defs"} if bundle else {}
    witness = None
    for value in made(bundle, schema, 2) if bundle else ():
        for content in contents(pair.before, name, media, value, request=False):
            response = response_of(old, pair.before, content)
            witness = witness or response_witness(pair.sides[1], pair.sides[0], response)
    message = f"status {new.key} does not come as {name} any more"
    at = f"response.{new.key}.header.Content-Type"
    yield Change("response-media-type-removed", message, media, at, _some(witness))


def _response_media(
    pair: Pair, before: tuple[Node, ResponseSpec], after: tuple[str, Node, ResponseSpec]
) -> Iterator[Change]:
    name, media, spec = after
    old, new = pair.before.body_bundle(before[0]), pair.after.body_bundle(media)
    if old is None or new is None:
        return

    def prove(value: Any) -> Witness | None:
        made = (response_of(spec, pair.after, one) for one in contents(pair.after, name, media, value, request=False))
        return next((response_witness(*pair.sides, one) for one in made), None)

    comparison, kind = pair.compared(old, new, response=True), media_type.kind(name)
    at = f"response.{spec.key}.body"
    yield from schema_changes(comparison, Wording(_RESPONSE, at, prove, kind), pair.shared.proved)
    if kind == "xml":
        yield from xml_changes(comparison, prove, ("response-xml-changed", at, media))
