"""Known violations, kept in a file: a run accepts them and fails only on new ones.

The file is JSON, sorted, one violation a line, to be read and kept under version control:
    {"version": 1, "violations": [{"rule": "...", "operation": "...", "place": "...", "fingerprint": "..."}, ...]}
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from toolkit.document.writing import is_special, reason, whole_file
from toolkit.errors import ReportError
from toolkit.structs import Frozen, asdict, replace
from toolkit.verdict import Verdict

LIMIT = 100_000
_SIZE = 100_000_000  # bytes
_FIELD = 1_000
_FINGERPRINT = re.compile(r"[0-9a-f]{40}")


class Known(Frozen):
    """The fields that a person reads beside a fingerprint."""

    rule: str
    operation: str
    place: str


Baseline = dict[str, Known]  # by fingerprint


def add(baseline: Baseline, verdict: Verdict) -> None:
    """Add every violation of the verdict, warnings included, to the baseline."""
    for violation in verdict.violations:
        known = Known(violation.rule, violation.operation[:_FIELD], violation.stable_place[:_FIELD])
        baseline.setdefault(violation.fingerprint, known)
    if len(baseline) > LIMIT:
        raise ReportError(f"more than {LIMIT:,} kinds of violation are too many for a baseline; fix some first")


def accept(baseline: Baseline, verdict: Verdict) -> tuple[Verdict, int]:
    """The verdict without the violations that are in the baseline, and how many those were."""
    if not verdict.violations:
        return verdict, 0
    new = tuple(violation for violation in verdict.violations if violation.fingerprint not in baseline)
    return replace(verdict, violations=new), len(verdict.violations) - len(new)


def write(path: str, baseline: Baseline) -> None:
    """Write the file completely or not at all. Raises ReportError."""
    lines = sorted(json.dumps(asdict(known) | {"fingerprint": digits}) for digits, known in baseline.items())
    text = '{"version": 1, "violations": [\n' + ",\n".join(lines) + "\n]}\n"
    try:
        with whole_file(path) as stream:
            stream.write(text.encode("ascii"))
    except OSError as fault:
        raise ReportError(f"cannot write the baseline {path}: {reason(fault)}") from None


def refuse_others(path: str) -> None:
    """Raises ReportError where a file with something in it is no baseline, which to write it anew would lose."""
    if Path(path).is_file() and Path(path).stat().st_size:
        try:
            load(path)
        except ReportError as fault:
            reason = str(fault).partition(";")[0]
            raise ReportError(f"{reason}, and would be overwritten; name another file, or delete it first") from None


def load(path: str) -> Baseline:
    """Read the file. Raises ReportError if it is missing, too large or not a baseline."""
    if is_special(path):
        raise ReportError(f"the baseline {path} is a pipe or a device; save it to a file")
    try:
        with Path(path).open("rb") as file:
            content = file.read(_SIZE + 1)
    except FileNotFoundError:
        raise ReportError(f"the baseline {path} does not exist; write it with --update-baseline") from None
    except OSError as fault:
        raise ReportError(f"cannot read the baseline {path}: {fault.strerror or fault}") from None
    if len(content) > _SIZE:
        megabytes = _SIZE // 1_000_000
        raise ReportError(f"the baseline {path} is larger than {megabytes} MB; write it anew with --update-baseline")
    try:
        return _baseline(path, json.loads(content))
    except (ValueError, RecursionError):
        raise ReportError(f"the baseline {path} is not JSON; write it anew with --update-baseline") from None


def _baseline(path: str, document: Any) -> Baseline:
    if not isinstance(document, dict) or document.get("version") != 1:
        raise ReportError(f"{path} is not a baseline of version 1; write it anew with --update-baseline")
    entries = document.get("violations")
    if not isinstance(entries, list):
        raise ReportError(f'{path} has no list of "violations"; write it anew with --update-baseline')
    return dict(_entry(path, number, entry) for number, entry in enumerate(entries, start=1))


def _entry(path: str, number: int, entry: Any) -> tuple[str, Known]:
    names = ("fingerprint", "rule", "operation", "place")
    texts = [text for name in names if isinstance(entry, dict) and isinstance(text := entry.get(name), str)]
    if len(texts) != len(names) or not _FINGERPRINT.fullmatch(texts[0]):
        lack = f"lacks one of the strings {', '.join(names)}"
        raise ReportError(f"violation {number} of the baseline {path} {lack}; write it anew")
    return texts[0], Known(*texts[1:])
