"""Whether the credentials still open what they opened: they may expire while a run lasts, or be ended by what it calls. Where the user
gave none, a cookie that the service sets for its clients is one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

from toolkit.client.client import CheckedResponse, Client
from toolkit.client.credentials import Credentials
from toolkit.client.session import OperationLeft, Session
from toolkit.conformance.coverage import NOT_PROVEN, RULE, UNFINISHED, were
from toolkit.contract.flow import kind
from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.contract.security import is_secured, security_schemes
from toolkit.structs import Mutable, field
from toolkit.verdict import Violation

_TO_LOGIN = re.compile(r"\b(?:log|sign)-?_?in\b", re.IGNORECASE)
_MOST_DOUBTS = 3  # of one operation, after each of which the credentials turned out to hold
_MOST_NAMED = 3  # operations that may have ended the credentials


class Access(Mutable, eq=False):
    """Sees every response of a run. `ended`: since when credentials are refused, '' while they hold; `suspects`: what may have ended them."""

    session: Session
    contract: Contract
    ended: str = ""
    suspects: list[str] = field(default_factory=list)
    is_watching: bool = True
    _status: int = 0
    # Reading operations, the last one last.
    _opened: dict[str, tuple[Client, CheckedResponse]] = field(default_factory=dict)
    _harmless: set[str] = field(default_factory=set)  # operations after which the credentials held
    _doubts: Counter[str] = field(default_factory=Counter)
    _are_given: bool = False  # by the user

    def __post_init__(self) -> None:
        self._secured = [one.name for one in self.contract.operations() if is_secured(one)]
        self.is_watching = self._are_given = bool(self.session.credentials or self.session.headers)

    def see(self, client: Client, response: CheckedResponse) -> None:
        """Note the response to a request with the credentials. Raises OperationLeft where they have ended."""
        operation = client.by_channel.get(response.call.channel, client.operation)
        if not self._are_given:
            self._take_cookie(operation, response)
        if not self.is_watching or (self._secured and operation.name not in self._secured):
            self.suspects += [operation.name] if kind(operation) != "read" and self._opened else []
        elif _is_refused(response) and self._is_over(operation, response):
            raise OperationLeft(operation.name, self.ended)
        elif kind(operation) != "read":
            self.suspects.append(operation.name)
        elif response.ok:
            self._opened.pop(operation.name, None)
            self._opened[operation.name] = client, response
            self._harmless.update(self.suspects)
            self.suspects.clear()

    def _take_cookie(self, operation: Operation, response: CheckedResponse) -> None:
        """From now on send the cookie that an open operation has set where a scheme asks for it; that of a login before that of a page."""
        if not response.ok or operation.name in self._secured or (self.is_watching and kind(operation) == "read"):
            return
        values = {name: value for name, value in response.headers.set_cookies if value}
        for scheme in security_schemes(operation).values():
            if scheme.location == "cookie" and scheme.key in values:
                self.session.credentials = Credentials("apikey", scheme.name, values[scheme.key])
                self.is_watching = True
                why = f"no credentials were given, so the cookie {scheme.key} that it sets is sent for the scheme {scheme.name}"
                self.session.note(operation.name, why)

    def _is_over(self, operation: Operation, response: CheckedResponse) -> bool:
        """Whether what was open before is refused, too."""
        own = self._opened.get(operation.name)
        witness = own or (next(reversed(self._opened.values()), None) if self._secured else None)
        if self.ended or witness is None or self._doubts[operation.name] >= _MOST_DOUBTS:
            return bool(self.ended)
        self._doubts[operation.name] += 1
        client, before = witness
        self.is_watching = False
        again = client.ask(before.call, fresh=True)
        self.is_watching = True
        if not _is_refused(again):
            return False
        self._status = response.status
        named = dict.fromkeys(one for one in reversed(self.suspects) if one not in self._harmless)
        self.suspects = list(named or dict.fromkeys(self.suspects[-1:]))[:_MOST_NAMED]
        calls = f", after calls of {', '.join(self.suspects)}, if they have not expired"
        after = calls if self.suspects else ", so they seem to have expired"
        since = f"status {self._status} since {response.exchange.source}"
        self.ended = f"the credentials, which worked before, are refused with {since}{after}"
        self.session.leave(self._secured, self.ended)
        return True

    def finding(self, untested: Collection[str], unfinished: Collection[str]) -> Violation:
        """The one violation for all operations that were not examined, or not to their end, since the credentials ended."""
        names = [*untested, *unfinished]
        message = f"{were(names)} not examined to the end: {self.ended}: {', '.join(names)}"
        first = self.suspects[0] if self.suspects else ""
        alone = f"leave out what ends them, as --exclude {first}, and test it alone with --operation, or "
        hint = f"{alone if first else ''}give credentials that last longer than the run, or make it shorter with --max-time"
        rule, place = RULE if untested else UNFINISHED, self.contract.operation(names[0]).node.location
        return Violation(rule, message, "response.status", place, hint, ", ".join(names), cause=self.ended)


def _is_refused(response: CheckedResponse) -> bool:
    leads = response.headers.get("location") if response.status in (302, 303, 307) else None
    return response.status in NOT_PROVEN or bool(_TO_LOGIN.search(leads or ""))
