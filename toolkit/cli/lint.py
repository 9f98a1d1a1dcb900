"""`contract lint`: what is wrong with a contract itself, reported as violations are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from toolkit.cli.common import Common
from toolkit.cli.progress import Reporter
from toolkit.cli.results import CONFORMS, VIOLATIONS, interrupted, report_opener
from toolkit.errors import ContractError
from toolkit.reports.findings import by_operation
from toolkit.reports.summary import UNCHECKED, Context
from toolkit.review.lint import lint, of_text
from toolkit.validation.batch import Results


def run_lint(common: Common, reports: Sequence[str]) -> int:
    """Check the contract and report; the exit status. Raises ContractError for one that cannot be read."""
    path, named = Path(common.contract_path), Path(common.contract_path).name if common.origin else common.contract_path
    operations: list[str] = []
    try:
        loaded = common.load()
        operations = [operation.name for operation in loaded.readable_operations()]
        found = list(lint(loaded, named))
    except ContractError:
        found = [one for one in of_text(path, named) if one.rule == "name-repeated"]
        if not found:
            raise
        common.warn_of("nothing else was checked: a file with names that stand twice in one object is not read")
    with common.accepting() as accept:
        context = Context(Path(named).name, common.origin or named, "contract", common.verbose, common.started)
        opener = report_opener(common.quiet, reports, context)
        reporter = Reporter(opener, accept, lambda summary: summary.notes.extend(common.noted))
        reporter.run([Results({}, by_operation(found, ["", *operations]))])
    summary = reporter.summary
    if summary.interrupted:
        return interrupted()
    return VIOLATIONS if summary.errors or any(summary.by_rule[rule] for rule in UNCHECKED) else CONFORMS
