"""The vendor's two samples, changed in one place at a time: what breaks the contract is refused, what means the same is not."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

import pytest
from support.places import ROOT

from toolkit.contract.model import Contract
from toolkit.exchange import Headers, Response
from toolkit.validation.validator import Validator

CONTRACT = Contract.load(ROOT / "openapi.yaml")
VALIDATOR = Validator(CONTRACT)
OPERATION = next(CONTRACT.operations())
CONTENT = OPERATION.responses["200"].content
JSON, XML = (
    CONTENT[f"application/{kind}"].get("examples", "vendorSample").value["value"]  # type: ignore[union-attr]
    for kind in ("json", "xml")
)
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'

Mutant = tuple[str, bytes]
Steps = tuple[str | int, ...]

# Texts that break a field, in either format.
WRONG = {
    "CreationTime": "|2014-11-27|2014-11-27 08:23:22Z|2014-11-27T08:23:22|2014-11-27T08:23:22+00:00|2014-13-27T08:23:22Z"
    "|2014-02-29T08:23:22Z|2014-11-27T24:00:00Z|2014-11-27T08:60:22Z|2014-11-27T08:23:22.5Z|2014-11-27t08:23:22z"
    "| 2014-11-27T08:23:22Z|2014-11-27T08:23:22Z |2014-11-27T08:23Z|14-11-27T08:23:22Z|now|1417076602",
    "Status": "|complete|COMPLETE|Done|Failed|Complete |Complete,Failed|Compl\u0435te|0|null|true",
    "TaskId": "|abc|-1|1.0|1e9|704225667 | 704225667|704,225|0x1F|\u0667\u0660\u0664|123456789012345678901|null",
    "ObjectType": "|File|FILE|dir|file |file,path|0|null",
    "Process": "|100|101%|1000%|-1%|50.5%|100 %|99%|%|100%%|1\u06600%|one|null",
    "PageNumber": "|0|-1|100001|1.5|one|1,0|0x1|99999999999999999999|true|null|NaN",
    "PageSize": "|0|-1|51|10.5|ten|1 0|2147483648|true|null|INF",
    "TotalCount": "|-1|2147483648|2.5|two|0x2|true|null|99999999999999999999999999",
    "RequestId": "|174f6032-aa26-470d-b90e-36f0eb205bee|174F6032AA26470DB90E36F0EB205BEE|174F6032-AA26-470D-B90E-36F0EB205BE"
    "|{174F6032-AA26-470D-B90E-36F0EB205BEE}|G74F6032-AA26-470D-B90E-36F0EB205BEE|1| 174F6032-AA26-470D-B90E-36F0EB205BEE",
}
NUMBERS = ("PageNumber", "PageSize", "TotalCount")
OTHER_TYPES = (None, True, False, 1, 1.5, "1", "", [], {}, [1], {"a": 1})


def conforms(content_type: str, body: bytes) -> bool:
    response = Response(200, Headers((("Content-Type", content_type),)), body)
    return not list(VALIDATOR.check_response(OPERATION, response).violations)


# JSON


def text(value: Any, **options: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, **options).encode()


def places(value: Any, path: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Every value with its path, the whole first."""
    yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def changed(path: Steps, change: Callable[[Any, Any], None]) -> bytes:
    """The sample after a change of the value at the path, which is given its owner and its key."""
    whole = deepcopy(JSON)
    owner = whole
    for key in path[:-1]:
        owner = owner[key]
    change(owner, path[-1])
    return text(whole)


def put(value: Any) -> Callable[[Any, Any], None]:
    return lambda owner, key: owner.__setitem__(key, value)


def json_type(value: Any) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def broken_json() -> Iterator[Mutant]:
    for path, value in places(JSON):
        name = "/".join(map(str, path))
        for other in OTHER_TYPES:
            if json_type(other) != json_type(value) or isinstance(other, float):
                yield f"{name} retyped {other!r}", changed(path, put(other)) if path else text(other)
        if isinstance(value, dict):
            for added in ("Unknown", "Description", ""):
                yield f"{name} with {added!r}", text({**JSON, added: "x"}) if not path else changed(path, _with(added))
            yield f"{name} emptied", changed(path, put({})) if path else b"{}"
        if path and isinstance(path[-1], str):
            yield f"{name} dropped", changed(path, lambda owner, key: owner.pop(key))
            yield f"{name} renamed", changed(path, lambda owner, key: owner.__setitem__(key.lower(), owner.pop(key)))
        yield from broken_values(name, path)
    yield from broken_json_texts()


