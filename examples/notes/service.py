"""A service of notes, written with Starlette: `python service.py` serves it at http://127.0.0.1:8000.

With NOTES_BUG=1 it has a mistake that no look at a single response shows: the last page repeats an item.
"""

from __future__ import annotations

import os
import re

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

NOTES = [{"id": number, "text": f"Note {number}", "tag": ("home", "work")[number % 2]} for number in range(1, 24)]
HAS_BUG = bool(os.environ.get("NOTES_BUG"))


def number(text: str, most: int) -> int:
    """The value of an integer from 1 to `most`. Raises HTTPException (400) for any other text."""
    if not re.fullmatch(r"[1-9][0-9]{0,18}", text, re.ASCII) or int(text) > most:
        raise HTTPException(400)
    return int(text)


def list_notes(request: Request) -> Response:
    query = request.query_params
    if any(len(query.getlist(name)) > 1 for name in ("page", "size", "tag")):
        raise HTTPException(400)
    page, size = number(query.get("page", "1"), 1000), number(query.get("size", "5"), 20)
    tag = query.get("tag")
    if tag not in (None, "home", "work"):
        raise HTTPException(400)
    found = [note for note in NOTES if tag in (None, note["tag"])]
    start = (page - 1) * size
    if HAS_BUG and 0 < start < len(found) < start + size:
        start -= 1
    return JSONResponse({"total": len(found), "notes": found[start : start + size]})


def get_note(request: Request) -> Response:
    wanted = number(request.path_params["id"], 2**63)
    for note in NOTES:
        if note["id"] == wanted:
            return JSONResponse(note)
    raise HTTPException(404)


app = Starlette(routes=[Route("/notes", list_notes), Route("/notes/{id}", get_note)])

if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app, port=8000, log_level="warning")
