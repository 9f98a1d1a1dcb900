"""How far a run came with each operation, and what is said of those that it did not reach with success; and verdicts that are held back
until it is known whether they have one cause in all operations: a status that is not documented where everything is refused with it,
and a fault of the server of which its responses do not say the cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from toolkit.client.client import CheckedResponse, Client
from toolkit.client.credentials import FORMS
from toolkit.client.session import POSTPONED
from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.contract.security import security_schemes
from toolkit.exchange import Response
from toolkit.reports.coverage import Coverage
from toolkit.rules import Severity
from toolkit.structs import Mutable, field, replace
from toolkit.validation.contents import Contents
from toolkit.validation.observed import Observed, Observer, details
from toolkit.verdict import PERHAPS, Verdict, Violation, few, plural

RULE = "operation-untested"
UNFINISHED = "operation-unfinished"
ENDED = "the run ended before"
LEFT_OUT = "left out by --include, --exclude or --read-only"
SHARED = (401, 403, 404, 407)  # statuses of which one cause is likely where all operations respond with it
NOT_PROVEN = (401, 403, 407)  # those that speak of who sends a request
_MOST_NAMES = 6  # of operations in a note
_START_AGAIN = "see in the service's log why it ended, and start it again"


class Reach(Mutable, eq=False):
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
        if operation.is_success(response.status) and not response.is_page:
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
    """A violation for each operation that was not examined; one for all with the same cause. `gone` says since when the service cannot be reached any
    more, '' while it can. `refusals` has for operations the words by which what the service says of its refusal is known again: those that say the
    same have a trait in common. `lost` are operations of whose requests a part cannot be read, which is a finding of its own."""
    by_name = {operation.name: operation for operation in operations}
    readable = [one for one in covered if one.operation in by_name]  # the others are findings of their own
    untested = [one for one in readable if one.outcome != "success" and not one.accepted]
    any_success = any(one.outcome == "success" for one in covered)
    for status in SHARED:
        same = [one for one in untested if set(one.statuses) == {status}]
        if same and not (status == 404 and any_success):
            untested = [one for one in untested if one not in same]
            yield _shared(contract, [by_name[one.operation] for one in same], status, any_success)
    overloaded = [one.reason for one in untested if one.reason.startswith("overloaded")]
    for reason in dict.fromkeys((ENDED, POSTPONED, *overloaded)):
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
        yield replace(_finding([by_name[name] for name in counts], message, hint), rule=UNFINISHED)


def were(names: Sequence[str]) -> str:
    return f"{len(names)} operations were" if len(names) > 1 else f"{names[0]} was"


def _finding(operations: Sequence[Operation], message: str, hint: str) -> Violation:
    names = ", ".join(operation.name for operation in operations)
    return Violation(RULE, message, "request", operations[0].node.location, hint, names)


def unreadable(name: str, why: str) -> Coverage:
    """The coverage of an operation that could not be read, of which a finding says why."""
    return Coverage(name, "not-examined", (), f"the contract cannot be used: {why}")


def _single(operation: Operation, one: Coverage, refusal: str) -> Violation:
    seen = f"only refused with {', '.join(map(str, one.statuses))}" if one.statuses else "not examined"
    message = f"{operation.name} was {seen}{f': {one.reason}' if one.reason else ''}"
    hint = "give values that exist with --param NAME=VALUE, or accept it with --ignore operation-untested"
    return replace(_finding([operation], message, hint), trait=refusal)


def _shared(contract: Contract, operations: Sequence[Operation], status: int, any_success: bool) -> Violation:
    names = [operation.name for operation in operations]
    message = f"{were(names)} not examined, since every request is refused with status {status}"
    message += f": {', '.join(names)}" if len(names) > 1 else ""
    hint = _base_path(contract) if status == 404 else _credentials(operations[0])
    hint = f"give values that exist with --param NAME=VALUE, or {hint}" if status == 403 and any_success else hint
    return replace(_finding(operations, message, hint), at="response.status", cause=str(status))


def _credentials(operation: Operation) -> str:
    """The cure where all is refused for lack of credentials: which schemes the contract has, and how to give them."""
    ways = []
    for one in security_schemes(operation).values():
        if one.kind == "apiKey" and one.location != "query":
            written = f"Cookie: {one.key}=VALUE" if one.location == "cookie" else f"{one.key}: VALUE"
            ways.append(f"--header '{written}' (scheme {one.name})")
        elif one.kind:
            ways.append(f"--auth {FORMS[one.kind.lower()]} or --header 'Authorization: ...' (scheme {one.name})")
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


_FEWEST = 3  # operations with a fault of one cause
_SHARE = 0.75  # of all operations: where so many never succeed, what they need is missing


class Held(Mutable, eq=False):
    """The verdicts that are held back. `faulty` are the operations that fail for one reason, whatever that is."""

    verdicts: list[Verdict] = field(default_factory=list)
    faulty: frozenset[str] = frozenset()

    def take(self, verdict: Verdict) -> bool:
        """Hold a verdict back, if it may have its cause in common with others."""
        is_held = any(one.rule == "status-undeclared" and one.cause in map(str, SHARED) for one in verdict.violations)
        if is_held or _has_silent_fault(verdict):
            self.verdicts.append(verdict)
            return True
        return False

    def release_faults(self, asked: Collection[str], successes: Collection[str]) -> Iterator[Verdict]:
        """The verdicts on faults of the server, once all operations that were asked had a chance of success."""
        faults = [one for one in self.verdicts if _has_silent_fault(one)]
        failing = {one.operation for one in faults}.difference(successes)
        if len(failing) >= max(_FEWEST, _SHARE * len(asked)):
            self.faulty = frozenset(failing)
        self.verdicts = [one for one in self.verdicts if not _has_silent_fault(one)]
        yield from map(self.with_trait, faults)

    def with_trait(self, verdict: Verdict) -> Verdict:
        """The verdict; a fault of an operation that fails for one reason with others has a trait in common with theirs, and so,
        perhaps, have those of one kind of request, such as one without credentials."""
        trait = "everywhere" if verdict.operation in self.faulty else verdict.asked and f"{PERHAPS}{verdict.asked}"
        if not trait or not _has_silent_fault(verdict):
            return verdict
        found = (replace(one, trait=trait) if _is_silent(one) else one for one in verdict.violations)
        return replace(verdict, violations=tuple(found))

    def explained(self, found: Sequence[Violation], is_known: Callable[[Violation], bool]) -> Iterator[Verdict]:
        """The verdicts with the causes that were found, each once; then verdicts on what explains none of them and is not known otherwise."""
        used = set[Violation]()
        for verdict in self.verdicts:
            cause = next((one for one in found if one.cause and verdict.operation in one.operation.split(", ")), None)
            yield from _explained(verdict, cause, cause not in used) if cause else (verdict,)
            used |= {cause} if cause else set()
        for one in found:
            if one not in used and not is_known(one):
                yield about_a_run(one)


def _is_silent(violation: Violation) -> bool:
    return violation.rule == "server-error" and not violation.trait


def _has_silent_fault(verdict: Verdict) -> bool:
    return any(map(_is_silent, verdict.violations))


def about_a_run(found: Violation) -> Verdict:
    """A verdict on what no exchange shows."""
    return Verdict(found.operation, found.operation, violations=(found,), counts="no")


def _explained(verdict: Verdict, cause: Violation, is_first: bool) -> Iterator[Verdict]:
    """The verdict with the cause in place of the status that follows from it. Where that status alone is no violation, since it
    is what a request without rights gets, the response conforms, and the cause is one of the run, reported once."""
    status = [one for one in verdict.violations if one.rule == "status-undeclared"]
    rest = tuple(one for one in verdict.violations if one not in status)
    located = replace(cause, source=verdict.source, reproduce=verdict.violations[0].reproduce)
    violates = any(one.severity is Severity.ERROR for one in status)
    yield replace(verdict, violations=(located, *rest) if violates else rest)
    if is_first and not violates:
        yield about_a_run(located)


def describe_unreached(rest: Sequence[tuple[str, str]]) -> str:
    """How many checks, given as operation and name, were not reached, and of which operations."""
    counts = Counter(name for name, _ in rest)
    named = few([f"{name} ({count})" for name, count in counts.most_common()], _MOST_NAMES)
    return f": {plural(len(rest), 'check')} not reached: of {named}" if rest else ""
