"""Our boundary probes hold what Schemathesis' coverage phase sends, its command line run against the reference service."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from support.places import ROOT
from support.serving import serving

from toolkit.client.client import Client, client_of
from toolkit.client.session import Session
from toolkit.conformance.probes.requests import probes_of
from toolkit.conformance.reach import begin
from toolkit.contract.model import Contract
from toolkit.contract.operation import Parameter
from toolkit.exchange import Request, Response
from toolkit.services.hosting import as_asgi
from toolkit.services.service import reference_service, respond
from toolkit.services.store import Store
from toolkit.services.tasks import generate
from toolkit.validation.validator import Validator
from toolkit.wire.urlencoded import parse_query

pytestmark = pytest.mark.slow

CONTRACT = Contract.load(ROOT / "openapi.yaml")
OPERATION = CONTRACT.operation("DescribeRefreshTasks")
PROBED = [parameter for parameter in OPERATION.parameters if parameter.name not in OPERATION.security_names]
Texts = dict[str, set[tuple[str, ...]]]
"""For each parameter the texts that it was sent with: a tuple, longer than one where it was repeated."""


@dataclass(frozen=True)
class Sent:
    theirs: Texts
    ours: Texts
    client: Client


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Sent:
    store = Store.open(":memory:")
    store.insert_many(generate(200, 1, datetime.now(UTC)))
    answering = partial(respond, reference_service(store, CONTRACT))
    client = client_of(OPERATION, CONTRACT, Validator(CONTRACT), Session(answering))
    calls = [probe.call for probe in probes_of(client, begin(client, {}).known)]
    return Sent(
        _texts(_recorded(answering, tmp_path_factory.mktemp("run"))),
        _texts([[(name, text) for (_, name), text in call.pairs] for call in calls]),
        client,
    )


def _recorded(answering: partial[Response], folder: Path) -> list[list[tuple[str, str]]]:
    """The parameters of each request of the coverage phase."""
    queries: list[list[tuple[str, str]]] = []

    def record(request: Request) -> Response:
        queries.append(parse_query(request.url.partition("?")[2]))
        return answering(request)

    options = ["--phases", "coverage", "--include-method", "GET", "--seed", "1", "--generation-database", "none"]
    with serving(as_asgi(record, 1 << 20)) as url:
        command = [Path(sys.executable).with_name("schemathesis"), "run", ROOT / "openapi.yaml", "--url", url, *options]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return queries


def _texts(queries: list[list[tuple[str, str]]] | list[tuple[tuple[str, str], ...]]) -> Texts:
    found: Texts = defaultdict(set)
    for pairs in queries:
        for name in {name for name, _ in pairs}:
            found[name].add(tuple(text for key, text in pairs if key == name))
    return found


def shape(text: str) -> str:
    """A text with runs of letters as `a`, runs of digits as `9`: `2023-04-31` is like `2024-02-30`, `AAA` like `abc`."""
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "a", text))


def likeness(client: Client, parameter: Parameter, texts: tuple[str, ...]) -> object:
    """What makes one text as good a probe as another: given twice; else the same verdict on it and the same shape.

    A parameter that takes any text has no shapes. Words that mean something in JSON or Python are like nothing else.
    """
    if len(texts) > 1:
        return "repeated"
    is_valid = not list(client.validator.check_parameter(parameter, texts))
    is_free = is_valid and not parameter.schema.keys() & {"enum", "const", "pattern", "format", "minimum", "maximum"}
    return texts[0] if texts[0] in ("null", "true", "false", "0", "") else (is_valid, is_free or shape(texts[0]))


@pytest.mark.parametrize("parameter", PROBED, ids=lambda parameter: parameter.name)
def test_probes_hold_the_texts_of_the_coverage_phase(sent: Sent, parameter: Parameter) -> None:
    ours = {likeness(sent.client, parameter, texts) for texts in sent.ours[parameter.name]}
    undecided = {(text,) for text in parameter.schema.get("x-undecided", ())}  # of which the contract promises nothing
    theirs = sent.theirs[parameter.name] - undecided
    assert not {texts for texts in theirs if likeness(sent.client, parameter, texts) not in ours}


def test_the_coverage_phase_sends_something_to_compare(sent: Sent) -> None:
    assert {parameter.name for parameter in PROBED} <= sent.theirs.keys()
    assert {("51",), ("0",), ("null", "null")} <= sent.theirs["PageSize"]
    assert sum(map(len, sent.theirs.values())) > 80


def test_likeness_tells_classes_apart(sent: Sent) -> None:
    size = next(parameter for parameter in PROBED if parameter.name == "PageSize")
    differ = [("50",), ("51",), ("0",), ("abc",), ("null",), ("1.5",), ("",), ("1", "1")]
    assert len({likeness(sent.client, size, texts) for texts in differ}) == len(differ)
