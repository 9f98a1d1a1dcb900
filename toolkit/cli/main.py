"""The command line. Only this module prints and exits: results on stdout, progress and notes on stderr.

Exit status: 0 conforms, 1 violations, 2 the work could not be done, 130 after Ctrl-C. What a command needs is imported
when it runs, so that no command pays for another.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from toolkit.cli.progress import Tally
    from toolkit.conformance.run import Run
    from toolkit.contract.model import Contract
    from toolkit.reports.writers import Context, Report, Summary

CONFORMS, VIOLATIONS, FAILED, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 130, 141


@dataclass(frozen=True, slots=True)
class Common:
    """The options that every command takes."""

    contract: str | None
    operation: str | None
    seed: int
    quiet: bool
    strict_nullable: bool
    any_host: bool

    @property
    def contract_path(self) -> str:
        from toolkit.contract.shipped import default_contract

        return self.contract or default_contract()

    def load(self) -> Contract:
        """The contract. Raises ContractError."""
        from toolkit.contract.model import Contract

        readings = {"strict_nullable": self.strict_nullable, "any_host": self.any_host}
        return self.checked(Contract.load(self.contract_path, **readings))

    def checked(self, contract: Contract) -> Contract:
        """The contract. Raises ContractError where it has no operation of the name asked for."""
        if self.operation:
            contract.operation(self.operation)
        return contract

    def note(self, text: str) -> None:
        if not self.quiet:
            _tell(text)


_COMMON = (
    click.option("--contract", metavar="FILE", help="The contract; default ./openapi.yaml, else the one shipped."),
    click.option("--operation", metavar="ID", help="Judge this operation alone; the operation of a bare body."),
    click.option("--seed", metavar="N", type=int, default=0, show_default=True, help="Where random choices begin."),
    click.option("--quiet", is_flag=True, help="No progress, no notes, and no report but those asked for."),
    click.option("--strict-nullable", is_flag=True, help="Read `nullable` by the letter of OpenAPI 3.0.3."),
    click.option("--any-host", is_flag=True, help="Look at paths alone, not at the contract's servers."),
)
_REPORT = click.option(
    "--report",
    "reports",
    metavar="FORMAT[=PATH]",
    multiple=True,
    help="text, json, junit, sarif, github or html; repeatable. Without PATH it goes to stdout.",
)
_RECORDING = (
    click.option("--as", "format", metavar="FORMAT", help="The recording's format, where it is not recognised."),
    click.option("--status", metavar="CODE", type=click.IntRange(100, 599), default=200, help="Of a bare body: 200."),
    click.option("--media-type", metavar="TYPE", help="Of a bare body; by default its file's ending tells."),
)


def _with(*options: Callable[..., Any]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Add the common options, given to the command as one value, and others."""

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @wraps(command)
        def gathered(**given: Any) -> int:
            common = Common(**{each.name: given.pop(each.name) for each in fields(Common)})
            return command(common, **given)

        wrapped: Callable[..., int] = gathered
        for option in reversed((*options, *_COMMON)):
            wrapped = option(wrapped)
        return wrapped

    return decorate


@click.group("contract", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="contract-toolkit", prog_name="contract")
def contract() -> None:
    """Contract tests for HTTP APIs: one OpenAPI contract, judged in JSON and in XML, live or recorded."""


@contract.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@_with(
    _REPORT,
    *_RECORDING,
    click.option("--jobs", metavar="N", type=click.IntRange(1), help="Processes; default: the processors there are."),
    click.option("--engine", type=click.Choice(["local", "dask"]), default="local", help="Dask is an extra."),
    click.option("--scheduler", metavar="ADDRESS", help="Of a Dask cluster; without it one is started here."),
    click.option("--output", metavar="FORMAT=DIR", help="With dask, jsonl=DIR or parquet=DIR gets all violations."),
    click.option("--strict", is_flag=True, help="An exchange outside of the contract is a violation too."),
    click.option("--baseline", metavar="FILE", help="Accept the violations in this file; new ones fail."),
    click.option("--update-baseline", is_flag=True, help="Write all violations found to the baseline."),
    click.option("--engine-check", is_flag=True, help="Ask second schema engines, too; slow, for trusted contracts."),
)
def validate(
    common: Common,
    paths: tuple[str, ...],
    reports: tuple[str, ...],
    format: str | None,
    status: int,
    media_type: str | None,
    jobs: int | None,
    engine: str,
    scheduler: str | None,
    output: str | None,
    strict: bool,
    baseline: str | None,
    update_baseline: bool,
    engine_check: bool,
) -> int:
    """Judge recorded exchanges: files, folders, globs, `-` for standard input."""
    from toolkit.cli.commands import accepting, bare_bodies, judged_parts
    from toolkit.cli.progress import Tally, progress
    from toolkit.recordings.reading import BareBody
    from toolkit.reports.wording import plural
    from toolkit.reports.writers import Context
    from toolkit.validation.batch import Job, load_validator

    bare = BareBody(common.operation, status, media_type)
    reading = (common.contract_path, paths, format, bare, common.operation)
    job = Job(*reading, strict, common.strict_nullable, common.any_host, engine_check)
    judged = common.checked(load_validator(job).contract)
    job = replace(job, bare=bare_bodies(judged, paths, bare))
    parts, total = judged_parts(job, engine, scheduler, output, jobs)
    subject = paths[0] if len(paths) == 1 else f"{len(paths):,} paths"
    with accepting(baseline, update_baseline) as accept, progress(not common.quiet) as update:
        tally = Tally(_open(common, reports, Context(judged.name, subject)), accept)
        tally.run(parts, lambda done, seen: update(done, total, f"{seen:,} exchanges"))
    if tally.passed_over:
        common.note(f"{plural(tally.passed_over, 'file')} passed over as no recording; the first: {tally.first_passed}")
    return _status(tally, f"no exchange found in {subject}; is it a recording of traffic?")


