"""Faults in what is chosen, counted, sorted and cut into pages: promises 7 to 11."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from hashlib import sha256
from itertools import count
from typing import Any
from unicodedata import normalize
from urllib.parse import unquote

from mutants.breaking import (
    Break,
    Mutant,
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
from toolkit.services.calls import ApiCall
from toolkit.services.service import Service, TaskPage, TaskQuery
from toolkit.services.store import Filters, Task
from toolkit.structs import replace

_DAY = timedelta(days=1)


def _like(text: str, found: str) -> bool:
    """SQL's LIKE: % and _ are wildcards, case does not count."""
    pattern = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in text)
    return re.fullmatch(pattern, found, re.S | re.I) is not None


def _since(span: timedelta, when: Callable[[ApiCall], Any] = lambda call: True) -> Break:
    """The window is another, at times."""
    return chooses(lambda call, choice: replace(choice, since=choice.now - span) if when(call) else choice)


def _ignored(name: str, when: Callable[[Any], Any] = lambda given: True) -> Break:
    return filters(lambda given: {name: None} if when(given) else {})


def _counted_older(find: Callable[[TaskQuery], TaskPage], choice: TaskQuery) -> TaskPage:
    return find(replace(choice, since=choice.now - 10 * _DAY))[0], find(choice)[1]


def _changed(choice: TaskQuery, name: str) -> Filters:
    changes: dict[str, Any] = {name: None}
    return replace(choice.filters, **changes)


def _joined_by_or(one: str, other: str) -> Break:
    def found(find: Callable[[TaskQuery], TaskPage], choice: TaskQuery) -> TaskPage:
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

    def edit(choice: TaskQuery, tasks: list[Task]) -> Sequence[Task]:
        start, end = items(choice.page, choice.size)
        return tasks[max(0, start) : end]

    return cut(edit)


def _past(edit: Callable[[TaskQuery, list[Task]], Sequence[Task]]) -> Break:
    """Something else is on a page past the end."""
    return cut(lambda choice, tasks: paged(choice, tasks) or edit(choice, tasks))


def _last_page(find: Callable[[TaskQuery], TaskPage], choice: TaskQuery) -> TaskPage:
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


def _salted(choice: TaskQuery, tasks: list[Task]) -> Sequence[Task]:
    return paged(
        choice,
        sorted(
            tasks, key=lambda t: (t.creation_time, sha256(f"{choice.size}{t.task_id}".encode()).digest()), reverse=True
        ),
    )


def _page_only(choice: TaskQuery, tasks: list[Task]) -> Sequence[Task]:
    """Sorted by TaskId, cut, and each page sorted newest first."""
    return sorted(paged(choice, sorted(tasks, key=lambda task: int(task.task_id))), key=_sound_key, reverse=True)


def _stale(service: Service) -> Send:
    """A cache that does not look at ObjectPath."""
    kept: dict[Any, TaskPage] = {}
    return finds(
        lambda find, choice: kept.setdefault(
            (replace(choice.filters, object_path=None), choice.page, choice.size), find(choice)
        )
    )(service)


def _after_page(service: Service) -> Send:
    def page(find: Callable[[TaskQuery], TaskPage], choice: TaskQuery) -> TaskPage:
        total, tasks = find(replace(choice, filters=replace(choice.filters, status=None)))
        return total, [task for task in tasks if choice.filters.status in (None, task.status)]

    return finds(page)(service)


def _later(text: str) -> str:
    try:
        return f"{datetime.fromisoformat(text) - timedelta(hours=8):%Y-%m-%dT%H:%M:%SZ}"
    except ValueError:
        return text


def _echo(member: str, value: Callable[[TaskQuery, dict[str, Any]], Any]) -> Break:
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
_PATH_MUTANTS = tuple(
    Mutant(f"path-{key}", 7, f"ObjectPath {says}", matches("object_path", relation))
    for key, says, relation in _RELATIONS
)
_TASK_MUTANTS = tuple(
    Mutant(f"id-{key}", 7, f"TaskId {says}", matches("task_id", relation))
    for key, says, relation in _RELATIONS[:4] + _RELATIONS[-1:]
)
_IGNORED = ("task_id", "object_path", "status", "start", "end")
_IGNORED_MUTANTS = tuple(
    Mutant(f"ignored-{name}", 7, f"the filter {name} is not looked at", _ignored(name)) for name in _IGNORED
)


