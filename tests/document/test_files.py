"""Broken and hostile contract files: one line says why, in bounded time, and no file outside of the folder is read."""

from __future__ import annotations

import gzip
import os
import time
from pathlib import Path

import pytest
from support.contracts import HEAD, PATHS, answer, get, rules, used
from support.growth import LINEAR, growth

from toolkit.cli.main import run
from toolkit.contract.model import Contract
from toolkit.document.files import Files, Node, open_document
from toolkit.document.yaml import MAX_DEPTH
from toolkit.errors import ContractError
from toolkit.exchange import Exchange
from toolkit.validation.validator import Validator

BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9)
)
DEEP = 100_000

TEXTS: dict[str, str | bytes] = {
    "empty": "", "blank": " \n", "scalar": "hello", "list": "[]", "null": "null", "broken YAML": "a: [b", "broken JSON": '{"openapi": "3.1.0",',
    "tab": "a:\n\t- b", "not OpenAPI": "a: 1",
    "Swagger": "swagger: '2.0'\npaths: {}", "OpenAPI 4": "openapi: 4.0.0\npaths: {}", "binary": bytes(range(256)) * 8,
    "UTF-16": (HEAD + "paths: {}").encode("utf-16"),
    "half gzip": gzip.compress(HEAD.encode() * 1000)[:40], "no gzip": b"\x1f\x8bxxxx", "paths a list": HEAD + "paths: []",
    "paths a text": HEAD + "paths: x",
    "escaping": PATHS % "{$ref: '../outside.yaml'}", "escaping, encoded": PATHS % "{$ref: '%2e%2e/outside.yaml'}".replace("%", "%%"),
    "absolute": PATHS % "{$ref: '/etc/hostname'}", "symlink": PATHS % "{$ref: 'link.yaml'}",
    "aliases": BOMB,
    "merge of a text": "a: {<<: b}",
    "merges": "a0: &a0 {k: 1}\n" + "".join(f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}]}}\n" for i in range(1, 12)),
    "aliases in a contract": PATHS % "{}" + BOMB, "self alias": "a: &a [*a]\nopenapi: 3.1.0",
    "deep sound JSON": '{"a":' * 300 + "1" + "}" * 300,
    "deep JSON": "[" * DEEP + "]" * DEEP, "deep flow": "a: " + "[" * DEEP + "]" * DEEP, "deep objects": '{"a":' * DEEP,
    "deep block": "\n".join(" " * i + "a:" for i in range(3000)), "deep dashes": "- " * DEEP + "a",
    "deep contract": HEAD + "x: " + "{a: " * 5000 + "1" + "}" * 5000, "unknown alias": "a: *b", "two keys": "a: 1\na: 2",
    "two keys within": HEAD + "paths: {}\nx:\n  - a: 1\n    'b': {c: [1]}\n    a: 2",
    "two names": '{"openapi":"3.1.0","paths":{},"x":[{"a":":","a":1}]}',
    "large YAML": HEAD + "paths: {}\nx:\n" + "- a\n" * 1_100_000, "many values": '{"openapi":"3.1.0","paths":{},"x":[' + "[]," * 2_500_000 + "1]}",
}  # fmt: skip
BROKEN_PARTS = {
    "dangling": PATHS % "{$ref: '#/components/schemas/None'}",
    "circular": PATHS % "{$ref: '#/components/schemas/A'}"
    + "components: {schemas: {A: {$ref: '#/components/schemas/B'}, B: {$ref: '#/components/schemas/A'}}}",
    "self": PATHS % "{$ref: '#/paths/~1x/get/responses/200/content/application~1json/schema'}",
    "remote": PATHS % "{$ref: 'https://example.com/a.yaml'}", "protocol": PATHS % "{$ref: 'file:///etc/passwd'}",
    "network path": PATHS % "{$ref: '//example.com/a'}",
    "missing file": PATHS % "{$ref: 'none.yaml'}", "no pointer": PATHS % "{$ref: '#a'}", "folder": PATHS % "{$ref: 'folder'}",
    "long chain": PATHS % "{$ref: '#/components/schemas/A0'}" + "components:\n  schemas:\n    A999: {}\n"
    + "".join(f"    A{i}: {{$ref: '#/components/schemas/A{i + 1}'}}\n" for i in range(999)),
    "multiplying": PATHS % "{$ref: '#/components/schemas/A0'}" + "components:\n  schemas:\n    A40: {}\n"
    + "".join(f"    A{i}: {{allOf: [{{$ref: '#/components/schemas/A{i + 1}'}}, {{$ref: '#/components/schemas/A{i + 1}'}}]}}\n" for i in range(40)),
}  # fmt: skip
TEXTS["escaping, encoded"] = (PATHS % "{$ref: '@'}").replace("@", "%2e%2e/outside.yaml")


