"""Two versions of a contract: what breaks whom, operation by operation, each cause once, with a message that proves it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from toolkit.client.examples import Value, parameter_values
from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.document.files import Node
from toolkit.document.identifiers import objects
from toolkit.document.pointers import rewritten
from toolkit.errors import ContractError, failure_trace
from toolkit.exchange import Key
from toolkit.reports.findings import by_operation
from toolkit.review.body_changes import request_body_changes
from toolkit.review.callback_changes import callback_changes, webhook_changes
from toolkit.review.changes import Change, Pair, Shared
from toolkit.review.messages import Side, Witness, match_of, refusal, request_of
from toolkit.review.parameter_changes import parameter_changes
from toolkit.review.promise_changes import link_changes, promise_changes
from toolkit.review.response_changes import response_changes
from toolkit.review.security_changes import security_changes
from toolkit.review.server_changes import bases_before, plain_path, server_changes, url_path
from toolkit.rules import RULES, Severity
from toolkit.schema.shape import equal
from toolkit.structs import Frozen, Mutable, field, replace
from toolkit.validation.hiding import Found
from toolkit.verdict import Verdict, Violation, few

IsSame = Callable[[Operation, Operation], bool]


def is_same_in(old: Contract, new: Contract) -> IsSame:
    """Whether an operation is the same in both contracts, parameters of its path included; security and servers left aside. Each
    thing that is referred to is compared once."""
    roots = old.root, new.root
    is_one_version = len({str(root.value.get("openapi"))[:3] for root in roots}) == 1

    @cache
    def referred(reference: str) -> tuple[bool, frozenset[str]]:
        """Whether what is referred to is the same in both, and what that refers to."""
        try:
            one, other = (root.refer(reference).value for root in roots)
        except ContractError:
            return False, frozenset()
        return reference.startswith("#") and equal(one, other), frozenset(_references(one))

    def is_same(old: Operation, new: Operation) -> bool:
        own = [(old.node.value, new.node.value), (_shared(old.path_item), _shared(new.path_item))]
        if not is_one_version or old.route.key != new.route.key or not all(equal(*pair) for pair in own):
            return False
        pending = [reference for one, _ in own for reference in _references(one)]
        met = {*pending}
        while pending:
            is_kept, needs = referred(pending.pop())
            if not is_kept:
                return False
            pending += needs - met
            met |= needs
        return True

    return is_same


def _shared(item: Node) -> Any:
    """What the operations of a path share."""
    kept = ("parameters", "$ref", "x-laws", "x-speakeasy-pagination", "x-dependencies")
    return {name: value for name, value in item.value.items() if name in kept}


def _references(tree: Any) -> Iterator[str]:
    return (str(value["$ref"]) for _, value in objects(tree) if isinstance(value.get("$ref"), str))


Review = Callable[[Pair], Iterator[Change]]
REVIEWS: tuple[Review, ...] = (
    parameter_changes,
    request_body_changes,
    response_changes,
    promise_changes,
    link_changes,
    callback_changes,
)
"""What is compared of an operation that is not the same in both versions; security and servers are compared of each."""
# Of the latter there is no end: a schema may have any value where JSON Schema wants a type, a name or a number.
_UNUSABLE = (ContractError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_QUOTED = re.compile(r'"(.*?)" is (?:new|gone|required|not required)')
_NAMED = 5  # operations in a message
_MOST_CALLS = 9  # requests that another operation must take


class Cause(Mutable, eq=False):
    """A change with the operations that show it, the first of them first, the messages that prove it, and whom it breaks: `client`,
    `service` or `both`. A client breaks where one of the old version meets a service of the new one, a service where one of the old version
    meets a client of the new one."""

    change: Change
    operations: list[str] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    breaks: str = "client"

    @property
    def subjects(self) -> Iterator[tuple[str, ...]]:
        """What changes in both directions have in common that are one: the operation, the place, and the property's name."""
        named = _QUOTED.match(self.change.cause)
        return ((one, self.change.at, named[1] if named else "") for one in self.operations)

    @property
    def is_certain(self) -> bool:
        rule = RULES[self.change.rule]
        return rule.severity is Severity.ERROR and not self.change.soft


