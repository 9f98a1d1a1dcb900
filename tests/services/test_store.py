"""The store of tasks against a model of it, its indexes, its files, and the tasks that are made up."""

from __future__ import annotations

import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import ServiceError
from toolkit.services.store import Filters, Store, StoreLocked, Task, condition, page_statement
from toolkit.services.tasks import MAIN_DOMAIN, generate

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
SINCE = NOW - timedelta(days=3)


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def task(task_id: str, **changes: str) -> Task:
    base = {
        "domain_name": "example.com",
        "object_type": "file",
        "object_path": "",
        "status": "Complete",
        "process": "100%",
        "creation_time": text(NOW - timedelta(hours=1)),
    }
    return Task(task_id, **{**base, **changes})


MOMENTS = st.sampled_from([text(NOW + timedelta(hours=hours)) for hours in (-73, -72, -71, -2, -1, 0, 1)])
PATHS = st.sampled_from(["", "/a", "/A", "/ab", "/é", "/a'b\"%_"])
TASKS = st.lists(
    st.builds(
        lambda task_id, path, status, created, kind: task(
            task_id,
            object_path=path,
            creation_time=created,
            object_type=kind,
            **({"status": "Pending", "process": "0%"} if status == "Pending" else {}),
        ),
        st.from_regex(r"\A[0-9]{1,4}\Z|\A[0-9]{19,20}\Z"),
        PATHS,
        st.sampled_from(["Complete", "Pending"]),
        MOMENTS,
        st.sampled_from(["file", "path"]),
    ),
    unique_by=lambda one: one.task_id,
    max_size=25,
)


@pytest.mark.slow
@settings(deadline=None)
@given(TASKS, st.data())
def test_a_page_is_what_a_model_says(tasks: list[Task], data: st.DataObject) -> None:
    known = st.sampled_from([one.task_id for one in tasks] or ["1"])
    task_id, path, status, start, end = (
        data.draw(st.none() | choice)
        for choice in (known, PATHS, st.sampled_from(["Complete", "Pending"]), MOMENTS, MOMENTS)
    )
    page, size = data.draw(st.tuples(st.integers(1, 4), st.integers(1, 9)))
    expected = sorted(
        (
            one
            for one in tasks
            if one.object_type == "file"
            and task_id in (None, one.task_id)
            and path in (None, one.object_path)
            and status in (None, one.status)
            and max(start or "", text(SINCE)) <= one.creation_time <= min(end or "9", text(NOW))
        ),
        key=lambda one: (int(one.task_id), one.task_id),
    )
    expected.sort(key=lambda one: one.creation_time, reverse=True)
    store = Store.open(":memory:")
    store.insert_many(tasks)
    total, found = store.query(
        Filters("example.com", "file", task_id, path, status, start, end), SINCE, NOW, page, size
    )
    assert total == len(expected)
    assert found == expected[(page - 1) * size : page * size]
    store.close()


def test_the_window_holds_no_moment_that_a_fraction_of_a_second_puts_outside() -> None:
    store = Store.open(":memory:")
    store.insert_many([task("1", creation_time=text(SINCE)), task("2", creation_time=text(NOW))])
    half = timedelta(milliseconds=500)
    filters = Filters("example.com", "file")
    assert store.query(filters, SINCE, NOW, 1, 9)[0] == 2
    assert store.query(filters, SINCE + half, NOW + half, 1, 9)[0] == 1
    assert store.query(filters, SINCE - half, NOW - half, 1, 9)[0] == 1


CHOICES = list(product(("", "task_id"), ("", "object_path"), ("", "status"), ("", "start")))


