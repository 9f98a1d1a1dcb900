"""A contract's files as trees: YAML 1.2 and JSON read safely, `$ref` followed, every place given as file#pointer:line:column.

Only files in the folder of the contract or below it are read, and the metaschemas of JSON Schema, which a package has; nothing is fetched.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson

from toolkit.document.identifiers import WORDS, Identifiers, base_of, identifiers, objects, resolved, unwind
from toolkit.document.names import RepeatedName, read_distinct, refuse_repeated_keys
from toolkit.document.pointers import ABSENT, child, pointer_text, pointer_tokens
from toolkit.document.positions import marks, yaml_events
from toolkit.document.writing import is_special
from toolkit.document.yaml import LONG_INTEGER, MAX_DEPTH, parse_whole
from toolkit.errors import ContractError
from toolkit.structs import Frozen, field

METASCHEMAS = "//json-schema.org/draft"  # in their addresses
MAX_BYTES = 64 << 20
MAX_YAML = 16 << 20  # characters: what is read from YAML takes a hundredfold of its size
MAX_VALUES = 4_000_000  # of one JSON file

_TOO_DEEP = "nested too deeply; use `$ref` to schemas of their own"
_DOCUMENT = re.compile(r"^---(?:\s|$)", re.MULTILINE)  # may begin another document, or stand in a text
_COUNTS = tuple(f"{end}{what}" for end in ("min", "max") for what in ("Length", "Items", "Properties", "Contains"))
_FLOAT_COUNT = re.compile(r"(?:min|max)(?:Length|Items|Properties|Contains)[\"']?\s*:\s*[0-9+]*[.eE]")


def read_text(path: Path) -> str:
    """The text of a file, compressed or not. Raises ContractError where it cannot be read, is no UTF-8, or too large."""
    try:
        _refuse_pipe(path)
        with path.open("rb") as file:
            head = file.read(2)
            file.seek(0)
            data = (gzip.GzipFile(fileobj=file) if head == b"\x1f\x8b" else file).read(MAX_BYTES + 1)
    except (OSError, EOFError, gzip.zlib.error) as error:  # type: ignore[attr-defined]
        reason = getattr(error, "strerror", None) or str(error)
        raise ContractError(f"{path}: cannot be read ({reason}); name a contract with --contract FILE") from None
    if len(data) > MAX_BYTES:
        raise ContractError(f"{path}: larger than {MAX_BYTES >> 20} MB; split the contract")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ContractError(f"{path}: not UTF-8 at byte {error.start}; save the contract as UTF-8") from None


def _refuse_pipe(path: Path) -> None:
    if is_special(path):
        raise ContractError(f"{path}: a pipe or a device, which cannot be read twice; save it to a file")


def _parse(path: Path, text: str) -> Any:
    try:
        if text.lstrip()[:1] in ("{", "["):
            with suppress(orjson.JSONDecodeError):  # a flow mapping of YAML may look like this too
                return _parse_json(path, text)
        if len(text) > MAX_YAML or text.count("\n") + text.count(",") > MAX_YAML // 16:
            large = f"larger than {MAX_YAML >> 20} MB of YAML"
            raise ContractError(f"{path}: {large}; split the contract, or save it as JSON")
        starts = yaml_events(text) if _DOCUMENT.search(text.lstrip(), 1) else ()
        if sum(type(event).__name__ == "DocumentStartEvent" for event in starts) > 1:
            raise ContractError(f"{path}: several YAML documents; keep one, and save the others as files of their own")
        tree = parse_whole(text)
        refuse_repeated_keys(text)
        return tree
    except ContractError:
        raise
    except RepeatedName as error:
        raise ContractError(f"{path}: {error}; keep one of them") from None
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise ContractError(
            f"{path}: {_TOO_DEEP if 'recursion' in reason else f'neither JSON nor YAML: {reason}'}"
        ) from None


def _parse_json(path: Path, text: str) -> Any:
    if text.count("{") + text.count("[") + text.count(",") > MAX_VALUES:
        raise ContractError(f"{path}: more than {MAX_VALUES:,} values; split the contract")
    tree = orjson.loads(text)
    if LONG_INTEGER.search(text):
        return read_distinct(text)
    try:
        again = orjson.dumps(tree)
    except TypeError:  # of 255 levels, as YAML is refused
        raise ContractError(f"{path}: {_TOO_DEEP}") from None
    if again.count(b":") != text.count(":"):
        read_distinct(text)
    return tree


def _with_whole_counts(tree: Any, text: str) -> Any:
    """The tree with integers for counts that are written as floats: `maxLength: 1e1` means ten (JSON Schema, section 4.2.3)."""
    for _, one in objects(tree) if _FLOAT_COUNT.search(text) else ():
        for key in _COUNTS:
            if isinstance(count := one.get(key), float) and count.is_integer():
                one[key] = int(count)
    return tree


class _OutsideFolder(ContractError):
    """A `$ref` leads to a file that is never read."""


class Files(Frozen, eq=False):
    """The files of one contract, each parsed once. `folder` bounds what a `$ref` may read. `made` holds what others derive from the files,
    so that it is derived once and freed with them."""

    folder: Path
    trees: dict[Path, Any] = field(default_factory=dict)
    named: dict[Path, Identifiers] = field(default_factory=dict)
    made: dict[Any, Any] = field(default_factory=dict)

    @property
    def root(self) -> Node:
        """The root of the contract itself, whose operations may stand in files beside it."""
        return self.node(next(iter(self.trees)))

    def node(self, path: Path) -> Node:
        """The root of a file."""
        return Node(self, path, (), self.tree(path))

    def tree(self, path: Path) -> Any:
        if path not in self.trees:
            text = read_text(path)
            self.trees[path] = _with_whole_counts(_parse(path, text), text)
            if not any(word in text for word in WORDS):
                self.named[path] = Identifiers()
        return self.trees[path]

    def names(self, path: Path) -> Identifiers:
        if path not in self.named:
            self.named[path] = identifiers(self.tree(path), path.as_uri())
        return self.named[path]

    def resource(self, uri: str) -> Node | None:
        """The schema of that `$id` in one of the files read so far, such a file itself, or a metaschema of JSON Schema."""
        for path in self.trees:
            tokens = () if uri == path.as_uri() else self.names(path).resources.get(uri)
            if tokens is not None:
                return at(self.node(path), tokens)
        return self._metaschema(uri)

    def _metaschema(self, uri: str) -> Node | None:
        """The metaschema of a draft of JSON Schema, or one of its vocabularies, as the installed package has it."""
        if METASCHEMAS not in uri:
            return None
        from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

        if uri not in REGISTRY:
            return None
        path = self.folder / uri.partition("//")[2].replace("/", ".")  # named in messages, never read
        self.trees[path] = REGISTRY.contents(uri)
        return self.node(path)


class Node(Frozen, eq=False):
    """A value of a contract and the place where it stands: file and JSON pointer (RFC 6901)."""

    files: Files
    path: Path
    tokens: tuple[str, ...]
    value: Any

    @property
    def pointer(self) -> str:
        return pointer_text(self.tokens)

    @property
    def file(self) -> str:
        """The path of its file from the contract's folder."""
        is_below = self.path.is_relative_to(self.files.folder)
        return self.path.relative_to(self.files.folder).as_posix() if is_below else self.path.name

    @property
    def location(self) -> str:
        """`openapi.yaml#/paths/~1/get:12:5`; line and column are left out for very large files."""
        known, place = marks(self.path), f"{self.file}#{self.pointer}"
        mark = known.get(self.tokens)
        for count in range(len(self.tokens) - 1, 0, -1) if known and mark is None else ():
            mark = mark or known.get(self.tokens[:count])  # what an alias or a merge key brings in
        return f"{place}:{mark[0]}:{mark[1]}" if mark else place

    @property
    def key(self) -> tuple[Path, tuple[str, ...]]:
        return (self.path, self.tokens)

    def raw(self, key: str | int) -> Node | None:
        """The child as it stands, a `$ref` not followed; None where there is none."""
        found = child(self.value, str(key))
        return None if found is ABSENT else Node(self.files, self.path, (*self.tokens, str(key)), found)

    def get(self, *keys: str | int) -> Node | None:
        """The descendant with every `$ref` on the way followed; None where there is none. Raises ContractError."""
        node: Node | None = self
        for key in keys:
            node = node.follow().raw(key) if node else None
        return node.follow() if node else None

    def children(self) -> Iterator[tuple[str, Node]]:
        """The children of an object, or of an array by index, as they stand."""
        pairs: Any = enumerate(self.value) if isinstance(self.value, list) else ()
        for key, value in self.value.items() if isinstance(self.value, dict) else pairs:
            name = {True: "true", False: "false", None: "null"}[key] if isinstance(key, bool | None) else str(key)
            yield name, Node(self.files, self.path, (*self.tokens, name), value)

    def items(self) -> Iterator[tuple[str, Node]]:
        """The children, each followed."""
        return ((name, node.follow()) for name, node in self.children())

    def each(self, *keys: str | int) -> Iterator[tuple[str, Node]]:
        """The same of a descendant, found as by `get`; nothing where there is none."""
        found = self.get(*keys)
        return found.items() if found else iter(())

    def text(self, key: str, default: str = "") -> str:
        """A property that should be a string, as a string."""
        found = self.get(key)
        value = found.value if found else None
        return default if value is None or isinstance(value, (dict, list)) else str(value)

    def follow(self) -> Node:
        """The node itself or, where it is a `$ref`, what it refers to. Raises ContractError where that is nothing."""
        if not self.is_reference:
            return self
        end, length = self._end()
        if isinstance(end, PartUnusable):
            raise PartUnusable(str(end), end.node)
        if end.is_reference:
            circle = f"$ref is circular: {end.value['$ref']!r} leads back to itself"
            raise PartUnusable(f"{end.location}: {circle}", end)
        if length > MAX_DEPTH:
            chain = f"a chain of more than {MAX_DEPTH} references"
            raise PartUnusable(f"{self.location}: $ref follows {chain}; shorten the chain", self)
        return end

    @property
    def end(self) -> Node:
        """What the node refers to; itself where it is no reference, and where that leads nowhere, which is said elsewhere."""
        with suppress(ContractError):
            return self.follow()
        return self

    @property
    def meant(self) -> Node:
        """What a `$ref` leads to that says nothing else, through others that say nothing else; the node itself where it is none."""
        node = self
        while node.is_reference and len(node.value) == 1:
            node.follow()  # which refuses a circle
            node = node.refer(node.value["$ref"])
        return node

    @property
    def is_reference(self) -> bool:
        return isinstance(self.value, dict) and isinstance(self.value.get("$ref"), str)

    def _end(self) -> tuple[Node | PartUnusable, int]:
        """What a chain of references ends with, or what is wrong there, and how many they are. Each is followed once, and no
        chain again for each of its parts. One that is circular ends with the reference that is met again."""
        known: dict[Any, tuple[Node | PartUnusable, int]] = self.files.made.setdefault("ends", {})
        chain: dict[Any, Node] = {}
        node: Node = self
        fault: PartUnusable | None = None
        while not fault and node.is_reference and node.key not in known and node.key not in chain:
            chain[node.key] = node
            try:
                node = node.refer(node.value["$ref"])
            except ContractError as error:
                fault = PartUnusable(str(error), node)
        end, length = (fault, 0) if fault else known.get(node.key, (node, 0))
        is_within = not fault and node.key in chain  # a circle
        for key, one in reversed(chain.items()):
            length += 1
            known[key] = (one if is_within else end, length)
            is_within = is_within and key != node.key
        return known[self.key]

    def refer(self, reference: str) -> Node:
        """What a `$ref` in this file refers to. Raises ContractError: remote, outside of the folder, or dangling. A reference is resolved
        against the `$id` around it; where that leads nowhere, against the file, as many mean it."""
        address, _, fragment = reference.partition("#")
        named = self._named(address, fragment)
        if named is not None:
            return named
        path = self._file(address, reference) if address else self.path
        try:
            node = self.files.node(path)
        except ContractError as error:
            reason = str(error).partition("; name a contract")[0]
            raise PartUnusable(f"{self.location}: $ref {reference!r} cannot be resolved: {reason}", self) from None
        if fragment and not fragment.startswith("/"):
            found = node.anchored(fragment)
            if found is None:
                unknown = "does not resolve: no schema has this $anchor"
                raise PartUnusable(f"{self.location}: $ref {reference!r} {unknown}", self)
            return found
        for token in pointer_tokens(fragment):
            inner = node.raw(token)
            if inner is None:
                absent = f"does not resolve: there is no {token!r}"
                raise PartUnusable(f"{self.location}: $ref {reference!r} {absent}", self)
            node = inner
        return node

    @property
    def base(self) -> str:
        """The URI of the resource that the node belongs to: that of its file where no `$id` is around it."""
        own = self.path.as_uri()
        return base_of(self.files.tree(self.path), self.tokens, own) if self.files.names(self.path).resources else own

    def anchored(self, name: str) -> Node | None:
        """The schema of that `$anchor` or `$dynamicAnchor` in the resource of this node."""
        names = self.files.names(self.path)
        tokens = names.anchors.get((self.base, name)) if names.anchors else None
        return None if tokens is None else at(self.document, tokens)

    @property
    def document(self) -> Node:
        """The root of the node's file."""
        return self.files.node(self.path)

    def _named(self, address: str, fragment: str) -> Node | None:
        """What a reference leads to by the `$id`s in the files; None where it does not."""
        named = any(self.files.names(path).resources for path in self.files.trees)
        if not named and METASCHEMAS not in address:
            return None
        root = self.files.resource(resolved(self.base, address) if address else self.base)
        if root is None or not fragment:
            return root
        return at(root, pointer_tokens(fragment)) if fragment.startswith("/") else root.anchored(fragment)

    def _file(self, address: str, reference: str) -> Path:
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", address):
            remote = "is remote, and remote files are not fetched; save the file beside the contract"
            raise PartUnusable(f"{self.location}: $ref {reference!r} {remote}", self)
        path = _resolved(self.path.parent / unquote(address))
        if not path.is_relative_to(self.files.folder):
            is_pointer = address.startswith(("/components/", "/paths/", "/definitions/"))
            cure = f"for a part of this file write '#{address}'" if is_pointer else "move the file into it"
            outside = f"leads outside the contract's folder; {cure}"
            raise _OutsideFolder(f"{self.location}: $ref {reference!r} {outside}")
        return path


