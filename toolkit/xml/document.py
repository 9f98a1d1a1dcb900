"""lxml, and all that is needed to use it safely: no document types, no entities, no network, no file unless named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_LINKS = tuple(_XSD + name for name in ("include", "import", "redefine", "override"))
_MOST_FILES = 200


class XsdError(ValueError):
    """An XSD cannot be used; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an XSD has against a document: message, XPath and line."""

    message: str
    xpath: str
    line: int


@dataclass(frozen=True, slots=True)
class Xsd:
    """A compiled XSD 1.0."""

    compiled: Any
    patterns: tuple[str, ...]
    """The values of its pattern facets, for whoever wants to know whether they may take long."""

    def refusals(self, text: str) -> Iterator[Refusal]:
        """What the XSD has against a document, given as decoded text that is known to be well-formed and harmless."""
        root = _parsed(text.encode(), "the document", "utf-8")
        try:
            valid = self.compiled.validate(root)
        except etree.XMLSchemaValidateError:
            yield Refusal("The XSD's patterns take too long to tell", "", 0)
            return
        if not valid:
            for entry in self.compiled.error_log:
                yield Refusal(entry.message, entry.path or "", entry.line)


def compile_xsd(source: bytes | Path, folder: Path | None = None) -> Xsd:
    """An XSD from its text or file. What it includes or imports has to lie in `folder` or below it; a text without a
    folder may include nothing. Raises XsdError."""
    files: dict[Path, Any] = {}
    name = str(source) if isinstance(source, Path) else "the XSD"
    tree = _read(source) if isinstance(source, Path) else _parsed(source, name).getroottree()
    _links(tree, source if isinstance(source, Path) else None, folder, files)
    try:
        compiled = etree.XMLSchema(tree)
    except etree.XMLSchemaParseError as error:
        raise XsdError(f"{name} is no XSD 1.0: {_first_line(error)}") from None
    patterns = [element.get("value", "") for one in (tree, *files.values()) for element in one.iter(_XSD + "pattern")]
    return Xsd(compiled, tuple(patterns))


def _links(tree: Any, path: Path | None, folder: Path | None, files: dict[Path, Any]) -> None:
    """Reads all files that a schema leads to, so that the engine finds none but harmless ones."""
    for link in tree.iter(*_LINKS):
        location = link.get("schemaLocation")
        if location is None:
            continue
        if path is None or folder is None or "://" in location:
            raise XsdError(f"The XSD leads to {location!r}; only files in the contract's folder are read")
        target = (path.parent / location).resolve()
        if not target.is_relative_to(folder.resolve()):
            raise XsdError(f"{path} leads to {location!r}, outside of the contract's folder")
        if target not in files:
            if len(files) >= _MOST_FILES:
                raise XsdError(f"{path} leads to more than {_MOST_FILES} files")
            files[target] = _read(target)
            _links(files[target], target, folder, files)


def _read(path: Path) -> Any:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise XsdError(f"{path} cannot be read: {error.strerror}") from None
    return _parsed(content, str(path), base=path.resolve().as_uri()).getroottree()


def _parsed(content: bytes, name: str, encoding: str | None = None, base: str = "") -> Any:
    try:
        root = etree.fromstring(content, _parser(encoding), base_url=base)
    except etree.XMLSyntaxError as error:
        raise XsdError(f"{name} is not well-formed XML: {_first_line(error)}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise XsdError(f"{name} has a document type declaration; leave it out")
    return root


def _parser(encoding: str | None) -> Any:
    return etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["unknown"])[0]
