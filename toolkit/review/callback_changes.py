"""Callbacks and webhooks of two versions: what the service sends by itself is read by its clients, as a response is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from toolkit.contract.objects import METHODS
from toolkit.contract.operation import Operation, ResponseSpec
from toolkit.document.files import Node
from toolkit.document.pointers import object_at
from toolkit.review.body_changes import response_body_changes
from toolkit.review.changes import Change, Pair, Shared, Wording, schema_changes
from toolkit.review.inclusion import ASIDE
from toolkit.review.messages import Side, status_of
from toolkit.review.response_changes import header_changes
from toolkit.structs import replace
from toolkit.wire import media_type

_REPLY = {"other": "callback-changed", **dict.fromkeys(ASIDE, "")}
_STATUS = "200"  # that a request counts as having, where it is compared as a response


def callback_changes(pair: Pair) -> Iterator[Change]:
    """Those of an operation, by name, expression and method."""
    yield from _compared(pair, _callbacks(pair.before), _callbacks(pair.after), "callback")


def webhook_changes(sides: tuple[Side, Side], shared: Shared, strict: bool) -> Iterator[Change]:
    """Those of the whole contract (OpenAPI 3.1), by name and method."""
    pair = Pair(*sides, sides[0].contract.bare, sides[1].contract.bare, shared, strict)
    old, new = (_methods((), side.contract.root.get("webhooks")) for side in sides)
    yield from _compared(pair, old, new, "webhook")


_Sent = Mapping[tuple[str, ...], Node]
"""Operations by the names that lead to them."""


def _callbacks(operation: Operation) -> _Sent:
    each = (_methods((name,), callback) for name, callback in operation.node.each("callbacks"))
    return dict(pair for methods in each for pair in methods.items())


def _methods(names: tuple[str, ...], owner: Node | None) -> dict[tuple[str, ...], Node]:
    return {
        (*names, key, method): node
        for key, item in (owner.items() if owner else ())
        for method, node in item.items()
        if method in METHODS and isinstance(node.value, dict)
    }


def _compared(pair: Pair, old: _Sent, new: _Sent, what: str) -> Iterator[Change]:
    for key, node in old.items():
        named = f"the {what} {key[0]} ({' '.join((key[-1].upper(), *key[1:-1]))})"
        if what == "callback":  # its name is nowhere on the wire
            alike = [one for one in new if one[1:] == key[1:] and one not in old]
            key = key if key in new or not alike else alike[0]
        if key not in new:
            yield Change("callback-changed", f"{named} does not come any more", node, f"{what}.{key[0]}")
            continue
        before, after = _as_response(pair.before, node), _as_response(pair.after, new[key])
        mine = replace(pair, before=before, after=after)
        specs = before.responses[_STATUS], after.responses[_STATUS]
        for change in (*response_body_changes(mine, *specs), *header_changes(mine, *specs)):
            at = change.at.replace(f"response.{_STATUS}", f"{what}.{key[0]}")
            message = change.message.replace(f"response.{_STATUS}", f"{what}.{key[0]}")
            yield replace(change, at=at, message=message.replace(f"status {_STATUS}", named))
        yield from _replies(named, node, new[key], f"{what}.{key[0]}")
        yield from _reply_bodies(pair, node, new[key], f"{what}.{key[0]}.reply")


def _as_response(model: Operation, node: Node) -> Operation:
    """A request that the service sends as the response of an operation, which is compared and validated like any other."""
    made = replace(model, node=node, path_item=node)
    body = node.get("requestBody")
    fields = tuple(one for one in made.parameters if one.location == "header")
    spec = ResponseSpec(_STATUS, body or node, dict(body.each("content")) if body else {}, fields)
    made.__dict__["responses"] = {_STATUS: spec}
    return made


def _reply_bodies(pair: Pair, old: Node, new: Node, at: str) -> Iterator[Change]:
    """Bodies that clients reply with, and that the service takes no more: each is a response of the client's."""
    before, after = (replace(one, node=node, path_item=node) for one, node in ((pair.before, old), (pair.after, new)))
    sent_back = replace(pair, before=before, after=after).backward
    for key, spec in before.responses.items():
        now = after.response(status_of(spec, before))
        for name, media in spec.content.items() if now else ():
            kept = media_type.best(media_type.concrete(name), now.content) if now else None
            bundles = before.body_bundle(media), after.body_bundle(now.content[kept]) if now and kept else None
            if bundles[0] is None or bundles[1] is None:
                continue
            prove = partial(sent_back.body_refused, spec, name, media)
            wording = Wording(_REPLY, f"{at}.{key}.body", prove, media_type.kind(name))
            yield from schema_changes(pair.compared(bundles[0], bundles[1]), wording, pair.shared)


def _replies(named: str, old: Node, new: Node, at: str) -> Iterator[Change]:
    """A status of success that clients reply with, and that the service does not take any more."""
    known, listed = (set(object_at(node.value, "responses")) for node in (old, new))
    for status in sorted(map(str, known - listed)):
        if status[0] == "2" and not {f"{status[0]}XX", "default"} & set(map(str, listed)):
            message = f"{named} is not replied to with status {status} any more"
            yield Change("callback-changed", message, new, f"{at}.status", cause=status)