def _with(name: str) -> Callable[[Any, Any], None]:
    return lambda owner, key: owner[key].__setitem__(name, "x")


def broken_values(name: str, path: Steps) -> Iterator[Mutant]:
    field = str(path[-1]) if path else ""
    for wrong in WRONG.get(field, "").split("|") if field in WRONG else ():
        if field not in NUMBERS:
            yield f"{name} = {wrong!r}", changed(path, put(wrong))
        elif wrong and wrong[-1].isdigit() and "," not in wrong and " " not in wrong and "x" not in wrong:
            yield f"{name} = {wrong}", changed(path, put(float(wrong) if "." in wrong else int(wrong)))


def broken_json_texts() -> Iterator[Mutant]:
    sample = text(JSON).decode()
    for path, value in places(JSON):
        if path and isinstance(path[-1], str):
            member = f"{json.dumps(path[-1])}: {json.dumps(value)}"
            yield f"{path} twice", sample.replace(member, f"{member}, {member}", 1).encode()
    for cut in range(len(sample)):
        yield f"cut at {cut}", sample[:cut].encode()
    for name, body in {
        "two values": sample * 2,
        "a comma": sample + ",",
        "NaN": sample.replace(": 1,", ": NaN,", 1),
        "Infinity": sample.replace(": 1,", ": Infinity,", 1),
        "a leading zero": sample.replace(": 1,", ": 01,", 1),
        "a plus": sample.replace(": 1,", ": +1,", 1),
        "a trailing comma": sample.replace("}]", "},]", 1),
        "single quotes": sample.replace('"', "'"),
        "a comment": "/* */" + sample,
        "a control character": sample.replace("Complete", "Comp\nlete", 1),
        "a zero byte": sample + "\0",
    }.items():
        assert body != sample, name
        yield name, body.encode()
    yield "not UTF-8", sample.replace("Complete", "Compl\xe9te").encode("latin-1")


def same_json() -> Iterator[Mutant]:
    sample = text(JSON).decode()
    for seed in range(10):
        yield f"key order {seed}", text(_shuffled(JSON, random.Random(seed)))
    for options in ({"indent": 2}, {"indent": "\t"}, {"separators": (",", ":")}, {"separators": (" , ", " : ")}):
        yield f"white space {options}", text(JSON, **options)
    yield "lines of Windows", text(JSON, indent=1).replace(b"\n", b"\r\n")
    yield "white space around", b" \r\n\t" + text(JSON) + b"\n \n"
    yield "a byte order mark", b"\xef\xbb\xbf" + text(JSON)
    for character in sorted(set("".join(str(value) for _, value in places(JSON) if isinstance(value, str)))):
        for form in (f"\\u{ord(character):04x}", f"\\u{ord(character):04X}"):
            yield f"{character} as {form}", _in_texts(sample, character, form).encode()
    for path, value in places(JSON):
        if path and isinstance(value, str):
            escaped = "".join(f"\\u{ord(character):04x}" for character in value)
            yield f"{path} in escapes", changed(path, put("@@")).replace(b"@@", escaped.encode())
        if path and isinstance(path[-1], str):
            name = "".join(f"\\u{ord(character):04x}" for character in path[-1])
            yield f"the name of {path} in escapes", sample.replace(f'"{path[-1]}":', f'"{name}":', 1).encode()


def _in_texts(sample: str, character: str, form: str) -> str:
    """A character written as an escape wherever it stands in a string."""
    pieces = sample.split('"')
    return '"'.join(piece.replace(character, form) if number % 2 else piece for number, piece in enumerate(pieces))


def _shuffled(value: Any, source: random.Random) -> Any:
    if isinstance(value, dict):
        keys = source.sample(list(value), len(value))
        return {key: _shuffled(value[key], source) for key in keys}
    return [_shuffled(item, source) for item in value] if isinstance(value, list) else value


# XML


def parsed() -> Element:
    return ElementTree.fromstring(XML.strip())


def xml(root: Element) -> bytes:
    return DECLARATION.encode() + ElementTree.tostring(root, encoding="utf-8", short_empty_elements=False)


def elements() -> Iterator[tuple[int, str, bool]]:
    """Every element's place in document order, with its name and whether it is a leaf."""
    for place, element in enumerate(parsed().iter()):
        yield place, element.tag, not len(element)


def edited(place: int, change: Callable[[Element, Element | None], None]) -> bytes:
    """The sample after a change of one element, which is given with its parent."""
    root = parsed()
    element = list(root.iter())[place]
    parent = next((candidate for candidate in root.iter() if element in list(candidate)), None)
    change(element, parent)
    return xml(root)


