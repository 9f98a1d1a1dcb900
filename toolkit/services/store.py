"""Tasks in SQLite. Only this module knows it.

A store is a file, or memory, with the table below; a file made elsewhere is accepted if its table has these columns and
its rows keep the table's rules. Times are strings `YYYY-MM-DDThh:mm:ssZ`, in UTC: they sort as the times do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic

from toolkit.errors import ServiceError
from toolkit.schema.scalars import write_moment
from toolkit.structs import Frozen, asdict, astuple, field

_RULES = """
    typeof(task_id) = 'text' AND typeof(domain_name) = 'text' AND typeof(object_path) = 'text'
    AND length(task_id) BETWEEN 1 AND 20 AND task_id NOT GLOB '*[^0-9]*'
    AND length(domain_name) > 0
    AND object_type IN ('file', 'path', 'preload')
    AND status IN ('Complete', 'Refreshing', 'Failed', 'Pending')
    AND process = CAST(process AS INTEGER) || '%'
    AND CAST(process AS INTEGER) BETWEEN 0 AND 100
    AND (status <> 'Complete' OR process = '100%')
    AND object_path NOT GLOB '*[' || char(1) || '-' || char(31) || ']*'
    AND instr(object_path, char(0)) + instr(object_path, char(65534)) + instr(object_path, char(65535)) = 0
    AND object_path = trim(object_path)
    AND creation_time = strftime('%Y-%m-%dT%H:%M:%SZ', creation_time, '+0 days')
    AND (status = 'Failed') = (description IS NOT NULL)
    AND (description IS NULL OR description IN ('Internal Error', 'Origin Timeout', 'Origin Return StatusCode 5XX'))
