"""Verdicts on recordings and exchanges, one at a time, in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from os import PathLike

from toolkit.contract.model import Contract
from toolkit.exchange import Exchange, Record, Unreadable
from toolkit.recordings.reading import read
from toolkit.validation.batch import with_line
from toolkit.validation.validator import Validator
from toolkit.verdict import Verdict

Source = str | PathLike[str] | Record


def validate(
    contract: Contract, sources: Source | Iterable[Source], *, format: str | None = None, strict: bool = False
) -> Iterator[Verdict]:
    """Yield one verdict for each exchange of the sources, in their order, holding one exchange at a time.

    A source is the path of a recording (file, folder, glob, archive, or `-` for standard input) or an `Exchange`; one of
    them or any number. `format` names the format of recordings that are not recognised by content. With `strict`, an
    exchange that belongs to no operation of the contract is a violation.

    Raises ContractError where the contract cannot be used, and RecordingError for a path that is not a recording, both
    while iterating. A broken record in a recording is a verdict with the violation `record-unreadable`.
    """
    validator = Validator(contract, strict)
    for record in _records(sources, format):
        yield with_line(validator.check(record))


def _records(sources: Source | Iterable[Source], format: str | None) -> Iterator[Record]:
    if isinstance(sources, Exchange | Unreadable):
        yield sources
    elif isinstance(sources, str | PathLike):
        yield from read(sources, format)
    else:
        for source in sources:
            yield from _records(source, format)
