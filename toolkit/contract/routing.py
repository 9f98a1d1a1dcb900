"""Which documented path a request's path belongs to (OpenAPI, Paths Object): concrete before templated.

Templates stand in a tree by segment, so that the time to match does not grow with the number of paths. Only where
nothing fits is a slash at the end passed over; and only then may the last parameter's value be empty or hold slashes
(file paths, branch names), as many services allow. It may not where a slash behind it leads to sub-resources: an unknown
path there is more likely one that the contract lacks than a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote, unquote

_PARAMETER = re.compile(r"\{([^{}]*)\}")
_MAX_SEGMENTS = 200
_FEW = 3  # paths documented below a parameter, beside which its value may still hold slashes


@dataclass(frozen=True, slots=True)
class Route:
    """A documented path: its key in the contract, the key's template without a fragment or query, and the query's pairs.

    No path has a query by the standard, yet documents write `/rest?method=x` and `/now?lat={lat}`: such a value, or any
    value of a parameter in braces, has to stand in a request's query.
    """

    key: str
    template: str
    query: tuple[tuple[str, str], ...] = ()

    @property
    def in_query(self) -> dict[str, str]:
        """The path parameters that stand in the query, each with the name it has there."""
        return {text[1:-1]: name for name, text in self.query if _PARAMETER.fullmatch(text)}

    def takes(self, query: Sequence[tuple[str, str]]) -> bool:
        """Whether a request's query has the values that the key names."""
        return all(_PARAMETER.search(text) or (name, text) in query for name, text in self.query)


@dataclass(slots=True)
class _Branch:
    literal: dict[str, _Branch] = field(default_factory=dict)
    mixed: dict[str, tuple[re.Pattern[str], _Branch]] = field(default_factory=dict)
    any: _Branch | None = None
    routes: list[tuple[Route, tuple[str, ...]]] = field(default_factory=list)


@dataclass
class _Slashed:
    """A route whose last parameter may hold slashes. `start` is literal; paths below it may be documented."""

    route: Route
    names: tuple[str, ...]
    start: str
    below: tuple[str, ...]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Only the last parameter may hold slashes: one wildcard that crosses segments cannot backtrack far."""
        template, below = self.route.template, "|".join(map(re.escape, self.below))
        turns = iter(range(len(self.names), 0, -1))
        taken = f"(?![^/]+/(?:{below})(?:/|$))" if self.below and template.endswith("}") else ""
        wild = _PARAMETER.sub(lambda _: f"{taken}(.*)" if next(turns) == 1 else "([^/]+)", _escaped(template))
        return re.compile(wild, re.DOTALL)


@dataclass
class Router:
    """Routes by path; built once, asked for each request."""

    root: _Branch
    routes: tuple[Route, ...]

    def find(self, path: str) -> list[tuple[Route, dict[str, str]]]:
        """The routes that fit a raw path, best first, each with its parameters' texts percent-decoded."""
        if path.count("/") > _MAX_SEGMENTS:
            return []
        other = path[:-1] if path.endswith("/") else path + "/"
        return self._find_exact(path) or self._find_exact(other) or self._find_slashed(path)

    def _find_exact(self, path: str) -> list[tuple[Route, dict[str, str]]]:
        return [(route, _decoded(names, texts)) for route, names, texts in _walk(self.root, path.split("/")[1:], 0, ())]

    def _find_slashed(self, path: str) -> list[tuple[Route, dict[str, str]]]:
        near = (entry for entry in self.slashed if path.startswith(entry.start))
        matches = ((entry.pattern.fullmatch(path), entry) for entry in near)
        return [(entry.route, _decoded(entry.names, match.groups())) for match, entry in matches if match]

    @cached_property
    def slashed(self) -> list[_Slashed]:
        return sorted(_slashed(self.root), key=lambda entry: -len(_PARAMETER.sub("", entry.route.template)))


def _decoded(names: Sequence[str], texts: Sequence[str]) -> dict[str, str]:
    return {name: unquote(text) for name, text in zip(names, texts, strict=True)}


def build_router(keys: Iterator[str] | list[str]) -> Router:
    """A router over path keys; a key's `#...` or `?...` only tells operations of one path apart."""
    routes = tuple(map(_route, keys))
    root = _Branch()
    for route in routes:
        _insert(root, route)
    return Router(root, routes)


def _route(key: str) -> Route:
    path, _, query = key.partition("#")[0].partition("?")
    pairs = (part.partition("=") for part in query.split("&") if part)
    return Route(key, path or "/", tuple((unquote(name), unquote(text)) for name, _, text in pairs))


def _insert(root: _Branch, route: Route) -> None:
    branch, names = root, []
    for segment in route.template.split("/")[1:]:
        found = _PARAMETER.findall(segment)
        names.extend(found)
        if not found:
            branch = branch.literal.setdefault(unquote(segment), _Branch())
        elif _PARAMETER.fullmatch(segment):
            branch.any = branch.any or _Branch()
            branch = branch.any
        else:
            branch = _mixed(branch, segment)
    branch.routes.append((route, tuple(names)))


def _mixed(branch: _Branch, segment: str) -> _Branch:
    """The branch of a segment that is part literal; those with more of it are tried first."""
    key = _PARAMETER.sub("{}", segment)
    if key not in branch.mixed:
        branch.mixed[key] = (re.compile(_PARAMETER.sub("(.+)", _escaped(segment)), re.DOTALL), _Branch())
        branch.mixed = dict(sorted(branch.mixed.items(), key=lambda entry: -len(entry[0].replace("{}", ""))))
    return branch.mixed[key][1]


def _slashed(root: _Branch) -> Iterator[_Slashed]:
    """Every route with parameters, but those whose last one has many sub-resources."""
    branches = [(root, 0)]
    while branches:
        branch, below = branches.pop()
        for route, names in branch.routes:
            if names and below <= _FEW:
                yield _Slashed(route, names, route.template.partition("{")[0], tuple(branch.literal))
        branches += [(child, below) for child in branch.literal.values()]
        parameters = [*(child for _, child in branch.mixed.values()), *([branch.any] if branch.any else [])]
        branches += [(child, len(child.literal) + len(child.mixed) + (child.any is not None)) for child in parameters]


def _escaped(template: str) -> str:
    pieces = _PARAMETER.split(template)
    return "".join("{" + piece + "}" if index % 2 else re.escape(piece) for index, piece in enumerate(pieces))


def _taken(pattern: re.Pattern[str], segment: str) -> tuple[str, ...]:
    """The raw texts of a segment's parameters; what is literal in it may be percent-encoded in the request."""
    match = pattern.fullmatch(segment)
    if match or "%" not in segment:
        return match.groups() if match else ()
    match = pattern.fullmatch(unquote(segment))
    return tuple(quote(text, safe="") for text in match.groups()) if match else ()


def _walk(
    branch: _Branch, segments: list[str], at: int, texts: tuple[str, ...]
) -> Iterator[tuple[Route, tuple[str, ...], tuple[str, ...]]]:
    if at == len(segments):
        yield from ((route, names, texts) for route, names in branch.routes)
        return
    segment = segments[at]
    literal = branch.literal.get(unquote(segment) if "%" in segment else segment)
    if literal:
        yield from _walk(literal, segments, at + 1, texts)
    for pattern, child in branch.mixed.values():
        found = _taken(pattern, segment)
        if found:
            yield from _walk(child, segments, at + 1, (*texts, *found))
    if branch.any and segment:
        yield from _walk(branch.any, segments, at + 1, (*texts, segment))
