"""Texts, and violations of them, without the secrets of the exchanges that they are about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from toolkit.exchange import Exchange, Request, Response
from toolkit.secrets.masking import Secrets
from toolkit.secrets.names import is_made_up
from toolkit.secrets.values import SHORT, UNESCAPED, Message, in_base64, without, writings
from toolkit.structs import Mutable, field, replace
from toolkit.verdict import LEFT_OUT, MASKED, Violation

_LEAST, _LONG, _GRAM, _MOST_GRAMS, _MOST_VALUES, _MOST_COMPARED = 3, 16, 10, 20_000, 2_000, 500
LARGEST = 100_000
"""Bytes of a body, above which not all of it is gone through for secrets."""
_VALUES = ("value", "string")  # of what a neighbour of theirs may name
_WORD = re.compile(r"(?<![a-z])[a-z]{10,}+(?=[^A-Za-z0-9])")
_ORIGIN = re.compile(r"^https?://[^/\s]*/")
_NAMES = re.compile(r"[^/#.\[\]@()\s]+")  # in a place in an exchange
_CREDENTIALS = ("Cookie", "Set-Cookie", "Authorization")  # what Chrome leaves out, all or none of it
_COOKIES = {"parameter-missing": "request.cookie.", "header-missing": "response.header.set-cookie"}
_SCHEMES = ("the header field Authorization", "the cookie ")  # of which `security-missing` says that one would do
_OF_MASKS = frozenset((  # keywords that the mask of a value that satisfies them need not satisfy
    "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "enum", "const", "uniqueItems",
    "anyOf", "oneOf", "not",
))  # fmt: skip


class Found(Mutable, eq=False):
    """Secrets that are to be hidden in texts, as they may be written there; the latest ones if there are many. What is `open` is
    none, whatever it is sent as."""

    secrets: Secrets
    given: tuple[str, ...] = ()
    open: frozenset[str] = frozenset()
    whole: dict[str, None] = field(default_factory=dict)
    grams: dict[str, None] = field(default_factory=dict)
    encoded: dict[str, None] = field(default_factory=dict)  # how Base64 of them begins

    def __post_init__(self) -> None:
        self.add(self.given)

    def learn(self, exchange: Exchange, text: str = "") -> None:
        """Note the secrets of an exchange; of very many those that a text repeats."""
        found = (one for one in secrets_in(exchange, self.secrets) if not is_made_up(one))
        values = [one for one in found if self.open.isdisjoint((one, unquote(one)))]
        if len(values) > _MOST_VALUES:
            again = dict.fromkeys(repeated(text, values))  # last, since the latest are kept
            values = [*(one for one in values[:_MOST_VALUES] if one not in again), *again]
        self.add(values)

    def add(self, values: Iterable[str], text: str | None = None) -> None:
        """Note secrets; if a text is given, the ways to write them that it repeats at least in part."""
        secrets = [_ORIGIN.sub("", value) for value in values]  # of a secret address, the host is none
        starts = {one[:_GRAM]: None for value in secrets for way in {value, unquote(value)} for one in in_base64(way)}
        self.encoded.update((one, None) for one in starts if text is None or one in text)
        ways = dict.fromkeys(one for value in secrets if len(value) >= _LEAST for one in writings(value))
        for written in [one for one in ways if one not in self.whole]:  # in their order: the latest are kept
            grams = _grams(written)
            if text is not None and written not in text and not any(map(text.__contains__, grams)):
                continue
            self.whole[written] = None
            self.grams.update(dict.fromkeys(grams))
        _trim(self.whole, _MOST_VALUES)
        _trim(self.encoded, _MOST_VALUES)
        _trim(self.grams, _MOST_GRAMS)

    def hide(self, text: str) -> str:
        """A text with `***` in the place of secrets, of their beginnings, and of parts of long ones."""
        return self.secrets.shown_url(self.hide_known(text)) if text else text

    def hide_known(self, text: str) -> str:
        """A text with `***` in the place of the secrets noted, and of no others that it may have: for words of our own, such as a
        cure that says `--param session_id=VALUE`."""
        if self.secrets.keep:
            return text
        for value in sorted((one for one in (*self.whole, *self.given) if one in text), key=len, reverse=True):
            if len(value) >= _LEAST:
                text = without(text, value, "***")
        for start in (one for one in self.encoded if one in text):
            text = re.sub(re.escape(start) + "[A-Za-z0-9+/_=-]*", "***", text)
        return self._without_parts(text)

    def hide_place(self, text: str) -> str:
        """A place in an exchange, which is made of names: of secrets, only long values are hidden."""
        for value in [one for one in self.whole if len(one) >= 8 and one in text and not self.secrets.is_secret(one)]:
            text = without(text, value, "***")
        return text

    def _without_parts(self, text: str) -> str:
        """The text without parts of long secrets; a few words in common with one are no part of it."""
        parts = [at for at in range(len(text) - _GRAM + 1) if text[at : at + _GRAM] in self.grams] if self.grams else []
        marked = text
        for at in reversed(parts):
            marked = marked[:at] + "\0" * _GRAM + marked[at + _GRAM :]
        for run in reversed(list(re.finditer("\0+", marked)) if parts else []):
            if len(run[0]) >= _LONG or " " not in text[run.start() : run.end()]:
                text = f"{text[: run.start()]}***{text[run.end() :]}"
        return text


def _grams(written: str) -> list[str]:
    """The parts by which a long secret is known where it is not repeated as a whole. Of a word between signs, or before
    the rest, as in `project:development.1f0c7a93e2`, none is a part alone."""
    if len(written) < _LONG:
        return []
    ends = written if len(written) <= 2_000 else written[:1_000] + written[-1_000:]
    words = (one.span() for one in _WORD.finditer(ends) if one.start() or len(ends) - one.end() >= SHORT)
    within = {at for start, end in words for at in range(start - 1, end - _GRAM + 2)}
    return [ends[at : at + _GRAM] for at in range(len(ends) - _GRAM + 1) if at not in within]


def secrets_in(exchange: Exchange, secrets: Secrets, query: Sequence[tuple[str, str]] = ()) -> set[str]:
    """The secrets of an exchange, of a large body those at its beginning: `untold` does without the others."""
    if is_large(exchange.request) or is_large(exchange.response):
        exchange = replace(exchange, request=_beginning(exchange.request), response=_beginning(exchange.response))
    return secrets.values(exchange, query)


def _beginning(message: Message | None) -> Message | None:
    """The message with as much of its body as is gone through for secrets."""
    return replace(message, body=message.body and message.body[:LARGEST]) if message else None


def is_large(message: Request | Response | None) -> bool:
    """Whether a body is so large that it is not gone through for secrets to its end."""
    return message is not None and message.body is not None and len(message.body) > LARGEST


_PERCENT = re.compile("%[0-9A-Fa-f]{2}")
_JOINED = re.compile(r"[A-Za-z0-9_.~+/=-]*")  # what is written as it is, but for `%2B`, `%2F` and `%3D`


def repeated(text: str, values: Iterable[str]) -> list[str]:
    """The values that a text may hold, or `_GRAM` characters of them, however they are written there: a quick look, before all the ways are made."""
    is_encoded = _PERCENT.search(text) is not None
    if is_encoded:
        once = unquote(text)
        text = f"{text}\n{once}\n{unquote(once)}"  # a value is often percent-encoded twice
    looked: dict[str, bool] = {}  # a value is often there as it is and percent-encoded
    found = []
    for value in values:
        plain = unquote(value) if len(value) <= _MOST_COMPARED else ""
        if plain not in looked:
            looked[plain] = not is_made_up(value) and _may_repeat(text, plain, is_encoded)
        if looked[plain]:
            found.append(value)
    return found


def _may_repeat(text: str, plain: str, is_encoded: bool) -> bool:
    """Where percent-encoded signs are decoded in a text, or none are in it, it has some characters in a row of what it repeats."""
    if not plain or not _JOINED.fullmatch(plain) or (len(plain) < SHORT and not UNESCAPED.fullmatch(plain)):
        return True
    size, step = (3, 1) if is_encoded else (4, 4)
    parts = range(0, len(plain) - size + 1, step) if len(plain) >= SHORT else ()
    is_said = plain in text or any(plain[at : at + size] in text for at in parts)
    return is_said or any(one[:_GRAM] in text for one in in_base64(plain))


def _trim(noted: dict[str, None], most: int) -> None:
    for key in list(noted)[: max(0, len(noted) - most)]:
        del noted[key]


def unless_masked(violation: Violation, exchange: Exchange, secrets: Secrets) -> Violation:
    """The violation; as a warning that says so where a value was not checked, since a mask of the same length stands for it, the
    recorder left it out, or a stub says nothing of it."""
    reason = hint = cause = ""
    unsecured = violation.message if violation.rule == "security-missing" else ""
    is_cookie = violation.at.lower().startswith(_COOKIES.get(violation.rule, " "))
    is_parameter = violation.rule == "parameter-missing"
    if (is_cookie or any(map(unsecured.__contains__, _SCHEMES))) and _is_left_out(exchange):
        reason, hint, cause = "the recorder left out cookies and credentials", "record with cookies", LEFT_OUT
    elif exchange.unnamed and (unsecured or (is_parameter and violation.at.split(".")[1] in exchange.unnamed)):
        reason, hint = "the stub does not mention it", "add a matcher of it to the stub"
    if reason:
        name = "what its security asks for" if unsecured else violation.at.split(".", 2)[-1]
        misspelt = "".join(violation.message.partition("; ")[1:]) if is_parameter else ""
        message = f"{reason}, so {name} was not checked{misspelt}"
        return replace(violation, rule="value-unrecorded", softened=True, message=message, hint=hint, cause=cause)
    keyword = violation.contract.partition(":")[0].rpartition("/")[2]
    if keyword not in _OF_MASKS or not exchange.masked:
        return violation
    masks = (one for one in exchange.masked if len(one) >= SHORT and not is_made_up(one))
    if not _is_of_secret(violation, secrets) and not any(map(violation.message.__contains__, masks)):
        return violation
    message = f"a secret is masked in the recording, so its `{keyword}` was not checked"
    hint = "record with --keep-secrets to have it checked"
    return replace(violation, softened=True, message=message, hint=hint, cause=MASKED)


def _is_left_out(exchange: Exchange) -> bool:
    sides = [side.headers for side in (exchange.request, exchange.response) if side]
    return exchange.without_cookies and not any(side.get(name) for side in sides for name in _CREDENTIALS)


def _is_of_secret(violation: Violation, secrets: Secrets) -> bool:
    """Whether a violation stands at or below the name of a secret."""
    return violation.at.startswith("request.cookie.") or any(map(secrets.is_secret, _NAMES.findall(violation.at)))


def untold(violations: list[Violation], exchange: Exchange, secrets: Secrets) -> list[Violation]:
    """The violations of an exchange; those of secrets, and of what may be one, in a large body are without their messages."""
    larges = ("request.body",) * is_large(exchange.request) + ("response.body",) * is_large(exchange.response)
    found = []
    for one in violations:
        if larges and one.at.startswith(larges):
            last = one.at.partition(" (")[0].rpartition("/")[2]
            if _is_of_secret(one, secrets) or (not secrets.keep and last.lower() in _VALUES):
                one = replace(one, message=f"a secret in a large body breaks {one.rule}", cause="")
        found.append(one)
    return found


def joined_texts(violations: Iterable[Violation]) -> str:
    """The texts of violations in which secrets are hidden, a line each."""
    texts = (text for one in violations for text in (one.message, one.at, one.hint, one.reproduce, one.cause))
    return "\n".join(filter(None, texts))


def all_hidden(
    violations: Iterable[Violation], joined: str, found: Found, operation: str, source: str, quote: str
) -> tuple[Violation, ...]:
    """The violations of an exchange as `hidden` shows each. Where one look at all their texts, `joined`, finds nothing to hide,
    that is enough; JSON within them would be read otherwise if they were one text."""
    secrets = found.secrets
    is_clean = not secrets.may_show(joined) or ('":' not in joined and secrets.shown_url(joined) == joined)
    if is_clean and found.hide_known(joined) == joined:
        return tuple([one.located(operation, source, quote) for one in violations])
    return tuple([hidden(one, found).located(operation, source, quote) for one in violations])


def hidden(violation: Violation, found: Found) -> Violation:
    """The violation with `***` in the place of secrets. Its places are made of names, and stay as they are."""
    if found.secrets.keep:
        return violation
    return replace(
        violation,
        message=found.hide(violation.message),
        at=found.hide_place(violation.at),
        hint=found.hide_known(violation.hint),
        reproduce=found.hide(violation.reproduce),
        cause=found.hide(violation.cause),
    )
