"""The plain reverse proxy that `contract proxy` is compared with: httpx behind Starlette, and nothing is looked at."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route


async def forward(request: Request) -> Response:
    client: httpx.AsyncClient = request.app.state.client
    fields = [(name, value) for name, value in request.headers.raw if name not in (b"host", b"connection")]
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    url = f"{request.url.path}?{request.url.query}"
    sent = client.build_request(request.method, url, headers=fields, content=request.stream() if has_body else None)
    reply = await client.send(sent, stream=True)
    response = StreamingResponse(reply.aiter_raw(), reply.status_code, background=BackgroundTask(reply.aclose))
    response.raw_headers = [(name.lower(), value) for name, value in reply.headers.raw if name.lower() != b"connection"]
    return response


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=os.environ["UPSTREAM"], limits=limits, timeout=60, trust_env=False) as client:
        app.state.client = client
        yield


app = Starlette(routes=[Route("/{path:path}", forward, methods=["GET", "POST"])], lifespan=lifespan)
