"""Rules over several parameters, as IDL4OAS writes them under `x-dependencies` (Martin-Lopez et al., ICSOC 2020; the grammar
is that of isa-group/IDL; of the patterns of `LIKE`, `*` is any text, and those with a `?` are not read).

A rule holds, or does not, or that cannot be told (None), as where a list is compared, or a value was not read: nobody is blamed
for that. Relations and sums hold where a parameter of theirs is absent; `a=='x'` and `a<5` do not.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, DecimalException
from fnmatch import fnmatchcase
from itertools import islice, product
from typing import Any, TypeVar

from toolkit.structs import Frozen

K = TypeVar("K")
V = TypeVar("V")
Values = Mapping[str, Any]
Test = Callable[[Values], bool | None]
Compare = Callable[[Any, Any], Any]
UNREAD = object()
"""The value of a parameter that was sent, and that is not read or conforms to nothing."""

_LONGEST = 5_000  # characters of a rule
_NAME = r"\[?([A-Za-z_][\w.\-]*)\]?"
_RELATION = re.compile(rf"{_NAME}\s*(<=|>=|==|!=|<|>)\s*{_NAME}")
_TOKEN = re.compile(
    r"(?P<skip>//[^\n]*|\#[^\n]*|/\*.*?\*/|\s+)|(?P<text>'[^']*'|\"[^\"]*\")|\[(?P<name>(?:[^\[\]\s]|\[[^\[\]\s]*\])+)\]"
    r"|(?P<word>[A-Za-z_.$][\w.$-]*)|(?P<number>\d+(?:\.\d+)?)|(?P<mark>[<>=!]=|[<>=+*/()|,;-])",
    re.DOTALL,
)
_DECIMAL = re.compile(r"-?\d{1,30}(\.\d{1,30})?")
_COMPARE: dict[type, Compare] = {
    ast.LtE: operator.le, ast.GtE: operator.ge, ast.Lt: operator.lt, ast.Gt: operator.gt, ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
_CALCULATE: dict[type, Compare] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
_COUNTS: dict[str, Callable[[int, int], bool]] = {
    "Or": lambda given, all_: given >= 1,
    "OnlyOne": lambda given, all_: given == 1,
    "ZeroOrOne": lambda given, all_: given <= 1,
    "AllOrNone": lambda given, all_: given in (0, all_),
    "and": lambda given, all_: given == all_,
    "none": lambda given, all_: given == 0,
}
_WORDS = {"AND": "and", "OR": "or", "NOT": "not", "true": "'true'", "false": "'false'", "=": "==", "LIKE": "@"}
_WORDS |= {word: word for word in ("IF", "THEN", "Or", "OnlyOne", "ZeroOrOne", "AllOrNone")}


class Relation(Frozen):
    """A relation between two parameters' values, such as `StartTime <= EndTime`."""

    left: str
    operator: str
    right: str


def relation(rule: str) -> Relation | None:
    """The rule as a relation, or None where it is of another kind."""
    match = _RELATION.fullmatch(rule.strip().rstrip(";"))
    return Relation(match[1], match[2], match[3]) if match else None


class Dependency(Frozen):
    """A rule that was read: its text, the parameters that it is about, the values that it states of some of them, and whether it
    holds for the values of a request."""

    text: str
    names: tuple[str, ...]
    stated: tuple[tuple[str, str], ...]
    compared: frozenset[str]
    holds: Test
    in_body: frozenset[str] = frozenset()
    """Those of the names that are no parameters, but properties of the body."""

    @property
    def needed(self) -> frozenset[str]:
        """The parameters of a relation, which holds where one of them is absent; none of other rules."""
        return frozenset(self.names if relation(self.text) else ())

    def broken(self, values: Values) -> str:
        """How a request's parameter values break the rule, in words; '' where they keep it, or that cannot be told."""
        if self.holds(values) is not False:
            return ""
        is_shown = [name for name in self.compared if values.get(name, UNREAD) is not UNREAD]
        given = [f"{one}={values[one]}" if one in is_shown else one for one in self.names if one in values]
        absent = [one for one in self.names if one not in values]
        lacking = f"{' without ' if given else 'none of '}{', '.join(absent)}" if absent else ""
        return f"the request has {', '.join(given)}{lacking}; the rule is {self.text}"