@pytest.mark.parametrize("names", CHOICES)
def test_no_choice_of_filters_reads_the_table_from_end_to_end(tmp_path: Path, names: tuple[str, ...]) -> None:
    given_filters = {name: "2026-03-01T00:00:00Z" if name == "start" else "1" for name in names if name}
    where, values = condition(Filters("example.com", "file", **given_filters), SINCE, NOW)
    Store.open(str(tmp_path / "tasks.db")).close()
    connection = sqlite3.connect(tmp_path / "tasks.db")

    def plan(statement: str, *more: int) -> list[str]:
        return [str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", (*values, *more))]

    count, page = plan(f"SELECT count(*) FROM task WHERE {where}"), plan(page_statement(where), 20, 0)
    connection.close()
    unique = "task_id" in given_filters
    index = "INDEX sqlite_autoindex_task_1" if unique else "COVERING INDEX task_by_"
    assert len(count) == 1 and f"SEARCH task USING {index}" in count[0]
    assert page[0].startswith("SEARCH task USING INTEGER PRIMARY KEY")
    assert f"SEARCH task USING {index}" in page[2]
    assert not any("SCAN" in step for step in [*count, *page])
    equal = ["domain_name", "object_type", *(name for name in ("object_path", "status") if name in given_filters)]
    assert unique or all(f"{name}=?" in count[0] for name in equal)
    assert unique or not any("TEMP B-TREE" in step for step in page[2:-1]), "the index gives the order"


def test_a_file_keeps_its_tasks(tmp_path: Path) -> None:
    path = str(tmp_path / "tasks.db")
    store = Store.open(path)
    store.insert_many([task("1"), task("2")])
    store.close()
    again = Store.open(path)
    assert again.count() == 2
    again.close()


def test_a_file_made_elsewhere_is_taken(tmp_path: Path) -> None:
    path = str(tmp_path / "tasks.db")
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE task (creation_time TEXT, task_id TEXT, domain_name TEXT, object_type TEXT, "
            "object_path TEXT, status TEXT, process TEXT, description TEXT, mine TEXT)"
        )
        connection.execute(
            "INSERT INTO task VALUES ('2026-03-01T11:00:00Z','7','d','file','','Complete','100%',NULL,'x')"
        )
    connection.close()
    store = Store.open(path)
    assert store.query(Filters("d", "file"), SINCE, NOW, 1, 20)[1] == [task("7", domain_name="d")]
    store.close()


def no_database(path: Path) -> None:
    path.write_bytes(b"no database, but long enough to look at its first bytes" * 40)


def other_table(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE other (a)")
    connection.close()


def short_table(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE task (task_id TEXT, domain_name TEXT)")
    connection.close()


def bad_row(path: Path) -> None:
    Store.open(str(path)).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("INSERT INTO task VALUES ('7','d','file','','Done','100%','2026-03-01T11:00:00Z',NULL)")
    connection.close()


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (no_database, "not a database"),
        (other_table, "table task has no column"),
        (short_table, "table task has no column creation_time"),
        (bad_row, "task '7' breaks the rules"),
        (folder, "not a store of tasks"),
    ],
)
def test_a_file_that_is_no_store_is_refused_in_one_line(tmp_path: Path, make: object, message: str) -> None:
    path = tmp_path / "tasks.db"
    make(path)  # type: ignore[operator]
    with pytest.raises(ServiceError, match=message) as caught:
        Store.open(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"process": "99%"},
        {"process": "100"},
        {"status": "Pending", "process": "101%"},
        {"status": "Pending", "process": "07%"},
        {"status": "Pending", "process": "%"},
        {"status": "Done"},
        {"status": "Failed"},
        {"description": "Internal Error"},
        {"status": "Failed", "description": "Other"},
        {"object_type": "File"},
        {"creation_time": "2026-02-30T00:00:00Z"},
        {"creation_time": "2026-03-01 00:00:00"},
        {"creation_time": "now"},
        {"object_path": "/a\nb"},
        {"object_path": " /a"},
        {"object_path": "/\x00"},
        {"object_path": "/\uffff"},
        {"domain_name": ""},
    ],
)
def test_a_task_that_breaks_a_promise_is_not_stored(changes: dict[str, str]) -> None:
    store = Store.open(":memory:")
    with pytest.raises(ServiceError):
        store.insert_many([task("1"), task("2", **changes)])
    assert store.count() == 0, "all or none"


