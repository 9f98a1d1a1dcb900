"""Whether what a client decoded is what came: the first difference, in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from toolkit.contract.paging import plain_name
from toolkit.document.pointers import rewritten
from toolkit.schema.bundle import is_number
from toolkit.schema.messages import shown
from toolkit.secrets.masking import Secrets


def differs(wanted: Any, found: Any, place: str = "") -> str:
    """The first place where two values are not the same; '' where they are. A property of null is one that is not there, and
    one moment may be written in several ways; numbers are the same that are one double."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name in {**wanted, **found}:
            if said := differs(wanted.get(name), found.get(name), f"{place}/{name}"):
                return said
        return ""
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        each = (differs(one, other, f"{place}/{at}") for at, (one, other) in enumerate(zip(wanted, found, strict=True)))
        return next(filter(None, each), "")
    if is_number(wanted) and is_number(found) and float(wanted) == float(found):
        return ""  # what JavaScript has numbers for
    if wanted is found or (type(wanted) is type(found) and wanted == found):
        return ""
    if isinstance(wanted, str) and isinstance(found, str) and _is_one_moment(wanted, found):
        return ""
    values = ("***", "***") if Secrets().is_secret(place.rpartition("/")[2]) else (shown(found), shown(wanted))
    return "{} is {}, and {} came".format(place or "the body", *values)


def _is_one_moment(one: str, other: str) -> bool:
    try:
        moments = [datetime.fromisoformat(text) for text in (one, other)]
        return len({moment.replace(tzinfo=moment.tzinfo or UTC) for moment in moments}) == 1
    except (ValueError, OverflowError):
        return False


def plain(value: Any) -> Any:
    """A value with names of properties as those who rename them agree on: without case and signs."""
    return rewritten(value, lambda one: {plain_name(name): inner for name, inner in one.items()})
