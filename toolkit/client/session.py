"""Requests sent one after another to a live service: with the user's fields and credentials, paced, counted, and with patience."""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import count
from math import inf
from statistics import median
from threading import Lock
from typing import Any, NoReturn

from toolkit.client.credentials import Credentials, is_credential
from toolkit.client.target import (
    STREAM_SECONDS,
    Hurried,
    NoResponse,
    Stalled,
    Unreachable,
    Unsendable,
    is_stream,
    seconds_left,
)
from toolkit.contract.flow import SAFE, kind
from toolkit.contract.operation import Operation
from toolkit.exchange import Exchange, Headers, Key, Request, Response, Send
from toolkit.structs import Mutable, field, replace
from toolkit.verdict import few
from toolkit.wire import media_type

_RETRIES = 4  # of a request that is refused for overload without a word of how long
PATIENCE = 30.0  # seconds of waiting for an overloaded operation
_MOST_STALLS = 3
_MOST_TIMES = 50  # of the latest responses, by which it is known how long one takes
# To reach a service that is there no longer: 6.3 s in all, in which many start again
_MOST_TRIES, _FIRST_PAUSE = 6, 0.1
_MOST_NAMES = 6  # of operations in a note
# Bytes of one body, and of all large ones that are held; their values may take 30 times that.
LARGE, _MOST_HELD = 1 << 20, 48 << 20
# While operations wait for their first request: seconds that are kept for each, and the part of the others for one response, of
# which each that did not come takes half.
_KEPT, _PART = 0.1, 1 / 20
# Requests in a row without a response, after which a busy service has this part of the time to become free.
_MANY, _LONG = 3, 1 / 4
POSTPONED = "no response came in the time that --max-time leaves for a first request"


class BudgetSpent(Exception):
    """The run has sent all the requests that it may send, or used all its time."""


class ServiceGone(BudgetSpent):
    """The service responded, and cannot be reached any more."""


class OperationLeft(BudgetSpent):
    """An operation is asked no further: it is overloaded, or does not respond in time. Others may be; the message names it."""

    def __init__(self, operation: str, reason: str) -> None:
        super().__init__(f"{operation}: {reason}")
        self.operation, self.reason = operation, reason


class Postponed(OperationLeft):
    """A first request has taken more than its part of the time; others of the operation may follow when all others had theirs."""


def _taken() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock


def nowhere(request: Request) -> NoReturn:
    """For requests that are only written."""
    raise AssertionError(f"{request.method} {request.url} is not to be sent")