def _ignored_beside(name: str, other: str) -> Mutant:
    says = f"the filter {name} is not looked at where {other} is given"
    return Mutant(f"ignored-{name}-{other}", 7, says, _ignored(name, lambda given: getattr(given, other) is not None))


_BESIDE_MUTANTS = tuple(_ignored_beside(name, other) for name in _IGNORED for other in _IGNORED if name != other)


# fmt: off
MUTANTS = (
    *_IGNORED_MUTANTS,
    *_BESIDE_MUTANTS,
    *_PATH_MUTANTS,
    *_TASK_MUTANTS,
    Mutant("task-number", 7, "TaskId matches as a number, leading zeros aside", matches("task_id", lambda text, found: int(text) == int(found))),
    Mutant("task-float", 7, "TaskId matches as a floating-point number", matches("task_id", lambda text, found: float(text) == float(found))),
    Mutant("task-10", 7, "TaskId matches by its first ten digits", matches("task_id", lambda text, found: text[:10] == found[:10])),
    Mutant("type-ignored", 7, "ObjectType is not looked at", filters(lambda given: {"object_type": None})),
    Mutant("type-path-file", 7, "ObjectType=file finds path too",
          matches("object_type", lambda text, found: found == text or (text, found) == ("file", "path"))),
    Mutant("status-refreshing-pending", 7, "Status=Refreshing finds Pending too",
          matches("status", lambda text, found: found == text or (text, found) == ("Refreshing", "Pending"))),
    Mutant("status-failed-none", 7, "Status=Failed finds nothing", matches("status", lambda text, found: found == text != "Failed")),
    Mutant("status-not", 7, "Status finds all others", matches("status", lambda text, found: found != text)),
    Mutant("status-after-page", 7, "Status is looked at after the page is cut", _after_page),
    Mutant("status-page-2", 7, "from page 2 on Status is not looked at",
          chooses(lambda call, c: replace(c, filters=replace(c.filters, status=None)) if c.page > 1 else c)),
    Mutant("start-page-2", 7, "from page 2 on StartTime is not looked at",
          chooses(lambda call, c: replace(c, filters=replace(c.filters, start=None)) if c.page > 1 else c)),
    Mutant("status-preload", 7, "with ObjectType=preload Status is not looked at", _ignored("status", lambda f: f.object_type == "preload")),
    Mutant("type-beside-task", 7, "beside TaskId ObjectType is not looked at", _ignored("object_type", lambda f: f.task_id is not None)),
    Mutant("or-task-path", 7, "TaskId and ObjectPath are joined by OR", _joined_by_or("task_id", "object_path")),
    Mutant("or-status-path", 7, "Status and ObjectPath are joined by OR", _joined_by_or("status", "object_path")),
    Mutant("or-task-status", 7, "TaskId and Status are joined by OR", _joined_by_or("task_id", "status")),
    Mutant("start-exclusive", 7, "StartTime itself is left out", matches("start", lambda text, found: found > text)),
    Mutant("end-exclusive", 7, "EndTime itself is left out", matches("end", lambda text, found: found < text)),
    Mutant("start-minute", 7, "StartTime counts in minutes", matches("start", lambda text, found: found[:16] >= text[:16])),
    Mutant("end-minute", 7, "EndTime counts in minutes", matches("end", lambda text, found: found[:16] <= text[:16])),
    Mutant("start-day", 7, "StartTime counts in days", matches("start", lambda text, found: found[:10] >= text[:10])),
    Mutant("end-day", 7, "EndTime counts in days", matches("end", lambda text, found: found[:10] <= text[:10])),
    Mutant("ends-swapped", 7, "StartTime and EndTime are taken for each other",
          filters(lambda f: {"start": f.end, "end": f.start} if f.start and f.end else {})),
    Mutant("start-as-end", 7, "StartTime alone is taken for EndTime",
          filters(lambda f: {"start": None, "end": f.start} if f.start and not f.end else {})),
    Mutant("start-local", 7, "StartTime is taken for local time, 8 hours off",
          hears(lambda pairs: [(k, _later(v) if k == "StartTime" else v) for k, v in pairs])),
    Mutant("domain-ignored", 7, "tasks of all domains", filters(lambda given: {"domain_name": None})),
    Mutant("domain-prefix", 7, "DomainName matches by its beginning", matches("domain_name", lambda text, found: found.startswith(text))),
    Mutant("domain-suffix", 7, "DomainName matches subdomains too", matches("domain_name", lambda text, found: found.endswith(text))),
    Mutant("domain-part", 7, "DomainName matches a part", matches("domain_name", lambda text, found: text in found)),
    Mutant("domain-like", 7, "DomainName takes % and _ for wildcards", matches("domain_name", _like)),
    Mutant("domain-caseless", 7, "DomainName matches in any case", matches("domain_name", lambda text, found: text.lower() == found.lower())),
    Mutant("domain-trimmed", 7, "DomainName is trimmed", matches("domain_name", lambda text, found: text.strip() == found)),
    Mutant("stale-cache", 7, "a cache does not look at ObjectPath", _stale),
    # 8: the window
    Mutant("window-4", 8, "the window is of 4 days", _since(4 * _DAY)),
    Mutant("window-none", 8, "there is no window", _since(4000 * _DAY)),
    Mutant("window-start", 8, "with StartTime there is no window", _since(4000 * _DAY, lambda call: call.get("StartTime"))),
    Mutant("window-end", 8, "with EndTime there is no window", _since(4000 * _DAY, lambda call: call.get("EndTime"))),
    Mutant("window-path", 8, "with ObjectPath there is no window", _since(4000 * _DAY, lambda call: call.get("ObjectPath"))),
    Mutant("window-status", 8, "with Status there is no window", _since(4000 * _DAY, lambda call: call.get("Status"))),
    Mutant("window-counts", 8, "older tasks are counted and not returned", finds(_counted_older)),
    Mutant("window-plain", 8, "only without StartTime there is a window",
          _since(4000 * _DAY, lambda call: call.get("StartTime") and not call.get("EndTime"))),
    Mutant("window-page", 8, "from page 2 on there is no window", _since(4000 * _DAY, lambda call: (call.get("PageNumber") or "1") != "1")),
    Mutant("window-type", 8, "with ObjectType=path there is no window", _since(4000 * _DAY, lambda call: call.get("ObjectType") == "path")),
    Mutant("window-1-plain", 8, "without TaskId and ObjectPath the window is of 1 day",
          _since(_DAY, lambda call: not (call.all("TaskId") or call.all("ObjectPath")))),
    Mutant("window-post", 8, "POST knows no window", _since(4000 * _DAY, lambda call: call.request.method == "POST")),
    # 9: order
    Mutant("order-asc", 9, "oldest first", ordered(lambda task: (task.creation_time, int(task.task_id)))),
    Mutant("order-none", 9, "in no order", ordered(lambda task: sha256(task.task_id.encode()).digest())),
    Mutant("order-id", 9, "by TaskId", ordered(lambda task: int(task.task_id))),
    Mutant("order-ties-down", 9, "equal moments by descending TaskId", ordered(lambda task: (task.creation_time, int(task.task_id)), True)),
    Mutant("order-ties-path", 9, "equal moments by ObjectPath", ordered(lambda task: (task.creation_time, task.object_path), True)),
    Mutant("order-day", 9, "by day only", ordered(lambda task: (task.creation_time[:10], -int(task.task_id)), True)),
    Mutant("order-minute", 9, "by hour only", ordered(lambda task: (task.creation_time[:13], -int(task.task_id)), True)),
    Mutant("order-page-only", 9, "each page is sorted by itself", cut(_page_only)),
    Mutant("order-page-2", 9, "from page 2 on in another order", cut(lambda choice, tasks: paged(choice, tasks)[:: -1 if choice.page > 1 else 1])),
    Mutant("order-by-size", 9, "ties are sorted by another rule for every size", cut(_salted)),
    Mutant("order-status", 9, "with Status oldest first", cut(lambda c, tasks: paged(c, tasks[:: -1 if c.filters.status else 1]))),
    Mutant("order-path", 9, "with ObjectPath oldest first", cut(lambda c, tasks: paged(c, tasks[:: -1 if c.filters.object_path is not None else 1]))),
    Mutant("order-range", 9, "with StartTime oldest first", cut(lambda c, tasks: paged(c, tasks[:: -1 if c.filters.start else 1]))),
    Mutant("order-turned", 9, "every second answer has another order", _turned),
    # 10: pages
    Mutant("page-from-0", 10, "page 1 is the second", _moved(lambda page, size: (page * size, (page + 1) * size))),
    Mutant("page-overlap", 10, "pages overlap by one", _moved(lambda page, size: ((page - 1) * size - (page > 1), page * size - (page > 1)))),
    Mutant("page-overlap-grows", 10, "each page begins with the last item of that before",
          _moved(lambda page, size: ((page - 1) * (size - 1), (page - 1) * (size - 1) + size))),
    Mutant("page-gap", 10, "pages leave one item out", _moved(lambda page, size: ((page - 1) * (size + 1), (page - 1) * (size + 1) + size))),
    Mutant("page-gap-2", 10, "page 2 leaves its first item out", _moved(lambda page, size: ((page - 1) * size + (page == 2), page * size))),
    Mutant("page-short", 10, "pages lack their last item", _moved(lambda page, size: ((page - 1) * size, page * size - 1))),
    Mutant("page-long", 10, "pages have an item too many", _moved(lambda page, size: ((page - 1) * size, page * size + 1))),
    Mutant("page-ignored", 10, "every page is the first", _moved(lambda page, size: (0, size))),
    Mutant("page-3", 10, "page 3 is page 2 again", _moved(lambda page, size: ((page - 1 - (page == 3)) * size, (page - (page == 3)) * size))),
    Mutant("page-offset", 10, "the page number is an offset", _moved(lambda page, size: (page - 1, page - 1 + size))),
    Mutant("page-size-20", 10, "pages have 20 items whatever PageSize", _own_size(lambda size: 20)),
    Mutant("page-size-cap-20", 10, "pages have 20 items at most", cut(lambda c, tasks: paged(c, tasks)[:20])),
    Mutant("page-size-cap-49", 10, "pages have 49 items at most", cut(lambda c, tasks: paged(c, tasks)[:49])),
    Mutant("page-size-49", 10, "PageSize 50 is taken for 49", _own_size(lambda size: min(size, 49))),
    Mutant("page-size-odd", 10, "odd sizes are rounded up", _own_size(lambda size: size + size % 2)),
    Mutant("page-size-1", 10, "PageSize 1 is taken for 2", _own_size(lambda size: max(size, 2))),
    Mutant("page-cumulative", 10, "a page holds all before it", _moved(lambda page, size: (0, page * size))),
    Mutant("page-offset-20", 10, "pages begin at multiples of 20", _moved(lambda page, size: ((page - 1) * 20, (page - 1) * 20 + size))),
    Mutant("page-last", 10, "the last page lacks its last item", finds(_last_page)),
    Mutant("page-last-full", 10, "the last page is filled up from that before",
          cut(lambda c, t: paged(c, t) if len(paged(c, t)) in (0, c.size) else t[-c.size :])),
    Mutant("page-last-missing", 10, "a last page that is not full is empty",
          cut(lambda c, t: paged(c, t) if len(paged(c, t)) == c.size or c.page == 1 else [])),
    Mutant("page-filtered", 10, "with Status every page is the first", cut(lambda c, t: t[: c.size] if c.filters.status else paged(c, t))),
    Mutant("past-filtered", 10, "with ObjectPath past the end stands the last page again",
          _past(lambda c, t: t[-c.size :] if c.filters.object_path is not None else [])),
    Mutant("past-last", 10, "past the end stands the last page again", _past(lambda c, tasks: tasks[-c.size :])),
    Mutant("past-first", 10, "past the end stands the first page", _past(lambda c, tasks: tasks[: c.size])),
    Mutant("past-error", 10, "past the end is an error",
          finds(lambda find, c: find(c) if c.page == 1 or find(c)[1] else (_ for _ in ()).throw(ValueError()))),
    Mutant("past-far", 10, "far past the end stands the first page", _past(lambda c, tasks: tasks[: c.size] if c.page > 99_000 else [])),
    Mutant("drops-third", 10, "every fifth answer lacks an item", _every(5, lambda tasks: tasks[:-1])),
    Mutant("empty-sometimes", 10, "every seventh answer is empty", _every(7, lambda tasks: [])),
    Mutant("doubled", 10, "the first item stands twice", cut(lambda c, t: [*paged(c, t)[:1], *paged(c, t)[: c.size - 1]])),
    # 11: totals and echoes
    Mutant("total-page", 11, "TotalCount counts the page", totals(lambda choice, total, length: length)),
    Mutant("total-page-filtered", 11, "with Status TotalCount counts the page",
          totals(lambda c, total, length: length if c.filters.status else total)),
    Mutant("total-plus", 11, "TotalCount is one too many", totals(lambda choice, total, length: total + 1)),
    Mutant("total-minus", 11, "TotalCount is one too few", totals(lambda choice, total, length: max(0, total - 1))),
    Mutant("total-capped", 11, "TotalCount is 50 at most", totals(lambda choice, total, length: min(total, 50))),
    Mutant("total-rest", 11, "TotalCount counts from the page on", totals(lambda c, total, length: max(0, total - (c.page - 1) * c.size))),
    Mutant("total-pages", 11, "TotalCount counts pages", totals(lambda c, total, length: -(-total // c.size))),
    Mutant("total-past", 11, "TotalCount is 0 past the end", totals(lambda c, total, length: total if length else 0)),
    Mutant("total-so-far", 11, "TotalCount counts up to the page", totals(lambda c, total, length: (c.page - 1) * c.size + length)),
    Mutant("total-by-size", 11, "TotalCount is rounded up to whole pages", totals(lambda c, total, length: -(-total // c.size) * c.size)),
    Mutant("total-unfiltered", 11, "TotalCount is that before Status",
          finds(lambda find, c: (find(replace(c, filters=replace(c.filters, status=None)))[0], find(c)[1]))),
    Mutant("total-no-path", 11, "TotalCount is that before ObjectPath",
          finds(lambda find, c: (find(replace(c, filters=replace(c.filters, object_path=None)))[0], find(c)[1]))),
    Mutant("total-no-task", 11, "TotalCount is that before TaskId",
          finds(lambda find, c: (find(replace(c, filters=replace(c.filters, task_id=None)))[0], find(c)[1]))),
    Mutant("total-no-range", 11, "TotalCount is that before the range",
          finds(lambda find, c: (find(replace(c, filters=replace(c.filters, start=None, end=None)))[0], find(c)[1]))),
    Mutant("total-page-2", 11, "TotalCount is one more from page 2 on", totals(lambda c, total, length: total + (c.page > 1))),
    Mutant("total-wavers", 11, "TotalCount changes by one with every answer", _counter_total),
    Mutant("total-zero", 11, "TotalCount is 0", totals(lambda choice, total, length: 0)),
    Mutant("echo-size-20", 11, "PageSize is always told as 20", _echo("PageSize", lambda choice, sound: 20)),
    Mutant("echo-size-length", 11, "PageSize tells the length of the page",
          _echo("PageSize", lambda choice, sound: max(1, len(sound["Tasks"]["Task"])))),
    Mutant("echo-size-minus", 11, "PageSize is told one too small", _echo("PageSize", lambda choice, sound: max(1, choice.size - 1))),
    Mutant("echo-page-1", 11, "PageNumber is always told as 1", _echo("PageNumber", lambda choice, sound: 1)),
    Mutant("echo-page-plus", 11, "PageNumber is told one too great", _echo("PageNumber", lambda choice, sound: min(100_000, choice.page + 1))),
    Mutant("echo-page-last", 11, "PageNumber is told as that of the last page at most",
          _echo("PageNumber", lambda c, sound: max(1, min(c.page, -(-sound["TotalCount"] // c.size))))),
    Mutant("echo-swapped", 11, "PageNumber and PageSize are swapped",
          presents(lambda c, sound: {**sound, "PageSize": min(c.page, 50), "PageNumber": c.size})),
)
# fmt: on
