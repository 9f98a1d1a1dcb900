"""Moments and durations as text: RFC 3339 date-times, and the durations of ISO 8601 that have a fixed length."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}):([0-9]{2})(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII)


def read_moment(text: Any) -> datetime | None:
    """An RFC 3339 date-time (section 5.6) as an aware time, to the microsecond; None for everything else.

    A leap second is the second after it. A date alone, or a time without offset, is no moment: nobody can say when it is.
    """
    match = _MOMENT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    date, time, seconds, fraction, offset = match.groups()
    leap = seconds == "60"
    written = f"{date}T{time}:{'59' if leap else seconds}{(fraction or '')[:7]}{offset.upper()}"
    try:
        return datetime.fromisoformat(written) + timedelta(seconds=leap)
    except (ValueError, OverflowError):
        return None


def write_moment(moment: datetime) -> str:
    """`YYYY-MM-DDThh:mm:ssZ`, of an aware time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_duration(text: Any) -> timedelta:
    """A duration of weeks to seconds, such as P3D or PT2.5S. Raises ValueError for others: months differ in length."""
    match = _DURATION.fullmatch(str(text))
    if not match or not any(match.groups()):
        raise ValueError(f"{text!r} is not a duration such as P3D or PT2S")
    weeks, days, hours, minutes, seconds = (float(group or 0) for group in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
