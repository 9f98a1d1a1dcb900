"""Which contract a service is tested with: the one that is named, else the folder's, else the service's own, else the shipped one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from toolkit.client.target import Limits, NoResponse, http
from toolkit.contract.flow import SAFE
from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.contract.shipped import NAMES, SHIPPED, default_contract, local_contract
from toolkit.errors import TargetError, UsageError
from toolkit.exchange import Headers, Request, Response
from toolkit.secrets.masking import shown_address
from toolkit.structs import Frozen
from toolkit.verdict import few

_BY_CUSTOM = ("/openapi.json", "/openapi.yaml", "/swagger.json", "/v3/api-docs")
_BY_EXAMPLE = ("/schema/openapi.json", "/api/openapi.json", "/api/schema/", "/api/v1/openapi.json", "/apispec_1.json")
OWN = _BY_CUSTOM + _BY_EXAMPLE  # where services have their document: the latter by the frameworks' own examples
_REFUSALS = {
    400: "if it wants another host, give --header 'Host: NAME'",
    401: "give credentials by --header",
    403: "give credentials by --header",
}
_DOCUMENT = re.compile(rb"(?:\A\s*+(?:\{.*?)?|^[ \t]*+)[\"']?(?:openapi|swagger)[\"']?\s*:", re.DOTALL | re.MULTILINE)
_URL = re.compile(r"https?://", re.IGNORECASE)
Fields = tuple[tuple[str, str], ...]


class FoundContract(Frozen):
    """The file of a contract, where it comes from, in words without secrets, and the URL to test."""

    path: str
    origin: str
    url: str | None


@contextmanager
def find_contract(
    named: str | None, url: str | None, limits: Limits, headers: Fields = (), documents: Sequence[str] = ()
) -> Iterator[FoundContract]:
    """The contract to test a service at `url` with; `documents` are paths at which it may be, before the usual ones. The header fields go
    to the service alone. Raises UsageError if there is no contract, and TargetError."""
    with TemporaryDirectory(prefix="contract-") as folder:
        if named and _URL.match(named):
            own = headers if url and urlsplit(named).netloc == urlsplit(url).netloc else ()
            yield FoundContract(_keep(_download(named, limits, own), named, Path(folder)), shown_address(named), url)
            return
        local = named or local_contract()
        if local or url is None:
            yield FoundContract(local or default_contract(), local or SHIPPED, url)
            return
        refusals: dict[int, str] = {}
        for place, base in _candidates(url, documents):
            response = _get(place, limits, headers)
            refusals.setdefault(response.status, urlsplit(place).path)
            if response.status == 200 and response.body and is_document(response.body):
                yield FoundContract(_keep(response.body, place, Path(folder)), shown_address(place), base)
                return
    shown = f"there is no {NAMES[0]} in this folder, and the service has none at {', '.join(OWN)}"
    for status, path in refusals.items():
        shown += f" ({path} gives status {status}: {_REFUSALS[status]})" if status in _REFUSALS else ""
    raise UsageError(f"no contract: {shown}; name one by --contract FILE|URL")


def is_document(body: bytes) -> bool:
    """Whether a body looks like an OpenAPI document."""
    return _DOCUMENT.search(body[:100_000]) is not None


def _candidates(url: str, documents: Sequence[str]) -> Iterator[tuple[str, str]]:
    """URLs at which the service may have its document, each with the address to test; the URL itself may be one."""
    parts = urlsplit(url)
    if re.search(r"\.(?:json|ya?ml)$|/api-docs$", parts.path):
        yield url, f"{parts.scheme}://{parts.netloc}"
        return
    yield from ((url.rstrip("/") + place, url) for place in (*documents, *OWN))


def _download(url: str, limits: Limits, headers: Fields) -> bytes:
    try:
        response = _get(url, limits, headers)
    except TargetError as error:
        reason, _, cure = str(error).rpartition("; ")
        cure = "name its authority by SSL_CERT_FILE, or save the contract to a file" if "--insecure" in cure else cure
        raise UsageError(f"the contract cannot be fetched: {reason}; {cure}") from None
    if response.status == 200 and response.body:
        return response.body
    leads = f", which leads to {response.headers.get('location')}" if response.status // 100 == 3 else ""
    raise UsageError(f"the contract {url} gives status {response.status}{leads}; name another by --contract FILE|URL")


def _get(url: str, limits: Limits, headers: Fields) -> Response:
    """One GET. Raises TargetError."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with http(f"{parts.scheme}://{parts.netloc}", limits) as send:
            return send(Request("GET", target, Headers(headers)))
    except NoResponse as error:
        shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        raise TargetError(f"{shown}: no response ({error}); check that it runs and that the address is right") from None