def _open(common: Common, reports: Sequence[str], context: Context) -> Callable[[], Report]:
    """How the reports are opened: text on stdout too, unless another goes there or --quiet is given."""
    from toolkit.reports.writers import open_reports

    to_stdout = any("=" not in report or report.endswith("=-") for report in reports)
    default = () if common.quiet or to_stdout else ("text",)
    return lambda: open_reports((*default, *reports), context, sys.stdout)


def _status(tally: Tally, nothing: str) -> int:
    """The exit status of a run; `nothing` is told where there was nothing to judge."""
    summary = tally.summary
    if summary.interrupted:
        return INTERRUPTED
    if not summary.exchanges:
        _tell(nothing)
        return FAILED
    if summary.unmatched == summary.exchanges and not summary.violating:
        _tell(f"nothing was judged, no exchange belongs to the contract; the first: {tally.unmatched}")
    return VIOLATIONS if summary.violating else CONFORMS


@contract.command()
@click.argument("url", required=False)
@_with(
    _REPORT,
    click.option("--param", "params", metavar="NAME=VALUE", multiple=True, help="A value known to exist; repeatable."),
    click.option("--header", "headers", metavar="NAME:VALUE", multiple=True, help="Sent always; repeatable."),
    click.option("--auth", metavar="SCHEME:KEYID:SECRET", envvar="CONTRACT_AUTH", help="Or by CONTRACT_AUTH."),
    click.option("--rate", metavar="N/s", help="Requests per second, at most."),
    click.option("--budget", metavar="N", type=click.IntRange(1), help="Requests, at most."),
    click.option("--record", metavar="FILE.har", help="Write all exchanges to a HAR file."),
)
def test(
    common: Common,
    url: str | None,
    reports: tuple[str, ...],
    params: tuple[str, ...],
    headers: tuple[str, ...],
    auth: str | None,
    rate: str | None,
    budget: int | None,
    record: str | None,
) -> int:
    """Judge a live service at URL; without URL the reference service, in process."""
    from toolkit.cli.commands import recorded, target
    from toolkit.cli.progress import progress
    from toolkit.client.options import checked_auth, header_field, pair, per_second
    from toolkit.client.signing import masked
    from toolkit.conformance.run import Options, Run
    from toolkit.reports.writers import Context
    from toolkit.validation.validator import Validator

    judged = common.load()
    options = Options(
        operation=common.operation,
        params=tuple(pair(text, "=", "--param NAME=VALUE") for text in params),
        headers=tuple(header_field(text, "--header NAME:VALUE") for text in headers),
        auth=checked_auth(auth),
        rate=per_second(rate),
        budget=budget,
        seed=common.seed,
        **({"base": url} if url else {}),
    )
    with ExitStack() as opened:
        keep = opened.enter_context(recorded(record))
        send = opened.enter_context(target(judged, url, common.seed))
        update = opened.enter_context(progress(not common.quiet))
        run = Run(judged, Validator(judged), send, options, keep, update)
        context = Context(judged.name, masked(url) if url else "the reference service", "check")
        return _tested(common, run, _open(common, reports, context))


def _tested(common: Common, run: Run, open_reports: Callable[[], Report]) -> int:
    from toolkit.cli.progress import Tally
    from toolkit.validation.batch import Results

    def finishing(summary: Summary) -> None:
        summary.requests, summary.seed = run.requests, common.seed

    tally = Tally(open_reports, finishing=finishing)
    tally.run(Results({}, [verdict]) for verdict in run.verdicts())
    for note in dict.fromkeys(run.notes):
        common.note(note)
    status = _status(tally, "the contract has no operation that can be tested; name another by --contract FILE")
    if status == CONFORMS and not run.tested:
        _tell("no operation could be tested, since none answers a plain request; see the notes, or leave out --quiet")
        return FAILED
    return status


