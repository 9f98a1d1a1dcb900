"""Reports: what each format says, that it stays valid whatever a recording holds, and that it stays small."""

from __future__ import annotations

import io
import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from support.places import ROOT
from support.violations import violation

from toolkit.errors import ReportError
from toolkit.reports import html
from toolkit.reports.coverage import Coverage, Details, Probed
from toolkit.reports.findings import Findings, Group
from toolkit.reports.wording import title, tone
from toolkit.reports.writers import FORMATS, Context, Summary, open_reports
from toolkit.rules import RULES, Severity
from toolkit.structs import replace
from toolkit.verdict import Verdict, Violation

SCHEMA = json.loads((ROOT / "schemas" / "report.schema.json").read_text("utf-8"))
EXCHANGES = Context("openapi.yaml", "traffic.har")
CHECKS = Context("openapi.yaml", "http://127.0.0.1:8080", "response")
HOSTILE = "\x1b[31mred\x00 ]]> <script>alert('1')</script> & \" %0A::error::x\r\n\ud800\ufffe\u202e 100%"
COMMAND = "curl -s 'http://127.0.0.1:8080/?PageSize=51'"


def broken(*violations: Violation, operation: str = "ListTasks") -> Verdict:
    return Verdict(violations[0].source, operation, violations=violations)


SOUND = Verdict("traffic.har:0", "GetTask")
OUTSIDE = Verdict("traffic.har:9", unmatched="no operation takes GET /other")
WARNED = broken(violation("parameter-undeclared", contract="", at="request.query.Foo"))


def summed(verdicts: Iterable[Verdict]) -> Summary:
    summary = Summary()
    for verdict in verdicts:
        summary.add(verdict)
    return summary


def report(name: str, verdicts: Iterable[Verdict], context: Context = EXCHANGES, **known: object) -> str:
    stream, summary = io.StringIO(), Summary(**known)  # type: ignore[arg-type]
    opened = open_reports([name], context, stream)
    for verdict in verdicts:
        summary.add(verdict)
        opened.add(verdict)
    opened.finish(summary)
    return stream.getvalue()


def as_json(verdicts: Iterable[Verdict], context: Context = EXCHANGES, **known: object) -> dict[str, object]:
    document = json.loads(report("json", verdicts, context, **known))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return document


# the summary


def test_each_verdict_is_counted_where_it_belongs() -> None:
    strict = Verdict("x", unmatched="no operation", violations=(violation("exchange-unmatched", operation=""),))
    summary = summed([SOUND, WARNED, OUTSIDE, strict, broken(violation(), violation())])
    assert (summary.exchanges, summary.conforming, summary.violating, summary.unmatched) == (5, 2, 2, 2)
    assert (summary.violations, summary.errors) == (4, 3)
    assert summary.by_rule == {"parameter-undeclared": 1, "exchange-unmatched": 1, "schema-type": 2}
    assert summary.operations == {"GetTask": 1, "ListTasks": 2}
    assert summary.failing == {"ListTasks": 1}


def test_a_softened_error_is_a_warning() -> None:
    summary = summed([broken(violation().soften())])
    assert (summary.conforming, summary.violations, summary.errors) == (1, 1, 0)


@given(st.lists(st.sampled_from([WARNED, OUTSIDE, broken(violation())])), st.integers(0, 20))
def test_verdicts_without_violations_can_be_counted_at_once(verdicts: list[Verdict], sound: int) -> None:
    summary = summed(verdicts)
    summary.add_sound({SOUND.operation: sound} if sound else {})
    assert summary == summed([*verdicts, *[SOUND] * sound])


# groups


def test_only_the_same_kind_is_one_group() -> None:
    same = [violation(index=index) for index in range(3)]
    others = [
        violation("schema-value"),
        violation(operation="Other"),
        violation(at="response.body#/Total"),
        violation(contract="openapi.yaml#/elsewhere:1:1"),
        violation().soften(),
        *(violation("record-unreadable", at="", contract="", message=text) for text in ("cut 1", "cut 2", "empty")),
    ]
    findings = Findings()
    findings.add(broken(*same, *others))
    assert sorted(group.count for group in findings.groups.values()) == [1, 1, 1, 1, 1, 1, 2, 3]


def test_memory_is_bounded_by_groups_and_reasons() -> None:
    findings = Findings(limit=10)
    for index in range(2_000):
        findings.add(broken(violation(at=f"response.body#/member{index}", message="x" * 50_000)))
        findings.add(Verdict("x", unmatched="y" * index))
    assert (len(findings.groups), findings.omitted) == (10, 1_990)
    assert len(findings.reasons) + findings.omitted_reasons <= 2_000
    assert len(findings.reasons) <= 1_000
    assert all(len(group.first.message) < 1_100 for group in findings.groups.values())


def test_reasons_that_differ_by_a_number_are_one() -> None:
    verdicts = [
        Verdict(f"traffic.har:{index}", unmatched=f"no operation takes GET /other/{index}") for index in range(3)
    ]
    text = report("text", [*verdicts, OUTSIDE])
    assert "  3 x no operation takes GET /other/0 (first: traffic.har:0)\n  1 x no operation takes GET /other " in text


def test_more_sources_are_said_only_where_there_are_more() -> None:
    once = report("text", [broken(*(violation(source="traffic.har:1") for _ in range(9)))])
    assert "seen in   traffic.har:1\n" in once


def test_what_is_outside_and_counts_as_a_violation_is_one_of_these() -> None:
    strict = replace(OUTSIDE, violations=(violation(rule="exchange-unmatched"),))
    assert "1 conforming, 1 violating, 1 of these outside the contract" in report("text", [SOUND, strict])
    assert "1 conforming, 0 violating, 1 outside the contract" in report("text", [SOUND, OUTSIDE])
    some = report("text", [SOUND, strict, OUTSIDE])
    assert "1 conforming, 1 violating, 2 outside the contract (1 of them among the violating)" in some


