"""Rules over several parameters, as IDL4OAS writes them under `x-dependencies` (Martin-Lopez et al., ICSOC 2020).

Read are relations (`StartTime <= EndTime`), `Or`, `OnlyOne`, `AllOrNone`, `ZeroOrOne` over presence, and
`IF A THEN B` where A and B are a parameter or a parameter with a value (`A=='x'`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import Any

_NAME = r"\[?([A-Za-z_][\w.\-]*)\]?"
_RELATION = re.compile(rf"{_NAME}\s*(<=|>=|==|!=|<|>)\s*{_NAME}")
_PREDICATE = re.compile(r"(Or|OnlyOne|AllOrNone|ZeroOrOne)\s*\(([^()]*)\)")
_NO_NAME = re.compile(r"[\s=<>!]|^$")
_CONDITION = re.compile(r"IF\s++(.+?)(?<!\s)\s++THEN\s++(.+)")
_TERM = re.compile(rf"(NOT\s+)?{_NAME}(?:\s*==\s*'?([^']*)'?)?")

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {"<=": le, ">=": ge, "<": lt, ">": gt, "==": eq, "!=": ne}
_COUNTS: dict[str, Callable[[int, int], bool]] = {
    "Or": lambda given, all_: given >= 1,
    "OnlyOne": lambda given, all_: given == 1,
    "ZeroOrOne": lambda given, all_: given <= 1,
    "AllOrNone": lambda given, all_: given in (0, all_),
}


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation between two parameters' values, such as `StartTime <= EndTime`."""

    left: str
    operator: str
    right: str


def relation(rule: str) -> Relation | None:
    """The rule as a relation, or None where it is of another kind."""
    match = _RELATION.fullmatch(rule.strip().rstrip(";"))
    return Relation(match[1], match[2], match[3]) if match else None


def values_in(rule: str) -> list[tuple[str, str]]:
    """The values of parameters that the conditions of a rule name."""
    condition = _CONDITION.fullmatch(rule.strip().rstrip(";"))
    terms = [_TERM.fullmatch(term.strip()) for term in condition.groups()] if condition else []
    return [(term[2], term[3]) for term in terms if term and term[3] is not None]


def names_in(rule: Any) -> tuple[str, ...] | None:
    """The parameters that a rule is about; None where it is none that is read here."""
    text = rule.strip().rstrip(";") if isinstance(rule, str) else ""
    if related := relation(text):
        return related.left, related.right
    if predicate := _PREDICATE.fullmatch(text):
        texts = map(str.strip, predicate[2].split(","))
        names = tuple(text[1:-1] if text.startswith("[") else text for text in texts)
        return None if any(map(_NO_NAME.search, names)) else names  # a term, such as `NOT a` or `a=='x'`
    condition = _CONDITION.fullmatch(text)
    terms = [_TERM.fullmatch(term.strip()) for term in condition.groups()] if condition else [None]
    return None if None in terms else tuple(term[2] for term in terms if term)


def broken(rule: str, values: Mapping[str, Any]) -> str | None:
    """How a request's parameter values break a rule, in words; None where they keep it, or it does not apply or cannot be read."""
    text = rule.strip().rstrip(";")
    names = names_in(text)
    if names is None:
        return None
    if related := relation(text):
        return _broken_relation(related, values)
    if predicate := _PREDICATE.fullmatch(text):
        given = [name for name in names if name in values]
        kept = _COUNTS[predicate[1]](len(given), len(names))
        told = f"the request has {', '.join(given) or 'none'} of {', '.join(names)}; the rule is {text}"
        return None if kept else told
    condition = _CONDITION.fullmatch(text)
    if condition and _holds(condition[1], values) and not _holds(condition[2], values):
        return f"{condition[1]} holds but {condition[2]} does not; the rule is {text}"
    return None


def _broken_relation(rule: Relation, values: Mapping[str, Any]) -> str | None:
    if rule.left not in values or rule.right not in values:
        return None
    left, right = values[rule.left], values[rule.right]
    if type(left) is not type(right) or isinstance(left, (dict, list)) or _COMPARE[rule.operator](left, right):
        return None
    return f"{rule.left}={left} and {rule.right}={right}; the rule is {rule.left} {rule.operator} {rule.right}"


def _holds(term: str, values: Mapping[str, Any]) -> bool:
    match: Any = _TERM.fullmatch(term.strip())
    given = match[2] in values and (match[3] is None or str(values[match[2]]) == match[3])
    return given != bool(match[1])
