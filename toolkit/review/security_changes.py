"""What a client must prove of itself: more than before, or by other means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from toolkit.client.credentials import put
from toolkit.contract.operation import Operation
from toolkit.contract.security import SecurityScheme, alternatives
from toolkit.document.files import Node
from toolkit.document.pointers import as_object
from toolkit.exchange import Key
from toolkit.review.changes import Change, Pair
from toolkit.review.messages import Witness, match_of, refused_request, request_of, shown_message
from toolkit.validation.credentials import lacking, named_place

Alternative = frozenset[tuple[Any, ...]]
"""Schemes that a request meets together, each by what is sent and the scopes that are needed."""


def security_changes(pair: Pair) -> Iterator[Change]:
    """An alternative that was enough before and that no alternative takes any more."""
    old, new = _alternatives(pair.before), _alternatives(pair.after)
    sent = {one.place for one in pair.before.parameters if one.required}
    for one, schemes in old:
        if takers := [theirs for other, theirs in new if _takes(other, one, sent)]:
            kept = [scheme for theirs in takers for scheme in theirs]
            gone = _addresses(pair.before, schemes) - _addresses(pair.after, kept) if all(takers) else ()
            if gone:
                lost = ", ".join(sorted(gone))
                message = f"credentials were had at {lost}, which the contract does not name any more"
                yield Change("security-raised", message, pair.after.node, "request.header", cause=message, soft=True)
            continue
        was, wanted = _described(one), " or ".join(_described(other) for other, _ in new)
        witness = _witness(pair, schemes, f"proves {was}, and {pair.new.label} wants {wanted}")
        message = f"requests with {was} were enough, and {wanted} is needed now"
        places = pair.after.node, pair.after.node.files.root
        node = next((found for one in places if (found := one.get("security"))), pair.after.node)
        yield Change("security-raised", message, node, "request.header", witness, f"{was} {wanted}")
        return


def _takes(new: Alternative, old: Alternative, sent: set[Key]) -> bool:
    """Whether a request that meets `old` meets `new`: each scheme is among the old ones, with no more scopes, or its place is that of a
    parameter which is sent."""
    return all(
        (scheme[2], scheme[3].lower()) in sent or any(scheme[:-1] == one[:-1] and scheme[-1] <= one[-1] for one in old)
        for scheme in new
    )


def _alternatives(operation: Operation) -> list[tuple[Alternative, tuple[SecurityScheme, ...]]]:
    root, found = operation.node.files.root, []
    for known in alternatives(operation) or [{}]:
        made = frozenset((*_sent(scheme, root), frozenset(map(str, scopes))) for scheme, scopes in known.items())
        found.append((made, tuple(known)))
    return found


def _sent(scheme: SecurityScheme, root: Node) -> tuple[object, ...]:
    node = root.get("components", "securitySchemes", scheme.name)
    kind = str(as_object(node.value).get("type")) if node else ""
    return (kind, scheme.kind, scheme.location, scheme.key.lower() if scheme.location == "header" else scheme.key)


def _addresses(operation: Operation, schemes: Iterable[SecurityScheme]) -> set[str]:
    """Where clients get what proves them: the addresses of OAuth flows and of OpenID Connect."""
    root = operation.node.files.root
    found = [root.get("components", "securitySchemes", scheme.name) for scheme in schemes]
    owners = [one for node in found if node for one in (node, *(flow for _, flow in node.each("flows")))]
    keys = ("tokenUrl", "authorizationUrl", "openIdConnectUrl")
    return {str(one.value[key]) for one in owners for key in keys if isinstance(one.value, dict) and key in one.value}


def _described(one: Alternative) -> str:
    each = sorted(
        (how if kind in ("", "http") else kind, at, key, sorted(scopes)) for kind, how, at, key, scopes in one
    )
    named = ((kind + (f" in {named_place(at, key)}" if at else ""), scopes) for kind, at, key, scopes in each)
    return (
        " and ".join(text + " with " * bool(scopes) + ", ".join(scopes) for text, scopes in named) or "no credentials"
    )


def _witness(pair: Pair, schemes: tuple[SecurityScheme, ...], meaning: str) -> Witness | None:
    """A request with the old credentials, which lacks something by the new version; of scopes, no request shows any."""
    request = request_of(pair.old, pair.before, {})
    if request is None:
        return None
    for scheme in schemes:
        request = put(request, scheme, {"basic": "Basic ***", "bearer": "Bearer ***"}.get(scheme.kind, "***"))
    old, new = match_of(pair.old, request), match_of(pair.new, request)
    if not new or not old or lacking(old, request):
        return None
    missing = lacking(new, request)
    shown = Witness(f"{shown_message(request)} - {meaning}")
    return refused_request(request, pair.new.label, f"it lacks {missing}") if missing else shown