def test_of_several_sources_the_first_says_what_was_asked() -> None:
    named = (violation(source=f"request {number}: a body with {number} should be refused") for number in (1, 2))
    assert "seen in   request 1: a body with 1 should be refused, request 2\n" in report("text", [broken(*named)])


# text


def test_text_tells_a_stranger_what_is_wrong() -> None:
    text = report("text", [SOUND, WARNED, OUTSIDE, *(broken(violation(index=index)) for index in range(7))])
    assert text.startswith("Does NOT conform: 7 of 10 exchanges violate openapi.yaml.\n")
    assert "10 exchanges of 2 operations in traffic.har" in text
    assert "2 conforming, 7 violating, 1 outside the contract" in text
    assert "ERROR 1: schema-type in ListTasks, 7 times" in text
    assert "seen in   traffic.har:0, traffic.har:1, traffic.har:2, traffic.har:3, traffic.har:4 and more" in text
    assert "cure      Send a number." in text
    assert "WARNING 1: parameter-undeclared in ListTasks\n" in text
    assert "1 x no operation takes GET /other (traffic.har:9)" in text
    assert text.endswith("7 errors of 1 kind, 1 warning of 1 kind. By rule: schema-type 7, parameter-undeclared 1.\n")


@pytest.mark.parametrize(
    ("verdicts", "headline"),
    [
        ([], "Nothing was checked: no exchange was found."),
        ([OUTSIDE], "Nothing was checked: 1 exchange is outside the contract."),
        ([SOUND], "Conforms: 1 exchange conforms to openapi.yaml."),
        ([SOUND, WARNED, OUTSIDE], "Conforms: 2 exchanges conform to openapi.yaml."),
        ([broken(violation())], "Does NOT conform: 1 of 1 exchange violates openapi.yaml."),
    ],
)
def test_the_headline_is_the_verdict(verdicts: list[Verdict], headline: str) -> None:
    assert report("text", verdicts).splitlines()[0] == headline
    assert report("text", verdicts, interrupted=True).splitlines()[0] == f"Interrupted. So far: {headline}"


def test_text_of_a_test_gives_requests_seed_and_the_command_in_full() -> None:
    command = "curl -s '" + "x" * 2_000 + "'"
    text = report("text", [broken(violation(reproduce=command))], CHECKS, requests=1_200, seed=7, known=3)
    assert "1,200 requests sent, seed 7" in text
    assert "3 known violations accepted by the baseline" in text
    assert f"repeat    {command}\n" in text


def test_many_violations_are_a_few_lines_of_text() -> None:
    many = broken(*(violation(index=index) for index in range(1_000)))
    text = report("text", [many] * 20)
    assert "schema-type in ListTasks, 20,000 times" in text
    assert len(text.splitlines()) < 20
    kinds = broken(*(violation(at=f"response.body#/member{index}") for index in range(1_000)))
    text = report("text", [kinds])
    assert "and 950 more kinds of error" in text
    assert len(text.splitlines()) < 500


