"""docs/rules.md, and the places where reports explain a rule."""

from __future__ import annotations

import io
import json
import re
from importlib import metadata

import pytest
from support.places import ROOT

from toolkit.reports import sarif
from toolkit.reports.rules_page import page
from toolkit.reports.writers import Context, Summary, open_reports
from toolkit.rules import RULES
from toolkit.verdict import Verdict, Violation


def report(name: str, *rules: str) -> str:
    stream, summary, context = io.StringIO(), Summary(), Context("openapi.yaml", "traffic.har")
    opened = open_reports([name], context, stream)
    verdict = Verdict("a.har:1", violations=tuple(Violation(rule, "message") for rule in rules))
    summary.add(verdict)
    opened.add(verdict)
    opened.finish(summary)
    return stream.getvalue()


def sarif_rules() -> dict[str, dict[str, object]]:
    return {rule["id"]: rule for rule in json.loads(report("sarif"))["runs"][0]["tool"]["driver"]["rules"]}


def test_the_page_is_in_step_with_the_table() -> None:
    written = ROOT.joinpath("docs", "rules.md").read_text("utf-8")
    assert written == page(), "write it anew: python -m toolkit.reports.rules_page > docs/rules.md"


def test_every_rule_has_a_section_that_its_row_links_to() -> None:
    assert re.findall(r"^## (.+)$", page(), re.MULTILINE) == list(RULES)
    assert re.findall(r"^\| \[`(.+)`\]\(#\1\) ", page(), re.MULTILINE) == list(RULES)


@pytest.mark.parametrize("name", RULES)
def test_every_row_is_made_of_sentences(name: str) -> None:
    rule = RULES[name]
    for text in (rule.summary, rule.meaning, rule.cure):
        assert text[0].isupper() and text.endswith((".", ").")) and "\n" not in text
        assert text.count("`") % 2 == 0
    assert "`" not in rule.summary and rule.summary.count(". ") == 0
    assert rule.example and rule.example.count("`") % 2 == 0


def test_sarif_explains_every_rule() -> None:
    rules = sarif_rules()
    assert rules.keys() == RULES.keys()
    for name, rule in RULES.items():
        text, markdown = rules[name]["help"]["text"], rules[name]["help"]["markdown"]  # type: ignore[index]
        assert rule.cure in markdown and rule.example in markdown and "`" not in text
        assert rules[name]["properties"] == {"documentation": f"docs/rules.md#{name}"}


@pytest.mark.parametrize(
    ("urls", "links"),
    [
        ([], None),
        (["Homepage, https://example.com"], None),
        (["Documentation, https://example.com/docs/"], "https://example.com/docs/rules.md#too-slow"),
    ],
)
def test_sarif_links_to_documentation_that_has_an_address(
    urls: list[str], links: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Metadata:
        def get_all(self, name: str) -> list[str]:
            return urls

    monkeypatch.setattr(metadata, "metadata", lambda name: Metadata())
    sarif.documentation.cache_clear()
    assert sarif_rules()["too-slow"].get("helpUri") == links
    sarif.documentation.cache_clear()


def test_each_rule_in_html_links_to_its_explanation() -> None:
    html = report("html", "schema-type", "parameter-undeclared")
    links = re.findall(r"href='?#([\w-]+)", html)
    assert sorted(links) == ["parameter-undeclared", "schema-type"]
    for name in links:
        section = re.search(rf"<section id={name}>(.*?)</section>", html, re.DOTALL)
        assert section and RULES[name].cure in section[1].replace("<code>", "`").replace("</code>", "`")
    assert "too-slow" not in html
