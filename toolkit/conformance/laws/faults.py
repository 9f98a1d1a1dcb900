"""What a response with 5XX says of its cause, so that one cause is known again in the responses of other operations.

Compared are words alone: numbers, identifiers, times and what the request itself held differ from one response to the next.
A text that every fault of a service has, such as `Internal Server Error`, says nothing of the cause.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from toolkit.conformance.laws.internals import strings_of, without_echoes
from toolkit.exchange import Exchange
from toolkit.structs import Frozen

_LONGEST = 160  # characters that are shown
_MOST_WORDS = 30  # that are compared: a page for developers says first what is wrong
_FEWEST, _FEWEST_OF_MISTAKES = 2, 4  # words that are not said of every fault
_MISTAKE = re.compile(
    r"\b(?:Key|Index|Type|Value|Attribute|Name|ZeroDivision|Assertion|Range|Reference)Error\b|NoneType|NullPointer|undefined"
)
_UNSAID = re.compile(
    r"https?://\S+|<(script|style|head)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|<[^<>]*>", re.DOTALL | re.IGNORECASE
)
_WORD = re.compile(r"(?<![\w.-])[^\W\d_]{2,}+(?:_[^\W\d_]++)*+(?![\w-]*\d)")
_FRAME = re.compile(r"^\s*(?:File \"|at |in |\.\.\. )|^\s*$", re.IGNORECASE)
_DIFFERS = re.compile(
    r"time|date|path|url|uri|instance|request|trace|stack|correlation|(?:^|[_-]|(?<=[a-z]))id$", re.IGNORECASE
)
_SAID_OFTEN = """
    internal server error errors exception fault failure failed service application app something went wrong oops sorry an
    occurred has happened while processing your the request requests unexpected unhandled unknown please try again later in
    and or is was we are you to of on at by it this that be for not no with could can encountered unable complete contact
    administrator admin support team notified been either overloaded there misconfiguration from prevented fulfilling status
    code message detail details title type about blank true false null none get post put patch delete head options bad
    gateway unavailable temporarily traceback most recent call last http programmatic developer developers informed engineers
    engineer aware investigating working fix fixing bug issue issues problem problems logged log logs reported incident help page
    occured will soon return home back trouble technical difficulties experiencing our us if persists reference operation
"""
_OF_EVERY_FAULT = frozenset(_SAID_OFTEN.split())
_BEHIND = re.compile(
    r"\b(?:data ?base|db|sql\w*|redis|mongo\w*|postgres\w*|mysql|connection|upstream|backend|disk|storage)\b", re.I
)


class Said(Frozen):
    """What is shown of a fault, and the words by which its cause is known again; '' where it says nothing of the cause. Those of
    a mistake in code, such as `list index out of range`, may be those of another mistake."""

    text: str = ""
    kind: str = ""
    is_mistake: bool = False


def fault_of(exchange: Exchange) -> Said:
    """What the response of an exchange says of a fault of the server."""
    response = exchange.response
    if response is None or not response.body:
        return Said()
    lines = [line for text in _texts(response.headers.content_type, response.body) for line in _telling_lines(text)]
    whole = " ".join(" ".join(dict.fromkeys(lines)).split())
    if exchange.request:
        own = {word.lower() for word in _WORD.findall(exchange.request.url)}
        words = _WORD.findall(without_echoes(whole, exchange.request))
    else:
        own, words = set(), _WORD.findall(whole)
    telling = [word for word in words if word.lower() not in own | _OF_EVERY_FAULT]
    is_mistake = _MISTAKE.search(whole) is not None
    fewest = _FEWEST_OF_MISTAKES if is_mistake else _FEWEST  # mistakes in code are many, and their words few
    if len(set(telling)) < fewest and not _BEHIND.search(whole):
        return Said()
    text, kind = whole if len(whole) <= _LONGEST else f"{whole[:_LONGEST]}...", " ".join(telling[:_MOST_WORDS]).lower()
    return Said(text, kind, is_mistake)


def _texts(content_type: str, body: bytes) -> Iterator[str]:
    """The texts of a body: the strings of a JSON value, but for those that differ from one response to the next, or what a page shows."""
    is_json, strings = strings_of(content_type, body, is_meant=lambda name: not _DIFFERS.search(name))
    said = (_UNSAID.sub(" ", text) for text in strings)
    return said if is_json else map(html.unescape, said)


def _telling_lines(text: str) -> Iterator[str]:
    """The lines that say what is wrong: of a stack trace the one that names the exception."""
    lines = [line for line in text.splitlines() if not _FRAME.match(line)]
    if "Traceback (most recent call last)" in text:
        lines = lines[-1:]
    yield from lines