def test_text_is_bounded_and_has_no_control_characters() -> None:
    text = report("text", [broken(violation(message=HOSTILE + "x" * 1_000_000, operation=HOSTILE))])
    assert all(line.isprintable() for line in text.splitlines())
    assert "\\x1b[31mred" in text
    assert max(map(len, text.splitlines())) < 1_500


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colours_are_for_terminals_that_want_them(
    no_color: str, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    terminal = Terminal()
    open_reports(["text"], EXCHANGES, terminal).finish(summed([broken(violation())]))
    assert ("\x1b[" in terminal.getvalue()) is coloured
    assert "\x1b[" not in report("text", [broken(violation())])


def test_lines_keep_to_the_width_of_a_terminal_but_for_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    terminal, command = Terminal(), "curl" + " -H 'A: b'" * 12
    found = violation(message="many words " * 20, reproduce=command, hint="words of a hint " * 6)
    opened = open_reports(["text"], CHECKS, terminal)
    opened.add(broken(found))
    opened.finish(summed([broken(found)]))
    lines = [re.sub("\x1b\\[[0-9;]*m", "", line) for line in terminal.getvalue().splitlines()]
    assert [line for line in lines if len(line) > 60] == [f"  repeat    {command}"]
    hint = next(number for number, line in enumerate(lines) if line.startswith("  cure      words of a hint"))
    assert re.match(" {12}\\w", lines[hint + 1])
    assert max(map(len, report("text", [broken(found)]).splitlines())) > 200


# json


def test_json_has_the_pinned_shape() -> None:
    document = as_json([SOUND, broken(violation()), OUTSIDE])
    assert document["summary"] == {
        "exchanges": 3,
        "conforming": 1,
        "violating": 1,
        "unmatched": 1,
        "violations": 1,
        "by_rule": {"schema-type": 1},
    }
    assert document["violations"] == [
        {
            "rule": "schema-type",
            "severity": "error",
            "message": '"0" is a string, not an integer',
            "at": "response.body#/Tasks/0/Size",
            "contract": "openapi.yaml#/components/schemas/Task/properties/Size:12:5",
            "operation": "ListTasks",
            "source": "traffic.har:0",
            "hint": "Send a number.",
        }
    ]
    assert document["unmatched"] == [{"reason": OUTSIDE.unmatched, "count": 1, "first": "traffic.har:9"}]


def test_json_of_a_test_adds_requests_seed_and_reproduce() -> None:
    document = as_json([broken(violation(reproduce=COMMAND))], CHECKS, requests=12, seed=7)
    assert (document["summary"]["requests"], document["summary"]["seed"]) == (12, 7)  # type: ignore[index]
    assert document["violations"][0]["reproduce"] == COMMAND  # type: ignore[index]


def test_json_and_the_page_say_what_was_checked_when_and_by_what() -> None:
    started = datetime(2026, 11, 26, 1, 2, 3, tzinfo=UTC)
    context = replace(EXCHANGES, started=started)
    document = as_json([SOUND], context)
    assert (document["contract"], document["subject"]) == ("openapi.yaml", "traffic.har")
    assert (document["version"], document["started"]) == (version("contract-toolkit"), "2026-11-26T01:02:03Z")
    assert document["seconds"] > 0  # type: ignore[operator]
    assert "2026-11-26 01:02:03 UTC" in report("html", [SOUND], context)
    assert "started" not in as_json([SOUND])


def test_json_lists_each_violation_until_a_kind_repeats_too_often() -> None:
    few = as_json([broken(violation(index=index)) for index in range(100)])
    assert (len(few["violations"]), few["omitted"]) == (100, 0)  # type: ignore[arg-type]
    text = report("json", [broken(*(violation(index=index) for index in range(1_000)))] * 50)
    many = json.loads(text)
    assert len(text) < 100_000
    assert (len(many["violations"]), many["omitted"], many["groups"][0]["count"]) == (100, 49_900, 50_000)
    assert many["groups"][0]["samples"] == [f"traffic.har:{index}" for index in range(5)]
    assert many["groups"][0]["fingerprint"] == violation().fingerprint


def test_json_is_written_while_the_run_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    opened = open_reports([f"json={path}"], EXCHANGES, io.StringIO())
    opened.add(broken(violation()))
    assert not path.exists()  # a file appears when it is whole
    [begun] = tmp_path.iterdir()
    assert json.loads(begun.read_text("utf-8") + "]}")["violations"][0]["rule"] == "schema-type"
    opened.finish(summed([broken(violation())]))
    assert json.loads(path.read_text("utf-8"))["summary"]["violating"] == 1


def test_an_interrupted_run_leaves_valid_json() -> None:
    assert as_json([], interrupted=True)["summary"]["interrupted"] is True  # type: ignore[index]
    assert "interrupted" not in as_json([])["summary"]  # type: ignore[operator]


def test_json_schema_refuses_another_shape() -> None:
    document = as_json([broken(violation())])
    del document["violations"][0]["hint"]  # type: ignore[index, attr-defined]
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(document)


# junit


def cases(verdicts: Iterable[Verdict], context: Context) -> dict[tuple[str, str], str]:
    """What became of each test case, by its suite and name; the counts are checked on the way."""
    text = report("junit", verdicts, context)
    found = {}
    for number, suite in enumerate(etree.fromstring(text.encode("utf-8"))):
        name = suite.get("name")
        own = {(name, case.get("name")): "".join(child.tag for child in case) for case in suite.iter("testcase")}
        outcomes = list(own.values())
        assert [child.tag for child in suite if child.tag != "testcase"] == ["properties", "system-out", "system-err"]
        assert {case.get("classname") for case in suite.iter("testcase")} <= {name} and suite.get("id") == str(number)
        assert int(suite.get("tests")) == len(outcomes)
        assert int(suite.get("failures")) == outcomes.count("failure")
        assert int(suite.get("skipped")) == outcomes.count("skipped")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp"))
        found |= own
    return found


def test_junit_has_a_suite_for_each_operation() -> None:
    found = cases(
        [SOUND, OUTSIDE, broken(violation()), broken(violation(operation="Warned").soften(), operation="Warned")],
        EXCHANGES,
    )
    assert found == {
        ("contract", "conforms"): "skipped",
        ("GetTask", "conforms"): "",
        ("ListTasks", "schema-type"): "failure",
        ("Warned", "conforms"): "",
    }


def test_junit_has_a_case_for_each_rule_that_an_operation_breaks_whatever_was_sent() -> None:
    sound, failed = Verdict("PageSize=50 is accepted", "ListTasks"), violation(source="PageSize=51 is refused")
    unclear = Verdict("pages are disjoint", "GetTask", "too little data")
    other = violation("schema-value", source="PageSize=x is refused")
    assert cases([sound, broken(failed), broken(other), broken(failed), unclear], CHECKS) == {
        ("ListTasks", "schema-value"): "failure",
        ("ListTasks", "schema-type"): "failure",
        ("GetTask", "conforms"): "skipped",
    }


def test_a_case_of_junit_has_one_outcome() -> None:
    unreadable = Verdict("x", violations=(violation("record-unreadable", operation=""),))
    assert cases([unreadable, OUTSIDE], EXCHANGES) == {("contract", "record-unreadable"): "failure"}


def test_junit_says_what_failed() -> None:
    suite = etree.fromstring(report("junit", [WARNED, broken(violation(reproduce=COMMAND))], CHECKS).encode("utf-8"))
    failure = suite.find(".//failure")
    assert (failure.get("type"), failure.get("message")) == ("schema-type", '"0" is a string, not an integer')
    assert COMMAND in failure.text
    assert "warning: parameter-undeclared" in suite.findtext(".//system-out")
    assert "parameter-undeclared" not in failure.text


# sarif


def test_sarif_points_into_the_contract() -> None:
    document = json.loads(report("sarif", [broken(violation(index=index)) for index in range(3)] + [WARNED], CHECKS))
    (run,) = document["runs"]
    assert document["version"] == "2.1.0"
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    error, warning = run["results"]
    assert (error["ruleId"], error["level"], error["occurrenceCount"]) == ("schema-type", "error", 3)
    assert rules[error["ruleIndex"]]["id"] == "schema-type"
    physical = error["locations"][0]["physicalLocation"]
    assert physical == {"artifactLocation": {"uri": "openapi.yaml"}, "region": {"startLine": 12, "startColumn": 5}}
    assert list(error["partialFingerprints"].values()) == [violation().fingerprint]
    assert warning["level"] == "warning"
    assert warning["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}


@pytest.mark.parametrize("name", ["sarif", "github"])
def test_what_was_not_checked_is_named_beside_what_was(name: str) -> None:
    assert "outside the contract: 1 x no operation takes GET /other" in report(name, [WARNED, OUTSIDE], EXCHANGES)
    assert "outside the contract:" not in report(name, [WARNED], EXCHANGES)


def test_sarif_says_that_a_run_was_interrupted() -> None:
    for interrupted in (True, False):
        run = json.loads(report("sarif", [], interrupted=interrupted))["runs"][0]
        assert run["invocations"] == [{"executionSuccessful": not interrupted}]


# github


def test_github_annotates_each_kind_once_the_errors_first() -> None:
    lines = report("github", [WARNED, *(broken(violation(index=index)) for index in range(3))]).splitlines()
    start = '::error file=openapi.yaml,line=12,col=5,title=schema-type in ListTasks%2C 3 times::"0" is a string, not an integer%0A'
    assert lines[0].startswith(start)
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::warning", "::notice"]


def test_github_escapes_what_could_be_a_command() -> None:
    hostile = violation(message="100%\n::error::no", operation="a:b,c", contract="a,b.yaml#/x:1:2")
    first, last = report("github", [broken(hostile)]).splitlines()
    assert first.startswith(
        "::error file=a%2Cb.yaml,line=1,col=2,title=schema-type in a%3Ab%2Cc::100%25\\n::error::no%0A"
    )
    assert last.startswith("::notice ")


def test_a_place_is_named_from_the_root_of_the_work_tree_that_github_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "c.yaml").write_text("")
    monkeypatch.chdir(tmp_path / "api")
    context = Context("c.yaml", folder=".")
    assert context.file("c.yaml") == "c.yaml"
    for root, shown in ((tmp_path, "api/c.yaml"), (tmp_path / "other", "c.yaml")):
        monkeypatch.setenv("GITHUB_WORKSPACE", str(root))
        assert context.file("c.yaml") == shown


def test_github_annotations_are_capped() -> None:
    lines = report("github", [broken(*(violation(at=f"response.body#/member{i}") for i in range(500)))]).splitlines()
    assert len(lines) == 51
    assert "Only the first 50 kinds" in lines[-1]


# html


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def page(verdicts: Iterable[Verdict]) -> Page:
    parsed = Page()
    parsed.feed(report("html", verdicts, CHECKS))
    return parsed


def test_html_is_one_page_that_fetches_nothing() -> None:
    found = page([SOUND, OUTSIDE, WARNED, broken(violation(reproduce=COMMAND, message=HOSTILE))])
    assert not {"img", "link", "iframe"} & set(found.tags)
    assert found.tags.count("script") == 1
    assert not {"src", "onclick"} & {name for name, _ in found.attributes}
    assert all(str(value).startswith("#") for name, value in found.attributes if name == "href")
    assert "<script>alert('1')</script>" in found.text
    assert COMMAND in found.text
    assert OUTSIDE.unmatched in found.text


def test_html_runs_no_script_but_its_own() -> None:
    text = report("html", [broken(violation(message=HOSTILE))], CHECKS)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    script = re.search("<script>(.*?)</script>", text, re.DOTALL)
    assert policy and script
    assert f"script-src 'sha256-{b64encode(sha256(script[1].encode()).digest()).decode()}';" in policy[1]
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]


