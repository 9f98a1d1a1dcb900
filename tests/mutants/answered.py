"""Faults in what an answer looks like and in what a task says: promises 12, 13, 14 and 18."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from mutants.breaking import (
    Break,
    Mutant,
    answers,
    bodies,
    changed,
    every_task,
    finds,
    heads,
    presents,
    rewrites,
    written,
    written_task,
)
from toolkit.exchange import Request, Response, Send
from toolkit.services.service import Service, TaskPage, TaskQuery, Value
from toolkit.structs import replace

Item = dict[str, Any]
BOTH = "JSON XML"


def _drops(*names: str) -> Callable[[Value], Value]:
    return lambda value: {key: item for key, item in value.items() if key not in names}


def _renames(old: str, new: str) -> Callable[[Value], Value]:
    return lambda value: {new if key == old else key: item for key, item in value.items()}


def _sets(**members: Any) -> Callable[[Value], Value]:
    return lambda value: {**value, **members}


def _maps(
    name: str, edit: Callable[[Any], Any], when: Callable[[Item], Any] = lambda item: True
) -> Callable[[Item], Item]:
    return lambda item: {**item, name: edit(item[name])} if name in item and when(item) else item


def _tasks(edit: Callable[[list[Any]], Any]) -> Callable[[Value], Value]:
    return lambda value: {**value, "Tasks": {"Task": edit(value["Tasks"]["Task"])}}


def _status(*names: str) -> Callable[[Item], bool]:
    return lambda item: item["Status"] in names


def _is_empty(value: Value) -> bool:
    return not value["Tasks"]["Task"]


def _empty_as(tasks: Any, forms: str = "JSON") -> Break:
    """An empty list is written otherwise."""
    return written(lambda value: {**value, "Tasks": tasks} if _is_empty(value) else value, forms)


def _shifted(hours: float, form: str = "%Y-%m-%dT%H:%M:%SZ") -> Callable[[str], str]:
    return lambda text: f"{datetime.fromisoformat(text) + timedelta(hours=hours):{form}}"


def _other_charset(name: str, codec: str, body: bool) -> Break:
    """The bytes, or the name of their encoding in the XML declaration, are others."""

    def edit(sound: bytes) -> bytes:
        text = sound.decode()
        text = text[text.index("?>") + 2 :] if text.startswith("<?xml") else text
        declared = f'<?xml version="1.0" encoding="{name}"?>' + text
        return declared.encode(codec if body else "utf-8", "replace")

    return bodies(edit)


def _media(form: str, value: str | None) -> Break:
    return heads("Content-Type", lambda text, status: value if text and form in text else text)


def _ids(make: Callable[[int], str]) -> Break:
    def breaks(service: Service) -> Send:
        calls = count()
        return changed(request_id=lambda step: lambda: make(next(calls)))(service)

    return breaks


def _lower_id(step: Callable[[], str]) -> Callable[[], str]:
    return lambda: step().lower()


def _slow(when: Callable[[TaskQuery], bool]) -> Break:
    def found(find: Callable[[TaskQuery], TaskPage], choice: TaskQuery) -> TaskPage:
        if when(choice):
            time.sleep(2.1)
        return find(choice)

    return finds(found)


def _in_xml(edit: Callable[[Item], Item]) -> Break:
    return written_task(edit, "XML")


def _one_id(value: Value) -> Value:
    tasks = value["Tasks"]["Task"]
    return {
        **value,
        "Tasks": {"Task": [*tasks[:1], *({**task, "TaskId": tasks[0]["TaskId"]} for task in tasks[1:2]), *tasks[2:]]},
    }


def _moving(edit: Callable[[Item, int], Item]) -> Break:
    """Tasks that differ from answer to answer."""

    def breaks(service: Service) -> Send:
        calls = count()

        def edited(choice: TaskQuery, value: Value) -> Value:
            turn = next(calls)
            return _tasks(lambda tasks: [edit(task, turn) for task in tasks])(value)

        return presents(edited)(service)

    return breaks


def _body(edit: Callable[[bytes], bytes | None], when: Callable[[Request, Response], bool]) -> Break:
    return answers(lambda q, r: replace(r, body=edit(r.body or b"")) if when(q, r) else r)


def _latin_header(service: Service) -> Send:
    """Content-Type names another encoding than the body has, and no declaration corrects it."""
    bare = rewrites(r"<\?xml[^>]*\?>\s*", "")(service)
    named = "application/xml; charset=ISO-8859-1"

    def send(request: Request) -> Response:
        response = bare(request)
        is_xml = "xml" in (response.headers.get("Content-Type") or "")
        return replace(response, headers=response.headers.replaced("Content-Type", named)) if is_xml else response

    return send


def _fifth_lower(service: Service) -> Send:
    calls = count(1)
    return changed(request_id=lambda step: lambda: step() if next(calls) % 5 else step().lower())(service)


_FIELDS = ("TaskId", "ObjectPath", "Status", "Process", "ObjectType", "CreationTime")
_FIELD_MUTANTS = tuple(
    fault
    for name in _FIELDS
    for fault in (
        Mutant(f"json-without-{name.lower()}", 13, f"JSON: a task has no {name}", written_task(_drops(name))),
        Mutant(f"xml-without-{name.lower()}", 13, f"XML: a task has no {name}", written_task(_drops(name), "XML")),
        Mutant(
            f"json-late-{name.lower()}",
            13,
            f"JSON: from the tenth on, a task has no {name}",
            written_task(_drops(name), "JSON", 9),
        ),
        Mutant(f"json-null-{name.lower()}", 13, f"JSON: {name} is null", written_task(_sets(**{name: None}))),
        Mutant(
            f"xml-lower-{name.lower()}",
            12,
            f"XML: {name} begins in lower case",
            written_task(_renames(name, name[0].lower() + name[1:]), "XML"),
        ),
    )
)
_TOP = ("TotalCount", "PageNumber", "PageSize", "RequestId", "Tasks")
_TOP_MUTANTS = tuple(
    fault
    for name in _TOP
    for form in ("JSON", "XML")
    for fault in (
        Mutant(f"{form.lower()}-without-{name.lower()}", 12, f"{form}: no {name}", written(_drops(name), form)),
        Mutant(
            f"{form.lower()}-lower-{name.lower()}",
            12,
            f"{form}: {name} begins in lower case",
            written(_renames(name, name[0].lower() + name[1:]), form),
        ),
    )
)
_NUMBER_MUTANTS = tuple(
    Mutant(f"json-text-{name.lower()}", 12, f"JSON: {name} is a text", written(_maps(name, str))) for name in _TOP[:3]
)

# fmt: off
MUTANTS = (
    *_FIELD_MUTANTS,
    *_TOP_MUTANTS,
    *_NUMBER_MUTANTS,
    # 12: JSON
    Mutant("json-float-total", 12, "JSON: TotalCount has a fraction", written(lambda v: {**v, "TotalCount": v["TotalCount"] + 0.5})),
    Mutant("json-null-total", 12, "JSON: TotalCount is null", written(_sets(TotalCount=None))),
    Mutant("json-negative-total", 12, "JSON: TotalCount is -1", written(_sets(TotalCount=-1))),
    Mutant("json-flat", 12, "JSON: Tasks is the list itself", written(lambda v: {**v, "Tasks": v["Tasks"]["Task"]})),
    Mutant("json-tasks-name", 12, "JSON: Tasks holds Tasks", written(lambda v: {**v, "Tasks": {"Tasks": v["Tasks"]["Task"]}})),
    Mutant("json-wrapped", 12, "JSON: the answer is in an envelope", written(lambda v: {"DescribeRefreshTasksResponse": v})),
    Mutant("json-extra", 12, "JSON: a member more", written(_sets(Debug="on"))),
    Mutant("json-single", 12, "JSON: one task is no list", written(_tasks(lambda tasks: tasks[0] if len(tasks) == 1 else tasks))),
    Mutant("json-empty-null", 12, "JSON: an empty list is null", _empty_as({"Task": None})),
    Mutant("json-empty-tasks-null", 12, "JSON: where the list is empty, Tasks is null", _empty_as(None)),
    Mutant("json-empty-missing", 12, "JSON: an empty list is left out", _empty_as({})),
    Mutant("json-empty-object", 12, "JSON: an empty list is an object", _empty_as({"Task": {}})),
    Mutant("json-empty-text", 12, "JSON: where the list is empty, Tasks is a text", _empty_as("")),
    Mutant("json-empty-no-tasks", 12, "JSON: where the list is empty, there is no Tasks",
          written(lambda v: _drops("Tasks")(v) if _is_empty(v) else v)),
    Mutant("json-item-null", 12, "JSON: the list ends with null", written(_tasks(lambda tasks: [*tasks, None]))),
    Mutant("json-id-number", 13, "JSON: TaskId is a number", written_task(_maps("TaskId", int))),
    Mutant("json-id-number-late", 13, "JSON: some TaskIds are numbers", written_task(_maps("TaskId", int, lambda item: len(item["TaskId"]) < 9))),
    Mutant("json-process-number", 13, "JSON: Process is a number", written_task(_maps("Process", lambda text: int(text[:-1])))),
    Mutant("json-time-unix", 13, "JSON: CreationTime is a number",
          written_task(_maps("CreationTime", lambda text: int(datetime.fromisoformat(text).timestamp())))),
    Mutant("json-path-null", 13, "JSON: an empty ObjectPath is null", written_task(_maps("ObjectPath", lambda text: text or None))),
    Mutant("json-path-dropped", 13, "JSON: an empty ObjectPath is left out",
          written_task(lambda item: item if item["ObjectPath"] else _drops("ObjectPath")(item))),
    Mutant("xml-path-dropped", 13, "XML: an empty ObjectPath is left out",
          _in_xml(lambda item: item if item["ObjectPath"] else _drops("ObjectPath")(item))),
    Mutant("json-description-null", 13, "JSON: Description is null where none is due", written_task(lambda item: {"Description": None, **item})),
    Mutant("json-truncated", 12, "JSON: the last byte is missing", bodies(lambda body: body[:-1], "JSON")),
    Mutant("json-trailing-comma", 12, "JSON: a comma at the end", bodies(lambda body: body[:-1] + b",}", "JSON")),
    Mutant("json-doubled", 12, "JSON: a member stands twice", bodies(lambda body: body[:-1] + b',"TotalCount":0}', "JSON")),
    Mutant("json-single-quotes", 12, "JSON: single quotes", rewrites('"', "'", "JSON")),
    Mutant("json-nan", 12, "JSON: NaN", rewrites(r'"PageSize":\d+', '"PageSize":NaN', "JSON")),
    Mutant("json-callback", 12, "JSON: in a call of a function", bodies(lambda body: b"callback(" + body + b")", "JSON")),
    Mutant("json-latin", 12, "JSON: in Latin-1", bodies(lambda body: body.decode().encode("latin-1", "replace"), "JSON", lambda s: s == 200)),
    Mutant("json-utf16", 12, "JSON: in UTF-16", bodies(lambda body: body.decode().encode("utf-16"), "JSON")),
    Mutant("json-entities", 12, "JSON: values escaped as in XML",
          written_task(_maps("ObjectPath", lambda text: text.replace("&", "&amp;").replace("<", "&lt;")))),
    # 12: XML
    Mutant("xml-root", 12, "XML: another root", written(lambda v: v, "XML", root="Response")),
    Mutant("xml-root-lower", 12, "XML: the root begins in lower case", written(lambda v: v, "XML", root="describeRefreshTasksResponse")),
    Mutant("xml-task-name", 12, "XML: the list holds Item", written(lambda v: {**v, "Tasks": {"Item": v["Tasks"]["Task"]}}, "XML")),
    Mutant("xml-tasks-name", 12, "XML: the list is named TaskList", written(_renames("Tasks", "TaskList"), "XML")),
    Mutant("xml-unwrapped", 12, "XML: tasks stand in the root", written(lambda v: {**_drops("Tasks")(v), "Task": v["Tasks"]["Task"]}, "XML")),
    Mutant("xml-attribute", 12, "XML: TaskId is an attribute", rewrites(r"<Task>(.*?)<TaskId>(\d+)</TaskId>", r'<Task TaskId="\2">\1')),
    Mutant("xml-attribute-more", 12, "XML: an attribute more", rewrites("<Task>", '<Task id="1">')),
    Mutant("xml-namespace", 12, "XML: a namespace",
          rewrites("<DescribeRefreshTasksResponse>", '<DescribeRefreshTasksResponse xmlns="http://example.com/">')),
    Mutant("xml-space", 12, "XML: a space before Status", rewrites("<Status>", "<Status> ")),
    Mutant("xml-space-total", 12, "XML: spaces around TotalCount", rewrites(r"<TotalCount>(\d+)", r"<TotalCount> \1 ")),
    Mutant("xml-indented", 12, "XML: values on lines of their own",
          rewrites(r"<ObjectType>(\w+)</ObjectType>", "<ObjectType>\n  \\1\n</ObjectType>")),
    Mutant("xml-space-path", 12, "XML: a space behind ObjectPath", rewrites("</ObjectPath>", " </ObjectPath>")),
    Mutant("xml-unescaped", 12, "XML: an ampersand as it is", rewrites("&amp;", "&")),
    Mutant("xml-unescaped-less", 12, "XML: a less-than sign as it is", rewrites("&lt;", "<")),
    Mutant("xml-doubly-escaped", 12, "XML: escaped twice", rewrites("&(amp|lt|gt);", r"&amp;\1;")),
    Mutant("xml-declared-utf16", 12, "XML: UTF-16 declared, UTF-8 sent", _other_charset("UTF-16", "utf-8", False)),
    Mutant("xml-declared-ascii", 12, "XML: US-ASCII declared, UTF-8 sent", _other_charset("US-ASCII", "utf-8", False)),
    Mutant("xml-declared-latin", 12, "XML: Latin-1 declared, UTF-8 sent", _other_charset("ISO-8859-1", "utf-8", False)),
    Mutant("xml-latin", 12, "XML: UTF-8 declared, Latin-1 sent", _other_charset("UTF-8", "latin-1", True)),
    Mutant("xml-declared-none", 12, "XML: an encoding that does not exist", _other_charset("UTF-99", "utf-8", False)),
    Mutant("xml-in-utf16", 12, "XML: in UTF-16, as declared", _other_charset("UTF-16", "utf-16", True)),
    Mutant("xml-in-latin", 12, "XML: in Latin-1, as declared", _other_charset("ISO-8859-1", "latin-1", True)),
    Mutant("xml-version", 12, "XML: version 2.0", rewrites(r'version=.1\.0.', 'version="2.0"')),
    Mutant("xml-truncated", 12, "XML: the end is missing", bodies(lambda body: body[:-12])),
    Mutant("xml-case", 12, "XML: an end tag in another case", rewrites("</Tasks>", "</tasks>")),
    Mutant("xml-doctype", 12, "XML: an entity declaration",
          rewrites("<DescribeRefreshTasksResponse>", "<!DOCTYPE x [<!ENTITY a 'b'>]><DescribeRefreshTasksResponse>")),
    Mutant("xml-before", 12, "XML: a line before the declaration", bodies(lambda body: b"\n" + body)),
    Mutant("xml-total-twice", 12, "XML: TotalCount stands twice", rewrites("(<TotalCount>.*?</TotalCount>)", r"\1\1")),
    Mutant("xml-status-twice", 12, "XML: Status stands twice", rewrites("(<Status>.*?</Status>)", r"\1\1")),
    Mutant("xml-tasks-twice", 12, "XML: Tasks stands twice", rewrites("</Tasks>", "</Tasks><Tasks></Tasks>")),
    Mutant("xml-text", 12, "XML: text between elements", rewrites("<Tasks>", "<Tasks>none")),
    Mutant("xml-control", 12, "XML: a control character", rewrites("<HostId>|<TotalCount>", "\\g<0>\x01")),
    Mutant("xml-empty-missing", 12, "XML: an empty list is left out", written(lambda v: _drops("Tasks")(v) if _is_empty(v) else v, "XML")),
    Mutant("xml-empty-task", 12, "XML: an empty list holds an empty Task", _empty_as({"Task": [""]}, "XML")),
    Mutant("xml-empty-null", 12, "XML: an empty list is the text null", _empty_as("null", "XML")),
    Mutant("xml-plus", 12, "XML: TotalCount has a plus sign", rewrites(r"<TotalCount>(\d+)", r"<TotalCount>+\1")),
    Mutant("xml-zero", 12, "XML: PageSize has a leading zero", rewrites(r"<PageSize>(\d+)", r"<PageSize>0\1")),
    Mutant("xml-fraction", 12, "XML: PageNumber has a fraction", rewrites(r"<PageNumber>(\d+)", r"<PageNumber>\1.0")),
    Mutant("xml-extra", 12, "XML: an element more", rewrites("<Tasks>", "<Debug>on</Debug><Tasks>")),
    Mutant("xml-json", 12, "XML: the body is JSON",
          answers(lambda q, r: replace(r, body=b'{"Tasks":{"Task":[]}}') if b"<Tasks" in (r.body or b"") else r)),
    # 12: JSON = XML
    Mutant("differ-total", 12, "TotalCount is one more in XML", written(lambda v: {**v, "TotalCount": v["TotalCount"] + 1}, "XML")),
    Mutant("differ-path", 12, "ObjectPath is in lower case in XML", _in_xml(_maps("ObjectPath", str.lower))),
    Mutant("differ-path-stripped", 12, "ObjectPath has no slash at its end in XML", _in_xml(_maps("ObjectPath", lambda text: text.rstrip("/")))),
    Mutant("differ-status", 12, "Pending is Refreshing in XML", _in_xml(_maps("Status", lambda text: "Refreshing", _status("Pending")))),
    Mutant("differ-time", 12, "CreationTime is a second earlier in XML", _in_xml(_maps("CreationTime", _shifted(-1 / 3600)))),
    Mutant("differ-process", 12, "Process is 0% in XML", _in_xml(_maps("Process", lambda text: "0%", lambda item: item["Status"] != "Complete"))),
    Mutant("differ-description", 12, "Description is always Internal Error in XML", _in_xml(_maps("Description", lambda text: "Internal Error"))),
    Mutant("differ-id", 12, "TaskId loses its last digits in JSON", written_task(_maps("TaskId", lambda text: str(int(float(text)))))),
    Mutant("differ-last", 12, "the last task is missing in XML", written(_tasks(lambda tasks: tasks[:-1]), "XML")),
    Mutant("differ-order", 12, "tasks stand the other way round in XML", written(_tasks(lambda tasks: tasks[::-1]), "XML")),
    Mutant("differ-unicode", 12, "characters outside of ASCII are question marks in XML",
          _in_xml(_maps("ObjectPath", lambda text: text.encode("ascii", "replace").decode()))),
    Mutant("differ-astral", 12, "characters beyond 16 bits are lost in XML",
          _in_xml(_maps("ObjectPath", lambda text: "".join(c for c in text if ord(c) < 65536)))),
    Mutant("differ-type", 12, "ObjectType is always file in XML", _in_xml(_maps("ObjectType", lambda text: "file"))),
    Mutant("differ-size", 12, "PageSize is always 20 in XML", written(_sets(PageSize=20), "XML")),
    # 12: headers
    Mutant("media-json-text", 12, "JSON: text/plain", _media("json", "text/plain")),
    Mutant("json-mark", 12, "JSON: a byte order mark", bodies(lambda body: b"\xef\xbb\xbf" + body, "JSON")),
    Mutant("media-json-latin", 12, "JSON: charset=ISO-8859-1", _media("json", "application/json; charset=ISO-8859-1")),
    Mutant("media-json-utf16", 12, "JSON: charset=UTF-16", _media("json", "application/json; charset=UTF-16")),
    Mutant("media-xml-latin", 12, "XML: charset=ISO-8859-1", _media("xml", "application/xml; charset=ISO-8859-1")),
    Mutant("media-json-html", 12, "JSON: text/html", _media("json", "text/html; charset=utf-8")),
    Mutant("media-json-xml", 12, "JSON: application/xml", _media("json", "application/xml")),
    Mutant("media-xml-json", 12, "XML: application/json", _media("xml", "application/json")),
    Mutant("media-xml-html", 12, "XML: text/html", _media("xml", "text/html")),
    Mutant("media-none", 12, "no Content-Type", heads("Content-Type", lambda text, status: None)),
    Mutant("media-json-none", 12, "JSON: no Content-Type", _media("json", None)),
    Mutant("media-broken", 12, "JSON: a Content-Type that is none", _media("json", "json")),
    Mutant("media-vendor", 12, "JSON: application/vnd.api+json", _media("json", "application/vnd.api+json")),
    Mutant("media-latin", 12, "XML: charset=ISO-8859-1 and no declaration", _latin_header),
    Mutant("empty-body", 12, "past the end the body is empty",
          _body(lambda body: b"", lambda q, r: r.status == 200 and b"TaskId" not in (r.body or b""))),
    Mutant("status-201", 12, "a good answer has status 201", answers(lambda q, r: replace(r, status=201) if r.status == 200 else r)),
    Mutant("status-204", 12, "a page past the end has status 204",
          answers(lambda q, r: replace(r, status=204, body=b"") if r.status == 200 and b"TaskId" not in (r.body or b"") else r)),
    Mutant("status-404", 10, "a page past the end has status 404",
          answers(lambda q, r: replace(r, status=404) if r.status == 200 and b"TaskId" not in (r.body or b"") else r)),
    # 13: a task
    Mutant("process-no-percent", 13, "Process has no percent sign", written_task(_maps("Process", lambda text: text[:-1]), BOTH)),
    Mutant("process-101", 13, "Process is 101%", written_task(_maps("Process", lambda text: "101%", _status("Refreshing")), BOTH)),
    Mutant("process-space", 13, "Process has a space before it", written_task(_maps("Process", lambda text: " " + text), "JSON")),
    Mutant("process-space-sign", 13, "Process has a space before its sign", written_task(_maps("Process", lambda text: text[:-1] + " %"), BOTH)),
    Mutant("process-fraction", 13, "Process has a fraction", written_task(_maps("Process", lambda text: text[:-1] + ".0%"), BOTH)),
    Mutant("process-negative", 13, "Process is -1%", written_task(_maps("Process", lambda text: "-1%", _status("Pending")), BOTH)),
    Mutant("process-empty", 13, "Process is empty where Pending", written_task(_maps("Process", lambda text: "", _status("Pending")), BOTH)),
    Mutant("complete-99", 13, "Complete with 99%", written_task(_maps("Process", lambda text: "99%", _status("Complete")), BOTH)),
    Mutant("complete-99-xml", 13, "XML: Complete with 99%", _in_xml(_maps("Process", lambda text: "99%", _status("Complete")))),
    Mutant("status-done", 13, "Complete is told as Done", written_task(_maps("Status", lambda text: "Done", _status("Complete")), BOTH)),
    Mutant("status-task-lower", 13, "Status is in lower case", written_task(_maps("Status", str.lower), BOTH)),
    Mutant("status-task-empty", 13, "Pending is told as nothing", written_task(_maps("Status", lambda text: "", _status("Pending")), BOTH)),
    Mutant("type-directory-told", 13, "path is told as directory",
          written_task(_maps("ObjectType", lambda text: "directory" if text == "path" else text), BOTH)),
    Mutant("type-told-upper", 13, "ObjectType is told in title case", written_task(_maps("ObjectType", str.title), BOTH)),
    Mutant("failed-silent", 13, "Failed without Description", written_task(lambda item: _drops("Description")(item), BOTH)),
    Mutant("failed-silent-xml", 13, "XML: Failed without Description", _in_xml(_drops("Description"))),
    Mutant("failed-empty", 13, "Failed with an empty Description", written_task(_maps("Description", lambda text: ""), BOTH)),
    Mutant("description-complete", 13, "Description where Complete",
          written_task(lambda item: {**item, "Description": "Internal Error"} if item["Status"] == "Complete" else item, BOTH)),
    Mutant("description-pending", 13, "Description where Pending",
          written_task(lambda item: {**item, "Description": "Origin Timeout"} if item["Status"] == "Pending" else item, BOTH)),
    Mutant("description-empty-xml", 13, "XML: an empty Description where none is due", _in_xml(lambda item: {"Description": "", **item})),
    Mutant("description-other", 13, "Description is another text", written_task(_maps("Description", lambda text: "Unknown Error"), BOTH)),
    Mutant("description-case", 13, "Description is in lower case", written_task(_maps("Description", str.lower), BOTH)),
    Mutant("description-503", 13, "Description names the status 503",
          written_task(_maps("Description", lambda text: text.replace("5XX", "503")), BOTH)),
    Mutant("id-letters", 13, "TaskId begins with a letter", written_task(_maps("TaskId", lambda text: "T" + text[1:]), BOTH)),
    Mutant("id-empty", 13, "TaskId is empty", written_task(_maps("TaskId", lambda text: ""), BOTH)),
    Mutant("id-long", 13, "TaskId has 21 digits and more", written_task(_maps("TaskId", lambda text: text.ljust(21, "0")), BOTH)),
    Mutant("id-shared", 13, "two tasks share a TaskId", written(_one_id, BOTH)),
    Mutant("id-moving", 13, "a TaskId is another in each answer",
          _moving(lambda item, turn: {**item, "TaskId": str((int(item["TaskId"]) + turn) % 10**19)})),
    Mutant("time-future", 13, "CreationTime is in the future", written_task(_maps("CreationTime", _shifted(100)), BOTH)),
    Mutant("time-future-newest", 13, "CreationTime is a day late", written_task(_maps("CreationTime", _shifted(24)), BOTH)),
    Mutant("time-offset", 13, "CreationTime has +00:00", written_task(_maps("CreationTime", lambda text: text[:-1] + "+00:00"), BOTH)),
    Mutant("time-local", 13, "CreationTime has +08:00", written_task(_maps("CreationTime", _shifted(8, "%Y-%m-%dT%H:%M:%S+08:00")), BOTH)),
    Mutant("time-no-zone", 13, "CreationTime has no zone", written_task(_maps("CreationTime", lambda text: text[:-1]), BOTH)),
    Mutant("time-fraction", 13, "CreationTime has a fraction", written_task(_maps("CreationTime", lambda text: text[:-1] + ".000Z"), BOTH)),
    Mutant("time-space", 13, "CreationTime has a space for T", written_task(_maps("CreationTime", lambda text: text.replace("T", " ")), BOTH)),
    Mutant("time-unreal", 13, "CreationTime is on 30 February", written_task(_maps("CreationTime", lambda text: "2023-02-30T00:00:00Z"), BOTH)),
    Mutant("time-shifted", 13, "CreationTime is told 8 hours early", every_task(_maps("CreationTime", _shifted(-8)))),
    Mutant("time-moving", 13, "CreationTime is another in each answer",
          _moving(lambda item, turn: {**item, "CreationTime": _shifted(-(turn % 7) / 3600)(item["CreationTime"])})),
    Mutant("type-moving", 13, "ObjectType is another by turns",
          _moving(lambda item, turn: {**item, "ObjectType": ("file", "path", "preload")[turn % 3]})),
    Mutant("process-by-size", 13, "Process is told otherwise on small pages",
          presents(lambda c, v: _tasks(lambda ts: [_maps("Process", lambda t: "1%", _status("Failed"))(t) for t in ts])(v) if c.size < 10 else v)),
    Mutant("path-by-filter", 13, "ObjectPath is empty where Status is given",
          presents(lambda c, v: _tasks(lambda ts: [{**t, "ObjectPath": ""} for t in ts])(v) if c.filters.status else v)),
    Mutant("path-moved", 13, "tasks have each other's ObjectPath",
          presents(lambda c, v: _tasks(lambda ts: [{**t, "ObjectPath": ts[i - 1]["ObjectPath"]} for i, t in enumerate(ts)])(v))),
    # 14: RequestId
    Mutant("id-lower", 14, "RequestId is in lower case", changed(request_id=_lower_id)),
    Mutant("id-repeated", 14, "RequestId is always the same", changed(request_id=lambda step: lambda: "4C4B7F0E-6B2A-4F38-9C5D-0A1B2C3D4E5F")),
    Mutant("id-repeated-later", 14, "RequestId is repeated after ten answers", _ids(lambda turn: f"4C4B7F0E-6B2A-4F38-9C5D-{turn % 10:012X}")),
    Mutant("id-no-hyphens", 14, "RequestId has no hyphens", _ids(lambda turn: f"{turn:032X}")),
    Mutant("id-braces", 14, "RequestId stands in braces", _ids(lambda turn: f"{{4C4B7F0E-6B2A-4F38-9C5D-{turn:012X}}}")),
    Mutant("id-blank", 14, "RequestId is empty", changed(request_id=lambda step: lambda: "")),
    Mutant("id-null", 14, "JSON: RequestId is null", written(_sets(RequestId=None))),
    Mutant("id-mixed", 14, "every fifth RequestId is in lower case", _fifth_lower),
    # 18: time
    Mutant("slow-deep", 18, "pages past 50 are slow", _slow(lambda choice: choice.page > 50)),
    Mutant("slow-last", 18, "page 100000 is slow", _slow(lambda choice: choice.page == 100_000)),
    Mutant("slow-path", 18, "ObjectPath is slow", _slow(lambda choice: bool(choice.filters.object_path))),
    Mutant("slow-size", 18, "pages of 50 are slow", _slow(lambda choice: choice.size == 50)),
)
# fmt: on
