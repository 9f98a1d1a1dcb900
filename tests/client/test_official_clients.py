"""The vendor's own client libraries talk to the reference service, over plain HTTP, signatures required."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest
from support import node
from support.places import ROOT
from support.serving import serving

from toolkit.contract.model import Contract
from toolkit.services.service import create_app, reference_service
from toolkit.services.store import Store
from toolkit.services.tasks import generate

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:aliyunsdkcore")
KEY_ID, SECRET = "testAccessKeyId", "testAccessKeySecret"
PATH = "http://example.com/video/a b.mp4"
PARAMETERS = {"DomainName": "example.com", "ObjectType": "file", "ObjectPath": PATH, "PageSize": "5"}

SCRIPT = """
const [endpoint, secret, method, format, parameters] = process.argv.slice(2);
const RPCClient = require('@alicloud/pop-core').RPCClient;
const httpx = require('httpx');
const read = httpx.read;
let text = '';
// The library parses JSON only: it is shown JSON, and the text of the answer is kept.
httpx.read = async (response) => {
  text = (await read(response)).toString();
  return format === 'JSON' ? text : '{}';
};
const key = {accessKeyId: 'testAccessKeyId', accessKeySecret: secret};
const client = new RPCClient({endpoint, apiVersion: '2017-03-21', ...key});
client.request('DescribeRefreshTasks', {...JSON.parse(parameters), Format: format}, {method})
  .then(() => null, (error) => error.code || String(error))
  .then((code) => { console.log(JSON.stringify({text, code})); process.exit(0); });
"""


@pytest.fixture(scope="module")
def store() -> Store:
    store = Store.open(":memory:")
    store.insert_many(generate(1000, 1, datetime.now(UTC)))
    return store


@pytest.fixture(scope="module")
def base(store: Store) -> Iterator[str]:
    contract = Contract.load(ROOT / "openapi.yaml")
    with serving(create_app(reference_service(store, contract, require_signature=(KEY_ID, SECRET)))) as url:
        yield url


@pytest.fixture(scope="module")
def pop_core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The npm package, in a folder of its own, with a script that calls it."""
    folder = tmp_path_factory.mktemp("pop-core")
    quiet = ("--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--silent")
    node.run("npm", "install", *quiet, "@alicloud/pop-core@1.8.0", cwd=folder)
    (folder / "call.js").write_text(SCRIPT)
    return folder


def paths(text: str, name: str) -> list[str | None]:
    """The ObjectPaths of an answer's tasks."""
    if name == "JSON":
        return [task["ObjectPath"] for task in json.loads(text)["Tasks"]["Task"]]
    return [task.findtext("ObjectPath") for task in ElementTree.fromstring(text).iter("Task")]


def by_python(base: str, secret: str, method: str, name: str) -> tuple[int, str]:
    client = AcsClient(KEY_ID, secret, "cn-shanghai", port=int(base.rpartition(":")[2]), auto_retry=False)
    status, _, body = client.get_response(common_request(method, name))
    assert isinstance(body, bytes)
    return int(status), body.decode()


def common_request(method: str, name: str) -> CommonRequest:
    request = CommonRequest(domain="127.0.0.1", version="2017-03-21", action_name="DescribeRefreshTasks")
    request.set_method(method)
    request.set_protocol_type("http")
    request.set_accept_format(name)
    for parameter, value in PARAMETERS.items():
        (request.add_body_params if method == "POST" else request.add_query_param)(parameter, value)
    return request


def by_node(folder: Path, base: str, secret: str, method: str, name: str) -> dict[str, Any]:
    answered = json.loads(node.run("node", "call.js", base, secret, method, name, json.dumps(PARAMETERS), cwd=folder))
    assert isinstance(answered, dict)
    return answered


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.mark.parametrize("name", ["JSON", "XML"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_python_client(base: str, method: str, name: str) -> None:
    status, text = by_python(base, SECRET, method, name)
    found = paths(text, name)
    assert status == 200
    assert found and set(found) == {PATH}


@pytest.mark.parametrize("name", ["JSON", "XML"])
def test_python_client_with_another_secret(base: str, name: str) -> None:
    status, text = by_python(base, "other", "GET", name)
    assert status == 400
    assert text.startswith("{" if name == "JSON" else "<?xml")
    assert "SignatureDoesNotMatch" in text


def test_python_client_raises_the_service_s_error(base: str) -> None:
    client = AcsClient(KEY_ID, "other", "cn-shanghai", port=int(base.rpartition(":")[2]), auto_retry=False)
    with pytest.raises(ServerException) as caught:
        client.do_action_with_exception(common_request("GET", "JSON"))
    assert (caught.value.get_http_status(), caught.value.get_error_code()) == (400, "SignatureDoesNotMatch")
    assert caught.value.get_request_id()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["JSON", "XML"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_node_client(base: str, pop_core: Path, method: str, name: str) -> None:
    answered = by_node(pop_core, base, SECRET, method, name)
    assert answered["code"] is None
    found = paths(answered["text"], name)
    assert found and set(found) == {PATH}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["JSON", "XML"])
def test_node_client_with_another_secret(base: str, pop_core: Path, name: str) -> None:
    answered = by_node(pop_core, base, "other", "GET", name)
    assert "SignatureDoesNotMatch" in answered["text"]
    assert answered["code"] == ("SignatureDoesNotMatch" if name == "JSON" else None)
