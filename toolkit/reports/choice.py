"""Which rules are reported: some, all but some, and some as warnings; each is named by its id or by a prefix such as `law-`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches

from toolkit.errors import UsageError
from toolkit.rules import RULES
from toolkit.structs import replace
from toolkit.verdict import Verdict


def choose(select: Sequence[str], ignore: Sequence[str], warn: Sequence[str]) -> Callable[[Verdict], Verdict]:
    """A function that keeps of a verdict what is chosen. Raises UsageError for what names no rule."""
    taken = _named(select) if select else set(RULES)
    taken -= _named(ignore)
    softened = _named(warn)

    def keep(verdict: Verdict) -> Verdict:
        chosen = (one for one in verdict.violations if one.rule in taken)
        kept = tuple(one.soften() if one.rule in softened else one for one in chosen)
        return verdict if kept == verdict.violations else replace(verdict, violations=kept)

    return keep


def _named(names: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        rules = {rule for rule in RULES if rule == name or (name.endswith("-") and rule.startswith(name))}
        if not rules:
            near = ", ".join(get_close_matches(name, RULES, 3)) or "one of docs/rules.md"
            raise UsageError(f"there is no rule {name[:80]!r}; did you mean {near}? A prefix ends with a hyphen: law-")
        found |= rules
    return found
