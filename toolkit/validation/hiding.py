"""Violations without the secrets of the exchanges that they are about."""

from __future__ import annotations

from dataclasses import replace

from toolkit.secrets import Found
from toolkit.verdict import Violation


def hidden(violation: Violation, found: Found, **known: str) -> Violation:
    """The violation with `***` in the place of secrets, and what else is `known` of it. Its places are made of names, and stay
    as they are."""
    if found.secrets.keep:
        return replace(violation, **known) if known else violation  # type: ignore[arg-type]
    return replace(
        violation,
        **known,  # type: ignore[arg-type]
        message=found.hide(violation.message),
        at=found.hide_place(violation.at),
        hint=found.hide(violation.hint),
        reproduce=found.hide(violation.reproduce),
        cause=found.hide(violation.cause),
    )