@pytest.mark.parametrize("case", TEXTS)
def test_a_contract_that_cannot_be_used_is_refused_in_one_line(tmp_path: Path, case: str) -> None:
    text = TEXTS[case]
    folder = tmp_path / "contract"
    folder.mkdir()
    (folder / "folder").mkdir()
    (tmp_path / "outside.yaml").write_text("type: string")
    (folder / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (folder / "c.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    began = time.process_time()
    with pytest.raises(ContractError) as caught:
        used(Contract.load(folder / "c.yaml"))
    message = str(caught.value)
    assert "c.yaml" in message and "\n" not in message and len(message) < 700 and time.process_time() - began < 5, (
        message
    )


@pytest.mark.parametrize("case", BROKEN_PARTS)
def test_a_part_that_cannot_be_used_is_a_finding_in_one_line(tmp_path: Path, case: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "c.yaml").write_text(BROKEN_PARTS[case])
    began = time.process_time()
    contract = Contract.load(tmp_path / "c.yaml")
    assert used(contract) == ["contract-unusable"] and time.process_time() - began < 5
    exchange = Exchange(get("/x"), answer(b"{}"), "here")
    (found,) = Validator(contract).check(exchange).violations
    assert (
        found.contract.startswith("c.yaml#/") and found.hint and found.operation == "GET /x" and found.source == "here"
    )
    assert len(str(found)) < 700 and "\n" not in found.message


MERGES = """
base: &base {x: 1, y: 1}
own key wins: {y: 2, <<: *base}
first merged wins: {<<: [*base, {z: 3, x: 3}]}
nested: &nested {<<: *base, z: 1}
twice removed: {<<: *nested}
several:
  <<: {x: 5}
  k: 1
  <<: *base
quoted: {"<<": {x: 1}}
a text: <<
"""


def test_merge_keys_are_applied(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(MERGES)
    assert open_document(tmp_path / "c.yaml").value == {
        "base": {"x": 1, "y": 1},
        "own key wins": {"x": 1, "y": 2},
        "first merged wins": {"x": 1, "y": 1, "z": 3},
        "nested": {"x": 1, "y": 1, "z": 1},
        "twice removed": {"x": 1, "y": 1, "z": 1},
        "several": {"x": 5, "k": 1, "y": 1},
        "quoted": {"<<": {"x": 1}},
        "a text": "<<",
    }


TAGGED = """
numbers: [!!int "3", !!float '1.5', &a !!int "4", !<tag:yaml.org,2002:int> "5", *a]
others: {yes: !!bool "true", null: !!null "", text: !!str 3, quoted: "3", named: '!!int "3"', block: 'a !!int "3" b'}
"""


def test_a_tag_says_what_a_quoted_scalar_is(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(TAGGED)
    others = {"yes": True, None: None, "text": "3", "quoted": "3", "named": '!!int "3"', "block": 'a !!int "3" b'}
    assert open_document(tmp_path / "c.yaml").value == {"numbers": [3, 1.5, 4, 5, 4], "others": others}


KEYS = """
mapping: {01: a, 1.10: b, 1e3: c, +5: d, 0x1F: e, Null: f, NULL: g, ~: h, True: i, 200: j, 0: k}
&x 007: {null: 1, true: 2}
list: [Null, 01, 1.10]
"""


def test_keys_are_strings_as_they_stand(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(KEYS)
    root = open_document(tmp_path / "c.yaml")
    names = ["01", "1.10", "1e3", "+5", "0x1F", "Null", "NULL", "~", "True", "200", "0"]
    assert [name for name, _ in root.each("mapping")] == names
    assert root.value["list"] == [None, 1, 1.1] and root.get("mapping", "Null") is not None
    assert [name for name, _ in root.children()] == ["mapping", "007", "list"]


def test_a_merged_schema_is_found_where_it_is_brought_in(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(
        PATHS % "{<<: *base, maxProperties: 9}" + "x-base: &base {type: object, required: [id]}"
    )
    text = (tmp_path / "c.yaml").read_text()
    (tmp_path / "c.yaml").write_text(text.partition("x-base")[2].join(["x-base", "\n"]) + text.partition("x-base")[0])
    (found,) = (
        Validator(Contract.load(tmp_path / "c.yaml")).check(Exchange(get("/x"), answer(b"{}"), "here")).violations
    )
    assert found.rule == "schema-required" and found.contract.count(":") == 2


@pytest.mark.parametrize("name", ["none.yaml", "", "c.yaml/x", "\0", "n" * 5000])
def test_a_contract_that_is_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(ContractError) as caught:
        Contract.load(f"{tmp_path}/{name}")
    assert "\n" not in str(caught.value)


def test_several_documents_in_a_file_are_refused(tmp_path: Path) -> None:
    """The first alone would be read; three dashes in a string begin none."""
    path = tmp_path / "openapi.yaml"
    path.write_text("---\nopenapi: 3.1.0\ninfo:\n  description: |\n    a\n    ---\n    b\n")
    assert Files(tmp_path).tree(path)["info"]["description"] == "a\n---\nb\n"
    path.write_text("---\na: 1\n" * 3)
    with pytest.raises(ContractError, match="several YAML documents; keep one"):
        Files(tmp_path).tree(path)


@pytest.mark.parametrize(
    "text", ["[" * 2000 + "]" * 2000, '{"a":' * 300 + "1" + "}" * 300, "{a: " * 900 + "1" + "}" * 900]
)
def test_nesting_is_named_as_what_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(text)
    with pytest.raises(ContractError, match=r"openapi\.yaml: nested too deeply; use"):
        Files(tmp_path).tree(path)


def test_keys_that_only_seem_to_be_repeated(tmp_path: Path) -> None:
    text = "x: [&b {a: 1}, {a: 2}]\ny: |\n  a: 1\n  a: 2\nz:\n- a: 1\n- a: 2\n-\n  a: 3\nq:\n  <<: *b\n  <<: *b\n'a b': 1\na b c: 2\n"
    (tmp_path / "c.yaml").write_text(HEAD + "paths: {}\n" + text.replace("*b", "{}"))
    assert list(Contract.load(tmp_path / "c.yaml").operations()) == []


def test_no_file_is_read_but_those_of_the_contract(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.yaml").write_text(
        "A: {type: object, properties: {name: {$ref: '../c.yaml#/components/schemas/S'}}}"
    )
    (tmp_path / "c.yaml").write_text(PATHS % "{$ref: 'sub/b.yaml#/A'}" + "components: {schemas: {S: {type: string}}}")
    assert used(Contract.load(tmp_path / "c.yaml")) == ["schema-type"]
    assert rules(Contract.load(tmp_path / "c.yaml"), get("/x"), answer(b'{"name":""}')) == []
    (fault,) = Validator(Contract.load(tmp_path / "c.yaml")).check(Exchange(get("/x"), answer(b"1"))).violations
    assert fault.contract == "sub/b.yaml#/A/type:1:11"


@pytest.mark.parametrize(
    ("body", "found"), [(b'{"type":"object","minimum":1}', []), (b'{"type":"objekt"}', ["schema-value"])]
)
def test_a_metaschema_of_json_schema_is_read_without_a_network(tmp_path: Path, body: bytes, found: list[str]) -> None:
    (tmp_path / "c.yaml").write_text(PATHS % "{$ref: 'https://json-schema.org/draft/2020-12/schema'}")
    assert rules(Contract.load(tmp_path / "c.yaml"), get("/x"), answer(body)) == found


def test_integers_beyond_64_bits_are_exact(tmp_path: Path) -> None:
    number = 10**22 + 1
    (tmp_path / "c.yaml").write_text(f"a: [{number}, -{number}]\nb: '{number}'\ne: x{number}\n")
    (tmp_path / "c.json").write_text(f'{{"a": [{number}, 1]}}')
    read = {"a": [number, -number], "b": str(number), "e": f"x{number}"}
    assert open_document(tmp_path / "c.yaml").value == read
    assert open_document(tmp_path / "c.json").value == {"a": [number, 1]}


@pytest.mark.slow
@pytest.mark.parametrize("last", ["none", "{$ref: '#/x/s0'}", "{type: object}"])
def test_chains_of_references_are_followed_in_time_that_grows_with_their_length(tmp_path: Path, last: str) -> None:
    def chain(length: int) -> Path:
        path = tmp_path / f"{length}.yaml"
        steps = "".join(f"  s{i}: {{$ref: '#/x/s{i + 1}'}}\n" for i in range(length))
        path.write_text(f"{HEAD}paths: {{}}\nx:\n{steps}" + (f"  s{length}: {last}\n" if last != "none" else ""))
        return path

    def follow(path: Path) -> list[str]:
        return [_outcome(node) for _, node in open_document(path).get("x").children()]  # type: ignore[union-attr]

    assert growth(chain, follow, 250) < LINEAR
    outcomes = follow(chain(MAX_DEPTH + 1))
    assert len(set(outcomes)) == {"none": 1}.get(last, len(outcomes) if "ref" in last else 2)


def _outcome(node: Node) -> str:
    try:
        return node.follow().pointer
    except ContractError as error:
        return str(error)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("way", ["contract", "overlay", "reference"])
def test_a_pipe_is_refused_where_a_file_is_read_more_than_once(tmp_path: Path, way: str) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "c.yaml").write_text(PATHS % "{$ref: pipe.yaml}" if way == "reference" else HEAD + "paths: {}")
    if way == "reference":
        assert used(Contract.load(tmp_path / "c.yaml")) == ["contract-unusable"]
        return
    path, overlays = ("pipe.yaml", []) if way == "contract" else ("c.yaml", [tmp_path / "pipe.yaml"])
    with pytest.raises(ContractError, match=r"pipe\.yaml: a pipe or a device"):
        Contract.load(tmp_path / path, overlays=overlays)


@pytest.mark.skipif(not Path("/proc/kmsg").exists(), reason="needs /proc")
def test_a_file_of_the_kernel_which_may_never_end_is_refused_as_contract_and_as_recording() -> None:
    with pytest.raises(ContractError, match="a pipe or a device"):
        Contract.load("/proc/kmsg")
    assert run(["validate", "/proc/kmsg", "--quiet"]) == 2
