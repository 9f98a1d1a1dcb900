"""Whether `contract serve` bears many clients: python benchmarks/load.py

Starts the reference service, holds CONNECTIONS connections to it open and asks over each of them again and again, in JSON and
in XML. Exits with 1 if one request failed, or if the memory of the service still grew when its connections were all in use.

    --seconds N       how long (default: 30)
    --connections N   how many at a time (default: 200)
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

QUERY = "/?Action=DescribeRefreshTasks&Version=2017-03-21&DomainName=cdn.example.com&ObjectType=file&Format="
GROWTH = 8 << 10  # kB that the service may hold more at the end than after a third of the time


def main() -> int:
    reading = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reading.add_argument("--seconds", type=float, default=30)
    reading.add_argument("--connections", type=int, default=200)
    given = reading.parse_args()
    command = [sys.executable, "-m", "toolkit.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            url = server.stdout.readline().partition(" at ")[2].split()[0]
            return asyncio.run(_load(url, server.pid, given.connections, given.seconds))
        finally:
            server.terminate()


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
    print(
        f"memory of the service: {sizes[0]} at the start, {sizes[1]} after a third of the time, {sizes[2]} at the end"
    )
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