class Session(Mutable, eq=False):
    """Sends requests and counts them. `headers` go with every request that has no such field; `rate` is requests per second,
    `budget` the most to send, of which some are `reserved`, `until` the end of the run by
    `time.monotonic`, `waiting` the operations that wait for their first request, the one that is asked included."""

    send: Send = nowhere
    headers: tuple[tuple[str, str], ...] = ()
    credentials: Credentials | None = None
    rate: float | None = None
    budget: int | None = None
    on_exchange: Callable[[Exchange], None] | None = None
    on_response: Callable[[Any, Any], None] | None = None  # gets client and response to a request with credentials
    until: float | None = None
    waiting: int = 0
    reserved: int = 0
    is_short: bool = False  # whether the time left may not be enough for the first request of each operation
    at_once: int = 1  # requests under way; more than one where time is short
    requests: int = 0
    gone: str = ""  # since when the service, which responded before, cannot be reached
    turn: Lock = field(default_factory=_taken)  # is with the thread that does something, see `apart`
    _unexamined: dict[str, dict[str, None]] = field(default_factory=dict)  # by reason, the operations
    silent: set[str] = field(default_factory=set)  # sources of exchanges for which no byte came in time
    _heard: bool = False  # whether the service has sent anything
    _missed: int = 0  # requests in a row for which no connection could be made
    _latest: str = ""  # the last request to which there was a response
    _slowest: float = 0.0  # seconds of a response
    _in_row: int = 0  # requests without a response in their part of the time, since the last response
    _quick: Request | None = None  # the latest that changes nothing and had a response as soon as most
    _took: deque[float] = field(default_factory=partial(deque, maxlen=_MOST_TIMES))  # by the latest responses
    _next: float = 0.0
    # Sizes of large bodies, and how to forget them.
    _held: deque[tuple[int, Callable[[], object]]] = field(default_factory=deque)
    _waited: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))  # seconds, by operation
    _stalls: Counter[str] = field(default_factory=Counter)
    _left: dict[str, str] = field(default_factory=dict)
    _changed: set[str] = field(default_factory=set)
    """The paths of what an action changed or deleted, '' where it has none."""
    retried: dict[str, list[Exchange]] = field(default_factory=dict)  # of each operation, what was asked again
    _lasting: bool = False  # whether waiting did not help: what is behind the service is down, and it is not overloaded

    def hold(self, size: int, forget: Callable[[], object]) -> None:
        """Know a large response as long as those that came after it are not too many to be held with it."""
        self._held.append((size, forget))
        while sum(size for size, _ in self._held) > _MOST_HELD:
            self._held.popleft()[1]()

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Give the turn to other threads while this one waits."""
        self.turn.release()
        try:
            yield
        finally:
            self.turn.acquire()

    @property
    def notes(self) -> list[str]:
        """What was not examined, each reason once, with the operations."""
        return [f"{few(list(names), _MOST_NAMES)}: {why}" for why, names in self._unexamined.items()]

    def exchange(
        self,
        request: Request,
        *,
        signed: bool = True,
        operation: Operation | None = None,
        decided: Collection[Key] = (),
        blameless: bool = True,
    ) -> tuple[Exchange, str]:
        """The exchange, and why there was no response ('' if there was one).

        `headers` fill in what the request lacks, but for the header fields and cookies that the caller has `decided` on. Without `signed`, the
        request carries no credentials but those that it has itself. It is `blameless` unless the contract wants it refused. Raises BudgetSpent, and
        OperationLeft for an operation that has not responded in time thrice, or has asked to wait for more than PATIENCE in all.
        """
        name = operation.name if operation else ""
        if name in self._left:
            raise OperationLeft(name, self._left[name])
        more = [pair for pair in self.headers if signed or not is_credential(pair[0], operation)]
        request = replace(request, headers=_filled_in(request.headers, more, decided))
        for attempt in count():
            sent = self.sign(request, operation) if signed else request
            done, reason = self._once(sent, operation, blameless)
            if self._waits_for_service():
                continue
            wait = _wait(done.response, attempt, 1 if self._lasting else _RETRIES)
            if wait is None:
                break
            self.retried.setdefault(name, []).append(done)
            self._be_patient(name, wait, done.response)
        status = done.response.status if done.response else 0
        self._lasting = status == 503 or (self._lasting and not attempt)
        if done.response and status in (429, 503):
            attempts = "attempt" if not attempt else "attempts"
            why = f"status {status} to {attempt + 1} {attempts}, so what was asked is not examined"
            self.note(name or request.url, why)
        if done.response and is_stream(done.response):
            self.note(name or request.url, f"a stream may have no end; of each response {STREAM_SECONDS:g} s are read")
        return done, reason

    def note(self, name: str, why: str) -> None:
        """Say at the end why something of an operation was not examined."""
        self._unexamined.setdefault(why, {})[name] = None

    def leave(self, operations: Collection[str], reason: str) -> None:
        """Send no more requests of these operations."""
        self._left |= dict.fromkeys(operations, reason)

    def is_dead(self, operations: int) -> bool:
        """Whether nobody responds: not a byte came for any request, and where one only took too long, those of two operations did."""
        stalled = len(+self._stalls)
        return not self._heard and (not stalled or stalled >= min(2, operations))

    def sign(self, request: Request, operation: Operation | None = None) -> Request:
        """The request with this session's credentials; unchanged if there are none."""
        return self.credentials.prove(request, operation) if self.credentials else request

    def _once(
        self, request: Request, operation: Operation | None, blameless: bool, most: float | None = None
    ) -> tuple[Exchange, str]:
        if self.budget is not None and self.requests >= self.budget - self.reserved:
            raise BudgetSpent(f"the budget of {self.budget:,} requests (--budget) is spent")
        if self.gone:
            raise ServiceGone(self.gone)
        self._pace()
        self.requests += 1
        response, failure, spent = None, None, 0.0
        source, began, started = f"request {self.requests}", time.monotonic(), time.time()
        limit = seconds_left.set(self._most_seconds() if most is None else most)
        try:
            with self.apart():
                response = self.send(request)
                spent = time.monotonic() - began
            self._heard, self._missed, self._in_row = True, 0, 0
            self._latest = f"{request.method} {request.url.partition('?')[0]} ({source})"
            if most is None:
                self._note_time(request, spent)
        except Unsendable as error:
            self.requests -= 1
            self.note(operation.name if operation else request.url, f"{error}, so what was asked is not examined")
            return Exchange(request, None, "", None, None, None, blameless), str(error)
        except NoResponse as error:
            self._heard, failure = self._heard or error.heard, error
            self._missed = self._missed + 1 if isinstance(error, Unreachable) else 0
            self.silent |= {source} if isinstance(error, Stalled) and not error.heard else set()
            self.see_time(0)
        finally:
            seconds_left.reset(limit)
        seconds = spent if response else time.monotonic() - began
        if response:
            blameless = self._see_state(operation, request, response.status, blameless)
        done = Exchange(request, response, source, None, seconds, started, blameless)
        if self.on_exchange:
            self.on_exchange(done)
        if failure:
            self._count_stall(operation.name if operation else "", failure, seconds)
        return done, str(failure or "")

    def _note_time(self, request: Request, spent: float) -> None:
        self._slowest = max(self._slowest, spent)
        self._took.append(spent)
        if request.method in SAFE and spent <= self.usual:
            self._quick = request

    @property
    def usual(self) -> float:
        """The seconds that most of the latest responses took."""
        return median(self._took) if self._took else 0.0

    def _most_seconds(self) -> float:
        """In which a response must come: before the run ends, and before other operations lose the time for their first request."""
        left = inf if self.until is None else max(0.0, self.until - time.monotonic())
        if left == inf or not self.waiting or not self._heard:
            return left
        part = _PART * (left - _KEPT * self.waiting)
        usual = max(1.25 * self._slowest, part * 0.5 ** self._stalls.total())  # little longer than others took
        least = 1.25 * self.usual  # who waits for less gets nothing from most
        shared = left / 2 / (self.waiting + self._stalls.total())  # those that stalled are asked again
        return min(left, self.at_once * max(shared, least, min(part, usual)))

    def _see_state(self, operation: Operation | None, request: Request, status: int, blameless: bool) -> bool:
        """Whether nobody is to blame for what is wrong with a request, or for a status that refuses it: overload (RFC 6585, section
        4), a conflict with what the run has changed (RFC 9110, section 15.5.10), an item on which an action had success, or bytes that are
        no text, which frameworks refuse with 400 before any application reads them (RFC 8259, section 8.1)."""
        below = operation.route.template.rpartition("}")[2].count("/") if operation else 0
        path = request.url.partition("?")[0].split("/")
        item = "/".join(path[: len(path) - below]) if operation and "}" in operation.route.template else ""
        if status >= 400:
            conflicts = (status == 409 and self._changed) or (blameless and item and item in self._changed)
            return bool(conflicts) or status in (429, 503) or (status == 400 and _is_no_text(request))
        if status < 300 and request.method not in SAFE:
            is_action = operation and request.method in ("POST", "DELETE") and kind(operation) != "create"
            self._changed |= {"", item} if is_action else {""}
        return blameless

    def _be_patient(self, name: str, wait: float, response: Response | None) -> None:
        """Wait, unless that is too long. Raises OperationLeft."""
        if self._waited[name] + wait > PATIENCE:
            status = response.status if response else 0
            asked = f"status {status} asks to wait for longer than the {PATIENCE:g} s that are waited for an operation"
            self._left[name] = f"overloaded: {asked}; try again later, or ask less often with --rate"
            raise OperationLeft(name, self._left[name])
        self.see_time(wait)
        if wait > self._most_seconds():
            raise Postponed(name, POSTPONED)
        self._waited[name] += wait
        time.sleep(wait)

    def _waits_for_service(self) -> bool:
        """Where a service ended, wait for it to start again; the request was not sent, so it may be tried again. Raises BudgetSpent."""
        if not self._missed or not self._heard:
            return False
        if self._missed > _MOST_TRIES:
            self.gone = f"the service cannot be reached any more; its last response was to {self._latest}"
            raise ServiceGone(self.gone)
        self.pause(_FIRST_PAUSE * 2 ** (self._missed - 1))
        return True

    def pause(self, seconds: float) -> None:
        """Let a service do what it may do after its response. Raises BudgetSpent."""
        self.see_time(seconds)
        time.sleep(seconds)

    def _count_stall(self, name: str, error: NoResponse, seconds: float) -> None:
        self._stalls[name] += isinstance(error, Stalled)
        if name and self._stalls[name] >= _MOST_STALLS:
            self._left[name] = f"left after {_MOST_STALLS} requests without a response in time"
        if isinstance(error, Hurried):
            self._in_row += 1
            # At least as long: by those that came alone, what most take would look shorter than it is
            self._took.append(seconds)
            self._let_end()
            raise Postponed(name, POSTPONED)

    def _let_end(self) -> None:
        """Many in a row may all wait for the first of them, which nobody awaits any more: what was responded to soon shows when that
        is done, or that each of them takes its own time."""
        if self._in_row >= _MANY and self._quick and self.until is not None:
            quick, self._quick, self._in_row = self._quick, None, 0
            with suppress(Postponed):
                self._once(quick, None, True, _LONG * (self.until - time.monotonic()))
            self._quick = quick

    def see_time(self, needed: float = 0) -> None:
        """Raises BudgetSpent where what takes that many seconds would end too late."""
        if self.until is not None and time.monotonic() + needed >= self.until:
            raise BudgetSpent("the time of the run (--max-time) is over")

    def _pace(self) -> None:
        """Wait as long as the rate wants. Raises BudgetSpent."""
        if self.rate:
            now = time.monotonic()
            time.sleep(max(0.0, self._next - now))
            self._next = max(now, self._next) + 1 / self.rate
        self.see_time()


