"""A baseline accepts the kinds of violation that it knows, and no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import ReportError
from toolkit.reports import baseline
from toolkit.reports.baseline import Baseline
from toolkit.rules import RULES
from toolkit.verdict import Verdict, Violation

PLACE = "openapi.yaml#/components/schemas/Task:12:5"

texts = st.text(st.characters(exclude_categories=()), max_size=20)
violations = st.builds(Violation, st.sampled_from(sorted(RULES)), texts, texts, texts, operation=texts)


def broken(*found: Violation) -> Verdict:
    return Verdict("x", "ListTasks", violations=found)


def noted(*verdicts: Verdict) -> Baseline:
    known: Baseline = {}
    for verdict in verdicts:
        baseline.add(known, verdict)
    return known


def test_known_violations_are_accepted_and_new_ones_are_not() -> None:
    old, new = (Violation(rule, "m", "response.body#/0", PLACE) for rule in ("schema-type", "schema-value"))
    moved = Violation("schema-type", "other", "response.body#/9", PLACE.replace(":12:5", ":80:1"))
    verdict, accepted = baseline.accept(noted(broken(old)), broken(old, new, moved))
    assert verdict.violations == (new,)
    assert accepted == 2
    assert not verdict.conforms


def test_an_empty_baseline_accepts_nothing() -> None:
    verdict = broken(Violation("schema-type", "m", contract=PLACE))
    assert baseline.accept({}, verdict) == (verdict, 0)


@given(st.lists(violations, max_size=5))
def test_what_was_written_accepts_itself(tmp_path_factory: pytest.TempPathFactory, found: list[Violation]) -> None:
    path = str(tmp_path_factory.mktemp("known") / "baseline.json")
    known = noted(broken(*found))
    baseline.write(path, known)
    verdict, accepted = baseline.accept(baseline.load(path), broken(*found))
    assert verdict.violations == ()
    assert accepted == len(found)


def test_the_file_is_sorted_readable_and_whole(tmp_path: Path) -> None:
    found = [Violation(rule, "m", contract=PLACE, operation="ListTasks") for rule in ("schema-value", "schema-type")]
    written = []
    for order in (found, found[::-1]):
        baseline.write(str(tmp_path / "b.json"), noted(broken(*order)))
        written.append((tmp_path / "b.json").read_text("ascii"))
    assert written[0] == written[1]
    entries = json.loads(written[0])["violations"]
    assert [entry["rule"] for entry in entries] == ["schema-type", "schema-value"]
    assert entries[0]["place"] == "openapi.yaml#/components/schemas/Task"
    assert len(written[0].splitlines()) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["b.json"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"[" * 200_000, "is not JSON"),
        (b'{"version": ' + b"9" * 10_000 + b"}", "is not JSON"),
        (b"[]", "not a baseline of version 1"),
        (b'{"version": 2, "violations": []}', "not a baseline of version 1"),
        (b'{"version": 1}', 'no list of "violations"'),
        (b'{"version": 1, "violations": ["x"]}', "violation 1 of the baseline"),
        (b'{"version": 1, "violations": [{"fingerprint": 1}]}', "violation 1 of the baseline"),
        (
            b'{"version": 1, "violations": [{"fingerprint": "0", "rule": "", "operation": "", "place": ""}]}',
            "lacks one of the strings",
        ),
    ],
)
def test_a_broken_file_is_one_clear_line(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_bytes(content)
    with pytest.raises(ReportError, match=message) as caught:
        baseline.load(str(path))
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_file_names_the_cure(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="write it with --update-baseline"):
        baseline.load(str(tmp_path / "none.json"))
    with pytest.raises(ReportError, match="cannot read the baseline"):
        baseline.load(str(tmp_path))


def test_a_path_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ReportError, match=r"cannot write the baseline .*file is no folder"):
        baseline.write(str(tmp_path / "file" / "b.json"), {})
    (tmp_path / "folder").mkdir()
    with pytest.raises(ReportError, match="cannot write the baseline"):
        baseline.write(str(tmp_path / "folder"), {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_baseline_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "LIMIT", 10)
    with pytest.raises(ReportError, match="more than 10 kinds"):
        noted(*(broken(Violation("schema-type", "m", f"response.body#/member{index}")) for index in range(11)))
    full = noted(*(broken(Violation("schema-type", "m", f"response.body#/member{index}")) for index in range(10)))
    baseline.add(full, broken(Violation("schema-type", "m", "response.body#/member1")))
