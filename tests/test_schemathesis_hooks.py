"""The hooks for Schemathesis, by its real command line against the reference service over HTTP: every command of the docs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from support.places import ROOT
from support.serving import serving

from toolkit.contract.model import Contract
from toolkit.exchange import Request, Response
from toolkit.services.hosting import as_asgi
from toolkit.services.service import Service, reference_service, respond
from toolkit.services.store import Store
from toolkit.services.tasks import generate
from toolkit.structs import replace

CONTRACT = Contract.load(ROOT / "openapi.yaml")
KEY = ("testAccessKeyId", "testAccessKeySecret")
COMMANDS = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "schemathesis.md").read_text(), re.DOTALL)
CHECKED = "schemathesis run openapi.yaml --url http://127.0.0.1:8080 --checks contract_conformance,contract_promises"

Change = Callable[[Request, Response], Response]


def service(key: tuple[str, str] | None = None) -> Service:
    store = Store.open(":memory:")
    store.insert_many(generate(200, 1, datetime.now(UTC)))
    return reference_service(store, CONTRACT, require_signature=key)


@contextmanager
def served(
    key: tuple[str, str] | None = None, change: Change = lambda request, response: response
) -> Iterator[tuple[str, list[int]]]:
    """The URL of a reference service whose answers are changed on their way, and the statuses that it answered with."""
    statuses: list[int] = []
    answering = partial(respond, service(key))

    def changed(request: Request) -> Response:
        response = change(request, answering(request))
        statuses.append(response.status)
        return response

    with serving(as_asgi(changed, 1 << 20)) as url:
        yield url, statuses


def run(command: str, url: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of the docs, in a folder with the contract."""
    shutil.copy(ROOT / "openapi.yaml", folder)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CONTRACT_", "SCHEMATHESIS_"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    limits = " --max-examples 8 --seed 1 --generation-database none --no-color --no-shrink"
    if "--checks" in command and "--phases" not in command:  # one command of the docs runs all phases
        limits += " --phases examples,fuzzing"
    return subprocess.run(
        command.strip().replace("http://127.0.0.1:8080", url) + limits,
        shell=True,
        cwd=folder,
        env={**kept, "PATH": path, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def checked(url: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    hooks = {"SCHEMATHESIS_HOOKS": "toolkit.schemathesis_hooks"}
    return run(f"{CHECKED} --phases examples", url, folder, **hooks, **environment)


@pytest.mark.parametrize(
    "command", [COMMANDS[2], *(pytest.param(each, marks=pytest.mark.slow) for each in COMMANDS if each != COMMANDS[2])]
)
def test_commands_of_the_docs_find_nothing_in_the_sound_service(command: str, tmp_path: Path) -> None:
    with served(KEY if "CONTRACT_AUTH" in command else None) as (url, statuses):
        done = run(command, url, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 200 in statuses


@pytest.mark.slow
def test_unsigned_requests_reach_nothing_where_signatures_are_required(tmp_path: Path) -> None:
    with served(KEY) as (url, statuses):
        checked(url, tmp_path)
    assert statuses and 200 not in statuses


def _body(old: bytes, new: bytes) -> Change:
    return lambda request, response: replace(response, body=(response.body or b"").replace(old, new, 1))


def _as_xml(request: Request, response: Response) -> Response:
    headers = response.headers.replaced("Content-Type", "application/xml")
    body = b"<Error><HostId>h</HostId><Code>C</Code><Message>m</Message></Error>"
    return replace(response, headers=headers, body=body, status=400)


FAULTS: dict[str, tuple[Change, str]] = {
    "an element that the contract does not know": (_body(b"</RequestId>", b"</RequestId><More/>"), "xml-structure"),
    "a name twice in JSON": (_body(b'{"Tasks"', b'{"PageSize":10,"Tasks"'), "json-duplicate-name"),
    "an echo of another value": (_body(b'"PageSize":10', b'"PageSize":11'), "law-echo"),
    "an error without its RequestId, in another format": (_as_xml, "schema-required"),
    "a token where none belongs": (
        _body(b'{"Tasks"', b'{"token":"CANARY-1","Tasks":"CANARY-1","was"'),
        "schema-type",
    ),
    "a message that shows internals": (_body(b"<Message>", b"<Message>/usr/lib/app.py line 3 "), "internals-leaked"),
}


@pytest.mark.parametrize("fault", [pytest.param(name, marks=pytest.mark.slow) for name in FAULTS])
def test_a_fault_is_reported(fault: str, tmp_path: Path) -> None:
    change, rule = FAULTS[fault]
    hooks = {"SCHEMATHESIS_HOOKS": "toolkit.schemathesis_hooks"}
    with served(change=change) as (url, _):
        done = run(f"{CHECKED} --include-method GET", url, tmp_path, **hooks)
    assert done.returncode == 1, done.stdout + done.stderr
    assert rule in done.stdout
    assert not re.search(f"{rule}.*CANARY", done.stdout)  # Schemathesis itself shows bodies as they are


@pytest.mark.slow
def test_schemathesis_own_check_sees_xml(tmp_path: Path) -> None:
    """Without the hooks it does not: the fault below passes."""
    command = CHECKED.replace("contract_conformance,contract_promises", "response_schema_conformance")
    hooks = {"SCHEMATHESIS_HOOKS": "toolkit.schemathesis_hooks"}
    with served(change=_body(b"<PageSize>", b"<PageSize>x")) as (url, _):
        without = run(f"{command} --include-method GET", url, tmp_path)
        done = run(f"{command} --include-method GET", url, tmp_path, **hooks)
    assert (without.returncode, done.returncode) == (0, 1), without.stdout + done.stdout


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"CONTRACT_AUTH": "aliyun-rpc:key"}, "aliyun-rpc:KEYID:SECRET"),
        ({"CONTRACT_FILE": "absent.yaml"}, "absent.yaml: cannot be read"),
    ],
)
def test_unusable_settings_are_told_in_one_line(environment: dict[str, str], said: str, tmp_path: Path) -> None:
    done = checked("http://127.0.0.1:9", tmp_path, **environment)
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stdout
