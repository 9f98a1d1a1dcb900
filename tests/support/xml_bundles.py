"""Hypothesis strategies: JSON Schemas with `xml` objects, and values that are meant to be valid by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]
NAMES = ["a", "b", "Item", "Name", "x-1", "é", "_under", "Task.Id"]
PATTERNS = {
    "^[a-z]{1,3}$": st.from_regex(r"[a-z]{1,3}", fullmatch=True),
    r"^\d{1,3}%$": st.from_regex(r"[0-9]{1,3}%", fullmatch=True),
    r"^[A-Z]+(-[A-Z]+)*$": st.from_regex(r"[A-Z]{1,3}(-[A-Z]{1,2}){0,2}", fullmatch=True),
    "b": st.sampled_from(["b", "abc", "b\nb", " b "]),
    "^(?:Complete|Failed|)$": st.sampled_from(["Complete", "Failed", ""]),
    r"[^\s/]": st.sampled_from(["a", " a", "/-"]),
    r"^(?=x)x$": st.just("x"),
}
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\ufffe\uffff", exclude_categories=["Cs", "Cc"])
    | st.sampled_from("\t\n\r "),
    max_size=8,
)
NAMESPACES = ["http://one.example/x", "urn:two"]


@st.composite
def bundles(draw: Draw) -> dict[str, Any]:
    """A bundle whose root is an object, an array or a scalar; its definitions may contain each other."""
    names = draw(st.lists(st.sampled_from(["P", "Q"]), unique=True))
    definitions = {name: draw(_objects(2, names)) for name in names}
    root = draw(st.one_of(_objects(2, names), _objects(2, names), _schemas(1, names)))
    if draw(st.integers(0, 3)) == 0:
        root = {**root, "xml": {**root.get("xml", {}), "namespace": draw(st.sampled_from(NAMESPACES))}}
    return {**root, "$defs": definitions}


def _schemas(depth: int, names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    choices = [_scalars(), _scalars()]
    if depth:
        choices += [_objects(depth - 1, names), _arrays(depth - 1, names), _maps(depth - 1, names), _tagged(names)]
    if names:
        references = st.sampled_from(names).map(lambda name: {"$ref": f"#/$defs/{name}"})
        choices += [references, references.map(lambda one: {"anyOf": [one, {"type": "null"}]})]
        choices += [references.map(lambda one: {"allOf": [one], "xml": {"name": "Renamed"}})]
    return st.one_of(choices)


@st.composite
def _scalars(draw: Draw) -> dict[str, Any]:
    schema: dict[str, Any] = draw(
        st.one_of(
            st.just({"type": "string"}),
            st.sampled_from(sorted(PATTERNS)).map(lambda pattern: {"type": "string", "pattern": pattern}),
            st.tuples(st.integers(0, 3), st.integers(3, 8)).map(
                lambda ends: {"type": "string", "minLength": ends[0], "maxLength": ends[1]}
            ),
            st.lists(TEXTS, min_size=1, max_size=3).map(lambda texts: {"enum": texts}),
            st.just({"type": "boolean"}),
            st.integers(-5, 50).map(lambda low: {"type": "integer", "minimum": low, "exclusiveMaximum": low + 20}),
            st.just({"type": "integer"}),
            st.just({"type": "number"}),
            st.integers(-5, 5).map(lambda low: {"type": "number", "exclusiveMinimum": low, "maximum": low + 0.5}),
            st.just({"enum": [1, 2.5, 10**20]}),
            st.just({"const": True}),
            st.just({"oneOf": [{"type": "integer"}, {"type": "boolean"}]}),
        )
    )
    if "type" in schema and draw(st.integers(0, 4)) == 0:
        schema = {**schema, "type": [schema["type"], "null"]}
    return schema


@st.composite
def _objects(draw: Draw, depth: int, names: list[str]) -> dict[str, Any]:
    keys = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
    by_name: dict[str, tuple[str, dict[str, Any]]] = {}
    for key in keys:
        member = draw(_members(depth, names))
        by_name.setdefault(_element_name(key, member), (key, member))
    properties = dict(by_name.values())
    keys = list(properties)
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    recursive = {key for key, member in properties.items() if "$defs" in str(member)}
    required = [key for key in keys if key not in recursive and draw(st.booleans())]
    schema |= {"required": required} if required else {}
    schema |= draw(st.sampled_from([{"additionalProperties": False}] * 3 + [{}]))
    return schema


@st.composite
def _members(draw: Draw, depth: int, names: list[str]) -> dict[str, Any]:
    """A member's schema, perhaps an attribute, renamed or in a namespace."""
    schema = draw(_schemas(depth, names))
    change = draw(st.integers(0, 7))
    if change == 0 and _is_scalar(schema):
        return {**schema, "xml": {"attribute": True}}
    if change == 1 and "$ref" not in schema and not schema.get("xml"):
        return {**schema, "xml": {"name": draw(st.sampled_from(["other", "Neu"]))}}
    if change == 2 and "$ref" not in schema and not schema.get("xml"):
        namespace = draw(st.sampled_from(NAMESPACES))
        return {**schema, "xml": {"namespace": namespace, **draw(st.sampled_from([{"prefix": "p"}, {}]))}}
    return schema