class PartUnusable(ContractError):
    """A part of the contract cannot be used. `node` is what is to blame: a reference, a parameter, a schema."""

    def __init__(self, message: str, node: Node) -> None:
        super().__init__(message)
        self.node = node


def at(node: Node, tokens: tuple[str, ...]) -> Node | None:
    """The descendant at these tokens, no `$ref` followed; None where there is none."""
    found: Node | None = node
    for token in tokens:
        found = found.raw(token) if found else None
    return found


def _resolved(path: Path) -> Path:
    try:
        _refuse_pipe(path)
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a NUL, a name that is too long
        reason = f"is not a valid file name ({error}); name a contract with --contract FILE"
        raise ContractError(f"{str(path)[:200]!r} {reason}") from None


def open_document(path: str | Path, change: Callable[[Any], Any] | None = None) -> Node:
    """The root of a contract file, `change` applied to its tree. Raises ContractError where it cannot be read or a `$ref` leads outside of
    its folder. Other references that cannot be followed break only the part of the contract that needs them."""
    full = _resolved(Path(path))
    files = Files(full.parent)
    if change:
        files.trees[full] = change(files.tree(full))
        files.named.pop(full, None)  # what the change brings in may name something
    root = files.node(full)
    _check_references(root)
    return root


def _check_references(root: Node) -> None:
    """Follow every `$ref` once, in this file and in those it leads to, so that all files and their `$id`s are known. An
    iterative walk: trees may be deep."""
    walked, pending = {root.path}, [root]
    while pending:
        top = pending.pop()
        references: dict[str, Any] = {}  # each with the place it is met first
        for trail, value in objects(top.value):
            if isinstance(value.get("$ref"), str):
                references.setdefault(value["$ref"], trail)
        for reference, trail in references.items():
            try:
                target = Node(top.files, top.path, unwind(trail), None).refer(reference)
            except _OutsideFolder:
                raise
            except ContractError:
                continue
            if target.path not in walked:
                walked.add(target.path)
                pending.append(target.document)
