"""Which documented path a request's path belongs to (OpenAPI, Paths Object): concrete before templated.

Templates stand in a tree by segment, so that the time to match does not grow with the number of paths. Only where
nothing fits is a slash at the end passed over; and only then may the last parameter's value be empty or hold slashes
(file paths, branch names), as many services allow. It may not where a slash behind it leads to sub-resources, or nothing
stands before it: an unknown path there is more likely one that the contract lacks than a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from urllib.parse import quote, unquote

from toolkit.structs import Frozen, Mutable, field

PARAMETER = re.compile(r"\{([^{}]*)\}")
_MARKED = re.compile(r"\{(?=\*|[^{}]*(?::path|:\.[*+]|[*+])\}$)\*?(?P<name>[\w.-]+)(?::path|:\.[*+]|[*+])?\}$")
_MAX_SEGMENTS = 200
_MOST_TRIED = 50_000  # texts of parameters, of one segment
_FEW = 3  # paths documented below a parameter, beside which its value may still hold slashes


class Route(Frozen):
    """A documented path: its key in the contract, the key's template without a fragment or query, and the query's pairs.

    No path has a query by the standard, yet documents write `/rest?method=x` and `/now?lat={lat}`: such a value, or any
    value of a parameter in braces, has to stand in a request's query. `slashed` is the parameter that the key marks as one
    whose value may hold slashes, as frameworks write it: `{path:path}`, `{proxy+}`, `{*rest}`; the template has its name alone.
    """

    key: str
    template: str
    query: tuple[tuple[str, str], ...] = ()
    slashed: str = ""

    @property
    def in_query(self) -> dict[str, str]:
        """The path parameters that stand in the query, each with the name it has there."""
        return {text[1:-1]: name for name, text in self.query if PARAMETER.fullmatch(text)}

    def takes(self, query: Sequence[tuple[str, str]]) -> bool:
        """Whether a request's query has the values that the key names."""
        return not self.query or all(PARAMETER.search(text) or (name, text) in query for name, text in self.query)


class TooManyWays(ValueError):
    """A segment of a path can be split into its parameters in more ways than are tried."""


class _Branch(Mutable):
    literal: dict[str, _Branch] = field(default_factory=dict)
    mixed: dict[str, tuple[tuple[str, ...], _Branch]] = field(default_factory=dict)
    any: _Branch | None = None
    routes: list[tuple[Route, tuple[str, ...]]] = field(default_factory=list)


class _Slashed(Mutable):
    """A route whose last parameter may hold slashes. `start` is literal; paths below it may be documented."""

    route: Route
    names: tuple[str, ...]
    start: str
    below: tuple[str, ...]

    def texts(self, path: str) -> tuple[str, ...]:
        """The parameters' texts if the route fits: only the last one may hold slashes, or be empty; () if it does not."""
        *before, last = self.route.template[: self.route.template.rindex("}") + 1].split("/")
        end = self.route.template[self.route.template.rindex("}") + 1 :]
        segments = path.split("/", len(before))
        if len(segments) <= len(before) or not segments[-1].endswith(end):
            return ()
        found: tuple[str, ...] = ()
        for template, segment in zip(before, segments, strict=False):
            taken = _split_at(_literals(template), segment)
            if taken is None:
                return ()
            found += taken
        rest = segments[-1].removesuffix(end)
        first, slash, more = rest.partition("/")
        taken = _split_at(_literals(last), first, may_be_empty=True)
        if taken is None or (not end and taken[-1] and slash and more.partition("/")[0] in self.below):
            return ()
        return (*found, *taken[:-1], taken[-1] + slash + more)


class Router(Mutable):
    """Routes by path; built once, asked for each request."""

    root: _Branch
    routes: tuple[Route, ...]

    def find(self, path: str) -> list[tuple[Route, dict[str, str]]]:
        """The routes that fit a raw path, best first, each with its parameters' texts percent-decoded."""
        if path.count("/") > _MAX_SEGMENTS:
            return []
        other = path[:-1] if path.endswith("/") else path + "/"
        if found := self._find_exact(path) or self._find_exact(other):
            return found
        near = (entry for entry in self.slashed if path.startswith(entry.start))
        return [(entry.route, _decoded(entry.names, texts)) for entry in near if (texts := entry.texts(path))]

    def _find_exact(self, path: str) -> list[tuple[Route, dict[str, str]]]:
        return [(route, _decoded(names, texts)) for route, names, texts in _walk(self.root, path.split("/")[1:], 0, ())]

    @cached_property
    def slashed(self) -> list[_Slashed]:
        return sorted(_slashed(self.root), key=lambda entry: -len(PARAMETER.sub("", entry.route.template)))


def _decoded(names: Sequence[str], texts: Sequence[str]) -> dict[str, str]:
    return {name: unquote(text) for name, text in zip(names, texts, strict=True)}


def build_router(keys: Iterable[str], names: Collection[str] = ()) -> Router:
    """A router over path keys; a key's `#...` or `?...` only tells operations of one path apart. `names` are those of parameters,
    of which one may be written like a mark. Of segments that are part literal, those with more of it are tried first."""
    routes = tuple(_route(key, names) for key in keys)
    root = _Branch()
    for route in routes:
        _insert(root, route)
    branches = [root]
    for branch in branches:  # which grows meanwhile
        branch.mixed = dict(sorted(branch.mixed.items(), key=lambda entry: -len(entry[0].replace("{}", ""))))
        branches += [*branch.literal.values(), *(child for _, child in branch.mixed.values())]
        branches += [branch.any] if branch.any else []
    return Router(root, routes)