def _element_name(key: str, member: dict[str, Any]) -> str:
    """Two members of one name would be told apart by nothing."""
    flat = member.get("type") == "array" and not member.get("xml", {}).get("wrapped")
    xml = (member["items"] if flat else member).get("xml", {})
    return str(xml.get("name", key))


def _is_scalar(schema: dict[str, Any]) -> bool:
    return schema.get("type") in ("string", "integer", "boolean", "number") or "enum" in schema


@st.composite
def _arrays(draw: Draw, depth: int, names: list[str]) -> dict[str, Any]:
    items = draw(_schemas(depth, names))
    if draw(st.booleans()) and "$ref" not in items:
        items = {**items, "xml": {"name": draw(st.sampled_from(["entry", "Item"]))}}
    schema: dict[str, Any] = {"type": "array", "items": items}
    schema |= draw(st.sampled_from([{}, {"minItems": 2}, {"maxItems": 3}]))
    return {**schema, "xml": {"wrapped": True}} if draw(st.booleans()) else schema


def _maps(depth: int, names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    def made(schema: dict[str, Any]) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": schema}

    return _scalars().map(made)


def _tagged(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Alternatives told apart by a constant."""

    def made(scalars: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "oneOf": [
                {
                    "type": "object",
                    "required": ["kind"],
                    "additionalProperties": False,
                    "properties": {"kind": {"const": f"k{index}"}, "v": scalar},
                }
                for index, scalar in enumerate(scalars)
            ]
        }

    return st.lists(_scalars(), min_size=2, max_size=3).map(made)


def values(bundle: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a bundle, nearly all valid, without those for which XML has no sign of their own."""
    return _Values(bundle).of(bundle, 4)


class _Values:
    def __init__(self, bundle: dict[str, Any]) -> None:
        self.bundle = bundle

    def of(self, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
        if "$ref" in schema:
            return self.of(self.bundle["$defs"][schema["$ref"].rpartition("/")[2]], depth - 1)
        if "allOf" in schema:
            return self.of(schema["allOf"][0], depth)
        for word in ("oneOf", "anyOf"):
            if word in schema:
                return st.one_of([self.of(branch, depth) for branch in schema[word]])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        if "const" in schema:
            return st.just(schema["const"])
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return st.one_of([getattr(self, name)(schema, depth) for name in types])

    def null(self, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
        return st.none()

    def boolean(self, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
        return st.booleans()

    def integer(self, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
        low = schema.get("minimum")
        return st.integers() if low is None else st.integers(low, schema["exclusiveMaximum"] - 1)

    def number(self, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
        low = schema.get("exclusiveMinimum")
        if low is not None:
            return st.floats(low, schema["maximum"], exclude_min=True)
        return st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**30), 10**30)

    def string(self, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
        if "pattern" in schema:
            return PATTERNS[schema["pattern"]]
        low, high = schema.get("minLength", 0), schema.get("maxLength", 8)
        return TEXTS.filter(lambda text: low <= len(text) <= high)

    def array(self, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
        low, high = schema.get("minItems", 0), schema.get("maxItems", 3)
        return st.lists(self.of(schema["items"], depth - 1), min_size=low, max_size=max(low, high))

    def object(self, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            return st.dictionaries(st.sampled_from(NAMES), self.of(extra, depth - 1), max_size=3)
        required = {key: self.of(schema["properties"][key], depth - 1) for key in schema.get("required", ())}
        rest = {
            key: self.optional(member, depth - 1)
            for key, member in schema["properties"].items()
            if key not in required and (depth > 0 or "$defs" not in str(member))
        }
        return st.fixed_dictionaries(required, optional=rest)

    def optional(self, member: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
        found = self.of(member, depth)
        flat = member.get("type") == "array" and not member.get("xml", {}).get("wrapped")
        return found.filter(lambda value: value != []) if flat else found