def _is_no_text(request: Request) -> bool:
    """Whether the bytes of a JSON body are not UTF-8, or taken for UTF-16 or UTF-32 by a null among the first (RFC 4627, section 3)."""
    body = request.body or b""
    try:
        body.decode()
        is_text = b"\0" not in body[:4]
    except UnicodeDecodeError:
        is_text = False
    return not is_text and media_type.kind(request.headers.content_type) == "json"


def _filled_in(headers: Headers, more: Sequence[tuple[str, str]], decided: Collection[Key]) -> Headers:
    """The header fields with those of `more` that are missing; cookies are added one by one to one field."""
    kept = {name.lower() for name, _ in headers.pairs} | {name.lower() for kind, name in decided if kind == "header"}
    own, told = headers.cookies, Headers.of(more).cookies
    taken = {name for name, _ in own} | {name for kind, name in decided if kind == "cookie"}
    cookies = [*own, *(pair for pair in told if pair[0] not in taken)]
    added = tuple(pair for pair in more if pair[0].lower() not in {*kept, "cookie"})
    return Headers((*headers.with_cookies(cookies).pairs, *added))


def _wait(response: Response | None, attempt: int, most: int) -> float | None:
    """Seconds to wait before the next attempt; None if the service does not ask to wait, or not any longer. Retry-After is a number of
    seconds or a date (RFC 9110, section 10.2.3; RFC 6585)."""
    if response is None or response.status not in (429, 503):
        return None
    after = (response.headers.get("retry-after") or "").strip()
    least: float = 0.1 * 2**attempt
    if after.isdecimal():
        return max(least, float(after[:9]))
    try:
        return max(least, (parsedate_to_datetime(after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 2 * least if attempt < (most if response.status == 503 else _RETRIES) else None
