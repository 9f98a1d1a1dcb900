"""Whether `contract serve` and `contract proxy` bear many clients: python benchmarks/load.py

Starts the reference service, and the proxy before it; holds CONNECTIONS connections to each of them open and asks over each
connection again and again, in JSON and in XML. Exits with 1 if one request failed, or if the memory of a subject still grew when
its connections were all in use. Then the proxy stands beside a plain reverse proxy of httpx, one request at a time and many.

    --seconds N       how long each (default: 30)
    --connections N   how many at a time (default: 200)
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

QUERY = "/?Action=DescribeRefreshTasks&Version=2017-03-21&DomainName=cdn.example.com&ObjectType=file&Format="
GROWTH = 8 << 10  # kB that the service may hold more at the end than after a third of the time


def main() -> int:
    reading = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reading.add_argument("--seconds", type=float, default=30)
    reading.add_argument("--connections", type=int, default=200)
    given = reading.parse_args()
    with _running("serve") as (service, pid):
        print("contract serve")
        status = asyncio.run(_load(service, pid, given.connections, given.seconds))
        with _running("proxy", service) as (proxy, pid), _plain(service) as (plain, beside):
            for name, url, number in (("contract proxy", proxy, pid), ("plain httpx proxy", plain, beside)):
                print(name)
                ended = asyncio.run(_load(url, number, given.connections, given.seconds))
                status |= ended if name != "plain httpx proxy" else 0
            turns = [(alone(plain), alone(proxy)) for _ in range(5)]
            theirs, ours = (statistics.median(times) for times in zip(*turns, strict=True))
            print(
                f"one request at a time: {ours * 1000:.2f} ms, plain {theirs * 1000:.2f} ms, {ours / theirs:.2f} times"
            )
    return status


@contextmanager
def _running(command: str, *arguments: str) -> Iterator[tuple[str, int]]:
    """The URL and the process of one of our commands."""
    line = [sys.executable, "-m", "toolkit.cli", command, *arguments, "--port", "0"]
    stream = {"proxy": "stderr"}.get(command, "stdout")
    other = {"proxy": "stdout"}.get(command, "stderr")
    with subprocess.Popen(line, text=True, **{stream: subprocess.PIPE, other: subprocess.DEVNULL}) as process:
        try:
            said = getattr(process, stream).readline()
            yield said.rpartition(" at ")[2].split()[0], process.pid
        finally:
            process.terminate()


@contextmanager
def _plain(service: str) -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = [sys.executable, "-m", "uvicorn", "plain_proxy:app", "--port", str(port), "--no-access-log", "--log-level"]
    folder = Path(__file__).parent / "services"
    with subprocess.Popen([*line, "critical"], cwd=folder, env={**os.environ, "UPSTREAM": service}) as process:
        try:
            while socket.socket().connect_ex(("127.0.0.1", port)):
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()


def alone(url: str, count: int = 200) -> float:
    """The median of seconds that a request takes on one connection."""

    async def ask() -> float:
        address, times = urlsplit(url), []
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        for _ in range(count):
            began = time.monotonic()
            writer.write(f"GET {QUERY}JSON HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
            await _status(reader)
            times.append(time.monotonic() - began)
        writer.close()
        return statistics.median(times)

    return asyncio.run(ask())


async def _load(url: str, pid: int, connections: int, seconds: float) -> int:
    outcomes: Counter[str] = Counter()
    slowest = [0.0]
    start, end = memory(pid), time.monotonic() + seconds
    clients = [_ask(url, end, index, outcomes, slowest) for index in range(connections)]
    asking = asyncio.gather(*clients)
    await asyncio.sleep(seconds / 3)
    warm = memory(pid)
    await asking
    last = memory(pid)
    print(f"{connections} connections for {seconds:g} s: {outcomes.total():,} requests, {slowest[0]:.2f} s the slowest")
    print(f"outcomes: {', '.join(f'{name} {count:,}' for name, count in outcomes.most_common())}")
    sizes = [f"{size >> 10} MB" for size in (start, warm, last)]
    print(f"memory of it: {sizes[0]} at the start, {sizes[1]} after a third of the time, {sizes[2]} at the end")
    return 1 if set(outcomes) != {"200"} or last > warm + GROWTH else 0


async def _ask(url: str, end: float, index: int, outcomes: Counter[str], slowest: list[float]) -> None:
    address = urlsplit(url)
    request = f"GET {QUERY}{('JSON', 'XML')[index % 2]} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode()
    try:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        while time.monotonic() < end:
            began = time.monotonic()
            writer.write(request)
            outcomes[await _status(reader)] += 1
            slowest[0] = max(slowest[0], time.monotonic() - began)
        writer.close()
    except (OSError, EOFError, ValueError) as error:
        outcomes[type(error).__name__] += 1


async def _status(reader: asyncio.StreamReader) -> str:
    """The status of a response that is whole."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    await reader.readexactly(int(head.partition("content-length:")[2].split()[0]))
    return head.split()[1]


def memory(pid: int) -> int:
    """The kB that a process holds (Linux)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


if __name__ == "__main__":
    sys.exit(main())
