"""Requests sent one after another to a live service: signed, paced, counted, and retried if it asks to wait."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from toolkit.client.signing import SCHEMES, sign
from toolkit.client.target import NoResponse
from toolkit.exchange import Exchange, Headers, Key, Request, Response, Send

_RETRIES = 4
_LONGEST_WAIT = 5.0  # seconds


class BudgetSpent(Exception):
    """The run has sent all the requests that it may send."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A signing scheme with its key. `repr` does not show the secret."""

    scheme: str
    key_id: str
    secret: str = field(repr=False)

    @staticmethod
    def parse(text: str) -> Credentials:
        """From `aliyun-rpc:KEYID:SECRET`. Raises ValueError; the message does not repeat the secret."""
        scheme, _, rest = text.partition(":")
        key_id, colon, secret = rest.partition(":")
        if scheme not in SCHEMES or not (key_id and colon and secret):
            raise ValueError(f"not credentials; write SCHEME:KEYID:SECRET with SCHEME {' or '.join(SCHEMES)}")
        return Credentials(scheme, key_id, secret)


@dataclass(eq=False)
class Session:
    """Sends requests and counts them. `headers` go with every request; `rate` is requests per second, `budget` the most to send."""

    send: Send
    headers: tuple[tuple[str, str], ...] = ()
    credentials: Credentials | None = None
    rate: float | None = None
    budget: int | None = None
    on_exchange: Callable[[Exchange], None] | None = None
    requests: int = 0
    _next: float = 0.0

    def exchange(self, request: Request, *, signed: bool = True, decided: Collection[Key] = ()) -> tuple[Exchange, str]:
        """The exchange, and why there was no response ('' if there was one). Raises BudgetSpent.

        `headers` fill in what the request lacks, but for the header fields and cookies that the caller has `decided` on.
        """
        request = replace(request, headers=_filled_in(request.headers, self.headers, decided))
        for attempt in range(_RETRIES + 1):
            ready = self.sign(request) if signed else request
            done, reason = self._once(ready)
            wait = _wait(done.response, attempt)
            if wait is None or attempt == _RETRIES:
                break
            time.sleep(wait)
        return done, reason

    def sign(self, request: Request, *, now: datetime | None = None, nonce: str | None = None) -> Request:
        """The request signed with this session's credentials; unchanged if there are none."""
        keys = self.credentials
        if keys is None:
            return request
        moment = now or datetime.now(UTC)
        return sign(keys.scheme, request, keys.key_id, keys.secret, moment, nonce or str(uuid.uuid4()))

    def _once(self, request: Request) -> tuple[Exchange, str]:
        if self.budget is not None and self.requests >= self.budget:
            raise BudgetSpent(f"the budget of {self.budget} requests is spent")
        self._pace()
        self.requests += 1
        response, reason = None, ""
        began = time.monotonic()
        try:
            response = self.send(request)
        except NoResponse as error:
            reason = str(error)
        done = Exchange(request, response, f"request {self.requests}", seconds=time.monotonic() - began)
        if self.on_exchange:
            self.on_exchange(done)
        return done, reason

    def _pace(self) -> None:
        if self.rate:
            now = time.monotonic()
            time.sleep(max(0.0, self._next - now))
            self._next = max(now, self._next) + 1 / self.rate


def _filled_in(headers: Headers, more: Sequence[tuple[str, str]], decided: Collection[Key]) -> Headers:
    """The header fields with those of `more` that are missing; cookies are added one by one to one field."""
    kept = {name.lower() for name, _ in headers.pairs} | {name.lower() for kind, name in decided if kind == "header"}
    own, told = headers.cookies, Headers.of(more).cookies
    taken = {name for name, _ in own} | {name for kind, name in decided if kind == "cookie"}
    cookies = [*own, *(pair for pair in told if pair[0] not in taken)]
    field = "; ".join(f"{name}={value}" for name, value in cookies)
    added = tuple(pair for pair in more if pair[0].lower() not in {*kept, "cookie"})
    return Headers((*headers.replaced("Cookie", field or None).pairs, *added))


def _wait(response: Response | None, attempt: int) -> float | None:
    """Seconds to wait before the next attempt; None if the service does not ask to wait (RFC 9110, section 10.2.3; RFC 6585)."""
    if response is None or response.status not in (429, 503):
        return None
    after = response.headers.get("retry-after") or ""
    return min(float(after), _LONGEST_WAIT) if after.isdecimal() else 0.2 * 2**attempt
