"""Where a string with a format of time is one of XSD 1.0's types of time, and not only a string.

RFC 3339 (section 5.6) takes some texts that XML Schema part 2 (section 3.2.7) does not: lower-case t and z, seconds of 60,
the year 0, offsets beyond 14 hours. So a pattern beside the format has to exclude them.
"""

from __future__ import annotations

from toolkit.schema.patterns import compile_pattern
from toolkit.schema.shape import Shape

_DAYS = ("2020-02-29", "2024-06-30", "2016-12-31", "1999-01-01")
_HOURS = ("12:30:00", "00:00:00", "23:59:59")
_ENDS = ("Z", "+00:00", "-00:00", "+01:00", "-08:00", "+05:30")
_FRACTIONS = ("", ".0", ".000", ".123", ".123456", ".123456789")
_TIMES = [f"{hour}{fraction}{end}" for hour in _HOURS for fraction in _FRACTIONS for end in _ENDS]
_MOMENTS = [f"{day}T{time}" for day in _DAYS for time in _TIMES]
_OTHER_DAYS = ("0000-02-29", "0000-01-01", "0000-12-31")
_OTHER_TIMES = [f"23:59:60{fraction}{end}" for fraction in _FRACTIONS for end in _ENDS]
_BEYOND = [
    f"{hour}{fraction}{end}" for hour in _HOURS for fraction in _FRACTIONS for end in ("+14:30", "-23:59", "+23:00")
]
_OTHER_MOMENTS = [
    *(one.replace("T", mark) for one in _MOMENTS for mark in ("t", " ")),
    *(one.replace("Z", "z") for one in _MOMENTS if one.endswith("Z")),
    *(f"{day}T{time}" for day in _OTHER_DAYS for time in _TIMES),
    *(f"{day}T{time}" for day in _DAYS for time in (*_OTHER_TIMES, *_BEYOND)),
]
_TYPES = {"date-time": ("xs:dateTime", _MOMENTS, _OTHER_MOMENTS), "date": ("xs:date", list(_DAYS), list(_OTHER_DAYS))}


def moment_type(shape: Shape, lenient: bool = False) -> str | None:
    """`xs:dateTime` or `xs:date` for a string whose format and pattern take nothing that this type refuses; None for others.

    `lenient`: although it refuses some that they take, such as leap seconds.
    """
    formats = set(shape.each("format")) & _TYPES.keys() if "string" in shape.types else set()
    if len(formats) != 1:
        return None
    name, usual, others = _TYPES[formats.pop()]
    patterns = [compile_pattern(one) for one in shape.each("pattern") if isinstance(one, str)]
    if not all(any(map(fits, usual)) for fits in patterns):
        return None
    return name if lenient or any(not any(map(fits, others)) for fits in patterns) else None