@contract.command()
@_with(
    click.option("--host", metavar="HOST", default="127.0.0.1", show_default=True, help="Where to listen."),
    click.option(
        "--port", metavar="PORT", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: any."
    ),
    click.option("--tasks", metavar="N", type=click.IntRange(0), help="Tasks to make up; 500 unless there is a store."),
    click.option("--store", metavar="FILE", help="Keep tasks in this SQLite file, not in memory."),
    click.option("--require-signature", metavar="KEYID:SECRET", help="Refuse calls not signed with this key."),
)
def serve(
    common: Common, host: str, port: int, tasks: int | None, store: str | None, require_signature: str | None
) -> int:
    """Serve the reference service over HTTP until interrupted."""
    from toolkit.cli.commands import reference
    from toolkit.client.options import signing_key
    from toolkit.services.hosting import serve
    from toolkit.services.service import create_app

    key = signing_key(require_signature, "--require-signature KEYID:SECRET") if require_signature is not None else None
    with reference(common.load(), common.seed, tasks, store, key) as (service, count):

        def ready(url: str) -> None:
            click.echo(f"Serving {count:,} tasks at {url} (stop with Ctrl-C)")

        serve(create_app(service), host, port, ready)
    return CONFORMS


@contract.command()
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@_with(*_RECORDING)
def convert(common: Common, source: str, target: str, format: str | None, status: int, media_type: str | None) -> int:
    """Write any recording as JSON lines of HAR entries (`-`: standard output)."""
    from toolkit.cli.commands import convert
    from toolkit.recordings.reading import BareBody
    from toolkit.reports.wording import plural

    bare = BareBody(common.operation, status, media_type) if common.operation else None
    count, broken = convert(source, target, format, bare)
    if broken:
        _tell(f"{plural(len(broken), 'record')} left out as broken; the first: {broken[0]}")
        return VIOLATIONS
    if not count:
        _tell(f"no exchange found in {source}; is it a recording of traffic?")
        return FAILED
    common.note(f"{plural(count, 'exchange')} written")
    return CONFORMS


@contract.command()
@click.argument("kind")
@_with(click.option("--out", metavar="DIR", default="schemas", show_default=True, help="A folder; `-`: stdout."))
def export(common: Common, kind: str, out: str) -> int:
    """Derive files from the contract: xsd, json-schema."""
    from toolkit.export.files import export_files, write

    exported = export_files(kind, common.load(), common.operation)
    for place in write(exported, out):
        click.echo(place)
    for note in exported.notes:
        common.note(note)
    return CONFORMS


def _tell(text: str) -> None:
    """One line on stderr, whatever the text."""
    line = " ".join(text.split())
    click.echo("contract: " + "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in line), err=True)


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    try:
        return _run(arguments)
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return FAILED
    except click.ClickException as error:
        _tell(f"{error.format_message()} ({_whence(error)})")
        return FAILED
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Exception as error:
        return _failed(error)


def _run(arguments: Sequence[str]) -> int:
    from toolkit.cli.settings import Setting, read_defaults

    commands: dict[str, dict[str, Setting]] = {}
    for name, command in contract.commands.items():
        options = (each for each in command.params if isinstance(each, click.Option))
        commands[name] = {each.opts[0][2:]: Setting(each.name or "", each.multiple) for each in options}
    with contract.make_context("contract", list(arguments), default_map=read_defaults(commands)) as context:
        status = contract.invoke(context)
    sys.stdout.flush()
    return int(status or 0)


def _whence(error: click.ClickException) -> str:
    """Where the user finds what was wrong: a bad value may stand in the settings."""
    context, option = getattr(error, "ctx", None), getattr(error, "param", None)
    if context and option and context.get_parameter_source(option.name) is click.core.ParameterSource.DEFAULT_MAP:
        return "set in pyproject.toml"
    return f"see {context.command_path if context else 'contract'} --help"


def _failed(error: Exception) -> int:
    from toolkit.errors import ContractToolkitError

    if os.environ.get("CONTRACT_DEBUG"):
        import traceback

        traceback.print_exception(error)
    internal = f"internal error: {type(error).__name__}: {error} (CONTRACT_DEBUG=1 shows where)"
    _tell(str(error) if isinstance(error, ContractToolkitError) else internal)
    return FAILED


def main() -> None:
    """The command `contract`."""
    sys.exit(run(sys.argv[1:]))