def test_html_has_what_search_and_filters_need_and_hides_them_without_a_script() -> None:
    text = report("html", [broken(violation(reproduce=COMMAND)), WARNED], CHECKS)
    assert "<form role=search hidden" in text
    assert "class=copy hidden" in text
    assert 'data-rule="schema-type" data-severity="error" data-operation="ListTasks"' in text
    assert '<option value="parameter-undeclared">' in text


def test_html_draws_the_values_of_each_parameter_and_says_them_in_words() -> None:
    values = [
        Probed("ListTasks", "query", "PageSize", "50 [maximum]", "accepted", 200, "JSON, GET"),
        Probed("ListTasks", "query", "PageSize", "51 [maximum + 1]", "refused", 200, "JSON, GET", wrong=True),
        Probed("ListTasks", "query", "PageSize", HOSTILE, "survived", 400),
    ]
    text = report("html", [SOUND], CHECKS, probed=values)
    assert "3 values of 1 parameter tried, 1 answered wrongly" in text
    assert text.count("<svg role=img") == 1
    assert 'aria-label="PageSize: 3 values; of 3 requests 2 accepted, 1 refused, 1 wrong"' in text
    assert text.count("class=wrong d=") == text.count("<circle class=wish") == text.count("<circle class=ok") == 1
    assert "51 [maximum + 1]: accepted with 200, should be refused (JSON, GET)</title>" in text
    assert "<th scope=row>50 [maximum]<td><span>accepted with 200, should be accepted (JSON, GET)</span>" in text
    assert text.count("<script") == 1


