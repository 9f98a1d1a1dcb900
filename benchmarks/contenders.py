"""One contender over one corpus, in a process of its own: prints seconds, peak memory and which exchanges it refuses.

    python benchmarks/contenders.py NAME CORPUS CONTRACT

The whole file is read and validated PASSES times, of which the fastest counts: by then the contract is read and the
schemas are compiled.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

PASSES = 3
Run = Callable[[str], list[int]]
"""Reads a file of JSON lines; the numbers, from 0, of the exchanges that it refuses."""


def parse_json(contract: str) -> Run:
    """orjson on every line, and on the body in it: what every validator of JSON does first."""

    def run(path: str) -> list[int]:
        with Path(path).open("rb") as lines:
            for line in lines:
                orjson.loads(orjson.loads(line)["response"]["content"]["text"])
        return []

    return run


def parse_xml(contract: str) -> Run:
    """orjson on every line, and lxml on the body in it."""
    from lxml import etree

    def run(path: str) -> list[int]:
        with Path(path).open("rb") as lines:
            for line in lines:
                etree.fromstring(orjson.loads(line)["response"]["content"]["text"].encode())
        return []

    return run


def toolkit(contract: str) -> Run:
    """This project, in one process: request, status, headers and body of each exchange."""
    from toolkit.validation.batch import Job, check_chunks, split

    def run(path: str) -> list[int]:
        job = Job(contract, (path,))
        verdicts = (verdict for part in check_chunks(job, list(split(job)), 1) for verdict in part.verdicts)
        return [int(verdict.source.rpartition(":")[2]) - 1 for verdict in verdicts if not verdict.conforms]

    return run


def openapi_core(contract: str) -> Run:
    """openapi-core, request and response, both by its public functions."""
    from openapi_core import OpenAPI
    from openapi_core.exceptions import OpenAPIError

    api = OpenAPI.from_file_path(contract)

    def refuses(entry: Any) -> bool:
        request, response = _Request(entry["request"]), _Response(entry["response"])
        try:
            api.validate_request(request)
            api.validate_response(request, response)
        except OpenAPIError:
            return True
        return False

    def run(path: str) -> list[int]:
        with Path(path).open("rb") as lines:
            return [number for number, line in enumerate(lines) if refuses(orjson.loads(line))]

    return run


class _Request:
    """A HAR request by openapi-core's Request protocol."""

    def __init__(self, recorded: Any) -> None:
        from urllib.parse import parse_qsl, urlsplit

        from openapi_core.datatypes import RequestParameters
        from werkzeug.datastructures import Headers, ImmutableMultiDict

        url = urlsplit(recorded["url"])
        self.host_url, self.path, self.method = f"{url.scheme}://{url.netloc}", url.path, recorded["method"].lower()
        posted = recorded.get("postData") or {}
        self.body, self.content_type = (posted.get("text") or "").encode() or None, posted.get("mimeType") or ""
        # A form's fields count as query parameters in this contract (x-form-or-query)
        pairs = parse_qsl(url.query, keep_blank_values=True) + parse_qsl(
            posted.get("text") or "", keep_blank_values=True
        )
        headers = Headers([(field["name"], field["value"]) for field in recorded["headers"]])
        self.parameters = RequestParameters(query=ImmutableMultiDict(pairs), header=headers)


class _Response:
    """A HAR response by openapi-core's Response protocol."""

    def __init__(self, recorded: Any) -> None:
        from werkzeug.datastructures import Headers

        self.headers = Headers([(field["name"], field["value"]) for field in recorded["headers"]])
        self.data, self.status_code = recorded["content"]["text"].encode(), recorded["status"]
        self.content_type = recorded["content"]["mimeType"].partition(";")[0]


CONTENDERS: dict[str, Callable[[str], Run]] = {
    "parse-json": parse_json,
    "parse-xml": parse_xml,
    "toolkit": toolkit,
    "openapi-core": openapi_core,
}


def measure(name: str, path: str, contract: str) -> dict[str, Any]:
    run = CONTENDERS[name](contract)
    seconds = []
    for _ in range(1 if name == "openapi-core" else PASSES):
        before = time.process_time()
        refused = run(path)
        seconds.append(time.process_time() - before)
    return {"seconds": min(seconds), "peak_mb": _peak(), "refused": refused}


def _peak() -> float:
    """MB at most in memory. On Linux by /proc: getrusage counts what the parent had when it started this process."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) / 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:4])))
