"""Which kinds of violation have one cause: what is mended in one place is one finding, which names all its places.

Of a live run: a status or a media type that several operations respond with, as one error handler does; one kind of wrong value that is accepted, or
of a valid one that is refused, at many places; one place of the contract, or one fault of a property in the same words but for its value, in several
operations; one fault of the server, where its responses say the same of it; values that lack their format alike, such as timestamps without an
offset, or are null; text in another charset. Of a recording: what is wrong by one place of the contract, or in the same place with both methods of an
operation that takes GET and POST, and all that its recorder masked or left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from toolkit.reports.findings import Findings, Group
from toolkit.reports.summary import Context
from toolkit.rules import Severity
from toolkit.structs import replace
from toolkit.verdict import PERHAPS, UNKEPT, general

_MANY = 3  # places with the same fault, from which on one cause is likelier than several
_OWN = ("server-error", "no-answer")  # each may have a cause of its own, unless a trait says otherwise
_METHOD = re.compile(r"(?<=#/paths/)([^/]*/)(?:get|post)(?=[/:]|$)(.*?)(?::\d+)*$")
_ALIKE = ("schema-format", "body-undecodable")  # rules whose messages differ by digits alone
_NULL = "the value is null"
_DIGITS = re.compile(r"\b0x[0-9A-F]+|\d+")
# The value that a message begins with, whole or cut off, behind the name of a parameter or header field
_VALUE = re.compile(r'^([\w.-]+: )?(?:["\[{].*|-?\d\S*|true|false) (?=(?:is|has|does|matches|conforms)\b)')
_REFUSAL = re.compile(r"(?:default|[45]\S\S) ")

Key = tuple[str, ...]


def causes(groups: list[Group], context: Context) -> list[Group]:
    """The groups with those of one cause as one."""
    return list({id(cause): cause for cause in assigned(groups, context)}.values())


def by_severity(findings: Findings, context: Context) -> dict[Severity, list[Group]]:
    """The causes of errors and those of warnings. What is an error of some requests and a warning of others is one cause, an error."""
    found = causes(findings.ordered, context)
    return {severity: [one for one in found if one.first.severity is severity] for severity in Severity}


def assigned(groups: list[Group], context: Context) -> list[Group]:
    """For each of the groups the one of its cause, which is the same for all of one cause."""
    keys = [list(_KEYS[context.unit](group)) if context.unit in _KEYS else [] for group in groups]
    counts = Counter(key for one in keys for key, _ in one)
    shared = [next((k for k, least in own if counts[k] >= least), g.key) for g, own in zip(groups, keys, strict=True)]
    merged: dict[Key, Group] = {}
    for group, key in zip(groups, shared, strict=True):
        if key in merged:
            merged[key].absorb(group)
        else:
            merged[key] = replace(group, operations=[group.first.operation], places=[group.place], also=[*group.also])
    return [merged[key] for key in shared]


def _of_a_live_run(group: Group) -> Iterator[tuple[Key, int]]:
    """What a group may share with others, the surest first, each with the number of groups that make one cause of it."""
    first = group.first
    if first.cause and first.rule not in _OWN:
        yield ("cause", first.rule, _REFUSAL.sub("4XX ", first.cause)), 1
    if first.trait:
        is_sure = first.rule in _OWN and not first.trait.startswith(PERHAPS)  # the service says the same of both
        yield ("trait", first.rule, first.severity, first.trait), 2 if is_sure else _MANY
    if first.rule in _OWN:
        return
    if first.rule in _ALIKE or first.message.startswith(_NULL):
        said = _NULL if first.message.startswith(_NULL) else _DIGITS.sub("0", first.message)
        yield ("alike", first.rule, first.severity, said), _MANY
    if first.contract:
        yield ("place", first.rule, first.severity, first.stable_place), 2
    yield ("words", first.rule, first.severity, _spot(first.at), _VALUE.sub(r"\1", first.message)), _MANY


def _spot(at: str) -> str:
    """A place in an exchange by its last name: schemas that say the same of a property may stand at many places."""
    part, _, pointer = general(at).partition("#")
    return f"{part}#{next((name for name in reversed(pointer.split('/')) if name != '*'), '')}"


def _of_a_recording(group: Group) -> Iterator[tuple[Key, int]]:
    first = group.first
    if first.cause in UNKEPT:
        yield (first.rule, first.severity, first.cause), 1
    place = _METHOD.sub(r"\1*\2", first.contract)
    if first.contract:
        yield (first.rule, first.severity, general(first.at), place, first.cause), 1


_KEYS = {"response": _of_a_live_run, "exchange": _of_a_recording}