def test_html_has_a_matrix_of_operations_and_documented_statuses() -> None:
    kinds = {"200 [].id": True, "200 [].<note>": False}, {"status: open": True}
    seen = Details({"200": 3, "404": 0}, {"application/json": 3}, {"size": True, "page": False}, *kinds)
    covered = [Coverage("ListTasks", "success", (200, 500), details=seen), Coverage("GetTask", "not-examined")]
    text = report("html", [SOUND], EXCHANGES, coverage=covered)
    row = re.search("<tr><th scope=row>ListTasks<td>.*?</tr>", text)
    assert row
    cells = [re.sub("<.*?>", "", cell) for cell in row[0].split("<td>")[1:]]
    assert cells == ["yes", "1 of 2", "1 of 1", "3", "0", "seen!", "application/json", "size, page (not seen)"]
    assert "Not seen: 1 property or enum member</summary><ul>\n<li>ListTasks: <code>200 [].&lt;note&gt;</code>" in text
    assert "2 operations: 1 seen with success, 1 not seen" in text
    assert (
        "seen: 1 of 2 statuses, 1 of 1 media types, 1 of 2 query parameters; where there were responses, 1 of 2 properties, 1 of 1 enum members"
        in text
    )


def test_html_quotes_the_contract_around_the_place_of_a_finding(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text("".join(f"line{number}: <b>\n" for number in range(1, 30)), "utf-8")
    found = broken(violation(contract="openapi.yaml#/x:12:5"))
    text = report("html", [found], replace(CHECKS, folder=str(tmp_path)))
    assert "   11  line11: &lt;b&gt;\n<b>   12  line12: &lt;b&gt;</b>" in text
    long = "a" * 100 + ", maximum: 3"  # of a flow mapping, or of a file without line ends: the place is in view
    (tmp_path / "long.yaml").write_text(f"{long}\n{long}\n", "utf-8")
    text = report("html", [broken(violation(contract="long.yaml#/x:2:103"))], replace(CHECKS, folder=str(tmp_path)))
    assert f"    1  {long}\n<b>    2  ... {'a' * 37}, maximum: 3</b>" in text
    outside = broken(violation(contract="../openapi.yaml#/x:12:5"))
    assert "<pre" not in report("html", [outside], replace(CHECKS, folder=str(tmp_path)))


def test_html_counts_all_findings_of_a_rule_where_it_shows_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.reports.html._SHOWN", 2)
    found = page([broken(*(violation(at=f"response.body#/{name}", contract=f"a.yaml#/{name}:1:1") for name in "abc"))])
    assert ": 3 errors." in found.text and "and 1 more kind; the json report lists them all" in found.text


def test_html_has_a_section_for_each_rule() -> None:
    verdicts = [WARNED, broken(violation()), broken(violation("schema-value"))]
    assert page(verdicts).tags.count("details") == 4  # three rules and the operations


# every format, whatever a recording holds


COMMANDS = ["::error::x", " ::stop-commands::x", "a ##[add-mask]b", "##vso[task.complete]c"]
"""What runners of CI obey."""


@pytest.mark.parametrize(
    "context", [EXCHANGES, pytest.param(CHECKS, marks=pytest.mark.slow)], ids=["exchanges", "checks"]
)
@given(
    text=st.one_of(st.sampled_from([HOSTILE, *COMMANDS]), st.text(st.characters(exclude_categories=()))),
    rule=st.sampled_from(sorted(RULES)),
)
def test_hostile_text_leaves_every_format_valid(context: Context, text: str, rule: str) -> None:
    bad = Violation(rule, text, text, text, text, text, text, text, witness=text)
    verdicts = [Verdict(text, text, "", (bad,)), Verdict(text, text, text), Verdict(text, text)]
    context = Context(text, text, context.unit)
    etree.fromstring(report("junit", verdicts, context).encode("utf-8"))
    json.loads(report("sarif", verdicts, context))
    document = json.loads(report("json", verdicts, context))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    json.dumps(document, ensure_ascii=False).encode("utf-8")
    lines = report("text", verdicts, context).split("\n")
    assert all(line.isprintable() for line in lines)
    assert not any(line.lstrip().startswith("::") or "##[" in line or "##vso[" in line for line in lines)
    assert all(
        line.startswith("::") and line.isprintable() for line in report("github", verdicts, context).splitlines()
    )
    assert report("html", verdicts, context).count("<script") == 1


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_ends_well_when_nothing_was_found(name: str) -> None:
    assert report(name, []).endswith("\n")


# where reports go


def test_several_reports_are_written_at_once(tmp_path: Path) -> None:
    stream = io.StringIO()
    opened = open_reports(["text=-", f"json={tmp_path}/a=b.json", f"junit={tmp_path}/new/out.xml"], EXCHANGES, stream)
    opened.add(broken(violation()))
    opened.finish(summed([broken(violation())]))
    assert stream.getvalue().startswith("Does NOT conform")
    assert json.loads((tmp_path / "a=b.json").read_text("utf-8"))["summary"]["violating"] == 1
    assert etree.parse(tmp_path / "new/out.xml").getroot().tag == "testsuites"


@pytest.mark.parametrize(
    ("specifications", "message"),
    [
        (["yaml"], "unknown report format 'yaml'; choose one of text, json, junit, sarif, github, html"),
        (["=out"], "unknown report format ''; choose one of"),
        (["json="], "'json=' has no valid path"),
        (["json=a\0b"], "has no valid path"),
        (["text=/dev/null/out.txt"], "cannot write the report to /dev/null/out.txt: /dev/null is no folder"),
        (["json={tmp}"], "cannot write the report to {tmp}: Is a directory"),
        (["json", "text"], "two reports would go to the standard output"),
        (["json={tmp}/a", "text={tmp}/a"], "two reports would go to {tmp}/a"),
        (["json=a", "text=./a"], "two reports would go to ./a"),
    ],
)
def test_a_report_that_cannot_be_written_is_one_clear_line(
    specifications: list[str], message: str, tmp_path: Path
) -> None:
    given = [text.replace("{tmp}", str(tmp_path)) for text in specifications]
    with pytest.raises(ReportError) as caught:
        open_reports(given, EXCHANGES, io.StringIO())
    assert message.replace("{tmp}", str(tmp_path)) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_one_clear_line_and_the_other_reports_end_well(tmp_path: Path) -> None:
    stream = io.StringIO()
    opened = open_reports(["junit=/dev/full", "json"], EXCHANGES, stream)
    opened.add(broken(violation()))
    with pytest.raises(ReportError, match="cannot write the report to /dev/full: No space left on device"):
        opened.finish(summed([broken(violation())]))
    assert json.loads(stream.getvalue())["summary"]["violating"] == 1


def test_a_closed_pipe_is_left_to_the_caller_and_files_are_kept(tmp_path: Path) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        open_reports([f"json={tmp_path / 'a'}", "text", f"html={tmp_path / 'b'}"], EXCHANGES, Closed()).finish(
            Summary()
        )
    assert json.loads((tmp_path / "a").read_text())["notes"] == [] and "</html>" in (tmp_path / "b").read_text()


def test_a_terminal_with_few_characters_does_not_stop_the_run() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="strict")
    opened = open_reports(["text"], EXCHANGES, stream)
    opened.add(broken(violation(message="\u4e2d")))
    opened.finish(summed([broken(violation())]))
    assert b"\\u4e2d" in raw.getvalue()


