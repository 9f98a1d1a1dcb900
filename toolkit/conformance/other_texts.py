"""Other texts in the place of a string, in several ways of which a schema may allow one."""

from __future__ import annotations

import itertools
import re
import string
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from toolkit.schema.scalars import read_moment, write_moment

COUNT = itertools.count(time.time_ns() // 1_000_000)  # so that a second run does not send the names of the first one
_NUMBERS = ("id", "number", "code", "key")
_DAY, _FIRST_DAY, _DAYS = re.compile(r"\A\d{4}-\d\d-\d\d"), date(2000, 1, 1).toordinal(), 36_525  # of a century
_WEEKS = timedelta(weeks=5)
Change = Callable[[str, str, str], str]
"""A text, letters and digits that nobody sent before -> another text."""

CHANGES: tuple[Change, ...] = (  # of a text, by letters and digits that nobody sent before
    lambda text, letters, digits: f"{text}-{digits}",
    lambda text, letters, digits: text + letters,
    lambda text, letters, digits: text + digits,
    lambda text, letters, digits: letters + text,
    lambda text, letters, digits: text[: -len(letters)] + letters,
    lambda text, letters, digits: text[:-4] + letters[-4:],
    lambda text, letters, digits: text[:-4] + digits[-4:],
    lambda text, letters, digits: letters[-3:].upper(),
    lambda text, letters, digits: _in_place(text, letters, digits),
    lambda text, letters, digits: _other_day(text, int(digits)),
)
# What changes of an address, whose domain stays, and of a host or a file, of which the end stays.
_NAME = re.compile(r"[^@]*(?=@)|[\w-]+(?=\.[A-Za-z][\w.-]*\Z)")


def _in_place(text: str, letters: str, digits: str) -> str:
    """Other letters for letters and other digits for digits, the last ones first, as many a pattern takes them: `AB-123`."""
    made, turns = [], itertools.cycle(range(len(digits) - 1, -1, -1))
    for char in reversed(text):
        other = digits if char.isdecimal() else letters.upper() if char.isupper() else letters if char.islower() else ""
        made.append(other[next(turns)] if other else char)
    return "".join(reversed(made))


def _other_day(text: str, number: int) -> str:
    """Another day in a century; of a time in the weeks to come, which a service may want, another hour of three more weeks."""
    moment = read_moment(text) if "T" in text else None
    if moment and timedelta(0) < moment - datetime.now(UTC) < _WEEKS:
        return write_moment(moment + timedelta(hours=number % 500))
    near = _DAY.match(text) and 0 < (date.fromisoformat(text[:10]) - date.today()).days < _WEEKS.days
    day = date.today() + timedelta(3 + number % 25) if near else date.fromordinal(_FIRST_DAY + number % _DAYS)
    return _DAY.sub(f"{day}", text)


def variants(key: str, value: Any) -> Iterator[Any]:
    """Another text for a string, in several ways of which a schema may allow one."""
    count = next(COUNT)
    yield from (changed_text(key, value, change, count) for change in CHANGES)


def changed_text(key: str, value: Any, change: Change, count: int) -> Any:
    """A string changed in one way by the digits of a number, and a number that names what has it."""
    if isinstance(value, str):
        digits = str(count)[-6:]
        letters = "".join(string.ascii_lowercase[int(digit)] for digit in digits)
        name = found[0] if (found := _NAME.match(value)) else value
        return str(uuid.uuid4()) if is_uuid(value) else change(name, letters, digits) + value.removeprefix(name)
    if isinstance(value, int) and not isinstance(value, bool) and key.lower() in _NUMBERS:
        return count % 1_000_000_000
    return value


def with_offset(text: str) -> str:
    """The same moment with an offset from UTC, which a service may lose; any other string as it is."""
    moment = read_moment(text) if text.endswith("Z") and "T" in text else None
    return moment.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat() if moment else text


def is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
