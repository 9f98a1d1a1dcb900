"""A contract as one document: what its `$ref` name in other files stands in it, and only the operations asked for."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from toolkit.contract.model import Contract
from toolkit.contract.objects import METHODS
from toolkit.contract.operation import Operation
from toolkit.document.files import Node
from toolkit.document.names import free_name
from toolkit.document.pointers import Tokens, array_at, as_object, object_at, pointer_text, pointer_tokens
from toolkit.errors import ContractError
from toolkit.export.grammar import SECTIONS, rebuilt, walk
from toolkit.structs import Mutable, field, replace

Document = dict[str, Any]
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_KINDS = {section: kind for kind, section in SECTIONS.items()}
_USED = ("securitySchemes",)  # sections of `components` whose objects are used by name


def bundled_document(contract: Contract, operations: Collection[Operation] | None = None) -> Document:
    """The contract as one document without references to other files; with `operations`, these alone and what they need. Raises
    ContractError, and RecursionError."""
    if operations is None:
        return _Bundler(contract.root).whole()
    return _Bundler(contract.root).selection({(str(one.route.key), one.method.lower()) for one in operations})


class _Bundler(Mutable):
    """Copies objects of the files; one of another file that has a section in `components` is put there once."""

    root: Node
    names: dict[Any, str] = field(default_factory=dict)
    added: dict[str, dict[str, Any]] = field(default_factory=dict)
    inside: list[Any] = field(default_factory=list)

    def whole(self) -> Document:
        document: Document = self.copied("document", self.root)
        merged = {**object_at(document, "components")}
        for section, objects in self.added.items():
            merged[section] = {**merged.get(section, {}), **objects}
        return {**document, "components": merged} if self.added else document

    def selection(self, kept: set[tuple[str, str]]) -> Document:
        """The document with these operations alone, by path and method, and the components that they need or that are used by name."""
        known = dict(object_at(self.root.value, "components"))
        bare = {"components": {}, "paths": _paths(self.root.value, kept)}
        rest = {key: bare.get(key, one) for key, one in self.root.value.items() if key != "webhooks"}
        made = _selected(self.copied("document", replace(self.root, value=rest)), kept)  # paths may be of other files
        used = [(section, name) for section in _USED for name in object_at(known, section)]
        pending, found = [*_needed("document", made), *used], dict[str, dict[str, Any]]()
        while pending:
            section, name = pending.pop()
            if name in found.get(section, ()) or section not in _KINDS:
                continue
            one = self.added.get(section, {}).get(name)
            if one is None and name in object_at(known, section):
                node = _below(self.root, ("components", section, name), known[section][name])
                one = self.copied(_KINDS[section], node)
            found.setdefault(section, {})[name] = one
            pending += _needed(_KINDS[section], one)
        for section, objects in found.items():  # in the order of the document
            names = [*object_at(known, section), *self.added.get(section, ())]
            known[section] = {name: objects[name] for name in names if name in objects}
        left = {section: known[section] for section in {**known, **self.added} if found.get(section)}
        return {**made, "components": left} if known else made

    def copied(self, kind: str, node: Node) -> Any:
        value = node.value
        if isinstance(value, dict) and isinstance(value.get("$ref"), str):
            target = node.refer(value["$ref"])
            if not self.is_here(kind, node, value["$ref"], target):
                return self.brought(kind, node, target)
        if kind == "schema" and isinstance(value, dict) and isinstance(value.get("discriminator"), dict):
            value = {**value, "discriminator": self.discriminator(node, value["discriminator"])}
        return rebuilt(kind, value, lambda inner, below, part: self.copied(inner, _below(node, below, part)))

    def is_here(self, kind: str, node: Node, reference: str, target: Node) -> bool:
        """Whether a reference leads to the same place from the copy."""
        is_pointer = reference == "#" or reference.startswith("#/")
        return node.path == self.root.path and is_pointer and self.stays(kind, target)

    def stays(self, kind: str, target: Node) -> bool:
        """Whether a target is referred to where it stands: what stands within an operation or a response may not be in the copy."""
        is_in_section = kind not in SECTIONS or target.tokens[:2] in ((), ("components", SECTIONS[kind]))
        return target.path == self.root.path and is_in_section

    def brought(self, kind: str, node: Node, target: Node) -> Any:
        siblings = {key: one for key, one in node.value.items() if key != "$ref"}
        if kind not in SECTIONS and target.path != self.root.path:
            if target.key in self.inside:
                circle = f"leads back to itself through {node.value['$ref']!r}"
                raise ContractError(f"{node.location}: {circle}; break the circle")
            self.inside.append(target.key)
            copied = self.copied(kind, target)
            self.inside.pop()
            return {**copied, **siblings} if isinstance(copied, dict) else copied
        return {"$ref": self.reference(kind, target), **siblings}

    def reference(self, kind: str, target: Node) -> str:
        if self.stays(kind, target):
            return f"#{pointer_text(target.tokens)}"
        section = SECTIONS[kind]
        if target.key not in self.names:
            self.names[target.key] = name = self.free_name(section, target)
            self.added.setdefault(section, {})[name] = None  # so that the name is taken, and one in a circle is known
            self.added[section][name] = self.copied(kind, target)
        return f"#/components/{section}/{self.names[target.key]}"

    def free_name(self, section: str, target: Node) -> str:
        known = self.root.get("components", section)
        taken = {*as_object(known.value if known else None), *self.added.get(section, ())}
        name = target.tokens[-1] if target.tokens else target.path.name.partition(".")[0]
        if name in ("schema", "items") or name.isdecimal():  # a place, and no name
            name = str(as_object(target.value).get("title") or "Part")
        return free_name(_UNSAFE.sub("-", name), taken.__contains__)

    def discriminator(self, node: Node, value: dict[str, Any]) -> dict[str, Any]:
        """The discriminator with a mapping whose references lead to schemas of the copy."""
        mapping = value.get("mapping")
        if not isinstance(mapping, dict):
            return value
        return {**value, "mapping": {key: self.mapped(node, name) for key, name in mapping.items()}}

    def mapped(self, node: Node, name: Any) -> Any:
        if not isinstance(name, str) or not re.search(r"[/#]|\.(json|ya?ml)$", name):
            return name
        target = node.refer(name)
        return name if self.is_here("schema", node, name, target) else self.reference("schema", target)


def _below(node: Node, below: Tokens, value: Any) -> Node:
    return Node(node.files, node.path, (*node.tokens, *below), value)


def _paths(document: Document, kept: set[tuple[str, str]]) -> Document:
    """The paths with these operations alone, by path and method."""
    made: Document = {}
    for key, item in (document.get("paths") or {}).items():
        if isinstance(item, dict) and any(key == path for path, _ in kept):
            left = {name: one for name, one in item.items() if name not in METHODS or (key, name) in kept}
            made |= {key: left} if any(name in METHODS or name == "$ref" for name in left) else {}
    return made


def _selected(document: Document, kept: set[tuple[str, str]]) -> Document:
    made = {**document, "paths": _paths(document, kept)}
    operations = [item.get(name) for item in made["paths"].values() for name in METHODS]
    used = {str(tag) for one in operations for tag in array_at(one, "tags")}
    if isinstance(made.get("tags"), list):
        made["tags"] = [one for one in made["tags"] if as_object(one).get("name") in used]
    return made


def _needed(kind: str, value: Any) -> list[tuple[str, str]]:
    """The components that an object of a kind refers to, by section and name, wherever in it; those too that a discriminator names
    by its mapping without a reference."""
    found, pending = [], [value]
    while pending:
        one = pending.pop()
        pending += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        reference = one if isinstance(one, str) and one.startswith("#/components/") else ""
        if len(tokens := pointer_tokens(reference)) > 2:
            found.append((tokens[1], tokens[2]))
    for inner, _, one in walk(value, kind):
        mapping = object_at(object_at(one, "discriminator"), "mapping") if inner == "schema" else {}
        found += [("schemas", str(name)) for name in mapping.values()]
    return found