def _emptied(element: Element, parent: Element | None) -> None:
    element[:] = []
    element.text = None


def _doubled(element: Element, parent: Element | None) -> None:
    assert parent is not None
    parent.append(deepcopy(element))


def _dropped(element: Element, parent: Element | None) -> None:
    assert parent is not None
    parent.remove(element)


def _tagged(tag: str) -> Callable[[Element, Element | None], None]:
    return lambda element, parent: setattr(element, "tag", tag)


def _text(value: str) -> Callable[[Element, Element | None], None]:
    return lambda element, parent: setattr(element, "text", value)


def broken_xml() -> Iterator[Mutant]:
    for place, tag, leaf in elements():
        where = f"{tag} ({place})"
        for name in (tag.lower(), tag + "s", tag[:-1], "Other", f"{{urn:other}}{tag}"):
            yield f"{where} renamed {name}", edited(place, _tagged(name))
        yield f"{where} with an attribute", edited(place, lambda element, parent: element.set("x", "1"))
        yield f"{where} with a child", edited(place, lambda element, parent: element.append(Element("Other")))
        if tag not in ("ObjectPath", "Tasks"):  # an empty path and an empty list of tasks are valid
            yield f"{where} emptied", edited(place, _emptied)
        if tag not in ("Task", "DescribeRefreshTasksResponse"):  # a list may be longer or shorter by one
            yield f"{where} doubled", edited(place, _doubled)
            yield f"{where} dropped", edited(place, _dropped)
        if not leaf:
            yield f"{where} with text", edited(place, _text("text"))
        for wrong in WRONG.get(tag, "").split("|") if tag in WRONG else ():
            yield f"{where} = {wrong!r}", edited(place, _text(wrong))
    yield from broken_xml_texts()


def broken_xml_texts() -> Iterator[Mutant]:
    body = XML.strip()
    for cut in range(len(body)):
        yield f"cut at {cut}", body[:cut].encode()
    entity = '<!DOCTYPE x [<!ENTITY e "Complete">]>'
    for name, changed_body in {
        "two roots": body + "<x/>",
        "text behind": body + "x",
        "an entity declaration": body.replace("?>", "?>" + entity, 1),
        "an entity": body.replace("?>", "?>" + entity, 1).replace("Complete", "&e;", 1),
        "an unknown entity": body.replace("Complete", "&nbsp;", 1),
        "a bare ampersand": body.replace("Complete", "&", 1),
        "crossed ends": body.replace("</Task></Tasks>", "</Tasks></Task>").replace(
            "</Task>\n</Tasks>", "</Tasks></Task>"
        ),
        "a forbidden character": body.replace("Complete", "Complete&#1;", 1),
        "another root": body.replace("DescribeRefreshTasksResponse", "Error"),
        "two declarations": DECLARATION + body,
        "space before the declaration": " " + body,
        "an end in another case": body.replace("</Status>", "</status>", 1),
        "no quotes": body.replace('"1.0"', "1.0", 1),
    }.items():
        assert changed_body != body, name
        yield name, changed_body.encode()
    yield "another encoding than declared", body.replace("Complete", "Compl\xe9te").encode("latin-1")


def rendered(element: Element, between: str, leaf: Callable[[str], str]) -> str:
    """An element as text, with what stands between elements, and how the text of leaves is written."""
    if not len(element):
        return f"<{element.tag}>{leaf(element.text or '')}</{element.tag}>"
    inner = between.join(["", *(rendered(child, between, leaf) for child in element), ""])
    return f"<{element.tag}>{inner}</{element.tag}>"


def same_xml() -> Iterator[Mutant]:
    for seed in range(10):
        root = parsed()
        for element in root.iter():
            children = list(element)
            element[:] = random.Random(seed).sample(children, len(children))
        yield f"order of elements {seed}", xml(root)
    for between in (
        "",
        " ",
        "\n",
        "\r\n",
        "\t",
        "\n\n    ",
        "<!-- a comment -->",
        "<?an instruction?>",
        "<![CDATA[ ]]>",
    ):
        yield f"between elements {between!r}", (DECLARATION + rendered(parsed(), between, escape)).encode()
    references = {"decimal": "&#{};", "hexadecimal": "&#x{:x};", "upper case": "&#x{:X};", "zeros": "&#x0000{:X};"}
    for name, form in references.items():
        whole = rendered(parsed(), "\n", lambda value, form=form: "".join(form.format(ord(each)) for each in value))
        yield f"{name} references", (DECLARATION + whole).encode()
    whole = rendered(parsed(), "\n", lambda value: f"<![CDATA[{value}]]>")
    yield "CDATA", (DECLARATION + whole).encode()
    for place, tag, leaf in elements():
        if leaf:
            yield from same_leaf(place, tag)
    yield from same_documents()


