"""What traffic holds of a contract: responses by operation, status and media type, and of exchanges that are looked into, the query
parameters that were given, properties and members of enumerations."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from toolkit.contract.operation import Operation
from toolkit.document.files import Node
from toolkit.errors import ContractError
from toolkit.exchange import Request, Response
from toolkit.reports.coverage import Coverage, Details, Outcome
from toolkit.structs import Mutable, field
from toolkit.validation.contents import QUERY, UNREAD, Contents, Labels, labels
from toolkit.wire import media_type
from toolkit.wire.urlencoded import TooManyFields, form_pairs, parse_query

_MOST = 10_000  # kinds of responses that are told apart by their media type
_MOST_PARTS, _LONG_PART = 4_000, 200  # of queries, those that are remembered


class Observed(Mutable):
    """`responses` by operation, status (0: none was recorded) and media type; `given` has operations and query parameters;
    `found`, the labels of what stands in bodies and parameters."""

    responses: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    given: set[tuple[str, str]] = field(default_factory=set)
    found: Labels = field(default_factory=dict)

    def merge(self, other: Observed) -> None:
        for (operation, status, content_type), count in other.responses.items():
            media = content_type.partition(";")[0].strip().lower()
            key = operation, status, media
            known = key in self.responses or len(self.responses) < _MOST
            self.responses[key if known else (operation, status, "")] += count
        self.given |= other.given
        for place, found in other.found.items():
            self.found.setdefault(place, set()).update(found)

    def by_operation(self) -> dict[str, dict[tuple[int, str], int]]:
        """The number of responses by status and media type, of each operation."""
        found: dict[str, dict[tuple[int, str], int]] = {}
        for (operation, status, media), count in self.responses.items():
            found.setdefault(operation, {})[status, media] = count
        return found


class Observer(Mutable, eq=False):
    """Notes exchanges. `take` gives what was noted since the last time; what `contents` found once is not found again."""

    contents: Contents | None = None
    _seen: Observed = field(default_factory=Observed)
    _kinds: Counter[tuple[str, int]] = field(default_factory=Counter)
    _parts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By operation, parts of queries that were looked into: pairs as they are written."""

    def take(self) -> Observed:
        seen, self._seen = self._seen, Observed()
        return seen

    def note(self, operation: Operation, response: Response | None) -> None:
        """Count an exchange; every one is, so this looks at little."""
        status, media = (response.status, response.headers.content_type) if response else (0, "")
        self._seen.responses[operation.name, status, media] += 1

    def number(self, operation: Operation, response: Response | None) -> int:
        """How many exchanges of the operation this was asked of that had the same status, with this one."""
        kind = operation.name, response.status if response else 0
        self._kinds[kind] += 1
        return self._kinds[kind]

    def look(
        self, operation: Operation, request: Request | None, response: Response | None, value: Any = UNREAD
    ) -> None:
        """Look into an exchange for parameters, properties and members of enumerations that none before had. `value` is that of the
        response's body, if it was read already."""
        pairs = self._new_pairs(operation, request) if request else []
        if pairs and (known := _every_name(operation)):
            given = {name for name, _ in pairs}
            given |= {name.partition("[")[0] for name in given}
            self._seen.given.update((operation.name, name) for name in given & known)
        if self.contents:
            self.contents.look(operation, request, pairs, response, self._seen.found, value)

    def _new_pairs(self, operation: Operation, request: Request) -> list[tuple[str, str]]:
        """The pairs of the query that none before had, and those of a form that may take its place."""
        known = self._parts[operation.name]
        new = [part for part in request.url.partition("#")[0].partition("?")[2].split("&") if part not in known]
        if len(known) < _MOST_PARTS:
            known.update(part for part in new if len(part) < _LONG_PART)
        with suppress(TooManyFields):
            pairs = parse_query("&".join(new))
            return [*pairs, *(form_pairs(request) if operation.form_or_query else ())]
        return []


@lru_cache(maxsize=4096)
def _every_name(operation: Operation) -> frozenset[str]:
    return frozenset(query_names(operation))


