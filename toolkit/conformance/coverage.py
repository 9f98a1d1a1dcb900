"""How far a run came with each operation, and what is said of those that it did not reach with success."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from toolkit.client.client import CheckedResponse, Client
from toolkit.client.session import POSTPONED
from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.exchange import Response
from toolkit.reports.coverage import Coverage
from toolkit.validation.contents import Contents
from toolkit.validation.observed import Observed, Observer, details
from toolkit.verdict import Violation

RULE = "operation-untested"
UNFINISHED = "operation-unfinished"
ENDED = "the run ended before"
LEFT_OUT = "left out by --include, --exclude or --read-only"
SHARED = (401, 403, 404, 407)  # statuses of which one cause is likely where all operations respond with it
NOT_PROVEN = (401, 403, 407)  # those that speak of who sends a request
_START_AGAIN = "see in the service's log why it ended, and start it again"
_SCHEMES = {"http": "bearer:TOKEN", "apiKey": "apikey:VALUE", "oauth2": "bearer:TOKEN", "openIdConnect": "bearer:TOKEN"}


@dataclass(eq=False)
class Reach:
    """The statuses that each operation responded with, and which operations had success."""

    statuses: dict[str, set[int]] = field(default_factory=dict)
    successes: set[str] = field(default_factory=set)
    observer: Observer = field(default_factory=Observer)
    seen: Observed = field(default_factory=Observed)

    def note(self, client: Client, response: CheckedResponse) -> None:
        operation, request = client.by_channel.get(response.call.channel, client.operation), response.exchange.request
        if request is None or request.method != operation.method or not response.status:
            return
        self.statuses.setdefault(operation.name, set()).add(response.status)
        self.observer.contents = self.observer.contents or Contents(client.validator)
        self.observer.note(operation, response.exchange.response)
        self.observer.look(operation, request, response.exchange.response)
        if operation.is_success(response.status):
            self.successes.add(operation.name)

    def detailed(self, covered: Iterable[tuple[Operation, Coverage]]) -> list[Coverage]:
        """The coverage with what was seen of what the contract documents of each operation."""
        self.seen.merge(self.observer.take())
        found = self.seen.by_operation()
        return [replace(one, details=details(named, found.get(named.name, {}), self.seen)) for named, one in covered]

    def coverage(self, operation: Operation, reason: str, held_back: bool, partly: str = "") -> Coverage:
        """How far the run came with an operation; `reason` says why no further, `held_back` that it might destroy what is not
        the run's own, `partly` what was left out after a success."""
        seen = tuple(sorted(self.statuses.get(operation.name, ())))
        if operation.name in self.successes:
            return Coverage(operation.name, "success", seen, partly)
        if not seen:
            return Coverage(operation.name, "not-examined", (), reason or "no request was sent")
        documented = all(operation.response(status) for status in seen)
        has_errors_alone = operation.responses and all(key[:1] in ("4", "5") for key in operation.responses)
        if has_errors_alone and (documented or not {*seen} <= {*SHARED}):
            return Coverage(operation.name, "refused", seen, "the contract documents nothing but errors", accepted=True)
        if documented and held_back and all(400 <= status < 500 for status in seen) and not {401, 403} & {*seen}:
            why = "the run created nothing that it may delete, so it tried what does not exist; --param names what may be deleted"
            return Coverage(operation.name, "refused", seen, why, accepted=True)
        return Coverage(operation.name, "refused", seen, reason)


def findings(
    contract: Contract,
    operations: Sequence[Operation],
    covered: Sequence[Coverage],
    gone: str,
    refusals: Mapping[str, str],
    lost: Collection[str] = (),
) -> Iterator[Violation]:
    """A violation for each operation that was not examined; one for all with the same cause. `gone` says since when the service
    cannot be reached any more, '' while it can. `refusals` has for operations the words by which what the service says of its
    refusal is known again: those that say the same have a trait in common. `lost` are operations of whose requests a part cannot
    be read, which is a finding of its own."""
    by_name = {operation.name: operation for operation in operations}
    readable = [one for one in covered if one.operation in by_name]  # the others are findings of their own
    untested = [one for one in readable if one.outcome != "success" and not one.accepted]
    any_success = any(one.outcome == "success" for one in covered)
    for status in SHARED:
        same = [one for one in untested if set(one.statuses) == {status}]
        if same and not (status == 404 and any_success):
            untested = [one for one in untested if one not in same]
            yield _shared(contract, [by_name[one.operation] for one in same], status, any_success)
    for reason in (ENDED, POSTPONED):
        late = [one for one in untested if one.reason == reason]
        if len(late) > 1:
            untested = [one for one in untested if one not in late]
            names = ", ".join(one.operation for one in late)
            message = f"{len(late)} operations were not examined, since {reason}: {names}"
            more = "give the run more by --max-time or --budget, or less to do by --include"
            yield _finding([by_name[one.operation] for one in late], message, _START_AGAIN if gone else more)
    for one in [one for one in untested if one.operation not in lost]:
        yield _single(by_name[one.operation], one, refusals.get(one.operation, ""))


