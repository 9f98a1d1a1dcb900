"""Documents validated by an XSD 1.0, derived or hand-written (`x-xsd`), by lxml.

An XSD is read safely: no document types, no entities, no network, no file outside of the contract's folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from lxml import etree

from toolkit.document.files import Node
from toolkit.document.writing import is_special
from toolkit.errors import ContractError
from toolkit.verdict import Violation
from toolkit.xml.parse import decoded, parse_fault
from toolkit.xml.xsd_pattern import ExplosivePattern, translated

Validate = Callable[..., Iterator[Violation]]
"""What is wrong with a body, in the charset that is `stated` for it, if any; the place of a violation is `#`, XPath and line."""

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_LINKS = tuple(_XSD + name for name in ("include", "import", "redefine", "override"))
_MOST_FILES = 200
_MOST_FAULTS, _PIECE = 100, 4096
_SAFE: Any = {"resolve_entities": False, "no_network": True, "load_dtd": False}


class XsdError(ValueError):
    """An XSD cannot be used; the message says why in one line."""


def xsd_validator(xsd: bytes | str) -> Validate:
    """Validates by an XSD that needs no other file. Raises XsdError."""
    tree = _parse(xsd.encode() if isinstance(xsd, str) else xsd, "the XSD").getroottree()
    return _compile(tree, "the XSD", None, None)


def xsd_file_validator(path: Path, folder: Path) -> Validate:
    """Validates by an XSD file; it and what it includes or imports are in `folder` or below it. Raises XsdError."""
    if not path.resolve().is_relative_to(folder.resolve()):
        raise XsdError(f"{path} is outside of the contract's folder")
    return _compile(_read(path), str(path), path, folder)


def stated_xsd(media: Node, kind: str, charset: str | None = None) -> Validate | None:
    """The check by the file in the contract's folder that `x-xsd` names beside a media type of XML; beside a range it is of the XML
    alone. Raises ContractError."""
    stated, name = media.raw("x-xsd"), media.tokens[-1]
    if stated is None or (kind != "xml" and "*" in name):
        return None
    try:
        if kind != "xml" or not isinstance(stated.value, str):
            raise XsdError(f"{name} is no XML" if kind != "xml" else "it is no name of a file")
        return partial(xsd_file_validator(Path(media.path.parent, stated.value), media.files.folder), stated=charset)
    except (OSError, ValueError) as error:  # a path that is too long or has a NUL, too
        reason = error.strerror if isinstance(error, OSError) else error
        raise ContractError(
            f"{media.location}: the XSD that x-xsd names cannot be used: {reason}; correct it"
        ) from None


def _compile(tree: Any, name: str, path: Path | None, folder: Path | None) -> Validate:
    files: dict[Path, Any] = {}
    _links(tree, path, folder, files)
    try:
        schema: Any = etree.XMLSchema(tree)
    except etree.XMLSchemaParseError as error:
        raise XsdError(f"{name} is not an XSD 1.0: {_first_line(error)}") from None
    for one in (tree, *files.values()):
        for element in one.iter(_XSD + "pattern"):
            pattern = element.get("value", "")
            try:
                translated(f"^(?:{pattern})$")
            except ExplosivePattern as error:
                raise XsdError(f"The XSD's pattern {pattern!r} cannot be used: {error}") from None
            except ValueError:
                pass  # written in what only XSD has; the engine bounds its own work

    def validate(body: bytes, stated: str | None = None) -> Iterator[Violation]:
        fault = parse_fault(body, stated)
        if fault:
            yield Violation(fault.rule, fault.message, f"#(line {fault.line})", "", fault.hint)
            return
        document, most = _up_to_faults(decoded(body, stated).encode(), schema)
        try:
            valid = schema.validate(_parse(document, "the document", "utf-8", recover=most is not None))
        except etree.XMLSchemaValidateError:
            yield Violation("xsd-invalid", "The XSD's patterns take too long to match", "#")
            return
        except XsdError as error:  # well-formed, and beyond a limit of the engine, such as that of the length of a name
            told = f"The XSD was not applied: {str(error).partition(': ')[2]}"
            yield Violation("limit-exceeded", told, "#", "", "shorten what is named")
            return
        for entry in () if valid else islice(schema.error_log, most):
            yield Violation("xsd-invalid", entry.message, f"#{entry.path or ''} (line {entry.line})")

    return validate


def _up_to_faults(document: bytes, schema: Any) -> tuple[bytes, int | None]:
    """A document as far as there are no more faults than are told, and how many there are, if it was cut there: the engine goes
    through all siblings for the place of each."""
    parser: Any = etree.XMLParser(encoding="utf-8", schema=schema, **_SAFE)
    end, count = 0, 0
    with suppress(etree.XMLSyntaxError):
        while end < len(document) and count < _MOST_FAULTS:
            parser.feed(document[end : end + _PIECE])
            end, count = end + _PIECE, len(parser.feed_error_log)
    with suppress(etree.XMLSyntaxError):
        parser.close()  # or it is never freed
    return (document[:end], count) if count >= _MOST_FAULTS else (document, None)


def _links(tree: Any, path: Path | None, folder: Path | None, files: dict[Path, Any]) -> None:
    """Reads all files that a schema includes, so that the engine finds none but harmless ones."""
    for link in tree.iter(*_LINKS):
        location = link.get("schemaLocation")
        if location is None:
            continue
        if path is None or folder is None or "://" in location:
            raise XsdError(f"The XSD includes {location!r}; only files in the contract's folder are read")
        target = (path.parent / location).resolve()
        if not target.is_relative_to(folder.resolve()):
            raise XsdError(f"{path} includes {location!r}, outside of the contract's folder")
        if target not in files:
            if len(files) >= _MOST_FILES:
                raise XsdError(f"{path} includes more than {_MOST_FILES} files")
            files[target] = _read(target)
            _links(files[target], target, folder, files)


def _read(path: Path) -> Any:
    if is_special(path):
        raise XsdError(f"{path} is a pipe or a device; save it to a file")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise XsdError(f"{path} cannot be read: {error.strerror}") from None
    return _parse(content, str(path), base=path.resolve().as_uri()).getroottree()


def _parse(content: bytes, name: str, encoding: str | None = None, base: str = "", recover: bool = False) -> Any:
    parser: Any = etree.XMLParser(encoding=encoding, remove_comments=True, remove_pis=True, recover=recover, **_SAFE)
    try:
        root = etree.fromstring(content, parser, base_url=base)
    except etree.XMLSyntaxError as error:
        raise XsdError(f"{name} is not well-formed XML: {_first_line(error)}") from None
    if encoding is None and root.getroottree().docinfo.internalDTD is not None:  # that of a document is ignored
        raise XsdError(f"{name} has a document type declaration; remove it")
    return root


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["unknown"])[0]