def test_the_severities_of_the_schema_are_those_of_the_rules() -> None:
    assert SCHEMA["$defs"]["severity"]["enum"] == [severity.value for severity in Severity]
    assert all(re.fullmatch(SCHEMA["$defs"]["rule"]["pattern"], rule) for rule in RULES)


# --- what a run reached, and its notes


REACHED = [
    Coverage("listTasks", "success", (200,)),
    Coverage("getTask", "refused", (404,), "no value is known for id"),
    Coverage("dropTask", "refused", (404,), "there is nothing that may be deleted", accepted=True),
]


def _live(format: str, verdicts: list[Verdict], coverage: list[Coverage], notes: list[str]) -> str:
    return report(format, verdicts, CHECKS, coverage=coverage, notes=notes)


@pytest.mark.parametrize("format", FORMATS)
def test_every_report_holds_what_was_not_reached_and_the_notes(format: str) -> None:
    text = _live(format, [SOUND], REACHED, ["dropTask: <a note>"])
    assert "getTask" in text and "no value is known for id" in text
    assert "a note" in text
    if format == "json":
        jsonschema.validate(json.loads(text), SCHEMA)


@pytest.mark.parametrize("format", ["text", "html", "github", "junit"])
def test_no_report_says_that_a_run_conforms_which_did_not_examine_all(format: str) -> None:
    assert "Conforms" not in _live(format, [SOUND], REACHED, [])
    assert "Conforms" in _live(format, [SOUND], [REACHED[0], REACHED[2]], [])


def test_an_exchange_of_a_test_counts_by_what_it_shows_alone() -> None:
    summary, alone, law = Summary(), (violation(),), (violation("law-echo"),)
    for source, found in [("request 1", ()), ("request 2", alone)]:
        summary.count(Verdict(source, "ListTasks", violations=found))
        summary.add(Verdict(source, "ListTasks", violations=found, counts="beside"))
        summary.add(Verdict(f"{source}: a probe", "ListTasks", violations=law, counts="beside"))
    summary.add(Verdict("ListTasks", "ListTasks", violations=(violation("operation-untested"),), counts="no"))
    assert (summary.exchanges, summary.conforming, summary.violating) == (2, 1, 1)
    assert (summary.errors, summary.beside) == (4, 1)
    assert (summary.operations["ListTasks"], summary.failing["ListTasks"]) == (2, 1)
    stream = io.StringIO()
    open_reports(["text"], CHECKS, stream).finish(summary)
    assert stream.getvalue().startswith(
        "Does NOT conform: 1 of 2 responses violates openapi.yaml; laws and probes found 1 error in others.\n"
    )
    assert "1 conforming, 1 violating, 0 outside the contract" in stream.getvalue()
    assert "1 error found by laws and probes, which no response shows alone" in stream.getvalue()


def test_one_cause_in_several_operations_of_a_live_service_is_one_finding() -> None:
    found = [replace(violation("status-undeclared", operation=name, contract=name), cause="401") for name in "abc"]
    other = replace(violation("status-undeclared", operation="a", contract="a"), cause="500")
    text = _live("text", [broken(one) for one in [*found, other]], [], [])
    assert "status-undeclared in 3 operations (a, b, c), 3 times" in text
    assert "ERROR 2: status-undeclared in a\n" in text and "ERROR 3" not in text
    assert "4 errors of 2 kinds." in text


def test_values_that_lack_their_format_alike_have_one_cause_and_others_have_not() -> None:
    texts = {"a": "2026-11-27T06:00:00", "b": "2026-01-01T10:11:12", "c": "1999-12-31T23:59:59", "d": "yesterday"}
    found = [
        Violation("schema-format", f'"{text}" is not a valid date-time', f"response.body#/{name}", name, operation=name)
        for name, text in texts.items()
    ]
    text = _live("text", [broken(one) for one in found], [], [])
    assert "schema-format in 3 operations (a, b, c)" in text
    assert "4 errors of 2 kinds." in text
    assert "3 errors of 3 kinds." in _live("text", [broken(one) for one in found[1:]], [], [])
    nulls = [replace(one, rule="schema-type", message="the value is null, expected a string") for one in found]
    nulls[0] = replace(
        nulls[0], message="the value is null, expected an array"
    )  # one framework shows all that is missing as null
    assert "4 errors of 1 kind." in _live("text", [broken(one) for one in nulls], [], [])
    texts = {"a": "0x9F at offset 26", "b": "0xC3 at offset 47", "c": "0x9F at offset 30"}
    bytes_ = [
        Violation("body-undecodable", f"byte {one}", "response.body", name, operation=name)
        for name, one in texts.items()
    ]
    assert "3 errors of 1 kind." in _live("text", [broken(one) for one in bytes_], [], [])


