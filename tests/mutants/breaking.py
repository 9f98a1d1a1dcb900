"""How a sound service is broken: combinators from one changed step of a Service to the `Send` of the faulty one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from json import dumps
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from toolkit.exchange import Headers, Request, Response, Send
from toolkit.services.calls import ApiCall, ApiError, CallCheck
from toolkit.services.service import Service, TaskPage, TaskQuery, Value, respond
from toolkit.services.store import Task
from toolkit.structs import Frozen, replace
from toolkit.wire.urlencoded import build_query

Break = Callable[[Service], Send]
Pairs = list[tuple[str, str]]

KEY_ID, SECRET = "keyOfTheTest", "secretOfTheTest"


class Mutant(Frozen):
    """A service that breaks one promise, told by its number. `signed`: it shows only where signatures are required."""

    id: str
    promise: int
    summary: str
    breaks: Break
    signed: bool = False


def changed(**changes: Callable[[Any], Any]) -> Break:
    """Steps of the service replaced: each change makes the faulty step of the sound one."""

    def breaks(service: Service) -> Send:
        steps = {name: change(getattr(service, name)) for name, change in changes.items()}
        return partial(respond, replace(service, **steps))

    return breaks


# --- what is asked


def hears(edit: Callable[[Pairs], Pairs], when: Callable[[Request], bool] = lambda request: True) -> Break:
    """The parameters of the query, and those of the body, are taken for others."""

    def taken(text: str) -> str:
        pairs = parse_qsl(text, keep_blank_values=True, errors="surrogateescape")
        return text if edit(pairs) == pairs else build_query(edit(pairs))

    def edited(request: Request) -> Request:
        path, _, query = request.url.partition("?")
        body = taken(request.body.decode("utf-8", "surrogateescape")).encode() if request.body else request.body
        return replace(request, url=f"{path}?{taken(query)}", body=body) if when(request) else request

    return lambda service: lambda request: respond(service, edited(request))


def mistakes(name: str, pattern: str, for_: str) -> Break:
    """A text of a parameter that fits the pattern is taken for another, as `re.sub` writes it."""
    return hears(
        lambda pairs: [
            (key, re.sub(pattern, for_, text, count=1) if key == name and re.fullmatch(pattern, text, re.S) else text)
            for key, text in pairs
        ]
    )


def accepts(name: str, pattern: str, meaning: Callable[[str], str] = str) -> Break:
    """A bad text of a parameter that fits the pattern is let through, and means another."""

    def odd(text: str) -> bool:
        return re.fullmatch(pattern, text, re.S) is not None

    def meant(step: Callable[[ApiCall], Any]) -> Callable[[ApiCall], Any]:
        def taken(call: ApiCall) -> Any:
            pairs = ((key, meaning(text) if key == name and odd(text) else text) for key, text in call.parameters)
            return step(replace(call, parameters=tuple(pairs)))

        return taken

    def lenient(checks: tuple[CallCheck, ...]) -> tuple[CallCheck, ...]:
        return dropped(checks, lambda call, refusal: refusal.detail == name and all(map(odd, call.all(name))))

    return changed(checks=lenient, choose=meant, format_of=meant)


def dropped(checks: Iterable[CallCheck], when: Callable[[ApiCall, ApiError], bool]) -> tuple[CallCheck, ...]:
    """The checks without the refusals that are told by `when`."""

    def lenient(check: CallCheck) -> CallCheck:
        return lambda call: (refusal for refusal in check(call) if not when(call, refusal))

    return tuple(map(lenient, checks))


def drops(when: Callable[[ApiCall, ApiError], bool]) -> Break:
    return changed(checks=lambda checks: dropped(checks, when))


def adds(code: str, detail: str, when: Callable[[ApiCall], Any]) -> Break:
    """A refusal more."""

    def check(call: ApiCall) -> Iterable[ApiError]:
        return [ApiError(code, detail)] if when(call) else []

    return changed(checks=lambda checks: (*checks, check))


def refuses(name: str, pattern: str, code: str = "InvalidParameter") -> Break:
    """A sound text of a parameter that fits the pattern is refused."""
    return adds(code, name, lambda call: any(re.fullmatch(pattern, text, re.S) for text in call.all(name)))


# --- what is chosen


def chooses(edit: Callable[[ApiCall, TaskQuery], TaskQuery]) -> Break:
    return changed(choose=lambda step: lambda call: edit(call, step(call)))


def filters(edit: Callable[[Any], dict[str, Any]]) -> Break:
    """Some of the filters are replaced by those that `edit` makes of them all."""
    return chooses(lambda call, choice: replace(choice, filters=replace(choice.filters, **edit(choice.filters))))


def finds(edit: Callable[[Callable[[TaskQuery], TaskPage], TaskQuery], TaskPage]) -> Break:
    return changed(find=lambda step: lambda choice: edit(step, choice))


def totals(edit: Callable[[TaskQuery, int, int], Any]) -> Break:
    """Another total, made of the choice, the sound one and the number of items on the page."""

    def told(find: Callable[[TaskQuery], TaskPage], choice: TaskQuery) -> TaskPage:
        total, tasks = find(choice)
        return edit(choice, total, len(tasks)), tasks

    return finds(told)


def cut(edit: Callable[[TaskQuery, list[Task]], Sequence[Task]]) -> Break:
    """The page is another part of all matches; the total is right."""

    def page(find: Callable[[TaskQuery], TaskPage], choice: TaskQuery) -> TaskPage:
        total, tasks = find(replace(choice, page=1, size=1_000_000))
        return total, list(edit(choice, tasks))

    return finds(page)


def paged(choice: TaskQuery, tasks: Sequence[Task]) -> Sequence[Task]:
    """The page that a choice asks for, of all its matches."""
    return tasks[(choice.page - 1) * choice.size : choice.page * choice.size]


def ordered(key: Callable[[Task], Any], reverse: bool = False) -> Break:
    return cut(lambda choice, tasks: paged(choice, sorted(tasks, key=key, reverse=reverse)))


_ANY: Any = None


def matches(name: str, relation: Callable[[Any, Any], bool]) -> Break:
    """One filter, a field of Filters, chooses by another relation of the text given and the task's own."""
    field = {"start": "creation_time", "end": "creation_time"}.get(name, name)

    def found(find: Callable[[TaskQuery], TaskPage], choice: TaskQuery) -> TaskPage:
        text = getattr(choice.filters, name)
        if text is None:
            return find(choice)
        wide = replace(choice, filters=replace(choice.filters, **{name: _ANY}), page=1, size=1_000_000)
        tasks = [task for task in find(wide)[1] if relation(text, getattr(task, field))]
        return len(tasks), list(paged(choice, tasks))

    return finds(found)