class Difference(Frozen):
    """All changes between two versions, and the names of the operations that were compared, or that one version lacks."""

    findings: tuple[Cause, ...]
    operations: tuple[str, ...]
    differs: bool
    secrets: Found

    def verdicts(self, named: Callable[[Node], str] = lambda node: node.file) -> list[Verdict]:
        """One verdict for each operation, and one without a name for what is of the whole contract. `named` is what people
        call the file of a node."""
        return by_operation((_violation(one, named, self.secrets) for one in self.findings), self.operations)


def compare(
    old: Contract,
    new: Contract,
    labels: tuple[str, str] = ("OLD", "NEW"),
    *,
    strict: bool = False,
    services: bool = False,
) -> Difference:
    """What changes from the old version to the new one. Raises ContractError where an operation cannot be read. `strict`: clients and
    services also send properties that open objects do not declare. `services`: what breaks services alone is found, too."""
    sides = Side(old, labels[0]), Side(new, labels[1])
    before, after = _aligned(_by_route(old.operations()), _by_route(new.operations()))
    is_same = is_same_in(old, new)
    trees = old.root.value, new.root.value
    differs = not equal(*trees) or not all(one.startswith("#") for one in _references(trees[0]))
    found = _causes(sides, (before, after), is_same, strict) if differs else []
    touched = {name for cause in found for name in cause.operations}
    both = {key: one for key, one in after.items() if key in before}
    chosen = after if services else {key: one for key, one in both.items() if before[key].name in touched}
    is_asked = bool(found) or (services and differs)
    backward = _causes(sides[::-1], (chosen, before), is_same, strict) if is_asked else []
    names = {one.name: before[key].name for key, one in both.items()}
    for cause in backward:
        cause.operations = [names.get(name, name) for name in cause.operations]
    broken = {subject for cause in backward if cause.is_certain for subject in cause.subjects}
    known = {subject for cause in found for subject in cause.subjects}
    for cause in found:
        cause.breaks = "both" if broken.intersection(cause.subjects) else "client"
    lacking = [cause for cause in backward if services and cause.is_certain and not known.intersection(cause.subjects)]
    for cause in lacking:  # what clients of the new version may use, and a service of the old one has not
        message = f"from {labels[1]} back to {labels[0]}: {cause.change.message}"
        change = replace(cause.change, rule="service-outdated", message=message)
        found.append(replace(cause, change=change, breaks="service"))
    every = dict.fromkeys([*(one.name for one in before.values()), *(one.name for one in after.values())])
    every |= {} if every else dict.fromkeys("" for one in (old, new) if one.unasked)  # webhooks alone
    stated = Found(old.secrets, (*old.stated_secrets, *new.stated_secrets))
    return Difference(tuple(found), tuple(every), differs, stated)


_Routes = Mapping[tuple[object, ...], Operation]


def _causes(sides: tuple[Side, Side], routes: tuple[_Routes, _Routes], is_same: IsSame, strict: bool) -> list[Cause]:
    """What breaks those who go by the first version and meet the second one."""
    shared, found = Shared(), dict[tuple[object, ...], Cause]()
    for change, operation in _all_changes(sides, routes, is_same, (shared, strict)):
        known = found.setdefault(change.key, Cause(change))
        known.operations.append(operation)
        if (proof := change.witness) and proof.kind not in [one.kind for one in known.witnesses]:  # one in each format
            known.witnesses.append(proof)
    return list(found.values())


def _all_changes(
    sides: tuple[Side, Side], routes: tuple[_Routes, _Routes], is_same: IsSame, how: tuple[Shared, bool]
) -> Iterator[tuple[Change, str]]:
    for key, operation in routes[0].items():
        is_kept = key in routes[1]
        other = routes[1][key] if is_kept else _taker(sides, operation)
        pair = Pair(*sides, operation, other or operation, *how)
        if other:
            yield from ((change, operation.name) for change in _changes(pair, is_same, is_kept))
        else:
            witness = pair.refused() or pair.accepted(f"{pair.new.label} has no such operation")
            message = f"{operation.method} {operation.route.key} is gone"
            yield Change("operation-removed", message, operation.node, "request", witness), operation.name
    webhooks = _found(webhook_changes(sides, *how), sides[1].contract.root, webhook_changes.__name__)
    yield from ((change, "") for change in webhooks)


