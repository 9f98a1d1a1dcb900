"""What a comparison of two contracts yields: changes, each with a rule, a place and the messages that prove it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from toolkit.client.bodies import Content
from toolkit.client.client import OWN_BODY, Body
from toolkit.client.examples import Value
from toolkit.client.making import compiled
from toolkit.contract.operation import Operation, ResponseSpec
from toolkit.document.files import Node
from toolkit.document.pointers import as_object, part_at
from toolkit.exchange import Key
from toolkit.review import messages
from toolkit.review.inclusion import ASIDE, STRUCTURE, UNUSABLE, Comparison, Gap, Memory, Step
from toolkit.review.messages import Side, Witness
from toolkit.review.samples import made
from toolkit.review.scalars import MOST_CANDIDATES
from toolkit.schema.bundle import ANNOTATIONS, Bundle, stated_types
from toolkit.structs import Frozen, Mutable, field, replace
from toolkit.verdict import plural

_MOST_TRIES = 12
_TEXTS = ("form", "multipart", "xml")  # kinds of media types whose values are texts
# Characters of messages, beyond which changes are proved and the messages not kept; for each at least so many are counted
_MOST_SHOWN, _LEAST_SHOWN = 1_000_000, 4_000
# Characters of values that are tried in all; how much more a message of one takes
_MOST_TRIED, _MESSAGE = 30_000_000, 10


class Change(Frozen):
    """One change between two versions of a contract. `node` is its place in the new one, or in the old one where something
    is gone; `cause` tells apart several changes in one place; `soft` makes it a warning."""

    rule: str
    message: str
    node: Node
    at: str = ""
    witness: Witness | None = None
    cause: str = ""
    soft: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """What changes have in common that are one, though several operations show it."""
        return self.rule, self.node.key, self.cause or self.message, self.soft


class Shared(Mutable, eq=False):
    """What is found out once for all operations: gaps by the schemas compared, the changes that are proved, and how long the messages
    are that prove them and the values that were tried. The bundles are kept, since schemas are known by their `id`."""

    memory: dict[bool, Memory] = field(default_factory=lambda: {False: Memory(), True: Memory()})
    proved: set[tuple[object, ...]] = field(default_factory=set)
    misread: dict[tuple[object, ...], Any] = field(default_factory=dict)
    shown: int = 0
    tried: int = 0


class Pair(Frozen, eq=False):
    """Both versions, and with them an operation that both have."""

    old: Side
    new: Side
    before: Operation
    after: Operation
    shared: Shared
    strict: bool = False

    @property
    def backward(self) -> Pair:
        """The same the other way round."""
        return replace(self, old=self.new, new=self.old, before=self.after, after=self.before)

    def refused(self, changes: Mapping[Key, Value | None] | None = None, body: Body = OWN_BODY) -> Witness | None:
        """A changed request of the old version as a witness; None where it cannot be made, or proves nothing."""
        request = messages.request_of(self.old, self.before, changes or {}, body)
        return messages.request_witness(self.old, self.new, request)

    def accepted(
        self, meaning: str, changes: Mapping[Key, Value | None] | None = None, body: Body = OWN_BODY
    ) -> Witness | None:
        """A changed request that the old version accepts, with what is to be said of it where the new one does not refuse it either:
        that it means something else, or is not described. None where it cannot be made."""
        request = messages.request_of(self.old, self.before, changes or {}, body)
        is_accepted = request and not messages.refusal(self.old, request)
        return Witness(f"{messages.shown_message(request)} - {meaning}") if request and is_accepted else None

    def response_refused(self, spec: ResponseSpec, content: Content | None, **fields: str | None) -> Witness | None:
        """A response of the new version, with changed header fields, as a witness that the old one refuses it."""
        response = messages.response_of(spec, self.after, content, **fields)
        return messages.response_witness((self.old, self.before), (self.new, self.after), response)

    def body_refused(self, spec: ResponseSpec, name: str, media: Node, value: Any) -> Witness | None:
        """The same with a value as its body."""
        bodies = messages.contents(self.after, name, media, value, request=False)
        return next((self.response_refused(spec, one) for one in bodies), None)

    def compared(self, old: Bundle, new: Bundle, *, response: bool = False, texts: bool = False) -> Comparison:
        """The comparison of two schemas, of what is sent with what is understood."""
        inner, outer = (new, old) if response else (old, new)
        return Comparison(inner, outer, self.strict, response, texts, self.shared.memory[response])


class Wording(Frozen):
    """How gaps between two schemas are reported: the rule by the kind of gap, with a rule for `other` kinds, and the place in
    the message, such as `request.body`. `prove` makes a message of a value, None where it proves nothing; `kind` is that of the
    media type; `mean` makes a message of a value that both versions take, and what it means; `any_text` says that every text on the
    wire is a value for who reads it, so that a gap that nothing proves is none."""

    rules: Mapping[str, str]
    at: str
    prove: Callable[[Any], Witness | None]
    kind: str = ""
    mean: Callable[[Any, str], Witness | None] = lambda value, meaning: None
    any_text: bool = False


def schema_changes(comparison: Comparison, wording: Wording, shared: Shared) -> Iterator[Change]:
    """The changes that the gaps of a comparison stand for. A gap that nothing proves is undecided; what is found out already of
    one is not tried again. Where very much was tried, the rest is named as one."""
    proved, left = shared.proved, list[Gap]()
    wording = replace(wording, prove=_once(wording.prove))
    for gap in comparison.gaps():
        at = f"{wording.at}#{gap.where}" if gap.path else wording.at
        if gap.kind == UNUSABLE:
            yield Change("change-uncompared", f"{at}: {gap.detail}", _place(comparison, gap), at, cause=gap.detail)
            continue
        rule = wording.rules.get(gap.kind, wording.rules["other"])
        if rule == "":
            continue
        node = _place(comparison, gap)
        what = f"{at}: {gap.detail}"
        is_default = gap.kind == "default"
        if gap.kind in ASIDE and not is_default:
            yield Change(rule, what, node, at, cause=gap.detail, soft=True)
            continue
        known = (rule, node.key, gap.detail, wording.kind)
        proof = None
        if known not in proved and ("undecided", *known) not in proved:
            if shared.tried > _MOST_TRIED:
                left.append(gap)
                continue
            is_proved, proof = _prove(comparison, wording, gap, shared)
            proved.add(known if is_proved else ("undecided", *known))
        if known in proved or is_default:
            yield Change(rule, what, node, at, proof, cause=gap.detail)
        elif not (
            wording.any_text
            or (wording.kind in _TEXTS and _takes_any_text(comparison.outer, gap))
            or (comparison.texts and _is_unsent(comparison, gap))
        ):
            undecided = f"{what}: whether this breaks anybody cannot be decided, since no value was found that shows it"
            yield Change("change-undecided", undecided, node, at, cause=gap.detail)
    if left:
        what = f"{wording.at}: {plural(len(left), 'difference')} more, such as {left[0].detail}, were not looked into"
        yield Change("change-uncompared", f"{what}, since there are so many", _place(comparison, left[0]), wording.at)


def _takes_any_text(bundle: Bundle, gap: Gap) -> bool:
    """Whether every text is a value of a place: it is a plain string."""
    schema = as_object(part_at(bundle.schema, gap.outer))
    return gap.kind == "type" and "string" in stated_types(schema) and schema.keys() - ANNOTATIONS <= {"type"}


def _is_unsent(comparison: Comparison, gap: Gap) -> bool:
    """Whether only values without a text show a gap, such as an empty list, for which nothing stands on the wire."""
    values = [*islice(witnesses(comparison, gap), _MOST_TRIES)]
    return bool(values) and all(map(_is_empty, values))


def _is_empty(value: Any) -> bool:
    return isinstance(value, list | dict) and all(map(_is_empty, value.values() if isinstance(value, dict) else value))


def _once(prove: Callable[[Any], Witness | None]) -> Callable[[Any], Witness | None]:
    """`prove`, which a value is given to once though many gaps in a row have no other: `{}` where each property was required."""
    last: list[tuple[str, Witness | None]] = []

    def proved(value: Any) -> Witness | None:
        text = repr(value)
        if not last or last[0][0] != text:
            last[:] = [(text, prove(value))]
        return last[0][1]

    return proved


def _prove(comparison: Comparison, wording: Wording, gap: Gap, shared: Shared) -> tuple[bool, Witness | None]:
    """Whether a message proves a gap, and the message, unless very much is shown already: each may be as long as the schema, and
    there may be as many."""
    is_full = shared.shown > _MOST_SHOWN and wording.kind == "json"  # of which every value can be sent
    for value in islice(witnesses(comparison, gap), _MOST_TRIES):
        shared.tried += len(repr(value)) * (1 if is_full else _MESSAGE)
        if is_full:
            return True, None
        if proof := wording.mean(value, gap.detail) if gap.kind == "default" else wording.prove(value):
            shared.shown += _LEAST_SHOWN + len(proof.text)
            return True, proof
    return False, None


def _place(comparison: Comparison, gap: Gap) -> Node:
    """The place in the new version; in the old one where a property is gone."""
    new, old = (comparison.inner, comparison.outer) if comparison.response else (comparison.outer, comparison.inner)
    here, there = (gap.inner, gap.outer) if comparison.response else (gap.outer, gap.inner)
    gone = gap.kind in ("withdrawn", "ignored") or (gap.kind == "undeclared" and not comparison.response)
    return old.node(there) if gone else new.node(here)


def witnesses(comparison: Comparison, gap: Gap) -> Iterator[Any]:
    """Values of the whole that the inner schema has and the outer one refuses, made from the candidates of a gap; that both have
    where it refuses none."""
    inner, outer = compiled(comparison.inner), compiled(comparison.outer)
    for candidate in islice(gap.candidates(), MOST_CANDIDATES):
        value = _lifted(comparison, gap.path, candidate)
        if value is not _NONE and inner.is_valid(value) and outer.is_certain(value) == (gap.kind in ASIDE):
            yield value


def _bases(comparison: Comparison, step: Step) -> list[Any]:
    """A value to put another one into; [] where none can be made. Where no property depends on others, one does for all."""
    if step.kind == "property" and step.form.words <= STRUCTURE:
        is_free = not step.form.required and step.form.constants() is None
        return [{}] if is_free else comparison.objects(step.form, 1)
    key = (id(step.form), step.kind, step.name)
    bases = comparison.memory.bases
    if key not in bases:
        comparison.memory.kept.append(step.form)
        kind = {"type": "array" if step.kind == "item" else "object"}
        wanted: list[dict[str, Any]] = [{"required": [step.name]}] if step.name else []
        if step.kind == "item":
            wanted = [{"minItems": int(step.name or 0) + 1}]
        whole = {"allOf": [*step.form.schema["allOf"], *wanted], **kind}
        bases[key] = made(comparison.inner, whole, 1) or made(comparison.inner, {**step.form.schema, **kind}, 1)
    return bases[key]


_NONE = object()


def _lifted(comparison: Comparison, path: tuple[Step, ...], value: Any) -> Any:
    """A value of the whole that has this one at the path; _NONE where none can be made."""
    for step in reversed(path):
        name = step.name or "anyName"
        bases = _bases(comparison, step)
        if step.kind == "item":
            index = int(step.name or 0)
            base = bases[0] if bases else []
            if len(base) < index:
                return _NONE
            value = [*base[:index], value, *base[index + 1 :]]
            continue
        if not bases and step.form.required.keys() - {name}:
            return _NONE
        value = {**(bases[0] if bases else {}), name: value}
    return value