def _route(key: str, names: Collection[str]) -> Route:
    path, _, query = key.partition("#")[0].partition("?")
    pairs = (part.partition("=") for part in query.split("&") if part)
    marked = _MARKED.search(path)
    marked = None if marked and marked[0][1:-1] in names else marked
    template = path[: marked.start()] + "{" + marked["name"] + "}" if marked else path or "/"
    slashed = marked["name"] if marked else ""
    return Route(key, template, tuple((unquote(name), unquote(text)) for name, _, text in pairs), slashed)


def _insert(root: _Branch, route: Route) -> None:
    branch, names = root, []
    for segment in route.template.split("/")[1:]:
        found = PARAMETER.findall(segment)
        names.extend(found)
        if not found:
            branch = branch.literal.setdefault(unquote(segment), _Branch())
        elif PARAMETER.fullmatch(segment):
            branch.any = branch.any or _Branch()
            branch = branch.any
        else:
            branch = _mixed(branch, segment)
    branch.routes.append((route, tuple(names)))


def _mixed(branch: _Branch, segment: str) -> _Branch:
    """The branch of a segment that is part literal."""
    return branch.mixed.setdefault(PARAMETER.sub("{}", segment), (_literals(segment), _Branch()))[1]


def _slashed(root: _Branch) -> Iterator[_Slashed]:
    """Every route with parameters, but those whose last one has many sub-resources or begins the path, so that it would take any."""
    branches = [(root, 0)]
    while branches:
        branch, below = branches.pop()
        for route, names in branch.routes:
            is_anchored = "/" in route.template[1 : route.template.rfind("}")]
            if names and (route.slashed or (below <= _FEW and is_anchored)):
                yield _Slashed(route, names, route.template.partition("{")[0], tuple(branch.literal))
        branches += [(child, below) for child in branch.literal.values()]
        parameters = [*(child for _, child in branch.mixed.values()), *([branch.any] if branch.any else [])]
        branches += [(child, len(child.literal) + len(child.mixed) + (child.any is not None)) for child in parameters]


def _literals(template: str) -> tuple[str, ...]:
    """What stands before, between and behind the parameters of a segment."""
    return tuple(PARAMETER.split(template)[::2])


def _split_at(literals: tuple[str, ...], segment: str, may_be_empty: bool = False) -> tuple[str, ...] | None:
    """The texts between the literals, the first ones as long as possible; the last one alone may be empty. None if the
    segment does not fit. In linear time: from the end, each literal is where it is found first."""
    start, end = len(literals[0]), len(segment) - len(literals[-1])
    if len(literals) == 1:
        return () if segment == literals[0] else None
    if not (segment.startswith(literals[0]) and segment.endswith(literals[-1])):
        return None
    texts: list[str] = []
    least = 0 if may_be_empty else 1
    for literal in reversed(literals[1:-1]):
        at = segment.rfind(literal, start, end - least) if end - least >= start else -1
        if at < 0:
            return None
        texts.append(segment[at + len(literal) : end])
        end, least = at, 1
    return (segment[start:end], *reversed(texts)) if end - start >= least else None


def paired(template: str, path: str) -> Iterator[tuple[str, str]]:
    """The segments of a template and of a raw path, from the end: a base path may stand before the path."""
    return zip(reversed(template.split("/")), reversed(path.split("/")), strict=False)


def split_by(template: str, segment: str, conforms: Callable[[str, str], bool]) -> dict[str, str] | None:
    """The parameters' texts in a raw segment, percent-decoded, of a way to split it in which each conforms; None if there is none. Raises
    TooManyWays. Several ways are left open where a value may hold what stands between two parameters: `{name}-{version}` in `a-b-1`."""
    literals, names = _literals(template), PARAMETER.findall(template)
    decode: Callable[[str], str] = unquote
    if _split_at(literals, segment) is None:  # what is literal is percent-encoded
        segment, decode = unquote(segment), str
    end, tried = len(segment) - len(literals[-1]), 0

    def fits(number: int, start: int, stop: int) -> bool:
        return start < stop and conforms(names[number], decode(segment[start:stop]))

    # Where the next parameter begins: where those before it end.
    ways: dict[int, tuple[int, ...]] = {len(literals[0]): ()}
    for number, literal in enumerate(literals[1:-1]):
        found: dict[int, tuple[int, ...]] = {}
        for start, stops in ways.items():
            stop = segment.find(literal, start + 1, end)
            while stop >= 0:
                tried += 1
                if tried > _MOST_TRIED:
                    raise TooManyWays
                if stop + len(literal) not in found and fits(number, start, stop):
                    found[stop + len(literal)] = (*stops, start, stop)
                stop = segment.find(literal, stop + 1, end)
        ways = found
    last = len(names) - 1
    for start, stops in ways.items():
        if fits(last, start, end):
            places = (*stops, start, end)
            pairs = zip(names, places[::2], places[1::2], strict=True)
            return {name: decode(segment[begin:stop]) for name, begin, stop in pairs}
    return None


def _taken(literals: tuple[str, ...], segment: str) -> tuple[str, ...]:
    """The raw texts of a segment's parameters; what is literal in it may be percent-encoded in the request."""
    texts = _split_at(literals, segment)
    if texts or "%" not in segment:
        return texts or ()
    return tuple(quote(text, safe="") for text in _split_at(literals, unquote(segment)) or ())


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
    for literals, child in branch.mixed.values():
        found = _taken(literals, segment)
        if found:
            yield from _walk(child, segments, at + 1, (*texts, *found))
    if branch.any and segment:
        yield from _walk(branch.any, segments, at + 1, (*texts, segment))
