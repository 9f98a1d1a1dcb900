"""Faults in what is chosen, counted, sorted and cut into pages: promises 7 to 11."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from hashlib import sha256
from itertools import count
from typing import Any
from unicodedata import normalize
from urllib.parse import unquote

from mutants.breaking import (
    Break,
    Fault,
    chooses,
    cut,
    filters,
    finds,
    hears,
    matches,
    ordered,
    paged,
    presents,
    totals,
)
from toolkit.exchange import Send
from toolkit.services.calls import Call
from toolkit.services.service import Choice, Found, Service
from toolkit.services.store import Filters, Task

_DAY = timedelta(days=1)


def _like(text: str, found: str) -> bool:
    """SQL's LIKE: % and _ are wildcards, case does not count."""
    pattern = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in text)
    return re.fullmatch(pattern, found, re.S | re.I) is not None


def _since(span: timedelta, when: Callable[[Call], Any] = lambda call: True) -> Break:
    """The window is another, at times."""
    return chooses(lambda call, choice: replace(choice, since=choice.now - span) if when(call) else choice)


def _ignored(name: str, when: Callable[[Any], Any] = lambda given: True) -> Break:
    return filters(lambda given: {name: None} if when(given) else {})


def _counted_older(find: Callable[[Choice], Found], choice: Choice) -> Found:
    return find(replace(choice, since=choice.now - 10 * _DAY))[0], find(choice)[1]


def _changed(choice: Choice, name: str) -> Filters:
    changes: dict[str, Any] = {name: None}
    return replace(choice.filters, **changes)


def _joined_by_or(one: str, other: str) -> Break:
    def found(find: Callable[[Choice], Found], choice: Choice) -> Found:
        if getattr(choice.filters, one) is None or getattr(choice.filters, other) is None:
            return find(choice)
        wide = [replace(choice, filters=_changed(choice, name), page=1, size=9999) for name in (one, other)]
        either = {task.task_id: task for each in wide for task in find(each)[1]}
        tasks = sorted(either.values(), key=_sound_key, reverse=True)
        return len(tasks), list(paged(choice, tasks))

    return finds(found)


def _sound_key(task: Task) -> tuple[str, int]:
    return task.creation_time, -int(task.task_id)


def _moved(items: Callable[[int, int], tuple[int, int]]) -> Break:
    """The page is cut between other places, made of its number and size."""

    def edit(choice: Choice, tasks: list[Task]) -> Sequence[Task]:
        start, end = items(choice.page, choice.size)
        return tasks[max(0, start) : end]

    return cut(edit)


def _past(edit: Callable[[Choice, list[Task]], Sequence[Task]]) -> Break:
    """Something else is on a page past the end."""
    return cut(lambda choice, tasks: paged(choice, tasks) or edit(choice, tasks))


def _last_page(find: Callable[[Choice], Found], choice: Choice) -> Found:
    total, tasks = find(choice)
    return total, tasks[:-1] if choice.page > 1 and len(tasks) < choice.size else tasks


def _turned(service: Service) -> Send:
    """Every second answer has the items turned around."""
    calls = count()
    return cut(lambda choice, tasks: paged(choice, tasks)[:: -1 if next(calls) % 2 else 1])(service)


def _every(nth: int, edit: Callable[[Sequence[Task]], Sequence[Task]]) -> Break:
    def breaks(service: Service) -> Send:
        calls = count(1)
        return cut(
            lambda choice, tasks: edit(paged(choice, tasks)) if next(calls) % nth == 0 else paged(choice, tasks)
        )(service)

    return breaks


def _counter_total(service: Service) -> Send:
    calls = count()
    return totals(lambda choice, total, length: total + next(calls) % 2)(service)


def _salted(choice: Choice, tasks: list[Task]) -> Sequence[Task]:
    return paged(
        choice,
        sorted(
            tasks, key=lambda t: (t.creation_time, sha256(f"{choice.size}{t.task_id}".encode()).digest()), reverse=True
        ),
    )


