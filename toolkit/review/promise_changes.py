"""What an operation promises over several responses (`x-laws`, pagination) and where its links lead, and does so no more.

Laws are compared by what they say: a finer order, a shorter time, more fields that are echoed keep the old promise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from toolkit.contract.links import link_target
from toolkit.contract.promises import LAWS, PAGES, Facts, read_facts, states_promises
from toolkit.contract.routing import PARAMETER
from toolkit.document.files import Node
from toolkit.document.pointers import object_at
from toolkit.review.changes import Change, Pair
from toolkit.review.messages import Side
from toolkit.review.server_changes import plain_path
from toolkit.structs import Frozen, asdict
from toolkit.verdict import clip

_LONGEST = 80  # characters of what is quoted


def promise_changes(pair: Pair) -> Iterator[Change]:
    """Each fact that the old version states, and that does not follow from the new one."""
    if not states_promises(pair.before):
        return
    old = read_facts(pair.before, pair.old.contract)
    new = read_facts(pair.after, pair.new.contract) if states_promises(pair.after) else Facts()
    for name in Facts.__struct_fields__:
        was, now = getattr(old, name), getattr(new, name)
        holds = _HOLDS.get(name)
        is_derived = name == "listed" and not now  # the list may be known from the schema alone
        if not was or is_derived or (now and (holds(was, now) if holds else was == now)):
            continue
        law = _NAMES.get(name, name.replace("_", "-"))
        node, how = (pair.after.node, f"is {clip(_plain(now), _LONGEST)}") if now else (pair.before.node, "is gone")
        place = node.get(LAWS, law) or node.get(LAWS) or node.get(PAGES) or node
        message = f"the promise {law} was {clip(_plain(was), _LONGEST)} and {how}"
        yield Change("promise-changed", message, place, "response.body", cause=law)


def _each(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether each entry is as it was; one of several codes of an error is one of them still."""
    return all(name in new and (new[name] == value or _fewer(value, new[name])) for name, value in old.items())


def _fewer(old: Any, new: Any) -> bool:
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return False
    codes = [{one["code"]} if isinstance(one.get("code"), str) else set(one.get("code") or ()) for one in (old, new)]
    return bool(codes[1]) and codes[1] <= codes[0] and {**old, "code": 0} == {**new, "code": 0}


_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys(
        ("filters", "partitions", "not_after_now", "fresh", "methods"), lambda old, new: all(one in new for one in old)
    ),
    **dict.fromkeys(("echo", "formats", "other_methods", "errors"), _each),
    "order": lambda old, new: new[: len(old)] == old,
    "within": lambda old, new: new <= old,
}
"""Whether what was stated of a fact follows from what is stated now; others are to be the same."""
_NAMES = {"partitions": "filters", "format_parameter": "formats", "other_methods": "methods"}
_NAMES |= dict.fromkeys(("pages", "chain"), "pagination")


def link_changes(pair: Pair) -> Iterator[Change]:
    """Each link of a response that is gone, or leads elsewhere."""
    for key, spec in pair.before.responses.items():
        now = pair.after.responses.get(key)
        kept = dict(_links(now.node)) if now else {}
        for name, link in _links(spec.node) if now else ():
            other = kept.get(name)
            if other is None or _leads(link, pair.old) != _leads(other, pair.new):
                how = "is gone" if other is None else "leads elsewhere, or takes other values"
                yield Change("link-changed", f"the link {name} of status {key} {how}", other or link, f"response.{key}")


def _links(node: Node) -> list[tuple[str, Node]]:
    return [(name, link) for name, link in node.each("links") if isinstance(link.value, dict)]


def _leads(link: Node, side: Side) -> tuple[Any, ...]:
    """The operation that a link leads to, whichever way it is named, and what it takes along."""
    target = link_target(link, side.contract)
    place = (target.method, plain_path(target)) if target else (link.text("operationId"), link.text("operationRef"))
    given = object_at(link.value, "parameters")  # with or without the location before the name
    known = {name: index for index, name in enumerate(PARAMETER.findall(target.route.key))} if target else {}
    named = {re.sub(r"^(path|query|header)\.", "", str(name)): value for name, value in given.items()}
    values = {known.get(name, name): value for name, value in named.items()}  # those of the path by their order
    return place, values, link.value.get("requestBody")


def _plain(value: Any) -> str:
    """A fact as people write it: a path as `Tasks.Task`, an order as `-CreationTime`."""
    if isinstance(value, tuple) and value and all(isinstance(one, str) for one in value):
        return ".".join(value)
    if isinstance(value, tuple) and len(value) == 2 and value[0] in ("+", "-"):
        return f"{value[0].strip('+')}{_plain(value[1])}"
    if isinstance(value, tuple):
        return ", ".join(map(_plain, value))
    if isinstance(value, Frozen):
        value = {name.replace("_", " "): one for name, one in asdict(value).items()}
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_plain(one)}" for name, one in value.items() if one is not None)
    return str(value)