# --- what is answered


def presents(edit: Callable[[TaskQuery, Value], Value]) -> Break:
    """Another value, written by the sound encoder."""
    return changed(present=lambda step: lambda choice, found: edit(choice, step(choice, found)))


def every_task(
    edit: Callable[[dict[str, Any]], dict[str, Any]], which: Callable[[int], bool] = lambda index: True
) -> Break:
    """Another value of the tasks, or of some by their place on the page, written by the sound encoder."""

    def edited(choice: TaskQuery, value: Value) -> Value:
        tasks = value["Tasks"]["Task"]
        return {**value, "Tasks": {"Task": [edit(task) if which(index) else task for index, task in enumerate(tasks)]}}

    return presents(edited)


def written(edit: Callable[[Value], Any], forms: str = "JSON", ok: bool = True, root: str = "") -> Break:
    """Another value of a whole answer in some formats, good ones or refusals, written without regard to a schema."""

    def encoder(encode: Callable[[str, int, Value], Response]) -> Callable[[str, int, Value], Response]:
        def faulty(form: str, status: int, value: Value) -> Response:
            sound = encode(form, status, value)
            if form not in forms or (status == 200) != ok:
                return sound
            name = root or ("DescribeRefreshTasksResponse" if ok else "Error")
            other = edit(value)
            text = dumps(other, ensure_ascii=False) if form == "JSON" else xml(name, other)
            return replace(sound, body=text.encode())

        return faulty

    return changed(encode=encoder)


def written_task(edit: Callable[[dict[str, Any]], Any], forms: str = "JSON", first: int = 0) -> Break:
    """Another value of the tasks from the place `first` on, written without regard to a schema."""

    def edited(value: Value) -> Value:
        tasks = value["Tasks"]["Task"]
        return {**value, "Tasks": {"Task": [*tasks[:first], *map(edit, tasks[first:])]}}

    return written(edited, forms)


def xml(name: str, value: Any) -> str:
    """A value as elements, lists repeated: no declaration, no schema."""
    if isinstance(value, list):
        return "".join(xml(name, item) for item in value)
    inner = (
        "".join(xml(*pair) for pair in value.items())
        if isinstance(value, dict)
        else ""
        if value is None
        else escape(str(value))
    )
    return f"<{name}>{inner}</{name}>"


def bodies(
    edit: Callable[[bytes], bytes], form: str = "XML", status: Callable[[int], bool] = lambda status: True
) -> Break:
    """Other bytes in one format."""

    def encoder(encode: Callable[[str, int, Value], Response]) -> Callable[[str, int, Value], Response]:
        def faulty(asked: str, code: int, value: Value) -> Response:
            sound = encode(asked, code, value)
            return replace(sound, body=edit(sound.body or b"")) if asked == form and status(code) else sound

        return faulty

    return changed(encode=encoder)


def rewrites(pattern: str, by: str, form: str = "XML", count: int = 0) -> Break:
    """`re.sub` over the text of the answers in one format."""
    return bodies(lambda body: re.sub(pattern, by, body.decode(), count=count, flags=re.S).encode(), form)


def heads(name: str, value: Callable[[str | None, int], str | None]) -> Break:
    """Another header, made of the sound one and the status; None leaves it out."""

    def edited(request: Request, response: Response) -> Response:
        text = value(response.headers.get(name), response.status)
        return replace(response, headers=response.headers.replaced(name, text))

    return answers(edited)


def answers(edit: Callable[[Request, Response], Response]) -> Break:
    """Another answer, made of the request and the sound one."""

    def breaks(service: Service) -> Send:
        return lambda request: edit(request, respond(service, request))

    return breaks


def plain(status: int, media_type: str, body: bytes) -> Response:
    return Response(status, Headers((("Content-Type", media_type),)), body)


def explains(edit: Callable[[ApiError, int, Value], tuple[int, Value]]) -> Break:
    """Another status and value of refusals."""

    def encoder(encode: Callable[[str, int, Value], Response]) -> Callable[[str, int, Value], Response]:
        def faulty(form: str, status: int, value: Value) -> Response:
            return replace(encode(form, 200 if "Tasks" in value else 400, value), status=status)

        return faulty

    return changed(explain=lambda step: lambda refusal: edit(refusal, *step(refusal)), encode=encoder)


def told(
    code: str, *, status: int | None = None, new_code: str = "", message: str | None = None, name: str = ""
) -> Break:
    """Refusals of one code, or those that name one parameter, told otherwise."""

    def edited(refusal: ApiError, sound: int, value: Value) -> tuple[int, Value]:
        if refusal.code != code or (name and refusal.detail != name):
            return sound, value
        text = value["Message"] if message is None else message
        return status or sound, {**value, "Code": new_code or value["Code"], "Message": text}

    return explains(edited)