def query_names(operation: Operation) -> list[str]:
    """The names of the parameters in the query, in the order of the contract; none where they cannot be read."""
    try:
        if operation.form_or_query:
            return [parameter.name for parameter in operation.parameters if parameter.location == "query"]
        declared = [node for node in operation.declared() if isinstance(node.value, dict)]
        named = [node.text("name") for node in declared if node.text("in") == "query"]
        return list(dict.fromkeys(filter(None, named)))
    except ContractError:
        return []


def coverage_of(operations: Iterable[Operation], seen: Observed, only: Sequence[str] | None = None) -> list[Coverage]:
    """What was seen of each operation, or of those selected by their names, in the order of the contract."""
    found, chosen = seen.by_operation(), None if only is None else frozenset(only)
    selected = (one for one in operations if chosen is None or one.name in chosen)
    return [_covered(one, found.get(one.name, {}), seen) for one in selected]


def _covered(operation: Operation, responses: dict[tuple[int, str], int], seen: Observed) -> Coverage:
    """How much of an operation a recording holds. `responses` are those of this operation."""
    statuses = tuple(sorted({status for status, _ in responses if status}))
    outcome: Outcome = "not-examined"
    if statuses:
        is_reached = any(operation.is_success(one) and not _is_page(operation, one, media) for one, media in responses)
        outcome = "success" if is_reached else "refused"
    reason = "no response was recorded" if responses and not statuses else ""
    return Coverage(operation.name, outcome, statuses, reason, details=details(operation, responses, seen))


def _is_page(operation: Operation, status: int, content_type: str) -> bool:
    """Whether a response is an HTML page in the place of what the contract documents, as it is in a live run."""
    spec = operation.response(status)
    is_other = spec is not None and spec.content and not media_type.best(content_type, spec.content)
    return bool(is_other) and media_type.is_html(content_type)


def details(operation: Operation, responses: dict[tuple[int, str], int], seen: Observed) -> Details:
    """What the contract documents of an operation, each with how much of it was seen."""
    documented = _documented(operation)
    statuses, media_types = dict.fromkeys(documented, 0), Counter[str]()
    for (status, media), count in responses.items():
        key = next((key for key in (str(status), f"{status // 100}XX", "default") if key in statuses), "")
        if key:
            statuses[key] += count
        if media:
            media_types[media] += count
    listed = dict.fromkeys(media for content in documented.values() for media in content)
    types = {media: _number(media, media_types) for media in listed}
    given = {name: (operation.name, name) in seen.given for name in query_names(operation)}
    counted = types | {media: media_types[media] for media in media_types}
    known = labels(operation, frozenset(status for status, _ in responses if status)) if responses else ({}, {})
    properties, members = (_seen_of(operation.name, one, seen.found) for one in known)
    return Details(statuses, counted, given, properties, members, frozenset(counted.keys() - types.keys()))


def _seen_of(operation: str, known: Mapping[str, Sequence[str]], found: Labels) -> dict[str, bool]:
    """Whether each label was seen; those of bodies with the status or `request` before them."""
    return {
        label if where == QUERY else f"{where} {label}": label in found.get((operation, where), ())
        for where, listed in known.items()
        for label in listed
    }


def _number(media: str, seen: Counter[str]) -> int:
    """How often a media type was seen, or one that a range such as `text/*` stands for."""
    if not media.endswith("*"):
        return seen[media]
    return sum(count for found, count in seen.items() if media == "*/*" or found.startswith(media[:-1]))


def _documented(operation: Operation) -> dict[str, list[str]]:
    """The media types of each documented status; those that cannot be read are left out."""
    try:
        known = [(key, node) for key, node in operation.node.each("responses") if not key.startswith("x-")]
        return {key if key == "default" else key.upper(): _media_types(node) for key, node in known}
    except ContractError:
        return {}


def _media_types(response: Node) -> list[str]:
    content = response.get("content") if isinstance(response.value, dict) else None
    named = content.value if content else None
    return [str(name).partition(";")[0].strip().lower() for name in named] if isinstance(named, dict) else []