def same_leaf(place: int, tag: str) -> Iterator[Mutant]:
    value = list(parsed().iter())[place].text or ""
    marked = edited(place, _text("@@")).decode()
    half = len(value) // 2
    for name, written in {
        "in CDATA": f"<![CDATA[{value}]]>",
        "half in CDATA": f"{value[:half]}<![CDATA[{value[half:]}]]>",
        "in two CDATA": f"<![CDATA[{value[:half]}]]><![CDATA[{value[half:]}]]>",
        "in references": "".join(f"&#{ord(each)};" for each in value),
        "around a comment": f"{value[:half]}<!-- x -->{value[half:]}",
    }.items():
        yield f"{tag} ({place}) {name}", marked.replace("@@", written).encode()


def same_documents() -> Iterator[Mutant]:
    body = XML.strip()
    bare = body.removeprefix(DECLARATION).strip()
    yield "a byte order mark", b"\xef\xbb\xbf" + body.encode()
    yield "a byte order mark and no declaration", b"\xef\xbb\xbf" + bare.encode()
    yield "no declaration", bare.encode()
    yield "single quotes", body.replace('"', "'").encode()
    yield "standalone", body.replace("?>", ' standalone="yes"?>', 1).encode()
    yield "UTF-8 in upper case", body.replace("utf-8", "UTF-8").encode()
    yield "UTF-16", body.replace("utf-8", "UTF-16").encode("utf-16")
    yield "ISO 8859-1", body.replace("utf-8", "ISO-8859-1").encode("latin-1")
    yield "an empty element in one tag", body.replace("<ObjectPath></ObjectPath>", "<ObjectPath/>").encode()
    yield "spaces in tags", body.replace("<Status>", "<Status >").replace("</Status>", "</Status\n>").encode()
    yield "comments around", f"{DECLARATION}<!-- before -->{bare}<!-- behind -->\n".encode()
    yield "an instruction before", f'{DECLARATION}<?xml-stylesheet href="x"?>{bare}'.encode()


CASES = {
    "broken JSON": (broken_json, "application/json", False, 800),
    "broken XML": (broken_xml, "application/xml", False, 1_000),
    "the same JSON": (same_json, "application/json", True, 80),
    "the same XML": (same_xml, "application/xml", True, 100),
}


@pytest.mark.parametrize("kind", CASES)
def test_each_change_alone(kind: str) -> None:
    """Every change that breaks is refused and every harmless one accepted; the numbers are shown by `pytest -rP`."""
    mutants, content_type, expected, at_least = CASES[kind]
    made = dict(mutants())
    wrong = [name for name, body in made.items() if conforms(content_type, body) is not expected]
    print(f"{kind}: {len(made):,} changes, {len(made) - len(wrong):,} validated rightly")
    assert not wrong
    assert len(made) >= at_least


def test_the_samples_conform() -> None:
    assert conforms("application/json", text(JSON)) and conforms("application/xml", XML.encode())
    assert xml(parsed()) and conforms("application/xml", xml(parsed()))


ACCENTED = text(JSON).replace(b'"ObjectPath": ""', '"ObjectPath": "/é"'.encode())


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", '"utf-8"', "x-unknown"])
def test_a_charset_that_the_body_is_in_is_taken(charset: str) -> None:
    assert conforms(f"application/json; charset={charset}", ACCENTED)


@pytest.mark.parametrize("charset", ["ISO-8859-1", "us-ascii", "UTF-16", "gbk"])
def test_a_charset_that_the_body_is_not_in_is_refused(charset: str) -> None:
    assert not conforms(f"application/json; charset={charset}", ACCENTED)


def test_plain_ascii_is_in_most_charsets() -> None:
    assert conforms("application/json; charset=ISO-8859-1", text(JSON))
    assert not conforms("application/json; charset=UTF-16", text(JSON))


@pytest.mark.parametrize(("version", "is_known"), [("1.0", True), ("1.1", True), ("2.0", False), ("9", False)])
def test_an_xml_version_is_one_that_there_is(version: str, is_known: bool) -> None:
    assert conforms("application/xml", XML.replace('"1.0"', f'"{version}"').encode()) is is_known
