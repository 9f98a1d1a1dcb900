"""`contract validate`: from the options of a user to the verdicts on recordings and an exit status."""

from __future__ import annotations

from typing import Any

from toolkit.cli.commands import bare_bodies, check_parts
from toolkit.cli.common import Common
from toolkit.cli.progress import Reporter, progress
from toolkit.cli.results import report_opener, status_of, with_coverage
from toolkit.contract.model import Contract
from toolkit.recordings.reading import BareBody
from toolkit.reports.coverage import is_incomplete
from toolkit.reports.writers import Summary
from toolkit.structs import replace
from toolkit.validation.batch import EACH, LOOKED, SAMPLE, Job, load_validator
from toolkit.validation.observed import coverage_of

_SAMPLED = (
    f"query parameters, properties and enum members that are not seen were looked for in the first {EACH} responses of each operation and "
    f"status among the first {LOOKED:,} exchanges, and in one of {SAMPLE} of all"
)


def run_validate(common: Common, paths: tuple[str, ...], given: dict[str, Any]) -> int:
    """Check recordings; the exit status. `given` are the options that are not among the common ones."""
    reports, percent = given.pop("reports"), given.pop("fail_under")
    job, loaded = _job(common, paths, given)
    parts, total = check_parts(job, **given)
    subject = paths[0] if len(paths) == 1 else f"{len(paths):,} paths"

    def finishing(summary: Summary) -> None:
        summary.notes.extend(common.noted)
        summary.coverage = coverage_of(loaded.operations(), reporter.seen, job.only)
        if summary.exchanges > EACH and is_incomplete(summary.coverage):
            summary.notes.append(_SAMPLED)

    with common.accepting() as accept, progress(not common.quiet, "exchanges") as update:
        opener = report_opener(common.quiet, reports, common.context(loaded, subject))
        reporter = Reporter(opener, accept, finishing)

        def seen(done: int, count: int) -> None:  # how far a file is read is not known before its end
            update(done, total if done else 0, count, reporter.summary.violating, "")

        reporter.run(parts, seen)
    for note in reporter.summary.notes:
        if note not in (*common.noted, _SAMPLED):
            common.note(note)
    status = status_of(reporter, f"no exchange found in {subject}; check that it is a recording of HTTP traffic")
    return with_coverage(status, reporter.summary.coverage, percent)


def _job(common: Common, paths: tuple[str, ...], given: dict[str, Any]) -> tuple[Job, Contract]:
    """What is to be checked, and the contract. Takes its own options out of `given`."""
    bare = BareBody(common.operation, given.pop("status"), given.pop("media_type"))
    only = (common.operation,) if common.operation else None
    reading = (common.contract_path, paths, given.pop("format"), bare, only, given.pop("strict"))
    others = (common.strict_nullable, common.any_host, given.pop("engine_check"), given.pop("keep_secrets"))
    job = Job(*reading, *others, common.overlay)
    loaded = common.check_operation(load_validator(job).contract)
    common.announce(loaded)
    common.check_contract(loaded, common.origin or common.contract_path)
    if selection := common.selection(loaded):
        job = replace(job, only=tuple(one.name for one in loaded.operations() if selection.takes(one)))
    return replace(job, bare=bare_bodies(loaded, paths, bare)), loaded
