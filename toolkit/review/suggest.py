"""Laws that a contract's names and schemas suggest, as an OpenAPI Overlay: pages, identity, total, repeated values, filters, order.

A name is no promise. What is suggested here is to be tried on the service, or read by someone who knows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from toolkit.contract.flow import words
from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation, Parameter, ResponseSpec
from toolkit.contract.paging import ANY_VALUES, CHOOSING, NAMES_OF_NEXT, NAMES_OF_TOTAL, SORTING, paging_inputs
from toolkit.contract.promises import LAWS, PAGES, states_promises
from toolkit.document.names import bare_name
from toolkit.document.pointers import texts_in
from toolkit.errors import ContractError
from toolkit.schema.shape import SCALARS_OR_NULL, Shape, Shapes
from toolkit.structs import Frozen, field, replace
from toolkit.verdict import few

_TOTALS = NAMES_OF_TOTAL | {"count"}
_NEXT = NAMES_OF_NEXT | {"next", "cursor"}
_IDENTITIES = ("id", "uuid", "guid", "key", "code", "slug", "name")
_SORTING = SORTING | {"sortorder", "direction"}
_SELECTING = CHOOSING | _SORTING | {"q", "query", "search"}
_MOST_NAMES = 3
_ORDERED = ("id", "createdat", "created", "creationtime", "timestamp", "date", "time", "updatedat", "name")


class Suggestion(Frozen):
    """What an operation may promise: pagination and facts of `x-laws`, each with the reason to think so. `results` is the
    place of the list in a response."""

    operation: Operation
    results: tuple[str, ...]
    pagination: Mapping[str, Any] | None
    laws: Mapping[str, Any]
    reasons: Mapping[str, str] = field(default_factory=dict)

    def without(self, facts: Iterable[str]) -> Suggestion:
        """The suggestion without some facts; `pagination` stands for the pages, without which the whole list is not known."""
        gone = set(facts)
        known = self.laws if "pagination" not in gone else [name for name in self.laws if name == "identity"]
        kept = {name: self.laws[name] for name in known if name not in gone}
        return replace(self, pagination=None if "pagination" in gone else self.pagination, laws=kept)

    def without_filters(self, names: Iterable[str]) -> Suggestion:
        """The suggestion without some filters, or all where no other is left."""
        gone = {*names}
        left = {name: one for name, one in self.laws["filters"].items() if name not in gone}
        laws, reasons = {**self.laws, "filters": left}, {**self.reasons, "filters": _namesakes(left)}
        return replace(self, laws=laws, reasons=reasons) if left else self.without(["filters"])


_Listed = tuple[tuple[str, ...], Shape, Shape, Shapes]


def suggest(contract: Contract, leave_out: Callable[[str], object]) -> Iterator[Suggestion]:
    """A suggestion for each operation that returns a list and states no law itself. `leave_out` takes a sentence for each one that cannot be used."""
    for operation in contract.operations():
        try:
            found = None if operation.method != "GET" or states_promises(operation) else _of(operation)
        except ContractError as error:
            leave_out(f"{operation.name} is left out: {error}")
            continue
        if found and (found.pagination or found.laws):
            yield found


def unstated(operations: Iterable[Operation]) -> str:
    """A sentence that says which laws of these operations the contract may mean and does not state, so that nothing examines them; '' for none."""
    named = {one.name: list(_unstated(one)) for one in operations}
    names = [f"{name} ({', '.join(facts)})" for name, facts in named.items() if facts]
    cure = "`contract suggest` writes those that hold, for --overlay"
    return f"laws that the contract does not state are not examined: {few(names, _MOST_NAMES)}; {cure}" if names else ""


def _unstated(operation: Operation) -> Iterator[str]:
    """The laws that names suggest for a list, and the parameters that choose what a response shows, as far as no law states them."""
    try:
        own = [operation.extension(name) for name in (LAWS, PAGES)]
        found = _of(operation) if operation.method == "GET" else None
        free = [one.name for one in operation.parameters if one.location == "query" and one.only_value is None]
    except ContractError:
        return
    stated = {*texts_in(own, names=True)}
    laws = found.laws if found else {}
    yield from (name for name in laws if name not in {"identity", *stated} and not any(own))
    known = {*stated, *laws.get("filters", ()), *(name for names in paging_inputs(free).values() for name in names)}
    yield from (name for name in free if name not in known and (found or bare_name(name) in _SELECTING))


def overlay(contract: Contract, suggestions: Iterable[Suggestion]) -> dict[str, Any]:
    """The suggestions as an OpenAPI Overlay 1.0, which `--overlay` takes; the reasons are its descriptions."""
    actions = []
    for one in suggestions:
        update: dict[str, Any] = {PAGES: dict(one.pagination)} if one.pagination else {}
        update |= {LAWS: dict(one.laws)} if one.laws else {}
        known = {"pagination": one.pagination, **one.laws}
        reasons = "; ".join(f"{name}: {one.reasons[name]}" for name, value in known.items() if value)
        if update:
            actions.append({"target": _target(one.operation), "description": reasons, "update": update})
    title = f"Laws of {contract.name}"
    return {"overlay": "1.0.0", "info": {"title": title, "version": "1.0.0"}, "actions": actions}


def _target(operation: Operation) -> str:
    key = operation.route.key.replace("\\", "\\\\").replace("'", "\\'")
    return f"$.paths['{key}'].{operation.method.lower()}"


def _of(operation: Operation) -> Suggestion | None:
    spec = operation.response(200)
    listed = _list_of(operation, spec) if spec else None
    if listed is None or spec is None:
        return None
    results, root, item, shapes = listed
    parameters = {parameter.name: parameter for parameter in operation.parameters if parameter.location == "query"}
    pagination, reason = _pagination(parameters, results, root)
    used = [entry["name"] for entry in (pagination or {}).get("inputs", ())]
    laws: dict[str, tuple[Any, str]] = {}
    if identity := _identity(operation, item):
        laws["identity"] = identity, f"items have {identity}, which is required"
    is_list = results and (pagination or not operation.route.template.endswith("}"))  # and no thing that has an array
    totals = [name for name, own in root.properties.items() if is_list and "integer" in shapes.of(*own).types]
    if total := next((name for name in totals if bare_name(name) in _TOTALS), None):
        laws["total"] = f"$.{total}", f"the response has the number {total}"
    if echo := {name: f"$.{own}" for name in used for own in root.properties if own.lower() == name.lower()}:
        laws["echo"] = echo, f"the response has {', '.join(echo)}"
    if filters := _filters([parameters[name] for name in sorted(parameters.keys() - used)], item, shapes):
        laws["filters"] = filters, _namesakes(filters)
    reasons = {"pagination": reason, **{name: why for name, (_, why) in laws.items()}}
    return Suggestion(operation, results, pagination, {name: value for name, (value, _) in laws.items()}, reasons)


def _list_of(operation: Operation, spec: ResponseSpec) -> _Listed | None:
    """Where the list is in a response, the shapes of the response and of an item; None if there is no list of objects. All that refer to
    one schema, and say no more, have the same."""
    for media in spec.content.values():
        if schema := media.raw("schema"):
            key, known = schema.meant.key, schema.files.made.setdefault("lists", {})
            if key not in known:
                bundle = operation.body_bundle(media)
                known[key] = _listed(bundle.schema) if bundle else None
            if (found := known[key]) is not None:
                return found  # type: ignore[no-any-return]
    return None


def _listed(schema: dict[str, Any]) -> _Listed | None:
    shapes = Shapes(schema)
    root = shapes.of(schema)
    places: list[tuple[tuple[str, ...], Shape]] = [((), root)] if "array" in root.types and root.items else []
    places += [((name,), shapes.of(*schemas)) for name, schemas in root.properties.items()]
    lists = [(place, shapes.of(*shape.items)) for place, shape in places if "array" in shape.types and shape.items]
    objects = [(place, item) for place, item in lists if "object" in item.types and item.properties]
    return (objects[0][0], root, objects[0][1], shapes) if len(objects) == 1 else None


def _pagination(parameters: Iterable[str], results: tuple[str, ...], root: Shape) -> tuple[dict[str, Any] | None, str]:
    found = {kind: names[-1] for kind, names in paging_inputs(parameters).items()}
    outputs = {"results": "$" + "".join(f".{name}" for name in results)}
    following = next((name for name in root.properties if bare_name(name) in _NEXT and (name,) != results), None)
    if "cursor" in found and following:
        kinds, outputs["nextCursor"], kind = ("cursor", "limit"), f"$.{following}", "cursor"
    elif "page" in found or "offset" in found:
        kinds, kind = ("page" if "page" in found else "offset", "limit"), "offsetLimit"
    else:
        return None, ""
    inputs = [{"name": found[one], "in": "parameters", "type": one} for one in kinds if one in found]
    reason = f"the parameters {' and '.join(entry['name'] for entry in inputs)} cut the list {outputs['results']}"
    return {"type": kind, "inputs": inputs, "outputs": outputs}, reason


def _identity(operation: Operation, item: Shape) -> str | None:
    """A required property that is called as identities are, or after what the path lists: `taskId` below /tasks."""
    last = next((part for part in reversed(operation.route.template.split("/")) if part and "{" not in part), "")
    noun = bare_name(last).removesuffix("s")
    own = [name for name in item.required if bare_name(name) in (f"{noun}id", f"{noun}key", f"{noun}number")]
    plain = [name for wanted in _IDENTITIES for name in sorted(item.required) if bare_name(name) == wanted]
    return next(iter([*plain[:1], *own] if plain and bare_name(plain[0]) in _IDENTITIES[:3] else [*own, *plain]), None)


def _filters(parameters: Iterable[Parameter], item: Shape, shapes: Shapes) -> dict[str, Any]:
    by_name = {bare_name(name): name for name in item.properties}
    known = ((one, by_name[bare_name(one.name)]) for one in parameters if bare_name(one.name) in by_name)
    fitting = ((one.name, own) for one, own in known if _is_equal(one, shapes.of(*item.properties[own])))
    return {name: {"item": own, "is": "equal"} for name, own in fitting}


def _is_equal(parameter: Parameter, own: Shape) -> bool:
    """Whether an item may have each value that is chosen: it is a scalar, and no constant, such as `all`, is for several."""
    listed, chosen = own.constants(), [one for one in parameter.schema.get("enum", ()) if one is not None]
    is_wider = any({*words(str(one))} & ANY_VALUES or one not in (listed or [one]) for one in chosen)
    return own.types <= SCALARS_OR_NULL and not is_wider


def _namesakes(filters: Iterable[str]) -> str:
    return f"parameters and properties of items have the same names: {', '.join(filters)}"


def orders(operation: Operation, items: list[Any]) -> Iterator[list[str]]:
    """The orders that a list seems to have: by a property that never falls, or never rises, and is not the same throughout. One
    that a parameter gives is no law."""
    if any(bare_name(parameter.name) in _SORTING for parameter in operation.parameters):
        return
    objects = [item for item in items if isinstance(item, dict)]
    names = [name for name in (objects[0] if objects else ()) if bare_name(name) in _ORDERED]
    for name in sorted(names, key=lambda name: _ORDERED.index(bare_name(name))):
        values: list[Any] = [item.get(name) for item in objects]
        is_ordered = len({type(value) for value in values}) == 1 and isinstance(values[0], int | str)
        if is_ordered and len(set(values)) > 2:
            signs = {"+": sorted(values), "-": sorted(values, reverse=True)}
            yield from ([f"{sign}{name}"] for sign, wanted in signs.items() if values == wanted)
