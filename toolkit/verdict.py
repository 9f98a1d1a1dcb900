"""What a reader makes of a body; violations of rules, and the verdict on one exchange that they make up."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from toolkit.rules import HINTS, RULES, Severity
from toolkit.structs import Frozen, astuple, force_setattr, replace

# An array index, an XPath position or a line number: digits that are no part of a name.
_NUMBER = re.compile(r"(?<![\w.~-])\d+(?![\w.~-])")
_PLACE = re.compile(r"(?P<file>[^#]*)(?:#(?P<pointer>.*?))?(?::(?P<line>\d+)(?::(?P<column>\d+))?)?", re.DOTALL)
_COMMAND = re.compile(r"^\s*::|##(?=\[|vso\[)")
UNKEPT = MASKED, LEFT_OUT = ("masked", "left out")  # causes, each of all that a recorder did not keep for it
PERHAPS = "perhaps "  # begins a trait that may have several causes
_IDENTIFYING = 1_000  # characters of a message
_SHOWN = 400  # characters of a witness; reports for programs have the whole

_BREAKS = {
    "client": "clients: one of the old version at a service of the new one",
    "service": "services: one of the old version with a client of the new one",
    "both": "clients and services: neither works with the other's new version, so no one can go first",
}


def general(at: str) -> str:
    """The place in an exchange with every array index, XPath position and line number replaced by `*`."""
    return _NUMBER.sub("*", at)


def printable(text: str) -> str:
    """Safe on a terminal and in XML: control characters, line ends and lone surrogates are shown as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def unobeyed(line: str) -> str:
    """A line without what runners of CI obey in the output of any command: `::` at its beginning, and `##[` or `##vso[`."""
    return _COMMAND.sub(lambda found: f"{found[0][:-1]}\\x{ord(found[0][-1]):x}", line)


def clip(text: str, limit: int) -> str:
    """At most about `limit` characters; if the text was cut, its length is appended."""
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text):,} characters)"


