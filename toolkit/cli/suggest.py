"""`contract suggest`: laws tried on a service before they are suggested; what did not hold is left out, and named."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from toolkit.cli.common import Common
from toolkit.cli.results import CONFORMS, FAILED, print_note
from toolkit.client.contracts import find_contract, join_base
from toolkit.client.target import TIMEOUT, Limits, http
from toolkit.conformance.laws.lists import read_list
from toolkit.conformance.plan import check_law, check_plain, laws_of
from toolkit.conformance.run import Options, Run
from toolkit.conformance.subject import Subject
from toolkit.contract.model import Contract
from toolkit.contract.promises import dig
from toolkit.contract.selection import Selection
from toolkit.document.writing import whole_file
from toolkit.document.yaml import format_yaml
from toolkit.exchange import Send
from toolkit.review.suggest import Suggestion, orders, overlay, suggest
from toolkit.structs import replace
from toolkit.validation.validator import Validator
from toolkit.verdict import Verdict, Violation, plural

_ROUNDS = 6  # of trying what is left, since a law that does not hold may hide another one
_FIRST = (
    "identity",
    "filters",
)  # of facts that do not hold: others may seem not to hold for them, and are tried again without
_FEWEST_ITEMS = 3
_FACT = re.compile(r"/(?:x-laws/([a-z-]+)|x-(speakeasy-pagination))")


def run_suggest(common: Common, url: str | None, given: Mapping[str, Any]) -> int:
    """Write the overlay; the exit status. `given` are the options that are not among the common ones."""
    limits = Limits(given["timeout"] or TIMEOUT, ca_file=given["ca_file"], insecure=given["insecure"])
    with ExitStack() as opened:
        found = opened.enter_context(find_contract(common.contract, url, limits, given["headers"]))
        loaded = replace(common, contract=found.path).load()
        loaded, url, note = join_base(loaded, found.url or "", limits, given["headers"])
        common.note(f"laws for {found.origin}")
        names = [common.operation] if common.operation else None
        left_out: list[str] = []
        suggested = suggest(loaded, left_out.append)
        suggestions = [one for one in suggested if names is None or one.operation.name in names]
        if url:
            common.note(note) if note else None
            taken = {name: given[name] for name in ("params", "headers", "auth")}
            reading = Selection(read_only=True)
            options = Options(seed=common.seed, base=url, selection=reading, **taken)
            send = opened.enter_context(http(url, limits))
            suggestions, notes = try_laws(found.path, suggestions, send, options)
            left_out += notes
        for note in left_out:
            common.note(note)
        if not suggestions:
            print_note("no law is suggested: no operation returns a list whose names or items say more")
            return FAILED
        text = format_yaml(overlay(loaded, suggestions))
    if given["out"]:
        with whole_file(given["out"]) as stream:
            stream.write(text.encode())
    else:
        sys.stdout.write(text)
    return CONFORMS


def try_laws(
    path: str, suggestions: list[Suggestion], send: Send, options: Options
) -> tuple[list[Suggestion], list[str]]:
    """What of suggestions held when it was tried on a service, and a sentence for each law that did not. Raises TargetError if the
    service cannot be reached, ContractError if the contract cannot be used."""
    notes: list[str] = []
    for _ in range(_ROUNDS):
        tried = [_try(run, one) for run, one in _runs(path, suggestions, send, options)]
        notes += [note for _, broken in tried for note in broken]
        suggestions = [one for one, _ in tried if one and (one.pagination or one.laws)]
        if not any(broken for _, broken in tried):
            break
    return suggestions, list(dict.fromkeys(notes))


def _runs(
    path: str, suggestions: Sequence[Suggestion], send: Send, options: Options
) -> Iterator[tuple[Run, Suggestion]]:
    """Each suggestion with a run against the contract that states all of them."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "overlay.yaml")
        file.write_text(format_yaml(overlay(Contract.load(path), suggestions)), encoding="utf-8")
        contract = Contract.load(path, overlays=[file])
    run = Run(contract, Validator(contract), send, options)
    for one in suggestions:
        yield run, replace(one, operation=contract.operation(one.operation.name))


def _try(run: Run, suggestion: Suggestion) -> tuple[Suggestion | None, list[str]]:
    """What is left of a suggestion, and why the rest is gone; None where nothing could be tried."""
    subject = run.subjects[name := suggestion.operation.name]
    verdicts = list(check_plain(subject, run.journal))
    if subject.obstacle:
        return None, [run.secrets.hide_known(f"{name}: nothing could be tried: {subject.obstacle}")]
    items = _items(subject, suggestion)
    if len(items) < _FEWEST_ITEMS:
        return None, [f"{name}: the list has {plural(len(items), 'item')}, too few to try laws on"]
    for law in laws_of(subject):
        verdicts += check_law(law, subject, run.journal)
    found = [*_broken_facts(verdicts)]
    if not found:
        return _with_evidence(suggestion, items), []
    first = next((one for one in _FIRST if any(fact == one for fact, _ in found)), None)
    broken = {fact: [one] for fact, one in found if first in (None, fact)}
    left = suggestion.without(broken)
    if first == "filters":
        tried = {tuple(_filters_of(one, suggestion.laws[first])): one for fact, one in found if fact == first}
        fewest = min(map(len, tried))
        gone = {names: one for names, one in tried.items() if len(names) == fewest}
        left, broken = suggestion.without_filters(chain.from_iterable(gone)), {first: [*gone.values()]}
    return left, [f"{name}: {fact} did not hold: {one.message}" for fact, several in broken.items() for one in several]


def _filters_of(violation: Violation, known: Iterable[str]) -> list[str]:
    """The filters that the request of a violation sets, which are at fault; all where that is not known."""
    urls = [word for word in shlex.split(violation.reproduce) if "://" in word]
    given = {name for url in urls for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
    return [name for name in known if name in given] or [*known]


def _items(subject: Subject, suggestion: Suggestion) -> list[Any]:
    if subject.facts.chain or subject.facts.pages:
        return read_list(subject, {}).items
    found = dig(subject.plain.value, suggestion.results) if subject.plain else None
    return found if isinstance(found, list) else []


def _broken_facts(verdicts: Sequence[Verdict]) -> Iterator[tuple[str, Violation]]:
    """The facts that the violations of laws name, each with one."""
    for violation in (one for verdict in verdicts for one in verdict.violations):
        found = _FACT.search(violation.contract)
        if violation.rule.startswith(("law-page", "law-past")):
            yield "pagination", violation
        elif found and (violation.rule.startswith("law-") or violation.rule == "valid-request-refused"):
            yield found[1] or "pagination", violation


def _with_evidence(suggestion: Suggestion, items: list[Any]) -> Suggestion:
    """The suggestion with the order that the items have, and the number of items that it held for."""
    order = next(orders(suggestion.operation, items), None)
    laws = {**suggestion.laws, "order": order} if order and "order" not in suggestion.laws else suggestion.laws
    reasons = {**suggestion.reasons, "order": f"{len(items)} items are in this order"}
    held = f"held for {len(items)} items"
    shown = {name: why if held in why or name == "order" else f"{why} ({held})" for name, why in reasons.items()}
    return replace(suggestion, laws=laws, reasons=shown)
