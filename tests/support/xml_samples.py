"""One schema with its sample document, for tests of XML, and documents that differ from it a little."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

TEXT = {"type": "string"}
TASK = {
    "type": "object",
    "additionalProperties": False,
    "required": ["TaskId", "Process"],
    "properties": {"TaskId": TEXT, "ObjectPath": TEXT, "Process": {"type": "string"}, "Size": {"type": "integer"}},
}
ANSWER = {
    "$ref": "#/$defs/Answer",
    "$defs": {
        "Answer": {
            "type": "object",
            "additionalProperties": False,
            "required": ["Tasks", "PageNumber"],
            "properties": {
                "Tasks": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["Task"],
                    "properties": {"Task": {"type": "array", "items": {"$ref": "#/$defs/Task"}}},
                },
                "PageNumber": {"type": "integer"},
                "Ratio": {"type": "number"},
                "Done": {"type": "boolean"},
                "Note": {"type": ["string", "null"]},
            },
        },
        "Task": TASK,
    },
}
SAMPLE = b"""<?xml version="1.0" encoding="utf-8"?>
<Answer>
<Tasks>
<Task>
<TaskId>704225667</TaskId>
<ObjectPath></ObjectPath>
<Process>100%</Process>
</Task>
<Task>
<Process>5%</Process>
<TaskId>704222904</TaskId>
</Task>
</Tasks>
<PageNumber>1</PageNumber>
</Answer>
"""
LIST: dict[str, Any] = {"type": "array", "items": TEXT}


@st.composite
def mutated(draw: Any, body: bytes) -> bytes:
    """A document with one or two tags or texts dropped, doubled, swapped or replaced."""
    tokens = re.findall(r"<[^>]*>|[^<]+", body.decode())
    places = st.integers(1, len(tokens) - 1)
    for _ in range(draw(st.integers(0, 2))):
        one_place, other = draw(places) % len(tokens), draw(places) % len(tokens)
        kind = draw(st.sampled_from(["drop", "double", "swap", "text", "insert"]))
        if kind == "drop":
            del tokens[one_place]
        elif kind == "double":
            tokens.insert(other, tokens[one_place])
        elif kind == "swap":
            tokens[one_place], tokens[other] = tokens[other], tokens[one_place]
        elif kind == "text":
            tokens[one_place] = draw(
                st.sampled_from(["1", "true", " 7", "1.5", "&lt;", "&#x41;", "\r\n", "]]>", "\x01"])
            )
        else:
            tokens.insert(
                one_place, draw(st.sampled_from(["<a></a>", "<q/>", "x", "\n", "<a x='1'/>", "<![CDATA[y]]>"]))
            )
    return "".join(tokens).encode()
