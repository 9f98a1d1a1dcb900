"""JSON pointer -> the piece of an XML document where the value stands that it leads to."""

from __future__ import annotations

from toolkit.xml_grammar import Grammar, Member
from toolkit.xml_shape import Shape


def place_of(grammar: Grammar, pieces: list[str], steps: list[str]) -> int:
    """The index of the piece at the end of the steps of a pointer, or of the last one on the way that is there."""
    return _element(grammar, pieces, 1, grammar.root, steps)[1]


def _element(grammar: Grammar, pieces: list[str], index: int, member: Member, steps: list[str]) -> tuple[int, int]:
    """How many steps could be taken from the element at `index`, and the index where they lead."""
    if not steps:
        return 0, index
    return max(
        (_within(grammar, pieces, index, member, shape, steps) for shape in grammar.forms(member.shapes)),
        default=(0, index),
    )


def _within(
    grammar: Grammar, pieces: list[str], index: int, member: Member, shape: Shape, steps: list[str]
) -> tuple[int, int]:
    if "array" in shape.types and shape.known and steps[0].isdecimal():
        return _item(grammar, pieces, index, grammar.item(shape, member.name, member.scope), steps)
    inner = grammar.members(shape, member.scope).get(steps[0]) or grammar.unknown(shape, steps[0], member.scope)
    if inner is None:
        return 0, index
    found = _children(pieces, index, grammar.tag(inner))
    if not found:
        return 0, index
    listed = inner.repeated or (inner.guessed and len(found) > 1)
    if listed and len(steps) > 1 and steps[1].isdecimal() and int(steps[1]) < len(found):
        taken, place = _element(grammar, pieces, found[int(steps[1])], inner, steps[2:])
        return taken + 2, place
    taken, place = _element(grammar, pieces, found[0], inner, steps[1:])
    return taken + 1, place


def _item(grammar: Grammar, pieces: list[str], index: int, item: Member, steps: list[str]) -> tuple[int, int]:
    found = _children(pieces, index, grammar.tag(item))
    if int(steps[0]) >= len(found):
        return 0, index
    taken, place = _element(grammar, pieces, found[int(steps[0])], item, steps[1:])
    return taken + 1, place


def _children(pieces: list[str], index: int, tag: str) -> list[int]:
    """The indexes of an element's children of that name."""
    found, depth = [], 1
    while depth:
        index += 2
        if pieces[index].startswith("/"):
            depth -= 1
            continue
        if depth == 1 and pieces[index].removeprefix("!") == tag:
            found.append(index)
        depth += 1
    return found