@pytest.mark.parametrize("task_id", ["", "x", "1" * 21, "1 ", "-1", "\u0661"])
def test_a_task_id_is_decimal_digits(task_id: str) -> None:
    with pytest.raises(ServiceError):
        Store.open(":memory:").insert_many([task(task_id)])


def test_a_task_id_is_used_once() -> None:
    with pytest.raises(ServiceError, match=r"UNIQUE.*give another --seed"):
        Store.open(":memory:").insert_many([task("1"), task("1")])


def test_threads_share_a_store() -> None:
    store = Store.open(":memory:")
    store.insert_many(generate(300, 1, NOW))
    filters = Filters(MAIN_DOMAIN, "file")
    expected = [store.query(filters, SINCE, NOW, page, 5) for page in range(1, 11)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda page: store.query(filters, SINCE, NOW, page % 10 + 1, 5), range(200)))
    assert all(found[index] == expected[index % 10] for index in range(200))


def test_tasks_made_up_repeat_with_their_seed() -> None:
    assert list(generate(50, 7, NOW)) == list(generate(50, 7, NOW))
    assert list(generate(50, 7, NOW)) != list(generate(50, 8, NOW))


@pytest.mark.parametrize("count", [0, 1, 7])
def test_any_number_of_tasks_can_be_made_up(count: int) -> None:
    store = Store.open(":memory:")
    store.insert_many(generate(count, 1, NOW))
    assert store.count() == count


@pytest.mark.parametrize("seed", range(5))
def test_tasks_made_up_have_what_a_tester_needs(seed: int) -> None:
    tasks = list(generate(500, seed, NOW))
    store = Store.open(":memory:")
    store.insert_many(tasks)
    assert max(one.creation_time for one in tasks) <= text(NOW)
    for kind in ("file", "path", "preload"):
        total, page = store.query(Filters(MAIN_DOMAIN, kind), SINCE, NOW, 1, 500)
        mine = [one for one in tasks if one.domain_name == MAIN_DOMAIN and one.object_type == kind]
        assert 60 < total < len(mine), "several pages, and some tasks too old"
        assert {one.status for one in page} == {"Complete", "Refreshing", "Failed", "Pending"}
        assert max(Counter(one.creation_time for one in page).values()) > 1, "equal moments"
        assert any(one.object_path == "" for one in page)
        assert max(Counter(one.object_path for one in page if one.object_path).values()) > 1
        assert len({len(one.task_id) for one in page}) > 5
        assert sorted(page, key=lambda one: one.task_id) != sorted(page, key=lambda one: int(one.task_id))
    near = (text(SINCE - timedelta(hours=2)), text(SINCE + timedelta(hours=1, minutes=59)))
    assert not any(near[0] < one.creation_time < near[1] for one in tasks)
    assert all("  " not in one.object_path for one in tasks)


def test_a_file_that_another_process_locks_is_not_waited_for_long(tmp_path: Path) -> None:
    """Many calls that meet the lock give up together, not one behind the other, and the store works on afterwards."""
    store = Store.open(str(tmp_path / "tasks.db"))
    other = sqlite3.connect(tmp_path / "tasks.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    def call(_: int) -> str:
        try:
            store.query(Filters("d", "file"), NOW - timedelta(days=3), NOW, 1, 20)
        except StoreLocked:
            return "locked"
        return "read"

    began = perf_counter()
    with ThreadPoolExecutor(20) as threads:
        assert set(threads.map(call, range(100))) == {"locked"}  # 0.3 s each would be 30 s
    assert perf_counter() - began < 10
    with pytest.raises(StoreLocked):
        Store.open(str(tmp_path / "tasks.db"))
    other.execute("ROLLBACK")
    assert call(0) == "read"
    store.close()
    other.close()