def _page_only(choice: Choice, tasks: list[Task]) -> Sequence[Task]:
    """Sorted by TaskId, cut, and each page sorted newest first."""
    return sorted(paged(choice, sorted(tasks, key=lambda task: int(task.task_id))), key=_sound_key, reverse=True)


def _stale(service: Service) -> Send:
    """A cache that does not look at ObjectPath."""
    kept: dict[Any, Found] = {}
    return finds(
        lambda find, choice: kept.setdefault(
            (replace(choice.filters, object_path=None), choice.page, choice.size), find(choice)
        )
    )(service)


def _after_page(service: Service) -> Send:
    def page(find: Callable[[Choice], Found], choice: Choice) -> Found:
        total, tasks = find(replace(choice, filters=replace(choice.filters, status=None)))
        return total, [task for task in tasks if choice.filters.status in (None, task.status)]

    return finds(page)(service)


def _later(text: str) -> str:
    try:
        return f"{datetime.fromisoformat(text) - timedelta(hours=8):%Y-%m-%dT%H:%M:%SZ}"
    except ValueError:
        return text


def _echo(member: str, value: Callable[[Choice, dict[str, Any]], Any]) -> Break:
    return presents(lambda choice, sound: {**sound, member: value(choice, sound)})


def _own_size(size: Callable[[int], int]) -> Break:
    """Pages are cut by another size than the one that is asked for and repeated."""
    return finds(lambda find, choice: find(replace(choice, size=size(choice.size))))


_RELATIONS: tuple[tuple[str, str, Callable[[str, str], bool]], ...] = (
    ("prefix", "matches by its beginning", lambda text, found: found.startswith(text)),
    ("suffix", "matches by its end", lambda text, found: found.endswith(text)),
    ("part", "matches a part", lambda text, found: text in found),
    ("part-of", "matches what is a part of it", lambda text, found: text.startswith(found) and found != ""),
    ("caseless", "matches without regard to case", lambda text, found: text.lower() == found.lower()),
    ("like", "takes % and _ for wildcards", _like),
    ("glob", "takes * for a wildcard", lambda text, found: fnmatchcase(found, text.replace("[", "[[]").replace("?", "[?]"))),
    ("trimmed", "is trimmed", lambda text, found: text.strip() == found),
    ("slash", "matches with or without a slash at the end", lambda text, found: text.rstrip("/") == found.rstrip("/")),
    ("decoded", "is decoded twice", lambda text, found: unquote(text) == found),
    ("plus", "has its plus signs taken for spaces", lambda text, found: text.replace("+", " ") == found),
    ("normal", "is normalised by Unicode", lambda text, found: normalize("NFC", text) == normalize("NFC", found)),
    ("ascii", "loses what is not ASCII", lambda text, found: text.encode("ascii", "ignore").decode() == found),
    ("query", "is cut at a question mark", lambda text, found: text.partition("?")[0] == found),
    ("empty-all", "where empty is not looked at", lambda text, found: text in ("", found)),
    ("empty-none", "where empty matches nothing", lambda text, found: text == found and text != ""),
    ("nothing", "matches nothing", lambda text, found: False),
)  # fmt: skip
_PATH_FAULTS = tuple(
    Fault(f"path-{key}", 7, f"ObjectPath {says}", matches("object_path", relation))
    for key, says, relation in _RELATIONS
)
_TASK_FAULTS = tuple(
    Fault(f"id-{key}", 7, f"TaskId {says}", matches("task_id", relation))
    for key, says, relation in _RELATIONS[:4] + _RELATIONS[-1:]
)
_IGNORED = ("task_id", "object_path", "status", "start", "end")
_IGNORED_FAULTS = tuple(
    Fault(f"ignored-{name}", 7, f"the filter {name} is not looked at", _ignored(name)) for name in _IGNORED
)


def _ignored_beside(name: str, other: str) -> Fault:
    says = f"the filter {name} is not looked at where {other} is given"
    return Fault(f"ignored-{name}-{other}", 7, says, _ignored(name, lambda given: getattr(given, other) is not None))