def test_one_fault_of_a_property_whose_schema_stands_in_each_operation_is_one_finding() -> None:
    values = {"a": '["x is y"]', "b": "[1]", "c": '["z"]', "d": "{}", "e": '[{"e": 1 ...'}
    found = [
        Violation("schema-type", f"{value} is an array, expected a string", f"response.body#/{at}", f"c#/{at}/{name}", "", name)
        for at in ("0/ids", "ids/0", "names")
        for name, value in values.items()
        if at != "names" or name in "ab"
    ]  # fmt: skip
    fields = [
        Violation("header-invalid", f'location: "/{name}" is not a valid uri', "response.header.location", f"c#/{name}", "", name)
        for name in values
    ]  # fmt: skip
    bodies = [
        Violation("schema-alternative", f'{{"name": {value}}} conforms to none of the 2 alternatives', "response.body#", f"c#/{name}", "", name)
        for name, value in values.items()
    ]  # fmt: skip
    text = _live("text", [broken(one) for one in found], [], [])
    assert "schema-type in 5 operations (a, b, c, d, e)" in text
    assert "12 errors of 3 kinds." in text  # two places alone may have two causes
    for same in (fields, bodies):
        assert "5 errors of 1 kind." in _live("text", [broken(one) for one in same], [], [])


def test_the_title_of_a_finding_about_many_operations_names_some() -> None:
    many = Group(Violation("operation-untested", "m", operation=", ".join(f"o{number}" for number in range(20))), "")
    assert title(many).startswith("operation-untested in o0, o1, o2, o3, o4, o5, o6, o7 and 12 more")


def _accepted(operation: str, name: str, trait: str) -> Violation:
    where, contract = f"request.query.{name}", f"c.yaml#/paths/~1{operation}/{name}/schema"
    found = Violation("invalid-request-accepted", f"{name}=x is accepted", where, contract, "refuse it", operation)
    return replace(found, trait=trait)


def test_one_kind_of_wrong_value_that_is_accepted_at_many_places_is_one_finding() -> None:
    many = [_accepted(operation, name, "schema-type") for operation in "abc" for name in ("from", "size")]
    few = [_accepted("a", name, "schema-length") for name in ("title", "note")]
    text = _live("text", [broken(one) for one in [*many, *few]], [], [])
    assert "invalid-request-accepted in 3 operations (a, b, c) at 6 places, 6 times" in text
    assert "  alike     request.query.from (a, b, c), request.query.size (a, b, c); look for one cause of all" in text
    assert text.count("ERROR") == 3  # two places alone may have two causes
    found = json.loads(_live("json", [broken(one) for one in many], [], []))
    assert [len(one["places"]) for one in found["causes"]] == [6] and len(found["groups"]) == 6


def test_the_same_place_of_the_contract_or_the_same_words_in_several_operations_are_one_finding() -> None:
    shared = [violation("schema-required", operation=name, contract="c.yaml#/components/schemas/E") for name in "ab"]
    worded = [
        replace(violation("header-missing", operation=name, contract=f"c#/{name}"), message="no X") for name in "abc"
    ]
    crashes = [violation("server-error", operation=name, contract="c.yaml") for name in "abc"]
    text = _live("text", [broken(one) for one in [*shared, *worded, *crashes]], [], [])
    assert "schema-required in 2 operations (a, b)" in text and "header-missing in 3 operations (a, b, c)" in text
    assert text.count("server-error in ") == 3


def _fault(operation: str, trait: str) -> Violation:
    return replace(violation("server-error", operation=operation, contract=f"c.yaml#/{operation}"), trait=trait)


def test_one_fault_of_the_server_is_one_finding_in_every_report_and_others_stay_apart() -> None:
    verdicts = [broken(_fault(name, "500 database locked"), operation=name) for name in ("a", "b", "c", "d")]
    verdicts += [broken(_fault(name, f"500 {name}"), operation=name) for name in ("e", "f", "g")]
    verdicts += [broken(_fault(name, ""), operation=name) for name in ("h", "i", "j")]
    texts = {format: _live(format, verdicts, [], []) for format in ("text", "github", "sarif", "junit")}
    assert texts["text"].count("ERROR") == texts["github"].count("::error ") == 1 + 3 + 3
    assert "server-error in 4 operations (a, b, c, d), 4 times" in texts["text"]
    assert "alike: response" in texts["github"] and "(a, b, c, d)" in texts["github"]
    results = json.loads(texts["sarif"])["runs"][0]["results"]
    assert [one["occurrenceCount"] for one in results] == [4, 1, 1, 1, 1, 1, 1]
    assert "; alike: response" in results[0]["message"]["text"]
    logical = results[0]["locations"][0]["logicalLocations"]
    assert [one["fullyQualifiedName"] for one in logical] == ["a", "b", "c", "d"]
    failures = {
        case.get("classname"): case.findtext("failure")
        for case in etree.fromstring(texts["junit"].encode()).iter("testcase")
    }
    assert list(failures) == list("abcdefghij")
    assert all("server-error in 4 operations (a, b, c, d)" in str(failures[name]) for name in "abcd")
    assert "server-error in e\n" in str(failures["e"]) and "alike" not in str(failures["h"])