def _keep(body: bytes, url: str, folder: Path) -> str:
    name = re.sub(r"[^\w.-]", "_", urlsplit(url).path.rpartition("/")[2]) or "openapi"
    if not name.endswith((".json", ".yaml", ".yml")):
        name += ".json" if body.lstrip().startswith(b"{") else ".yaml"
    path = folder / name[-100:]
    path.write_bytes(body)
    return str(path)


def join_base(contract: Contract, url: str, limits: Limits, headers: Fields = ()) -> tuple[Contract, str, str]:
    """The contract and the address to test, and a note, '' for none: the base path of the contract's servers is put behind the address
    where only that one responds, and servers of single operations count where they do. Asked is only where the URL has no path and the
    servers have one, and where an operation has a server of its own: by up to two GET requests for each. '' is no address, and stays."""
    if not url:
        return contract, url, ""

    def responds(base: str, paths: Sequence[str]) -> bool:
        with http(base, limits) as send, suppress(NoResponse):
            return any(send(Request("GET", path, Headers(headers))).status != 404 for path in paths[:2])
        return True

    url, note = _with_base(contract, url, responds)
    moved, start, own = at_own_servers(contract, url)
    paths = {one.base + path for one in own for path in _readable([one])}
    if not own or (paths and not responds(start, sorted(paths)) and responds(url, _readable(own))):
        return contract, url, note
    names = few(sorted({one.base + one.route.template for one in own}), 3)
    return moved, start, "; ".join(filter(None, [note, f"operations with servers of their own are asked at {names}"]))


def at_own_servers(contract: Contract, url: str) -> tuple[Contract, str, list[Operation]]:
    """The contract in which each operation has the base path of its server, the address without one, and the operations with
    servers of their own; both as they are, where there is none."""
    address = url.rstrip("/")
    root = next((base for base in contract.bases if base and address.endswith(base)), "")
    moved = contract.with_base(root)
    own = [one for one in moved.operations() if one.base != root]
    return (moved, address.removesuffix(root), own) if own else (contract, url, own)


def _with_base(contract: Contract, url: str, responds: Callable[[str, Sequence[str]], bool]) -> tuple[str, str]:
    bases = [base for base in contract.servers.bases if base and "{" not in base]
    asked, address = _readable(contract.operations()), url.rstrip("/")
    if urlsplit(url).path.strip("/") or not bases or not asked or responds(address, asked):
        return url, ""
    for base in bases[:3]:
        if responds(address + base, asked):
            return address + base, f"the base path {base} of the contract's servers is put behind {shown_address(url)}"
    cure = f"give URL{bases[0]}, or the right one"
    return url, f"404 everywhere: the contract's servers have the base path {bases[0]}; {cure}"


def _readable(operations: Iterable[Operation]) -> list[str]:
    """The paths of those that only read, the ones with the fewest values first."""
    every = [one for one in operations if one.method in SAFE[:1]]
    return sorted((re.sub(r"\{[^{}]*\}", "1", one.route.template) for one in every), key=lambda path: path.count("/1"))
