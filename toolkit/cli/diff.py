"""`contract diff OLD NEW`: two versions of a contract, from files, URLs or a revision of git, compared and reported."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from toolkit.cli.common import Common
from toolkit.cli.progress import Reporter
from toolkit.cli.results import CONFORMS, VIOLATIONS, report_opener, status_of
from toolkit.client.contracts import find_contract
from toolkit.client.target import Limits
from toolkit.contract.model import Contract
from toolkit.document.files import Node
from toolkit.errors import UsageError
from toolkit.reports.writers import Context
from toolkit.review.diff import compare
from toolkit.secrets.masking import shown_address
from toolkit.structs import replace
from toolkit.validation.batch import Results
from toolkit.verdict import Verdict, Violation

_GIT = re.compile(r"git:([^:]+):(.+)", re.DOTALL)
_FILES = (".yaml", ".yml", ".json")
_MOST_FILES = 2_000


def run_diff(common: Common, old: str, new: str, given: Mapping[str, Any]) -> int:
    """Compare and report; the exit status. `given` are the options that are not among the common ones."""
    with ExitStack() as opened:
        names = _known(common, old, new) if given["may_be_new"] else (old, new)
        contracts = [replace(common, contract=opened.enter_context(_file(name))).load() for name in names]
        labels = (_label(old), _label(new)) if _label(old) != _label(new) else ("OLD", "NEW")
        found = compare(contracts[0], contracts[1], labels, strict=given["strict_objects"], services=given["services"])
        verdicts = list(found.verdicts(lambda node: _shown(node, contracts, (old, new))))
    wanted = given["fail_on"]
    if wanted == "any" and found.differs and not any(verdict.violations for verdict in verdicts):
        message = "the contracts differ, and no change was found that breaks anybody"
        verdicts.append(Verdict("", violations=(Violation("change-compatible", message),), counts="no"))
    subject = shown_address(f"{old} -> {new}")
    context = Context(f"{labels[0]} and {labels[1]}", subject, "operation", common.verbose, common.started)
    with common.accepting() as accept:
        opener = report_opener(common.quiet, given["reports"], context)
        reporter = Reporter(opener, accept, lambda summary: summary.notes.extend(dict.fromkeys(common.noted)))
        reporter.run([Results({}, verdicts)])
    status = status_of(reporter, f"no operation in {subject}; check that they are OpenAPI contracts")
    violations = reporter.summary.violations
    if status == CONFORMS and violations and wanted in ("warning", "any"):
        return VIOLATIONS
    return CONFORMS if status == VIOLATIONS and wanted == "none" else status


def _known(common: Common, old: str, new: str) -> tuple[str, str]:
    """Both names; the new one twice, with a note, where git has no file of the old one, or no commit yet."""
    found = _GIT.fullmatch(old)
    if found and not found[1].startswith("-"):
        has_commit = found[1] != "HEAD" or _git("rev-list", "-n", "1", "--all")
        if not (has_commit and _git("ls-tree", "--name-only", found[1], "--", found[2])):
            common.warn_of(f"{found[2]} is not in {found[1]}: it is new, so nothing was compared")
            return new, new
    return old, new


def _shown(node: Node, contracts: Sequence[Contract], names: tuple[str, str]) -> str:
    """The file of a place as the user names it, so that an editor or a code review finds it."""
    for contract, name in zip(contracts, names, strict=True):
        found, folder = _GIT.fullmatch(name), contract.root.path.parent
        if node.files is contract.root.files and node.path.is_relative_to(folder):
            beside = found[2] if found else "" if "://" in name else name
            return (PurePosixPath(beside).parent / node.path.relative_to(folder).as_posix()).as_posix()
    return node.path.name


def _label(name: str) -> str:
    """What messages call a version."""
    if found := _GIT.fullmatch(name):
        return f"{PurePosixPath(found[2]).name} at {found[1]}"
    return PurePosixPath(name.partition("?")[0]).name or name


@contextmanager
def _file(name: str) -> Iterator[str]:
    """The file of a version. Raises UsageError where a revision or a URL has none."""
    found = _GIT.fullmatch(name)
    if not found and name.startswith("git:"):
        cure = "write git:REVISION:PATH, such as git:HEAD:openapi.yaml"
        raise UsageError(f"{name[:200]!r} names no file of a revision; {cure}")
    if not found:
        with find_contract(name, None, Limits()) as fetched:
            yield fetched.path
        return
    with TemporaryDirectory(prefix="contract-") as folder:
        _extract(found[1], found[2], Path(folder))
        yield str(Path(folder, found[2]))


def _extract(revision: str, path: str, folder: Path) -> None:
    """Write the file as it is in the revision, with the other files of its folder that it may refer to."""
    if revision.startswith("-"):
        raise UsageError(f"{revision[:100]!r} is no revision of git; write git:REVISION:PATH")
    parent = str(PurePosixPath(path).parent)
    listed = _git("ls-tree", "-r", "-z", "--name-only", revision, "--", f"{parent}/").decode().split("\0")
    names = [one for one in listed if one.endswith(_FILES)]
    if path not in listed:
        raise UsageError(f"{path} is not in the revision {revision}; paths are those below the current folder")
    kept = dict.fromkeys([path, *names[:_MOST_FILES]])
    with tarfile.open(fileobj=io.BytesIO(_git("archive", "--format=tar", revision, "--", *kept))) as archive:
        archive.extractall(folder, filter="data")


def _git(*arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True)
    except OSError as error:
        raise UsageError(f"git cannot be run ({error.strerror}); install it, or name two files") from None
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise UsageError(f"git cannot give that revision: {reason}")
    return done.stdout
