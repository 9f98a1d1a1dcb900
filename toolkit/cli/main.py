"""The command line. Only this room prints and exits: results go to stdout, progress and notes to stderr.

Exit status: 0 conforms, 1 violations, 2 the work could not be done, 130 after Ctrl-C, 143 after SIGTERM and 129 after SIGHUP, which end a command in
the same way, 141 if stdout is closed early. Each command imports what it needs when it runs, so that no command pays for another.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli import exporting
from toolkit.cli import generate as generating
from toolkit.cli.common import RULES, SELECTION, Common, option, with_options
from toolkit.cli.results import CONFORMS, FAILED, VIOLATIONS, drop_output, interrupted, open_closed_streams, print_note
from toolkit.cli.signals import SIGNALLED, exit_status, interruptible
from toolkit.client.options import check_auth, header_field, pair, per_second, seconds, signing_key, size
from toolkit.errors import ContractToolkitError

if TYPE_CHECKING:
    from toolkit.cli.settings import Setting

PIPE_CLOSED = 141
_CONTRACT = option("--contract FILE|URL", "Contract (default: ./openapi.yaml, .yml or .json, else the shipped one).")
_CONTRACT_OR_URL = option(
    "--contract FILE|URL",
    "Contract (default: ./openapi.yaml, .yml or .json, else the service's own document; without URL, the shipped one).",
)
_OVERLAY = option("--overlay FILE", "Change the contract by this OpenAPI Overlay. Repeatable.", multiple=True)
_SEED = option("--seed N", "Random seed.", type=int, default=0, show_default=True)
_QUIET = option("--quiet", "No progress, no notes; only the reports asked for.")
_KEEP = option("--keep-secrets", "Show and keep passwords, tokens and the like as they are (default: masked).")
_VERBOSE = option("--verbose", "Show each kind of warning, also where everything conforms.")
_NULLABLE = option("--strict-nullable", "Read `nullable` exactly as OpenAPI 3.0.3 says.")
_ANY_HOST = option("--any-host", "Match requests by path alone, not by the contract's servers.")
_REPORT = option(
    "--report FORMAT[=PATH]",
    "text, json, junit, sarif, github or html; to stdout unless a PATH is given. Repeatable.",
    "reports",
    multiple=True,
)
_FAIL_UNDER = option(
    "--fail-under N", "Fail where less than N percent of the operations had a success.", type=click.FloatRange(0, 100)
)
_ENGINE, _PORT, _STATUS = click.Choice(["local", "dask"]), click.IntRange(0, 65535), click.IntRange(100, 599)
_STATEFUL = option("--stateful", "Keep what is created, changed and deleted.")
_ADDRESS = (
    option("--host HOST", "Address to listen on.", default="127.0.0.1", show_default=True),
    option("--port PORT", "Port (default: 8080; 0: any free one).", type=_PORT, default=8080),
)
_TRUST = (
    option("--ca-file FILE", "Certificates of further authorities (PEM)."),
    option("--insecure", "Accept any certificate of the service."),
)
_RECORD = option("--record FILE.har", "Write all exchanges to this HAR file, with secrets masked.")
_RECORDING = (
    option("--as FORMAT", "Format of the recording (default: recognised).", "format"),
    option("--status CODE", "Status of a bare body (default: 200).", type=_STATUS, default=200),
    option("--media-type TYPE", "Media type of a bare body (default: by the file's ending)."),
)


def _pair(form: str, read: Callable[[str, str], Any], help: str, *several: str) -> Callable[..., Any]:
    """An option such as `--header NAME:VALUE`, whose form `read` shows in messages; repeatable if its values have a name."""
    return option(form, help, *several, multiple=bool(several), type=lambda text: read(text, form))


_PARAM = _pair(
    "--param NAME=VALUE",
    lambda text, form: pair(text, "=", form),
    "Parameter value that exists in the service. Repeatable.",
    "params",
)
_HEADER = _pair("--header NAME:VALUE", header_field, "Header sent with every request. Repeatable.", "headers")
_TIMEOUT = _pair("--timeout S", seconds, "Limit of a whole response in seconds (default: 10).")
_AUTH = option(
    "--auth SCHEME:...",
    "bearer:TOKEN, basic:USER:PASSWORD, apikey:VALUE or aliyun-rpc:KEYID:SECRET; or set CONTRACT_AUTH.",
    envvar="CONTRACT_AUTH",
    type=check_auth,
)


@click.group("contract", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="contract-toolkit", prog_name="contract")
def contract() -> None:
    """Contract tests for HTTP APIs.

    Checks whether a live service, or recorded traffic, keeps to an OpenAPI contract, in JSON and in XML.

    Exit status: 0 conforms, 1 violations, 2 the work could not be done.
    """


@contract.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@with_options(
    _REPORT,
    _CONTRACT,
    _OVERLAY,
    option("--operation ID", "Check only exchanges of this operation, which bare bodies are responses of."),
    *_RECORDING,
    option("--strict", "Count an exchange outside the contract as a violation."),
    *SELECTION,
    *RULES,
    _NULLABLE,
    _ANY_HOST,
    _KEEP,
    option("--engine-check", "Ask a second schema engine too; slow, for trusted contracts."),
    option("--jobs N", "Worker processes (default: one per CPU).", type=click.IntRange(1)),
    option("--engine", "Where to run (default: local); dask is an extra.", type=_ENGINE, default="local"),
    option("--scheduler ADDRESS", "Dask scheduler (default: start a local cluster)."),
    option("--output FORMAT=DIR", "With dask: folder for all violations, jsonl=DIR or parquet=DIR."),
    _FAIL_UNDER,
    _VERBOSE,
    _QUIET,
)
def validate(common: Common, paths: tuple[str, ...], **given: Any) -> int:
    """Check recorded traffic.

    PATH is a recording, a folder, a glob, or `-` for standard input.
    """
    from toolkit.cli.validating import run_validate

    return run_validate(common, paths, given)


@contract.command()
@click.argument("url", required=False)
@with_options(
    _REPORT,
    _CONTRACT_OR_URL,
    _OVERLAY,
    option("--operation ID", "Test only this operation."),
    *SELECTION,
    option("--read-only", "Only methods that change nothing: GET, HEAD, OPTIONS, QUERY."),
    option("--app MODULE:APP", "Test this ASGI or WSGI application instead of a URL."),
    _PARAM,
    _HEADER,
    _AUTH,
    option("--rate N/s", "Limit of requests per second.", type=lambda text: per_second(str(text))),
    option("--budget N", "Limit of requests in all.", type=click.IntRange(1)),
    _pair("--max-time S", seconds, "Limit of the run in seconds; every operation is asked once first."),
    _TIMEOUT,
    _pair("--max-body N", size, "Limit of a response's body, in bytes or as 16M (the default)."),
    *_TRUST,
    *RULES,
    _FAIL_UNDER,
    _RECORD,
    _KEEP,
    _NULLABLE,
    _SEED,
    _QUIET,
    option("--verbose", "Show each request with the status of its response on stderr."),
)
def test(common: Common, url: str | None, **given: Any) -> int:
    """Test a live service.

    URL is its base address, or that of its OpenAPI document; without it, the reference service is tested in process.
    """
    from toolkit.cli.testing import run_test

    return run_test(common, url, given)


@contract.command()
@click.argument("file", metavar="[FILE|URL]", required=False)
@with_options(_REPORT, _CONTRACT, _OVERLAY, *RULES, _NULLABLE, _VERBOSE, _QUIET)
def lint(common: Common, reports: tuple[str, ...]) -> int:
    """Check the contract itself for mistakes.

    Those by which verdicts are wrong, silent or impossible; style is left to others.
    """
    from toolkit.cli.lint import run_lint

    return run_lint(common, reports)


@contract.command()
@with_options(
    _CONTRACT,
    *_ADDRESS,
    option("--tasks N", "Random tasks (default: 500; 0 with --store).", type=click.IntRange(0)),
    option("--store FILE", "Keep the tasks in this SQLite file (default: in memory)."),
    _pair("--require-signature KEYID:SECRET", signing_key, "Refuse requests that are not signed with this key."),
    _NULLABLE,
    _SEED,
)
def serve(common: Common, host: str, port: int, **tasks: Any) -> int:
    """Run the reference service until Ctrl-C."""
    from toolkit.cli.commands import open_reference
    from toolkit.services.hosting import listen, serve_until_signal, url_of
    from toolkit.services.service import create_app

    loaded = common.load()
    with open_reference(loaded, common.seed, **tasks) as (service, count), closing(listen(host, port)) as listener:
        click.echo(f"Serving {count:,} tasks at {url_of(listener)} (stop with Ctrl-C)")
        try:
            ended = serve_until_signal(create_app(service), listener)
        except KeyboardInterrupt:  # before it served
            ended = exit_status() - SIGNALLED
    if ended:
        common.end_line()
    return interrupted(ended) if ended else CONFORMS


@contract.command()
@with_options(_REPORT, _CONTRACT, _OVERLAY, *_ADDRESS, _STATEFUL, _NULLABLE, _SEED, _QUIET)
def mock(common: Common, **given: Any) -> int:
    """Stand in for any contract until Ctrl-C.

    Responses are the contract's examples, else made by its schemas; each request is checked, and refused if it violates the contract.
    """
    from toolkit.cli.mock import run_mock

    return run_mock(common, given)


@contract.command()
@click.argument("url")
@with_options(
    _REPORT,
    _CONTRACT_OR_URL,
    _OVERLAY,
    *_ADDRESS,
    option("--enforce", "Answer 400 and 502 instead of what violates the contract."),
    *RULES,
    _FAIL_UNDER,
    _RECORD,
    _KEEP,
    _pair("--timeout S", seconds, "How long the service may be silent, in seconds (default: 60)."),
    *_TRUST,
    _NULLABLE,
    option("--verbose", "Show each violation on stderr as it is found."),
    _QUIET,
)
def proxy(common: Common, url: str, **given: Any) -> int:
    """Pass requests to a service, and check what passes, until Ctrl-C.

    URL is the address of the service. Requests and responses pass as they are; those with violations are in the report.
    """
    from toolkit.cli.proxy import run_proxy

    return run_proxy(common, url, given)


@contract.command()
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@with_options(
    option("--contract FILE|URL", "Mask what this contract marks as secret, too."),
    option("--operation ID", "Operation of a bare body."),
    *_RECORDING,
    _KEEP,
    _QUIET,
)
def convert(common: Common, source: str, target: str, **given: Any) -> int:
    """Convert a recording to JSON Lines or HAR.

    The lines are HAR entries; where OUT ends in .har, it is one HAR document. IN or OUT may be `-`: standard input or output.
    """
    from toolkit.cli.commands import convert, keeper
    from toolkit.recordings.reading import BareBody
    from toolkit.verdict import plural

    bare = BareBody(common.operation, given["status"], given["media_type"]) if common.operation else None
    count, broken = convert(source, target, given["format"], bare, keeper(common.contract, given["keep_secrets"]))
    if broken:
        print_note(f"{plural(len(broken), 'broken record')} left out; the first: {broken[0]}")
        return VIOLATIONS
    if not count:
        print_note(f"no exchange found in {source}; check that it is a recording of HTTP traffic")
        return FAILED
    common.note(f"{plural(count, 'exchange')} written")
    return CONFORMS


@contract.command()
@click.argument("kind", metavar="KIND", type=click.Choice(exporting.KINDS))
@with_options(
    _CONTRACT,
    _OVERLAY,
    option("--operation ID", "Export only what belongs to this operation."),
    *SELECTION,
    *exporting.OPTIONS,
    _NULLABLE,
    _QUIET,
)
def export(common: Common, kind: str, out: str | None, check: bool, **given: Any) -> int:
    """Export the schemas of a contract, or a copy of it.

    \b
    KIND is one of
      xsd          XML Schemas of bodies in XML and of parameters
      json-schema  JSON Schemas of bodies and of parameters
      openapi      the contract as one JSON document, or the copy for a generator
    """
    return exporting.run_export(common, kind, out, check, given)


@contract.command()
@click.argument("names", metavar="[TARGET]...", nargs=-1)
@with_options(_CONTRACT, _OVERLAY, *generating.OPTIONS, _NULLABLE, _QUIET)
def generate(common: Common, names: tuple[str, ...], **given: bool) -> int:
    """Run code generators on the copies that they need.

    TARGET is a table [tool.contract.generate.TARGET] in pyproject.toml, with tool and out; without one, all are run.
    """
    return generating.run_generate(common, names, **given)


@contract.command()
@click.argument("url", required=False)
@with_options(
    _CONTRACT_OR_URL,
    option("--operation ID", "Suggest laws for this operation alone."),
    _PARAM,
    _HEADER,
    _AUTH,
    _TIMEOUT,
    *_TRUST,
    option("--out FILE", "Write the overlay to this file (default: standard output)."),
    _NULLABLE,
    _SEED,
    _QUIET,
)
def suggest(common: Common, url: str | None, **given: Any) -> int:
    """Suggest laws for a contract, as an OpenAPI Overlay.

    With URL, the base address of the service, each law is tried there, and only what held is suggested. Only requests that change nothing are sent.
    """
    from toolkit.cli.suggest import run_suggest

    return run_suggest(common, url, given)


@contract.command()
@click.argument("old")
@click.argument("new")
@with_options(
    _REPORT,
    _OVERLAY,
    *RULES,
    option(
        "--fail-on",
        "What ends with status 1: breaking changes (default), warnings too, any difference, or none.",
        type=click.Choice(["breaking", "warning", "any", "none"]),
        default="breaking",
    ),
    option("--strict-objects", "Open objects have undeclared properties; new ones in responses are warnings."),
    option("--services", "Report also what services of OLD lack for clients of NEW (warnings)."),
    option("--may-be-new", "Go on with a note where git has no OLD yet, such as before the first commit."),
    _NULLABLE,
    _VERBOSE,
    _QUIET,
)
def diff(common: Common, old: str, new: str, **given: Any) -> int:
    """Report what breaks clients between two versions of a contract.

    OLD and NEW are files, URLs, or git:REVISION:PATH. Each breaking change comes with a request or a response that one
    version accepts and the other refuses.
    """
    from toolkit.cli.diff import run_diff

    return run_diff(common, old, new, given)


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    try:
        with interruptible():
            return _run(arguments)
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return FAILED
    except click.ClickException as error:
        path = context.command_path if (context := getattr(error, "ctx", None)) else "contract"
        print_note(f"{error.format_message().removesuffix('.')} (see {path} --help)")
        return FAILED
    except (KeyboardInterrupt, click.Abort):
        return interrupted()
    except BrokenPipeError:
        drop_output()
        return PIPE_CLOSED
    except Exception as error:
        drop_output()
        if os.environ.get("CONTRACT_DEBUG"):
            import traceback

            traceback.print_exception(error)
        from toolkit.secrets.masking import shown_address  # an address may hold a password

        internal = f"internal error: {type(error).__name__}: {error} (CONTRACT_DEBUG=1 shows where)"
        if isinstance(error, OSError) and error.strerror:
            unwritable = {errno.EBADF: ": the standard output is closed", errno.ENOSPC: ": the standard output"}
            named = f": {error.filename}" if error.filename else unwritable.get(error.errno or 0, "")
            internal = f"{error.strerror}{named} (CONTRACT_DEBUG=1 shows where)"
        print_note(shown_address(str(error) if isinstance(error, ContractToolkitError) else internal))
        return FAILED


def _run(arguments: Sequence[str]) -> int:
    from toolkit.cli.settings import read_defaults

    with contract.make_context("contract", list(arguments), default_map=read_defaults(every_setting())) as context:
        status = contract.invoke(context)
    sys.stdout.flush()
    return int(status or 0)


def every_setting() -> dict[str, dict[str, Setting]]:
    """The settings of each command by their names."""
    from toolkit.cli.settings import settings_of

    return {name: settings_of(command) for name, command in contract.commands.items()}


def main() -> None:
    """The command `contract`, or what a shell asks for to complete a line."""
    if asked := os.environ.get("_CONTRACT_COMPLETE"):
        from toolkit.cli.completion import complete

        sys.exit(complete(contract, asked))
    open_closed_streams()
    gc.set_threshold(50_000)  # nearly all that a command makes stays until it ends
    status = run(sys.argv[1:])
    gc.freeze()  # what is left needs no collecting: the process ends
    sys.exit(status)