def test_the_warnings_of_a_sound_run_are_counted_and_shown_on_demand() -> None:
    failed = broken(violation())
    counted, verbose = report("text", [WARNED, WARNED]), report("text", [WARNED, WARNED], Context(verbose=True))
    assert "2 WARNINGS of 1 kind: parameter-undeclared" in counted and "--verbose" in counted
    assert "WARNING 1:" not in counted and "WARNING 1: parameter-undeclared" in verbose and "--verbose" not in verbose
    assert "WARNING 1: parameter-undeclared" in report("text", [WARNED, failed])


def test_a_run_of_which_a_part_could_not_be_checked_does_not_say_that_it_conforms() -> None:
    from toolkit.reports.summary import Context, Summary
    from toolkit.reports.wording import headline

    summary = Summary()
    summary.add(Verdict("a", "Get", violations=(Violation("pattern-unchecked", "m"),)))
    assert headline(summary, Context("c.yaml")).startswith("NOT examined as a whole (pattern-unchecked).")
    assert tone(summary, Context("c.yaml")) == "warning"


@pytest.mark.parametrize(
    ("unit", "summary", "expected"),
    [
        ("exchange", Summary(exchanges=1, conforming=1), "good"),
        ("exchange", Summary(exchanges=1, conforming=1, interrupted=True), "warning"),
        ("exchange", Summary(exchanges=1, unmatched=1), "warning"),
        ("exchange", Summary(exchanges=1, violating=1, errors=1), "error"),
        ("exchange", Summary(exchanges=2, conforming=2, by_rule=Counter({"body-unrecorded": 1})), "warning"),
        ("exchange", Summary(exchanges=2, conforming=2, by_rule=Counter({"parameter-invalid": 1})), "good"),
        ("operation", Summary(exchanges=2, conforming=2, by_rule=Counter({"change-undecided": 1})), "warning"),
        ("response", Summary(1, 1, coverage=[Coverage("a", "success")]), "good"),
        ("response", Summary(1, 1, coverage=[Coverage("a", "not-examined")]), "warning"),
    ],
)
def test_green_means_examined(unit: Any, summary: Summary, expected: str) -> None:
    assert tone(summary, Context("c.yaml", unit=unit)) == expected
    page = io.StringIO()
    html.open_report(page, Context("c.yaml", unit=unit)).finish(summary)
    assert f"<h1 class={expected}>" in page.getvalue()


def test_what_is_wrong_by_one_part_of_the_contract_is_one_finding_about_recordings() -> None:
    from toolkit.reports.causes import causes
    from toolkit.reports.findings import Findings
    from toolkit.reports.summary import Context

    findings = Findings()
    for name, place in (("List", "get"), ("ListPost", "post"), ("ListPut", "put")):
        at, contract = "request.query.x", f"c.yaml#/paths/~1/{place}:3:5"
        found = Violation("parameter-undeclared", f"{name} has no x", at, contract, operation=name)
        findings.add(Verdict("a", name, violations=(found,)))
    for name, message in (("Get", "1 is no string"), ("Find", "1 is no string"), ("Add", "2 is no string")):
        component = "c.yaml#/components/schemas/S/type:9:1"
        findings.add(
            Verdict("a", name, violations=(Violation("schema-type", message, "r", component, operation=name),))
        )
    groups = causes([*findings.groups.values()], Context())
    assert [(group.count, group.operations) for group in groups] == [
        (2, ["List", "ListPost"]), (1, ["ListPut"]), (3, ["Get", "Find", "Add"])]  # fmt: skip


def test_all_that_a_recorder_masked_or_left_out_is_one_finding_each() -> None:
    from toolkit.reports.causes import causes
    from toolkit.reports.findings import Findings
    from toolkit.reports.summary import Context
    from toolkit.verdict import LEFT_OUT, MASKED

    findings = Findings()
    for cause in (MASKED, LEFT_OUT, ""):
        for name in "ab":
            one = Violation("value-unrecorded", "m", f"r.{name}", f"c#/{name}", operation=name, cause=cause)
            findings.add(Verdict("a", name, violations=(one,)))
    assert [one.count for one in causes([*findings.groups.values()], Context())] == [2, 2, 1, 1]


def test_what_is_an_error_of_some_requests_and_a_warning_of_others_is_one_finding() -> None:
    hard = Violation(
        "status-undeclared", "status 400 is not documented", "response.status", "c.yaml#/a:1:1", cause="400"
    )
    other = replace(hard, rule="schema-type", cause="", softened=True)
    found = [
        *[replace(hard, softened=True, operation="A")] * 2,
        replace(hard, operation="B"),
        replace(other, operation="A"),
    ]
    verdicts, context = [broken(one) for one in found], Context(unit="response")
    text = report("text", verdicts, context)
    assert "ERROR 1: status-undeclared in 2 operations (B, A), 3 times (2 as a warning)\n" in text
    assert text.count("ERROR ") == text.count("WARNING ") == 1
    assert "\n1 error of 1 kind, 3 warnings of 1 kind." in text
    listed = json.loads(report("sarif", verdicts, context))["runs"][0]["results"]
    assert [(one["ruleId"], one["level"]) for one in listed] == [
        ("status-undeclared", "error"),
        ("schema-type", "warning"),
    ]


def test_one_finding_names_every_property_that_is_missing() -> None:
    missing = [("Get", "a"), ("Get", "b"), ("Get", "b"), ("Put", "c"), ("Put", "a")]
    found = [
        Violation("schema-required", f"{name} is missing", "response.body#", "c.yaml#/S:1:1", operation=operation)
        for operation, name in missing
    ]
    text = report("text", [broken(one) for one in found], Context(unit="exchange"))
    assert text.count("ERROR ") == 1 and "\n  a is missing\n  also      b is missing; c is missing\n" in text