_BESIDE_FAULTS = tuple(_ignored_beside(name, other) for name in _IGNORED for other in _IGNORED if name != other)


# fmt: off
FAULTS = (
    *_IGNORED_FAULTS,
    *_BESIDE_FAULTS,
    *_PATH_FAULTS,
    *_TASK_FAULTS,
    Fault("task-number", 7, "TaskId matches as a number, leading zeros aside", matches("task_id", lambda text, found: int(text) == int(found))),
    Fault("task-float", 7, "TaskId matches as a floating-point number", matches("task_id", lambda text, found: float(text) == float(found))),
    Fault("task-10", 7, "TaskId matches by its first ten digits", matches("task_id", lambda text, found: text[:10] == found[:10])),
    Fault("type-ignored", 7, "ObjectType is not looked at", filters(lambda given: {"object_type": None})),
    Fault("type-path-file", 7, "ObjectType=file finds path too",
          matches("object_type", lambda text, found: found == text or (text, found) == ("file", "path"))),
    Fault("status-refreshing-pending", 7, "Status=Refreshing finds Pending too",
          matches("status", lambda text, found: found == text or (text, found) == ("Refreshing", "Pending"))),
    Fault("status-failed-none", 7, "Status=Failed finds nothing", matches("status", lambda text, found: found == text != "Failed")),
    Fault("status-not", 7, "Status finds all others", matches("status", lambda text, found: found != text)),
    Fault("status-after-page", 7, "Status is looked at after the page is cut", _after_page),
    Fault("status-page-2", 7, "from page 2 on Status is not looked at",
          chooses(lambda call, c: replace(c, filters=replace(c.filters, status=None)) if c.page > 1 else c)),
    Fault("start-page-2", 7, "from page 2 on StartTime is not looked at",
          chooses(lambda call, c: replace(c, filters=replace(c.filters, start=None)) if c.page > 1 else c)),
    Fault("status-preload", 7, "with ObjectType=preload Status is not looked at", _ignored("status", lambda f: f.object_type == "preload")),
    Fault("type-beside-task", 7, "beside TaskId ObjectType is not looked at", _ignored("object_type", lambda f: f.task_id is not None)),
    Fault("or-task-path", 7, "TaskId and ObjectPath are joined by OR", _joined_by_or("task_id", "object_path")),
    Fault("or-status-path", 7, "Status and ObjectPath are joined by OR", _joined_by_or("status", "object_path")),
    Fault("or-task-status", 7, "TaskId and Status are joined by OR", _joined_by_or("task_id", "status")),
    Fault("start-exclusive", 7, "StartTime itself is left out", matches("start", lambda text, found: found > text)),
    Fault("end-exclusive", 7, "EndTime itself is left out", matches("end", lambda text, found: found < text)),
    Fault("start-minute", 7, "StartTime counts in minutes", matches("start", lambda text, found: found[:16] >= text[:16])),
    Fault("end-minute", 7, "EndTime counts in minutes", matches("end", lambda text, found: found[:16] <= text[:16])),
    Fault("start-day", 7, "StartTime counts in days", matches("start", lambda text, found: found[:10] >= text[:10])),
    Fault("end-day", 7, "EndTime counts in days", matches("end", lambda text, found: found[:10] <= text[:10])),
    Fault("ends-swapped", 7, "StartTime and EndTime are taken for each other",
          filters(lambda f: {"start": f.end, "end": f.start} if f.start and f.end else {})),
    Fault("start-as-end", 7, "StartTime alone is taken for EndTime",
          filters(lambda f: {"start": None, "end": f.start} if f.start and not f.end else {})),
    Fault("start-local", 7, "StartTime is taken for local time, 8 hours off",
          hears(lambda pairs: [(k, _later(v) if k == "StartTime" else v) for k, v in pairs])),
    Fault("domain-ignored", 7, "tasks of all domains", filters(lambda given: {"domain_name": None})),
    Fault("domain-prefix", 7, "DomainName matches by its beginning", matches("domain_name", lambda text, found: found.startswith(text))),
    Fault("domain-suffix", 7, "DomainName matches subdomains too", matches("domain_name", lambda text, found: found.endswith(text))),
    Fault("domain-part", 7, "DomainName matches a part", matches("domain_name", lambda text, found: text in found)),
    Fault("domain-like", 7, "DomainName takes % and _ for wildcards", matches("domain_name", _like)),
    Fault("domain-caseless", 7, "DomainName matches in any case", matches("domain_name", lambda text, found: text.lower() == found.lower())),
    Fault("domain-trimmed", 7, "DomainName is trimmed", matches("domain_name", lambda text, found: text.strip() == found)),
    Fault("stale-cache", 7, "a cache does not look at ObjectPath", _stale),
    # 8: the window
    Fault("window-4", 8, "the window is of 4 days", _since(4 * _DAY)),
    Fault("window-none", 8, "there is no window", _since(4000 * _DAY)),
    Fault("window-start", 8, "with StartTime there is no window", _since(4000 * _DAY, lambda call: call.get("StartTime"))),
    Fault("window-end", 8, "with EndTime there is no window", _since(4000 * _DAY, lambda call: call.get("EndTime"))),
    Fault("window-path", 8, "with ObjectPath there is no window", _since(4000 * _DAY, lambda call: call.get("ObjectPath"))),
    Fault("window-status", 8, "with Status there is no window", _since(4000 * _DAY, lambda call: call.get("Status"))),
    Fault("window-counts", 8, "older tasks are counted and not returned", finds(_counted_older)),
    Fault("window-plain", 8, "only without StartTime there is a window",
          _since(4000 * _DAY, lambda call: call.get("StartTime") and not call.get("EndTime"))),
    Fault("window-page", 8, "from page 2 on there is no window", _since(4000 * _DAY, lambda call: (call.get("PageNumber") or "1") != "1")),
    Fault("window-type", 8, "with ObjectType=path there is no window", _since(4000 * _DAY, lambda call: call.get("ObjectType") == "path")),
    Fault("window-1-plain", 8, "without TaskId and ObjectPath the window is of 1 day",
          _since(_DAY, lambda call: not (call.all("TaskId") or call.all("ObjectPath")))),
    Fault("window-post", 8, "POST knows no window", _since(4000 * _DAY, lambda call: call.request.method == "POST")),
    # 9: order
    Fault("order-asc", 9, "oldest first", ordered(lambda task: (task.creation_time, int(task.task_id)))),
    Fault("order-none", 9, "in no order", ordered(lambda task: sha256(task.task_id.encode()).digest())),
    Fault("order-id", 9, "by TaskId", ordered(lambda task: int(task.task_id))),
    Fault("order-ties-down", 9, "equal moments by descending TaskId", ordered(lambda task: (task.creation_time, int(task.task_id)), True)),
    Fault("order-ties-path", 9, "equal moments by ObjectPath", ordered(lambda task: (task.creation_time, task.object_path), True)),
    Fault("order-day", 9, "by day only", ordered(lambda task: (task.creation_time[:10], -int(task.task_id)), True)),
    Fault("order-minute", 9, "by hour only", ordered(lambda task: (task.creation_time[:13], -int(task.task_id)), True)),
    Fault("order-page-only", 9, "each page is sorted by itself", cut(_page_only)),
    Fault("order-page-2", 9, "from page 2 on in another order", cut(lambda choice, tasks: paged(choice, tasks)[:: -1 if choice.page > 1 else 1])),
    Fault("order-by-size", 9, "ties are sorted by another rule for every size", cut(_salted)),
    Fault("order-status", 9, "with Status oldest first", cut(lambda c, tasks: paged(c, tasks[:: -1 if c.filters.status else 1]))),
    Fault("order-path", 9, "with ObjectPath oldest first", cut(lambda c, tasks: paged(c, tasks[:: -1 if c.filters.object_path is not None else 1]))),
    Fault("order-range", 9, "with StartTime oldest first", cut(lambda c, tasks: paged(c, tasks[:: -1 if c.filters.start else 1]))),
    Fault("order-turned", 9, "every second answer has another order", _turned),
    # 10: pages
    Fault("page-from-0", 10, "page 1 is the second", _moved(lambda page, size: (page * size, (page + 1) * size))),
    Fault("page-overlap", 10, "pages overlap by one", _moved(lambda page, size: ((page - 1) * size - (page > 1), page * size - (page > 1)))),
    Fault("page-overlap-grows", 10, "each page begins with the last item of that before",
          _moved(lambda page, size: ((page - 1) * (size - 1), (page - 1) * (size - 1) + size))),
    Fault("page-gap", 10, "pages leave one item out", _moved(lambda page, size: ((page - 1) * (size + 1), (page - 1) * (size + 1) + size))),
    Fault("page-gap-2", 10, "page 2 leaves its first item out", _moved(lambda page, size: ((page - 1) * size + (page == 2), page * size))),
    Fault("page-short", 10, "pages lack their last item", _moved(lambda page, size: ((page - 1) * size, page * size - 1))),
    Fault("page-long", 10, "pages have an item too many", _moved(lambda page, size: ((page - 1) * size, page * size + 1))),
    Fault("page-ignored", 10, "every page is the first", _moved(lambda page, size: (0, size))),
    Fault("page-3", 10, "page 3 is page 2 again", _moved(lambda page, size: ((page - 1 - (page == 3)) * size, (page - (page == 3)) * size))),
    Fault("page-offset", 10, "the page number is an offset", _moved(lambda page, size: (page - 1, page - 1 + size))),
    Fault("page-size-20", 10, "pages have 20 items whatever PageSize", _own_size(lambda size: 20)),
    Fault("page-size-cap-20", 10, "pages have 20 items at most", cut(lambda c, tasks: paged(c, tasks)[:20])),
    Fault("page-size-cap-49", 10, "pages have 49 items at most", cut(lambda c, tasks: paged(c, tasks)[:49])),
    Fault("page-size-49", 10, "PageSize 50 is taken for 49", _own_size(lambda size: min(size, 49))),
    Fault("page-size-odd", 10, "odd sizes are rounded up", _own_size(lambda size: size + size % 2)),
    Fault("page-size-1", 10, "PageSize 1 is taken for 2", _own_size(lambda size: max(size, 2))),
    Fault("page-cumulative", 10, "a page holds all before it", _moved(lambda page, size: (0, page * size))),
    Fault("page-offset-20", 10, "pages begin at multiples of 20", _moved(lambda page, size: ((page - 1) * 20, (page - 1) * 20 + size))),
    Fault("page-last", 10, "the last page lacks its last item", finds(_last_page)),
    Fault("page-last-full", 10, "the last page is filled up from that before",
          cut(lambda c, t: paged(c, t) if len(paged(c, t)) in (0, c.size) else t[-c.size :])),
    Fault("page-last-missing", 10, "a last page that is not full is empty",
          cut(lambda c, t: paged(c, t) if len(paged(c, t)) == c.size or c.page == 1 else [])),
    Fault("page-filtered", 10, "with Status every page is the first", cut(lambda c, t: t[: c.size] if c.filters.status else paged(c, t))),
    Fault("past-filtered", 10, "with ObjectPath past the end stands the last page again",
          _past(lambda c, t: t[-c.size :] if c.filters.object_path is not None else [])),
    Fault("past-last", 10, "past the end stands the last page again", _past(lambda c, tasks: tasks[-c.size :])),
    Fault("past-first", 10, "past the end stands the first page", _past(lambda c, tasks: tasks[: c.size])),
    Fault("past-error", 10, "past the end is an error",
          finds(lambda find, c: find(c) if c.page == 1 or find(c)[1] else (_ for _ in ()).throw(ValueError()))),
    Fault("past-far", 10, "far past the end stands the first page", _past(lambda c, tasks: tasks[: c.size] if c.page > 99_000 else [])),
    Fault("drops-third", 10, "every fifth answer lacks an item", _every(5, lambda tasks: tasks[:-1])),
    Fault("empty-sometimes", 10, "every seventh answer is empty", _every(7, lambda tasks: [])),
    Fault("doubled", 10, "the first item stands twice", cut(lambda c, t: [*paged(c, t)[:1], *paged(c, t)[: c.size - 1]])),
    # 11: totals and echoes
    Fault("total-page", 11, "TotalCount counts the page", totals(lambda choice, total, length: length)),
    Fault("total-page-filtered", 11, "with Status TotalCount counts the page",
          totals(lambda c, total, length: length if c.filters.status else total)),
    Fault("total-plus", 11, "TotalCount is one too many", totals(lambda choice, total, length: total + 1)),
    Fault("total-minus", 11, "TotalCount is one too few", totals(lambda choice, total, length: max(0, total - 1))),
    Fault("total-capped", 11, "TotalCount is 50 at most", totals(lambda choice, total, length: min(total, 50))),
    Fault("total-rest", 11, "TotalCount counts from the page on", totals(lambda c, total, length: max(0, total - (c.page - 1) * c.size))),
    Fault("total-pages", 11, "TotalCount counts pages", totals(lambda c, total, length: -(-total // c.size))),
    Fault("total-past", 11, "TotalCount is 0 past the end", totals(lambda c, total, length: total if length else 0)),
    Fault("total-so-far", 11, "TotalCount counts up to the page", totals(lambda c, total, length: (c.page - 1) * c.size + length)),
    Fault("total-by-size", 11, "TotalCount is rounded up to whole pages", totals(lambda c, total, length: -(-total // c.size) * c.size)),
    Fault("total-unfiltered", 11, "TotalCount is that before Status",
          finds(lambda find, c: (find(replace(c, filters=replace(c.filters, status=None)))[0], find(c)[1]))),
    Fault("total-no-path", 11, "TotalCount is that before ObjectPath",
          finds(lambda find, c: (find(replace(c, filters=replace(c.filters, object_path=None)))[0], find(c)[1]))),
    Fault("total-no-task", 11, "TotalCount is that before TaskId",
          finds(lambda find, c: (find(replace(c, filters=replace(c.filters, task_id=None)))[0], find(c)[1]))),
    Fault("total-no-range", 11, "TotalCount is that before the range",
          finds(lambda find, c: (find(replace(c, filters=replace(c.filters, start=None, end=None)))[0], find(c)[1]))),
    Fault("total-page-2", 11, "TotalCount is one more from page 2 on", totals(lambda c, total, length: total + (c.page > 1))),
    Fault("total-wavers", 11, "TotalCount changes by one with every answer", _counter_total),
    Fault("total-zero", 11, "TotalCount is 0", totals(lambda choice, total, length: 0)),
    Fault("echo-size-20", 11, "PageSize is always told as 20", _echo("PageSize", lambda choice, sound: 20)),
    Fault("echo-size-length", 11, "PageSize tells the length of the page",
          _echo("PageSize", lambda choice, sound: max(1, len(sound["Tasks"]["Task"])))),
    Fault("echo-size-minus", 11, "PageSize is told one too small", _echo("PageSize", lambda choice, sound: max(1, choice.size - 1))),
    Fault("echo-page-1", 11, "PageNumber is always told as 1", _echo("PageNumber", lambda choice, sound: 1)),
    Fault("echo-page-plus", 11, "PageNumber is told one too great", _echo("PageNumber", lambda choice, sound: min(100_000, choice.page + 1))),
    Fault("echo-page-last", 11, "PageNumber is told as that of the last page at most",
          _echo("PageNumber", lambda c, sound: max(1, min(c.page, -(-sound["TotalCount"] // c.size))))),
    Fault("echo-swapped", 11, "PageNumber and PageSize are swapped",
          presents(lambda c, sound: {**sound, "PageSize": min(c.page, 50), "PageNumber": c.size})),
)
# fmt: on