def unfinished(
    operations: Sequence[Operation], rest: Mapping[str, Mapping[str, str]], gone: str = ""
) -> Iterator[Violation]:
    """A violation for the operations of which checks were left out, one for all with the same reason. `rest` has the number of
    those checks by reason and operation; `gone` is the reason that the service cannot be reached any more."""
    by_name = {operation.name: operation for operation in operations}
    for why, counts in rest.items():
        listed = ", ".join(f"{name} ({count})" if len(counts) > 1 else count for name, count in counts.items())
        message = f"{were(list(counts))} examined in part: {why}; checks left out: {listed}"
        more = _START_AGAIN if why == gone else "give the run more by --budget or --max-time"
        hint = f"{more}, or accept it with --ignore {UNFINISHED}"
        yield _finding([by_name[name] for name in counts], message, hint, rule=UNFINISHED)


def were(names: Sequence[str]) -> str:
    return f"{len(names)} operations were" if len(names) > 1 else f"{names[0]} was"


def _finding(
    operations: Sequence[Operation],
    message: str,
    hint: str,
    at: str = "request",
    rule: str = RULE,
    cause: str = "",
    trait: str = "",
) -> Violation:
    names = ", ".join(operation.name for operation in operations)
    return Violation(rule, message, at, operations[0].node.location, hint, names, cause=cause, trait=trait)


def unreadable(name: str, why: str) -> Coverage:
    """The coverage of an operation that could not be read, of which a finding says why."""
    return Coverage(name, "not-examined", (), f"the contract cannot be used: {why}")


def _single(operation: Operation, one: Coverage, refusal: str) -> Violation:
    seen = f"only refused with {', '.join(map(str, one.statuses))}" if one.statuses else "not examined"
    message = f"{operation.name} was {seen}{f': {one.reason}' if one.reason else ''}"
    hint = "give values that exist with --param NAME=VALUE, or accept it with --ignore operation-untested"
    return _finding([operation], message, hint, trait=refusal)


def _shared(contract: Contract, operations: Sequence[Operation], status: int, any_success: bool) -> Violation:
    names = [operation.name for operation in operations]
    message = f"{were(names)} not examined, since every request is refused with status {status}"
    message += f": {', '.join(names)}" if len(names) > 1 else ""
    hint = _base_path(contract) if status == 404 else _credentials(contract)
    hint = f"give values that exist with --param NAME=VALUE, or {hint}" if status == 403 and any_success else hint
    return _finding(operations, message, hint, "response.status", cause=str(status))


def _credentials(contract: Contract) -> str:
    """The cure where all is refused for lack of credentials: which schemes the contract has, and how to give them."""
    ways = []
    for name, scheme in contract.root.each("components", "securitySchemes"):
        sort, place = scheme.text("type"), scheme.text("in")
        form = "basic:USER:PASSWORD" if scheme.text("scheme").lower() == "basic" else _SCHEMES.get(sort, "")
        if sort == "apiKey" and place in ("header", "cookie"):
            written = f"Cookie: {scheme.text('name')}=VALUE" if place == "cookie" else f"{scheme.text('name')}: VALUE"
            ways.append(f"--header '{written}' (scheme {name})")
        elif form:
            ways.append(f"--auth {form} or --header 'Authorization: ...' (scheme {name})")
    known = "; ".join(dict.fromkeys(ways)) or "--auth or --header"
    return f"give credentials: {known}"


def with_csrf_cure(found: Violation, response: Response | None) -> Violation:
    """The finding; where the credentials were good and a token against forged requests is missing, with the cure for that."""
    if found.cause != "403" or response is None or b"csrf" not in (response.body or b"").lower():
        return found
    given = "the service wants a CSRF token beside the session: give cookie and field alike"
    header = "--header 'Cookie: SESSION=VALUE; csrftoken=TOKEN' --header 'X-CSRFToken: TOKEN' (the names are Django's)"
    return replace(found, hint=f"{given}, such as {header}")


def _base_path(contract: Contract) -> str:
    """The cure where nothing is found; `join_base` has tried the base path of the contract's servers before the run."""
    base = next(filter(None, contract.servers.bases), "")
    if not base:
        return "check the address, and whether the service has the contract's paths"
    return f"the contract's servers have the base path {base}: add that of the service to the URL"
