"""Every object of a contract with what it is, in one walk over its files: what the checks look through."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import Any, TypeVar

from toolkit.contract.model import Contract
from toolkit.contract.objects import METHODS, REFERABLE, parts
from toolkit.contract.operation import Operation
from toolkit.document.files import Node, at
from toolkit.document.pointers import array_at, as_object, object_at
from toolkit.errors import ContractError
from toolkit.structs import Frozen, Mutable, field
from toolkit.wire import media_type

Made = TypeVar("Made")


class Site(Frozen, eq=False):
    """An object of a contract. `kind` is one of OBJECTS. A `reference` is a `$ref` in the place of an object; `parent` is the
    object around it, in this file."""

    kind: str
    node: Node
    reference: bool
    parent: Site | None

    @property
    def own(self) -> str:
        """The name or index that it has within what holds it."""
        return self.node.tokens[-1] if self.node.tokens else ""

    @property
    def around(self) -> Iterator[Site]:
        """The objects around it, from the inside out."""
        site = self.parent
        while site is not None:
            yield site
            site = site.parent

    @property
    def whole(self) -> Site:
        """The schema that it is a part of by `allOf`, or itself: what a value meets that meets this one there."""
        parent, tokens = self.parent, self.node.tokens
        is_schema = parent and parent.kind == "schema"
        return parent.whole if parent and is_schema and tokens[:-1] == (*parent.node.tokens, "allOf") else self

    def list(self, key: str) -> list[Any]:
        """A field that should be an array; [] where it is none."""
        return array_at(self.node.value, key)

    def map(self, key: str) -> dict[Any, Any]:
        """A field that should be an object; {} where it is none."""
        return object_at(self.node.value, key)

    def values(self, *words: str) -> Sequence[tuple[tuple[str | int, ...], Any]]:
        """The values that fields give, each with its place: those of `enum` and `examples` one by one, others as they are."""
        found: Any = []
        for word in words:
            listed = word in ("enum", "examples")
            found += [((word, index), value) for index, value in enumerate(self.list(word))] if listed else ()
            found += [((word,), self.node.value[word])] if not listed and word in self.node.value else ()
        return found  # type: ignore[no-any-return]

    def mistake(self, message: str, hint: str, *keys: str | int, mild: bool = False) -> Mistake:
        """What is wrong with this object, or with what stands at these keys."""
        return Mistake(self.part(*keys), message, hint, mild)

    def part(self, *keys: str | int) -> Node:
        """What stands at these keys, no `$ref` followed; the last that there is."""
        node = self.node
        for key in keys:
            node = node.raw(key) or node
        return node


class Mistake(Frozen):
    """What is wrong at a node of a contract, and what to do; '' where the cure of the rule says it. `mild`: a warning, also where the
    rule is an error."""

    node: Node
    message: str
    hint: str = ""
    mild: bool = False


class Survey(Mutable, eq=False):
    """A contract and its objects, in the order of its files. `lost` are the references that lead nowhere, each with the reason, and
    `circles` the first reference of a circle by those that lead into it."""

    contract: Contract
    is_old: bool  # OpenAPI 3.0, whose schemas are not those of JSON Schema 2020-12
    by_kind: dict[str, list[Site]] = field(default_factory=lambda: defaultdict(list))
    lost: dict[Any, tuple[Node, str]] = field(default_factory=dict)
    circles: dict[Any, Node] = field(default_factory=dict)
    count: int = 0
    _made: dict[Any, Any] = field(default_factory=dict)

    @cached_property
    def version(self) -> str:
        """`3.0`, `3.1` or `3.2`."""
        return str(self.contract.root.value.get("openapi", ""))[:3]

    def of(self, *kinds: str) -> Iterator[Site]:
        """The objects of these kinds that are no references."""
        return (site for kind in kinds for site in self.by_kind[kind] if not site.reference)

    @cached_property
    def used(self) -> dict[Any, set[str]]:
        """The kinds of media types whose bodies have parts of a schema, by the key of the schema."""
        known = {site.node.key: site for site in self.of("schema")}
        inside: dict[Any, list[Site]] = defaultdict(list)
        for site in known.values():
            if site.parent:
                inside[site.parent.node.key].append(site)
        found: dict[Any, set[str]] = defaultdict(set)
        pending = [(media_type.kind(media.own), one) for media in self.of("media") for one in inside[media.node.key]]
        while pending:
            own, site = pending.pop()
            if own not in found[site.node.key]:
                found[site.node.key].add(own)
                pending += [(own, one) for one in inside[site.node.key]]
                pending += [(own, one) for one in [known.get(site.node.end.key)] if one]
        return found

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """The operations that can be read as far as their path, parameters and responses."""
        return tuple(one for one in self.contract.readable_operations() if _is_readable(one))

    def once(self, make: Callable[[Survey], Made]) -> Made:
        """What is made of the survey, made when first asked for: others need it too."""
        if make not in self._made:
            self._made[make] = make(self)
        return self._made[make]  # type: ignore[no-any-return]


def _is_readable(operation: Operation) -> bool:
    try:
        _ = operation.parameters, operation.responses, operation.request_content
    except (ContractError, AttributeError, TypeError, ValueError):
        return False
    return True


def survey(contract: Contract) -> Survey:
    """Walk a contract: its own file, and what `$ref`s lead to outside of where it would be met anyway."""
    found = Survey(contract, str(contract.root.value.get("openapi", "")).startswith("3.0"))
    met: set[Any] = set()
    asked: set[Any] = set()
    pending = deque([("document", contract.root)])
    while pending:
        kind, start = pending.popleft()
        stack: list[tuple[str, Node, Site | None]] = [(kind, start, None)]
        while stack:
            kind, node, parent = stack.pop()
            if not isinstance(node.value, dict) or node.key in met:
                continue
            met.add(node.key)
            reference = node.value.get("$ref") if kind in REFERABLE else None
            site = Site(kind, node, isinstance(reference, str) and kind not in ("schema", "path"), parent)
            found.by_kind[kind].append(site)
            found.count += 1
            for one in (reference, node.value.get("$dynamicRef") if kind == "schema" else None):
                if isinstance(one, str) and (kind, node.path, one) not in asked:
                    asked.add((kind, node.path, one))
                    pending += [(kind, target) for target in _target(node, one, found)]
            for inner, below, value in () if site.reference else reversed(list(parts(kind, node.value))):
                stack.append((inner, Node(node.files, node.path, (*node.tokens, *below), value), site))
    return found


def _target(node: Node, reference: str, found: Survey) -> Iterator[Node]:
    try:
        node.follow()
        yield node.refer(reference)
    except ContractError as error:
        reason = str(error).partition(": ")[2]
        lost = _circle(node, found.circles) if "is circular" in reason else node
        at = next((part for word in ("$ref", "$dynamicRef") if (part := lost.raw(word))), lost)
        found.lost.setdefault(at.key, (at, reason))


def _circle(node: Node, known: dict[Any, Node]) -> Node:
    """Of the references that lead back into themselves the first, by its pointer, so that each circle is found once; what is
    `known` of those that lead to it is noted."""
    met: dict[Any, Node] = {}
    while node.key not in met and node.key not in known:
        met[node.key] = node
        node = node.refer(node.value["$ref"])
    circle = list(met.values())[list(met).index(node.key) :] if node.key in met else []
    first = known.get(node.key) or min(circle, key=lambda one: (str(one.path), one.tokens))
    known.update(dict.fromkeys(met, first))
    return first


def near(name: Any, known: Iterable[Any]) -> str:
    """`; did you mean 'x'?` for the known name that is nearest to another one; '' for none."""
    found = get_close_matches(str(name), map(str, known), 1)
    return f"; did you mean {found[0]!r}?" if found else ""


def likely(name: str, known: Sequence[str], alike: float = 0.8) -> str:
    """The known name that another one is meant for; '' for none. Of three letters another one is too easily near."""
    close = get_close_matches(name, known, 1, alike) if len(name) > 3 else []
    return next(iter(close or (one for one in known if is_slip(name, one))), "")


def is_slip(name: str, field: str) -> bool:
    """Whether two letters changed places, or one is missing or too many; of short names this is little alike for `difflib`."""
    if len(name) == len(field):
        return sorted(name) == sorted(field) and sum(one != other for one, other in zip(name, field, strict=True)) == 2
    short, long = sorted((name, field), key=len)
    is_one = len(long) == len(short) + 1 and len(short) > 2
    return is_one and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def operation_at(survey: Survey, node: Node) -> str:
    """The name of the operation that a place belongs to; '' for none."""
    tokens = node.tokens
    if len(tokens) < 3 or tokens[0] != "paths" or tokens[2] not in METHODS or node.path != survey.contract.root.path:
        return ""
    found = at(survey.contract.root, tokens[:3])
    name = as_object(found.value).get("operationId") if found else None
    return name if isinstance(name, str) and name else f"{tokens[2].upper()} {tokens[1]}"