"""

_TABLE = f"""
CREATE TABLE IF NOT EXISTS task (
    task_id TEXT NOT NULL PRIMARY KEY,
    domain_name TEXT NOT NULL,
    object_type TEXT NOT NULL,
    object_path TEXT NOT NULL,
    status TEXT NOT NULL,
    process TEXT NOT NULL,
    creation_time TEXT NOT NULL,
    description TEXT,
    CHECK ({_RULES})
)
"""

_NUMERIC = "substr('00000000000000000000' || task_id, -20)"
_ORDER = f"creation_time DESC, {_NUMERIC}, task_id"
_INDEXES = {
    "task_by_time": "domain_name, object_type",
    "task_by_status": "domain_name, object_type, status",
    "task_by_path": "domain_name, object_type, object_path",
    "task_by_path_and_status": "domain_name, object_type, object_path, status",
}


class Task(Frozen):
    """One row. `process` is `NN%`; `creation_time` is `YYYY-MM-DDThh:mm:ssZ`; only a failure has a `description`."""

    task_id: str
    domain_name: str
    object_type: str
    object_path: str
    status: str
    process: str
    creation_time: str
    description: str | None = None


class Filters(Frozen):
    """The values that tasks must have; None accepts all. `start` and `end` limit CreationTime, both inclusive, as in Task."""

    domain_name: str
    object_type: str
    task_id: str | None = None
    object_path: str | None = None
    status: str | None = None
    start: str | None = None
    end: str | None = None


_PATIENCE = 0.3  # seconds for a file that another process has locked
_COLUMNS = ", ".join(Task.__struct_fields__)


class StoreLocked(ServiceError):
    """Another process keeps the file of the store locked."""


class Store(Frozen):
    """Tasks by filter, newest first, those of the same time by ascending number. Threads may share a store."""

    _connection: sqlite3.Connection
    _lock: Lock = field(default_factory=Lock)
    _locked_since: list[float] = field(default_factory=list)  # when the first call began that has not succeeded since

    @staticmethod
    def open(path: str) -> Store:
        """The store in a file, which is created if it is missing, or a new one in memory (`:memory:`). Raises ServiceError if the file
        cannot be opened, is not a SQLite database, or holds other tables or invalid rows."""
        try:
            connection = sqlite3.connect(path, _PATIENCE, check_same_thread=False, isolation_level=None)
            try:
                _prepare(connection, path)
            except BaseException:
                connection.close()
                raise
        except sqlite3.Error as error:
            if _is_locked(error):
                raise StoreLocked(f"{path}: another process keeps it locked; end that one, or try again") from None
            reason = f"{path}: not a store of tasks ({error})"
            raise ServiceError(f"{reason}; give a SQLite file, or a new file name") from None
        return Store(connection)

    def close(self) -> None:
        self._connection.close()

    def insert_many(self, tasks: Iterable[Task]) -> None:
        """Add tasks, all or none. Raises ServiceError if one breaks the table's rules or its TaskId exists already."""
        marks = ", ".join("?" for _ in Task.__struct_fields__)
        try:
            with self._transaction() as connection:
                connection.executemany(f"INSERT INTO task ({_COLUMNS}) VALUES ({marks})", map(astuple, tasks))
        except sqlite3.Error as error:
            reason = str(error).partition(":")[0]
            known = "their TaskIds are there already; leave --tasks out, or give another --seed or --store"
            cure = known if "UNIQUE" in reason else "correct them by the rules of the table"
            raise ServiceError(f"tasks not stored ({reason}); {cure}") from None

    def count(self) -> int:
        """The number of all tasks, of any age."""
        with self._lock:
            return int(self._connection.execute("SELECT count(*) FROM task").fetchone()[0])

    def query(
        self, filters: Filters, window_start: datetime, now: datetime, page: int, size: int
    ) -> tuple[int, list[Task]]:
        """The number of all matches in the window, both ends inclusive, and the tasks of one page (from 1). Raises StoreLocked if another
        process keeps the file locked."""
        where, values = condition(filters, window_start, now)
        skipped = (page - 1) * size
        with self._transaction() as connection:
            total = int(connection.execute(f"SELECT count(*) FROM task WHERE {where}", values).fetchone()[0])
            rows = connection.execute(page_statement(where), (*values, size, skipped))
            return total, [Task(*row) for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction of one thread at a time: reads are consistent, writes are complete or undone."""
        with self._lock, self._connection as connection:
            connection.execute(f"PRAGMA busy_timeout = {self._patience()}")
            try:
                connection.execute("BEGIN")
                yield connection
            except sqlite3.Error as error:
                if _is_locked(error):
                    raise StoreLocked("another process keeps the store locked; end that one, or try again") from None
                raise
            self._locked_since.clear()

    def _patience(self) -> int:
        """Milliseconds. While the file stays locked only the first call waits for it: more would wait one behind the other."""
        now = monotonic()
        if not self._locked_since:
            self._locked_since.append(now)
        return max(0, int(1000 * (self._locked_since[0] + _PATIENCE - now)))


def _is_locked(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def condition(filters: Filters, window_start: datetime, now: datetime) -> tuple[str, tuple[str, ...]]:
    """The WHERE clause of the filters and its values. Fractions of a second shrink the window."""
    first = write_moment(window_start + timedelta(microseconds=999_999))
    last = write_moment(now)
    values = asdict(filters).items()
    given = {name: value for name, value in values if value is not None and name not in ("start", "end")}
    clauses = [f"{name} = ?" for name in given] + ["creation_time BETWEEN ? AND ?"]
    return " AND ".join(clauses), (*given.values(), max(first, filters.start or first), min(last, filters.end or last))


def page_statement(where: str) -> str:
    """The rows of a page: only an index is scanned, and only the page's own rows are read."""
    walked = f"SELECT rowid FROM task WHERE {where} ORDER BY {_ORDER} LIMIT ? OFFSET ?"
    return f"SELECT {_COLUMNS} FROM task WHERE rowid IN ({walked}) ORDER BY {_ORDER}"


def _prepare(connection: sqlite3.Connection, path: str) -> None:
    present = {str(row[1]) for row in connection.execute("PRAGMA table_xinfo(task)")}
    missing = {*Task.__struct_fields__} - present
    others = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if missing and (present or others):
        named = ", ".join(sorted(missing))
        raise ServiceError(f"{path}: not a store of tasks (table task has no column {named}); give another file")
    connection.execute(_TABLE)
    bad = connection.execute(f"SELECT task_id FROM task WHERE NOT coalesce(({_RULES}), 0) LIMIT 1").fetchone()
    if bad:
        raise ServiceError(f"{path}: task {bad[0]!r} breaks the rules of the table; correct or remove it")
    for name, columns in _INDEXES.items():
        connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON task ({columns}, {_ORDER})")