def read_rule(text: Any, declared: Collection[str]) -> Dependency | None:
    """A rule, or several, about parameters of which some are declared; None for what is no rule of IDL."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    reader = _Reader(declared)
    try:
        holds = _counted("and", reader.rules(text))
    except (SyntaxError, LookupError, ValueError, RecursionError, MemoryError):
        return None
    compared = frozenset(reader.compared | {name for name, _ in reader.stated})
    return Dependency(text.strip().rstrip(";"), tuple(reader.names), tuple(reader.stated), compared, holds)


def choices(values: Mapping[K, Sequence[V]], most: int) -> list[dict[K, V]]:
    """Some of the things, each with one of its values, in every way, as far as there are not more."""
    named = ([(), *(((key, value),) for value in each)] for key, each in values.items())
    return [dict(pair for one in chosen for pair in one) for chosen in islice(product(*named), most)]


class _Reader:
    """Reads rules as expressions of Python, whose grammar has theirs. Raises SyntaxError."""

    def __init__(self, declared: Collection[str]) -> None:
        self.declared, self.written = declared, dict[str, str]()
        self.names, self.stated, self.compared = dict[str, None](), list[tuple[str, str]](), set[str]()

    def rules(self, text: str) -> list[Test]:
        found, at = [list[str]()], 0
        while token := _TOKEN.match(text, at):
            kind, word, at = str(token.lastgroup), token[str(token.lastgroup)], token.end()
            if kind == "word" and "-" in word and word not in self.declared:  # a difference
                word = word.partition("-")[0]
                at = token.start() + len(word)
            if (kind, word) == ("mark", ";"):
                found.append([])
            elif kind in ("name", "word") and (kind == "name" or word not in _WORDS):
                found[-1].append(self.written.setdefault(word, f"n{len(self.written)}"))
            elif kind != "skip":
                found[-1].append(repr(word[1:-1]) if kind == "text" else _WORDS.get(word, word))
        if at < len(text) or not any(found):
            raise SyntaxError
        return [self._rule(tokens) for tokens in found if tokens]

    def _rule(self, tokens: list[str]) -> Test:
        then = tokens.index("THEN") if tokens[0] == "IF" else 0
        parts = [tokens[1:then], tokens[then + 1 :]] if then else [tokens]
        *condition, test = [self._test(ast.parse(" ".join(part), mode="eval").body) for part in parts]
        return _counted("Or", [_counted("none", condition), test]) if condition else test

    def _test(self, node: ast.expr) -> Test:
        match node:
            case ast.BoolOp(op=mark, values=parts):
                return _counted("and" if isinstance(mark, ast.And) else "Or", list(map(self._test, parts)))
            case ast.UnaryOp(op=ast.Not(), operand=one):
                return _counted("none", [self._test(one)])
            case ast.Call(func=ast.Name(id=kind), args=parts, keywords=[]) if kind in _COUNTS:
                return _counted(kind, list(map(self._test, parts)))
            case ast.Compare(left=left, ops=[mark], comparators=[right]):
                return self._comparison(left, _COMPARE[type(mark)], right)
            case ast.BinOp(left=left, op=ast.MatMult(), right=ast.Constant(value=str(text))) if "?" not in text:
                name = self._name(left)
                self.compared.add(name)
                pattern = text.replace("[", "[[]")  # in which `*` is any text
                return lambda values: (
                    name in values and (fnmatchcase(values[name], pattern) if isinstance(values[name], str) else None)
                )
        name = self._name(node)
        return lambda values: name in values

    def _name(self, node: ast.expr) -> str:
        name = next((one for one, written in self.written.items() if written == getattr(node, "id", "")), None)
        if name is None:
            raise SyntaxError
        self.names[name] = None
        return name

    def _comparison(self, left: ast.expr, compare: Compare, right: ast.expr) -> Test:
        texts = self._texts(right) if isinstance(left, ast.Name) and compare in (operator.eq, operator.ne) else []
        kept, self.names = self.names, {}
        one, other = self._value(left), self._value(right) if not texts else None
        used, self.names = frozenset(self.names), kept | self.names
        self.compared |= used
        self.stated += [(name, text) for name in used for text in texts]
        if other is None:
            tests: list[Test] = [lambda values, text=text: _is(one(values), text) for text in texts]  # type: ignore[misc]
            equal = _counted("Or" if compare is operator.eq else "none", tests)
        else:
            equal = lambda values: _compared(compare, one(values), other(values))  # noqa: E731
        if texts or (isinstance(left, ast.Name) and isinstance(right, ast.Constant | ast.UnaryOp)):
            return lambda values: used <= values.keys() and equal(values)
        return lambda values: not used <= values.keys() or equal(values)

    def _texts(self, node: ast.expr) -> list[str]:
        """The values that a parameter is compared with: strings, and a word that is no parameter."""
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                both = self._texts(left), self._texts(right)
                return both[0] + both[1] if all(both) else []
        word = next((one for one, written in self.written.items() if written == getattr(node, "id", "")), "")
        return [word] if word and word not in self.declared else []

    def _value(self, node: ast.expr) -> Callable[[Values], Any]:
        match node:
            case ast.Constant(value=int(number) | float(number)):
                return lambda values: Decimal(str(number))
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number) | float(number))):
                return lambda values: -Decimal(str(number))
            case ast.BinOp(left=left, op=mark, right=right) if type(mark) in _CALCULATE:
                one, other, calculate = self._value(left), self._value(right), _CALCULATE[type(mark)]
                return lambda values: _calculated(calculate, one(values), other(values))
        name = self._name(node)
        return lambda values: values[name]


def _counted(kind: str, tests: Sequence[Test]) -> Test:
    """Whether as many of the tests are met as they should be, whatever is not known of the others."""

    def holds(values: Values) -> bool | None:
        found = [test(values) for test in tests]
        sure = found.count(True)
        kept = {_COUNTS[kind](sure + more, len(found)) for more in range(found.count(None) + 1)}
        return kept.pop() if len(kept) == 1 else None

    return holds


def _is(value: Any, text: str) -> bool | None:
    """Whether a value is the one that a text stands for."""
    if value is UNREAD or (isinstance(value, dict | list) and text in value):
        return None
    return (str(value).lower() if isinstance(value, bool) else str(value)) == text


def _compared(compare: Compare, left: Any, right: Any) -> bool | None:
    is_plain = compare in (operator.eq, operator.ne) and isinstance(left, str | bool)
    one, other = (left, right) if is_plain else (_ordered(left), _ordered(right))
    if isinstance(one, str) and not is_plain and re.sub(r"\d", "0", one) != re.sub(r"\d", "0", str(other)):
        return None  # of texts that differ in more than digits, nobody says which comes first
    try:
        return None if one is None or type(one) is not type(other) else bool(compare(one, other))
    except (TypeError, DecimalException):  # a moment with an offset, and one without
        return None


def _ordered(value: Any) -> Any:
    """A value that has an order: a number, a moment or a text; None for another."""
    if not isinstance(value, int | float | Decimal | str) or isinstance(value, bool):
        return None
    if not isinstance(value, str) or _DECIMAL.fullmatch(value):
        return Decimal(str(value))
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return value


def _calculated(calculate: Compare, left: Any, right: Any) -> Any:
    try:
        return calculate(_ordered(left), _ordered(right))
    except (TypeError, DecimalException):
        return UNREAD
