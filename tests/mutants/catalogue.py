"""All faults, and the hunt for one: how many requests a run sends until it reports an error."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache, partial

from support.places import ROOT

from mutants import answered, asked, chosen, refused, signed
from mutants.breaking import KEY_ID, SECRET, Break, Mutant
from toolkit.conformance.run import Options, Run
from toolkit.contract.model import Contract
from toolkit.exchange import Send
from toolkit.rules import Severity
from toolkit.services.service import Service, reference_service, respond
from toolkit.services.store import Store
from toolkit.services.tasks import generate
from toolkit.structs import Frozen
from toolkit.validation.validator import Validator
from toolkit.verdict import Violation

# Not promised, so not told: items do not name their domain, throttling cannot be provoked, the order of TaskIds may be that
# of numbers or of texts, a moment ahead of the clock and an empty Format or Version are left open.
OPEN = frozenset(
    {"format-empty", "version-empty", "order-ties-text", "throttling-429", "throttling-code", "throttling-message"}
    | {"timestamp-future", "api-version-optional", "domain-ignored", "domain-prefix", "domain-suffix", "domain-part"}
    | {"domain-like", "domain-caseless", "domain-trimmed"}
)
_ALL = (*asked.MUTANTS, *chosen.MUTANTS, *answered.MUTANTS, *refused.MUTANTS, *signed.MUTANTS)
MUTANTS: tuple[Mutant, ...] = tuple(mutant for mutant in _ALL if mutant.id not in OPEN)
TASKS = 500


class Hit(Frozen):
    """The first error of a run, and the requests sent until then. `violation` is None where there was none."""

    violation: Violation | None
    requests: int


def sound(service: Service) -> Send:
    """No fault at all."""
    return partial(respond, service)


@cache
def contract() -> Contract:
    return Contract.load(str(ROOT / "openapi.yaml"))


@cache
def _validator() -> Validator:
    return Validator(contract())


@cache
def reference(seed: int, is_signed: bool) -> Service:
    store = Store.open(":memory:")
    store.insert_many(generate(TASKS, seed, datetime.now(UTC)))
    return reference_service(store, contract(), (KEY_ID, SECRET) if is_signed else None)


def run_of(breaks: Break, seed: int = 0, is_signed: bool = False) -> Run:
    """A run, not begun, against a service so broken."""
    auth = f"aliyun-rpc:{KEY_ID}:{SECRET}" if is_signed else None
    return Run(contract(), _validator(), breaks(reference(seed, is_signed)), Options(seed=seed, auth=auth))


def errors(run: Run) -> Iterator[Violation]:
    for verdict in run.verdicts():
        yield from (violation for violation in verdict.violations if violation.severity is Severity.ERROR)


def hunt(mutant: Mutant, seed: int = 0) -> Hit:
    """Run until the first error."""
    run = run_of(mutant.breaks, seed, mutant.signed)
    violation = next(errors(run), None)
    return Hit(violation, run.requests)