def _by_route(operations: Iterable[Operation]) -> dict[tuple[object, ...], Operation]:
    """The operations by method and path, whatever the path's parameters are called, unless only these tell two apart."""
    found: dict[tuple[object, ...], Operation] = {}
    for operation in operations:
        key = (operation.method, plain_path(operation))
        found[key if key not in found else (operation.method, operation.route.key)] = operation
    return found


def _aligned(before: _Routes, after: _Routes) -> tuple[_Routes, _Routes]:
    """Both versions, where an operation that is at the same URL by another base path and path has the same key. The base path is
    part of its requests."""
    lost = {key: one for key, one in before.items() if key not in after}
    added = {key: one for key, one in after.items() if key not in before} if lost else {}
    known = {url: (key, base) for key, one in lost.items() for url, base in _urls(one).items()} if added else {}
    one, two = dict(before), dict[tuple[object, ...], Operation]()
    for key, operation in after.items():
        urls = _urls(operation) if key in added else {}
        url = next((url for url in urls if url in known), None)
        if url is not None:
            key, base = known.pop(url)
            one[key], operation = replace(before[key], base=base), replace(operation, base=urls[url])
        two[key] = operation
    return one, two


def _urls(operation: Operation) -> dict[tuple[str, str], str]:
    """The base paths of an operation, by its method and the path with each of them before it."""
    bases = [base for several in bases_before(operation).values() for base in several]
    return {(operation.method, base + plain_path(operation)): base for base in bases}


def _changes(pair: Pair, is_same: IsSame, is_kept: bool) -> Iterator[Change]:
    """What differs of a pair. The new operation has its URL where it takes the requests of one that is not kept."""
    everywhere = (security_changes, server_changes) if is_kept else (security_changes,)
    reviews = everywhere if is_same(pair.before, pair.after) else (*REVIEWS, *everywhere)
    for review in reviews:
        yield from _found(review(pair), pair.after.node, review.__name__)


def _found(changes: Iterator[Change], node: Node, cause: str) -> Iterator[Change]:
    """The changes, and where a part of the contract cannot be used, that it was not compared."""
    try:
        yield from changes
    except _UNUSABLE as error:
        lint = f"contract lint shows what is wrong ({type(error).__name__})"
        why = str(error) if isinstance(error, ContractError) else failure_trace(error) or lint
        message = f"a part of the contract cannot be used, so it was not compared: {why}"
        yield Change("change-uncompared", message, node, cause=cause)


def _taker(sides: tuple[Side, Side], operation: Operation) -> Operation | None:
    """The operation of the new version that takes the requests of one that is gone: by a template, or under another key."""
    paths = [one for one in operation.parameters if one.location == "path"]
    calls: list[dict[Key, Value | None]] = [{}]
    calls += [{one.key: text} for one in paths for text in parameter_values(one)]
    found = [_taker_of(sides, operation, call) for call in calls[:_MOST_CALLS]]
    return found[0] if all(found) else None


def _taker_of(sides: tuple[Side, Side], operation: Operation, call: Mapping[Key, Value | None]) -> Operation | None:
    request = request_of(sides[0], operation, call)
    match = match_of(sides[1], request) if request and not refusal(sides[1], request) else None
    if not request or not match:
        return None
    is_same = request.url.partition("?")[0].endswith("/") == url_path(match.operation).endswith("/")
    return match.operation if is_same else None


def _violation(finding: Cause, named: Callable[[Node], str], secrets: Found) -> Violation:
    """The violation; of values only the contracts' own secrets are hidden, since others are made to prove it."""

    def hidden(value: Any) -> Any:
        return secrets.hide_known(value) if isinstance(value, str) else value

    change, (first, *others) = finding.change, dict.fromkeys(finding.operations)
    several = [one for one in others if one]
    noun = "operation" if len(several) == 1 else "operations"
    more = f" (and in {len(several)} more {noun}: {few(several, _NAMED)})" if several else ""
    return Violation(
        change.rule,
        secrets.hide_known(change.message) + more,
        change.at,
        named(change.node) + change.node.location.removeprefix(change.node.file),
        operation=first,
        softened=change.soft,
        cause=secrets.hide_known(change.cause),
        breaks="" if change.rule in ("change-undecided", "change-uncompared") else finding.breaks,
        witness=secrets.hide_known("; and ".join(one.text for one in finding.witnesses)),
        witnesses=tuple(rewritten(one.parts, of_scalar=hidden) for one in finding.witnesses if one.parts),
    )
