"""The HTML page in a real browser, driven over its debugging pipe: search, filters and copying work, nothing is fetched or refused."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from toolkit.reports.summary import Context, Summary
from toolkit.reports.writers import open_reports
from toolkit.verdict import Verdict, Violation

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]


class Browser:
    """A browser with one page, by the Chrome DevTools Protocol: JSON messages that end with a NUL, on pipes 3 and 4."""

    def __init__(self, folder: Path, size: str) -> None:
        reads, self._write = os.pipe()
        self._read, writes = os.pipe()
        command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        shell = f'exec "$@" 3<&{reads} 4>&{writes}'
        arguments = [*command, f"--user-data-dir={folder}", f"--window-size={size}", "about:blank"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(["bash", "-c", shell, "bash", *arguments], pass_fds=(reads, writes), **quiet)  # type: ignore[call-overload]
        os.close(reads)
        os.close(writes)
        self._number, self._rest, self.events = 0, b"", list[dict[str, Any]]()
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def send(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        session = getattr(self, "_session", None)
        message = {"id": self._number, "method": method, "params": parameters} | (
            {"sessionId": session} if session else {}
        )
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            found = self._next()
            if found.get("id") == self._number:
                assert "error" not in found, found
                return found["result"]
            self.events.append(found)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self._read, 1 << 20)
            assert more, "the browser has ended"
            self._rest += more
        first, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(first)
        return found

    def open(self, page: Path) -> None:
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.send(f"{domain}.enable")
        self.send("Page.navigate", url=page.as_uri())
        while not any(one.get("method") == "Page.loadEventFired" for one in self.events):
            self.events.append(self._next())

    def ask(self, script: str) -> Any:
        found = self.send(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        os.close(self._write)
        os.close(self._read)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    with (tmp_path / "unused").open("w") as stream:
        opened = open_reports([f"html={path}"], Context("openapi.yaml", "service", "response"), stream)
        summary = Summary()
        for rule, operation in (("schema-type", "ListTasks"), ("schema-type", "GetTask"), ("schema-value", "GetTask")):
            one = Violation(
                rule, f"wrong in {operation}", "response.body", operation=operation, reproduce=f"curl {rule}"
            )
            verdict = Verdict(f"request {rule}", operation, violations=(one,))
            summary.add(verdict)
            opened.add(verdict)
        opened.finish(summary)
    return path


@pytest.fixture(params=["1280,900", "390,800"])
def browser(request: pytest.FixtureRequest, page: Path, tmp_path: Path) -> Iterator[Browser]:
    made = Browser(tmp_path / "profile", request.param)
    made.open(page)
    yield made
    made.close()


def shown(browser: Browser) -> int:
    return int(browser.ask("[...document.querySelectorAll('article')].filter(a => a.offsetParent).length"))


def test_search_filters_and_copying_work_and_nothing_is_fetched(browser: Browser) -> None:
    assert shown(browser) == 3
    change = "document.querySelector('form').dispatchEvent(new Event('input'))"
    browser.ask(f"document.querySelector('[name=operation]').value = 'GetTask'; {change}")
    assert shown(browser) == 2 and browser.ask("document.querySelector('output').textContent") == "2 shown"
    browser.ask(f"document.querySelector('[name=text]').value = 'SCHEMA-VALUE'; {change}")
    assert shown(browser) == 1
    browser.ask("document.querySelector('article:not([hidden]) button.copy').click()")
    assert (
        browser.ask(
            "new Promise(r => setTimeout(() => r(document.querySelector('article:not([hidden]) button.copy').textContent), 300))"
        )
        == "Copied"
    )
    browser.ask(f"document.querySelector('form').reset(); {change}")
    assert shown(browser) == 3
    assert browser.ask("document.documentElement.scrollWidth <= innerWidth")
    # a control within a control
    assert browser.ask("document.querySelectorAll('summary a, summary button').length") == 0
    fetched = [
        one["params"]["request"]["url"] for one in browser.events if one.get("method") == "Network.requestWillBeSent"
    ]
    assert [url for url in fetched if not url.startswith("file:")] == []
    assert [one for one in browser.events if one.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown")] == []
