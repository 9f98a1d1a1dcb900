"""First requests of several operations under way at once, where too little time is left to await each response before the next one.

Of all threads one has the turn (Session.turn), and gives it away only while it waits. So whatever is done with responses is done as
in one thread, in the order of the operations, and only the waiting overlaps. What changes something is asked alone if time allows it: two
changes at once are a case of their own, which no single request repeats, and a service may lock.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import islice, takewhile

from toolkit.client.session import Session
from toolkit.conformance.plan import Journal, ask_once
from toolkit.conformance.reach import reach
from toolkit.conformance.subject import Subject
from toolkit.contract.flow import kind
from toolkit.verdict import Verdict

_MOST = 8  # requests at once
_SLOWER = 1.5  # times as long as before: then the service does not respond to so many at once
_SHARE = 0.5  # of the time that is left: what does not fit into it one by one overlaps


class Lanes:
    """Asks operations once, in their order, those of one kind in batches: twice as many each time, until the service responds slower."""

    def __init__(self, session: Session, subjects: Sequence[Subject]) -> None:
        self._session, self._waiting = session, [*subjects]
        self._threads = ThreadPoolExecutor(_MOST)
        self._batch: dict[Subject, Future[None] | None] = {}
        self._count, self._most, self._usual = 1, _MOST, 0.0  # seconds of a response

    def __enter__(self) -> Lanes:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.at_once, self._session.is_short = 1, False
        with self._session.apart():
            self._threads.shutdown(cancel_futures=True)

    def ask(self, subject: Subject, journal: Journal) -> Iterator[Verdict]:
        """The verdicts on the first request of the next operation."""
        if subject not in self._batch:
            self._adapt(kind(subject.operation) == "read")
            alike = takewhile(lambda one: kind(one.operation) == kind(subject.operation), self._waiting)
            batch = list(islice(alike, self._session.at_once))
            self._batch = {one: self._threads.submit(self._begin, one) if batch[1:] else None for one in batch}
            note = f"first requests of operations overlapped, up to {_MOST} at once, since --max-time is short"
            journal.note(*([note] if batch[1:] else []))
        self._waiting.remove(subject)
        if running := self._batch[subject]:
            with self._session.apart():
                wait([running])
            running.result()
        yield from ask_once(subject, journal)

    def _begin(self, subject: Subject) -> None:
        with self._session.turn:
            subject.tries = 1
            reach(subject)

    def _adapt(self, is_reading: bool) -> None:
        """Choose how many are asked at once by how long the batch before took."""
        asked = [one for one in self._batch if not one.held_back]
        taken = [one.plain.exchange.seconds or 0.0 for one in asked if one.plain]
        is_slower = len(taken) < len(asked) or max(taken, default=0.0) > _SLOWER * self._usual
        self._most = self._count // 2 if len(asked) > 1 and is_slower else self._most
        self._count = min(self._most, 2 * self._count) if taken else self._count
        self._usual = max(taken, default=self._usual)
        left = self._session.until - time.monotonic() if self._session.until is not None else 0.0
        self._session.is_short = left > 0 and len(self._waiting) * self._usual > _SHARE * left
        overlaps = self._session.is_short and (is_reading or len(self._waiting) * self._session.usual > left)
        self._session.at_once = self._count if overlaps else 1
