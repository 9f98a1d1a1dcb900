"""A name given more than once is refused in the same words in contracts and bodies, in JSON and YAML."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.growth import LINEAR, growth

from toolkit.document.files import open_document
from toolkit.document.names import RepeatedName, bare_name, read_distinct, refuse_repeated_keys
from toolkit.errors import ContractError
from toolkit.wire.json import JsonFault, parse_json

REPEATED = 'the name "a" is given more than once in one object, '


def refusal(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    with pytest.raises(ContractError) as caught:
        open_document(folder / name)
    return str(caught.value)


def test_one_message_for_contracts_and_bodies(tmp_path: Path) -> None:
    text = '{"x": {"a": 1, "b": ":", "a": [2]}}'
    with pytest.raises(JsonFault) as caught:
        parse_json(text.encode())
    assert str(caught.value) == REPEATED + "with the values 1, [2]"
    assert str(caught.value) in refusal(tmp_path, "c.json", text)
    assert REPEATED + "again at line 3" in refusal(tmp_path, "c.yaml", "x:\n  a: 1\n  a: 2\n")


@pytest.mark.parametrize(
    ("name", "bare"), [("per_page", "perpage"), ("$Top", "top"), ("größe-2", "größe2"), ("名前", "名前"), ("_", "")]
)
def test_names_are_compared_without_case_and_signs(name: str, bare: str) -> None:
    assert bare_name(name) == bare


def test_long_values_are_cut(tmp_path: Path) -> None:
    with pytest.raises(JsonFault, match=r'with the values 1, "y{38}…$'):
        parse_json(b'{"a": 1, "a": "' + b"y" * 100 + b'"}')


def _late_repetition(count: int) -> str:
    return "{" + ",".join(f'"a{number}":1' for number in range(count)) + f',"a{count - 1}":2}}'


def _refused(text: str) -> None:
    with pytest.raises(RepeatedName):
        read_distinct(text)


@pytest.mark.slow
def test_a_repeated_name_at_the_end_is_found_in_linear_time() -> None:
    assert growth(_late_repetition, _refused, 4_000) < LINEAR


@pytest.mark.slow
@pytest.mark.parametrize("line", ["    word%sx", "%s", "- %sx", "a%s: 1", "'a%s", '"a%s"x', "a: 1 %s#", "-%sx:"])
def test_a_long_line_is_gone_through_once(line: str) -> None:
    for filler in (" ", "- ", "a", "'"):
        assert growth(lambda count, by=filler: line % (by * count), refuse_repeated_keys, 5_000) < LINEAR