def plural(count: int, noun: str) -> str:
    """`1 exchange`, `2,000 exchanges`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def few(names: Sequence[Any], most: int, written: Callable[[Any], str] = str) -> str:
    """`a, b and 3 more`."""
    return ", ".join(map(written, names[:most])) + (f" and {len(names) - most:,} more" if len(names) > most else "")


class ContractPlace(Frozen):
    """A place in a contract, such as `openapi.yaml#/paths/~1:12:5`; line and column are 1-based, 0 where unknown."""

    file: str
    pointer: str
    line: int = 0
    column: int = 0

    @staticmethod
    def parse(text: str) -> ContractPlace:
        """Read the `contract` field of a violation; what has no `#` is the name of a file."""
        found: Any = _PLACE.fullmatch(text)  # as any text does
        return ContractPlace(found["file"], found["pointer"] or "", int(found["line"] or 0), int(found["column"] or 0))

    @property
    def shown(self) -> str:
        """For people: `openapi.yaml:12:5 #/paths/~1`, which editors and terminals make a link of."""
        position = f":{self.line}:{self.column}" if self.line else ""
        return f"{self.file}{position}{f' #{self.pointer}' if self.pointer else ''}"


Locate = Callable[[Sequence[str]], tuple[str, int]]
"""The tokens of a JSON pointer (RFC 6901) into a body's value -> the place in the body as a reader of it knows it (a
JSON pointer, an XPath) and its line, or of the innermost value on the way that is there. Line 0 is unknown."""


class Fault(Frozen):
    """What is wrong with a body, whatever its schema says of the value: rule id, message, place within the body,
    line (0: unknown), and what to do."""

    rule: str
    message: str
    at: str = ""
    line: int = 0
    hint: str = ""


class Body(Frozen):
    """What a reader makes of the bytes of a body: its value, as JSON has it, and its faults.

    `readable` is False if there is no value. `locate` finds the place of a part of the value, for messages. `unread` are the
    properties of the value that could not be read, of which nothing is said.
    """

    value: Any
    faults: tuple[Fault, ...] = ()
    readable: bool = True
    locate: Locate = lambda names: ("", 0)
    unread: frozenset[str] = frozenset()


COLUMNS = ("rule", "severity", "message", "at", "contract", "operation", "source", "hint")
"""What a report for programs says of each violation."""


class Violation(Frozen, eq=False):
    """One rule broken in one place. The message gives the value and the fault, the hint says what to do, by default the rule's cure.

    `at` is the place in the exchange, such as `response.body#/Tasks/Task/0/Status` (JSON pointer), `response.body#/Root/Task[2]/Status (line 9)`
    (XPath) or `request.query.PageSize`; `contract` is the place in the contract, such as `openapi.yaml#/components/schemas/Task:12:5`. `cause` tells
    apart what is wrong in one place for several reasons: the status of the response, say. `trait` is what it may share with violations at other
    places that have one cause: the kind of wrong value that is accepted, say; PERHAPS begins one that is no proof. `witness` is a message that proves
    a change between two contracts, `witnesses` are the same by their parts, for programs, and `breaks` says whom the change breaks: client, service
    or both. `quote` is the exchange as people read it, without its secrets.
    """

    rule: str
    message: str
    at: str = ""
    contract: str = ""
    hint: str = ""
    operation: str = ""
    source: str = ""
    reproduce: str = ""
    softened: bool = False
    cause: str = ""
    witness: str = ""
    trait: str = ""
    breaks: str = ""
    witnesses: tuple[Mapping[str, Any], ...] = ()
    quote: str = ""

    def __post_init__(self) -> None:
        if not self.hint:
            force_setattr(self, "hint", HINTS.get(self.rule, ""))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Violation) and astuple(self)[:-2] == astuple(other)[:-2]

    def __hash__(self) -> int:
        return hash(astuple(self)[:-2])

    @property
    def severity(self) -> Severity:
        """The rule's severity; WARNING where the violation was softened (see `soften`)."""
        return Severity.WARNING if self.softened else RULES[self.rule].severity

    def located(self, operation: str, source: str, quote: str = "") -> Violation:
        """The violation of an exchange that this is known of. `replace` takes three times as long."""
        return Violation(
            self.rule, self.message, self.at, self.contract, self.hint, operation, source, self.reproduce, self.softened,
            self.cause, self.witness, self.trait, self.breaks, self.witnesses, quote,
        )  # fmt: skip

    def soften(self) -> Violation:
        """As a warning: a client's error that the service refused is not the service's fault."""
        return replace(self, softened=True)

    @property
    def stable_place(self) -> str:
        """The place in the schema without what moves: folder, line and column. Without one, the place in the exchange.

        A record that cannot be read has neither; its message is what distinguishes one kind from another.
        """
        if not self.contract:
            return general(self.at or self.message[:_IDENTIFYING])
        where = ContractPlace.parse(self.contract)
        return f"{where.file.replace(chr(92), '/').rpartition('/')[2]}#{where.pointer}"

    @property
    def fingerprint(self) -> str:
        """40 hexadecimal digits that identify this kind of violation in every run, on every machine."""
        text = "\n".join((self.rule, self.operation, self.stable_place, *filter(None, [self.cause])))
        from hashlib import sha1  # here: most runs have nothing to name, and it loads OpenSSL

        return sha1(text.encode("utf-8", "backslashreplace"), usedforsecurity=False).hexdigest()

    @property
    def kind(self) -> tuple[str, ...]:
        """What violations have in common that a run reports as one: finer than the fingerprint by the place in the exchange."""
        return (self.rule, self.severity, self.operation, self.stable_place, general(self.at), self.cause)

    def facts(self) -> list[tuple[str, str]]:
        """Label and text of everything known but rule, message, operation and source; what is empty is left out."""
        rows = [
            ("where", self.at),
            ("contract", ContractPlace.parse(self.contract).shown if self.contract else ""),
            ("breaks", _BREAKS.get(self.breaks, "")),
            ("witness", self.witness if len(self.witness) <= _SHOWN else self.witness[:_SHOWN] + "..."),
            ("cure", self.hint),
            ("repeat", self.reproduce),
        ]
        return [(label, text) for label, text in rows if text]

    def __str__(self) -> str:
        """Several lines of plain text: severity, rule and message, then one line for each fact."""
        lines = [f"{self.severity} {self.rule}: {self.message}"]
        lines += [f"  {label:<8}  {text}" for label, text in self.facts()]
        return "\n".join(map(printable, lines))


class Verdict(Frozen):
    """What was found in one exchange. `unmatched` says why no operation fits; '' where one does.

    `counts` says how it counts: a `new` exchange; what a test found in one `beside` what that shows alone, by which it is
    counted; or `no` exchange. `asked` is what a test asked in words, such as `a request without credentials`.
    """

    source: str
    operation: str = ""
    unmatched: str = ""
    violations: tuple[Violation, ...] = ()
    counts: str = "new"
    asked: str = ""

    @property
    def conforms(self) -> bool:
        """Whether no violation is an error. An unmatched exchange was not checked: look at `unmatched` too."""
        return not any(violation.severity is Severity.ERROR for violation in self.violations)

    def from_source(self, source: str) -> Verdict:
        """The verdict with another name for where the exchange stands, in its violations, too."""
        violations = tuple([one.located(one.operation, source, one.quote) for one in self.violations])
        return Verdict(source, self.operation, self.unmatched, violations, self.counts, self.asked)

    def __str__(self) -> str:
        """Several lines of plain text: the source with the verdict, then each violation."""
        operation = f" ({self.operation})" if self.operation else ""
        checked = "conforms" if self.conforms else "does not conform"
        outcome = f"outside the contract: {self.unmatched}" if self.unmatched else checked
        first = printable(f"{self.source or 'exchange'}: {outcome}{operation}")
        rest = (f"  {line}" for violation in self.violations for line in str(violation).splitlines())
        return "\n".join([first, *rest])
