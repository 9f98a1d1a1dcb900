"""The figures of docs/faults.md: `python benchmarks/mutants.py [--sample N]`, from the top of the project.

Each mutant of tests/mutants is hunted by `contract test` in process; a sample of them, by chance with a fixed seed, by
Schemathesis alone over HTTP, all its checks on but one, until its first failure. Schemathesis is given GET alone, and
the contract without the parameters of signatures: about the others it alarms on the sound service too.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from mutants.breaking import Break, Mutant  # noqa: E402
from mutants.catalogue import MUTANTS, Hit, contract, errors, hunt, reference, run_of, sound  # noqa: E402
from support.serving import serving  # noqa: E402

from toolkit.exchange import Request, Response  # noqa: E402
from toolkit.services.hosting import as_asgi  # noqa: E402
from toolkit.services.signatures import SECURITY_PARAMETERS  # noqa: E402

SEED = 1
SECONDS = 120
# One check is off: it cannot know that EndTime is not before StartTime, and so alarms on the sound service.
_OPTIONS = (
    f"--checks all --exclude-checks positive_data_acceptance --seed {SEED} --max-failures 1 --no-shrink --include-method GET"
).split()


@dataclass(frozen=True, slots=True)
class Other:
    """What Schemathesis says: whether it found a failure, and the requests sent until it stopped."""

    found: bool
    requests: int


def bare_contract(folder: Path) -> Path:
    """The contract for Schemathesis."""
    document: dict[str, Any] = json.loads(json.dumps(contract().root.value))
    for operation in document["paths"]["/"].values():
        operation["parameters"] = [entry for entry in operation["parameters"] if not _is_security(entry)]
    path = folder / "openapi.json"
    path.write_text(json.dumps(document))
    return path


def _is_security(entry: dict[str, str]) -> bool:
    name = entry["$ref"].rpartition("/")[2].removeprefix("RefreshTasks").removesuffix("Parameter")
    return name in SECURITY_PARAMETERS


def schemathesis(breaks: Break, document: Path) -> Other:
    """One run of its command line; the exit status 1 says that a check failed."""
    send, requests = breaks(reference(0, False)), 0

    def counted(request: Request) -> Response:
        nonlocal requests
        requests += 1
        return send(request)

    with serving(as_asgi(counted, 100_000)) as url:
        command = [sys.executable, "-m", "schemathesis.cli", "run", str(document), "--url", url]
        done = subprocess.run(
            [*command, *_OPTIONS], capture_output=True, timeout=SECONDS, cwd=document.parent, check=False
        )
    if done.returncode not in (0, 1):
        raise SystemExit(f"schemathesis ended with status {done.returncode}: {done.stderr.decode()[-300:]}")
    return Other(done.returncode == 1, requests)


def sampled(size: int) -> list[Mutant]:
    """Faults that show without signatures, in the order of the list."""
    unsigned = [mutant for mutant in MUTANTS if not mutant.signed]
    chosen = {mutant.id for mutant in random.Random(SEED).sample(unsigned, min(size, len(unsigned)))}
    return [mutant for mutant in unsigned if mutant.id in chosen]


def row(promise: int, hits: dict[str, Hit], others: dict[str, Other]) -> str:
    """The figures of one promise: its faults, those found, the median and the most of the requests, and Schemathesis'."""
    ids = [mutant.id for mutant in MUTANTS if mutant.promise == promise]
    found = [hits[name].requests for name in ids if hits[name].violation]
    theirs = [others[name].found for name in ids if name in others]
    rules = Counter(hit.violation.rule for name in ids if (hit := hits[name]).violation)
    most = ", ".join(f"`{rule}` {count}" for rule, count in rules.most_common(2))
    requests = f"{median(found):g} | {max(found)}" if found else "|"
    return f"| {promise} | {len(found)} of {len(ids)} | {requests} | {most} | {sum(theirs)} of {len(theirs)} |"


def _requests(requests: Iterable[int]) -> str:
    found = list(requests)
    return f"median {median(found):g} requests, at most {max(found)}" if found else "none"


def page(hits: dict[str, Hit], others: dict[str, Other], alone: Other, of_sound: tuple[int, int]) -> Iterator[str]:
    found = [hit.requests for hit in hits.values() if hit.violation]
    theirs = [other.requests for other in others.values() if other.found]
    missed = [other.requests for other in others.values() if not other.found]
    ours = sum(hits[name].violation is not None for name in others)
    yield "# Faults that `contract test` finds"
    yield ""
    yield "Made by `python benchmarks/mutants.py`. The faults are mutants of the reference service, one changed step each, in"
    yield "`tests/mutants`; each breaks one of the promises that docs/promises.md numbers."
    yield ""
    yield f"- `contract test`: **{len(found)} of {len(hits)}** faults found; {_requests(found)} until found."
    yield f"- The sound service: no alarm; a whole run sends {of_sound[0]} requests, {of_sound[1]} with signatures."
    yield f"- Schemathesis alone, on a sample of {len(others)} of the faults that need no signature (seed {SEED}): **{len(theirs)} found**;"
    yield f"  {_requests(theirs)} until found; a run that found nothing sent {median(missed) if missed else 0:g} requests (median)."
    yield f"  `contract test` finds {ours} of the same {len(others)}."
    yield f"- Schemathesis on the sound service: {'an alarm' if alone.found else 'no alarm'} in {alone.requests} requests."
    yield "- Schemathesis is run over HTTP with all checks but `positive_data_acceptance`, on GET and without the parameters of signatures:"
    yield "  about the others it alarms on the sound service too."
    yield ""
    yield "| promise | found | median requests | at most | found most often by | Schemathesis, in the sample |"
    yield "| ---: | ---: | ---: | ---: | --- | ---: |"
    yield from (row(promise, hits, others) for promise in sorted({mutant.promise for mutant in MUTANTS}))


def whole_run(is_signed: bool) -> int:
    """The requests of a run on the sound service, which is to be without an alarm."""
    run = run_of(sound, 0, is_signed)
    alarm = next(errors(run), None)
    if alarm:
        raise SystemExit(f"a false alarm on the sound service: {alarm.rule}: {alarm.message}")
    return run.requests


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sample", type=int, default=120, help="faults that Schemathesis is run on")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "faults.md")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    of_sound = whole_run(False), whole_run(True)
    hits = {mutant.id: hunt(mutant) for mutant in MUTANTS}
    with tempfile.TemporaryDirectory() as folder:
        document = bare_contract(Path(folder))
        alone = schemathesis(sound, document)
        others = {}
        for count, mutant in enumerate(sampled(given.sample), 1):
            others[mutant.id] = schemathesis(mutant.breaks, document)
            print(f"{count}: {mutant.id} {others[mutant.id]}", file=sys.stderr)
    given.out.write_text("\n".join(page(hits, others, alone, of_sound)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
