"""Generated tasks for the reference service: few kinds, special enough to tell right from wrong.

Most belong to the domain `example.com`. They contain what a client may confuse: paths that share a prefix or differ in
case, equal times, TaskIds that sort differently as numbers and as strings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from random import Random

from toolkit.schema.scalars import write_moment
from toolkit.services.store import Task

MAIN_DOMAIN = "example.com"
_DOMAINS = (MAIN_DOMAIN,) * 8 + ("www.example.com", "example.org")
_OBJECT_TYPES = ("file", "path", "preload")
_STATUSES = ("Complete", "Complete", "Complete", "Refreshing", "Failed", "Pending", "Failed", "Refreshing")
_DESCRIPTIONS = ("Internal Error", "Origin Timeout", "Origin Return StatusCode 5XX")
_PATHS = (
    "",
    "http://{domain}/",
    "http://{domain}/image",
    "http://{domain}/image/",
    "http://{domain}/image/1.png",
    "http://{domain}/image/10.png",
    "http://{domain}/Image/1.png",
    "http://{domain}/image/1.PNG",
    "http://{domain}/video/a b.mp4",
    "http://{domain}/video/a+b.mp4",
    "http://{domain}/video/a%20b.mp4",
    "http://{domain}/video/?list=1&page=2",
    "http://{domain}/video/?q=<b>\"x\"</b>&amp;'y'",
    "http://{domain}/视频/第一集.mp4",
    "http://{domain}/video/é.mp4",
    "http://{domain}/video/e\u0301.mp4",
    "http://{domain}/video/*_[1].mp4",
    "http://{domain}/video/\U0001f3ac.mp4",
)
_YOUNG = (timedelta(minutes=1), timedelta(hours=70))
_OLD = (timedelta(hours=74), timedelta(hours=96))


def generate(count: int, seed: int, now: datetime) -> Iterator[Task]:
    """Tasks of all types and states, created in the 4 days before `now`; the same arguments give the same tasks. About one in five is older
    than 3 days. None reaches that age within two hours, so that lists do not change while they are paged, and none is in the future. About
    five tasks share each time."""
    random = Random(seed)
    ids = _ids(random)
    moments = [_moment(random, now, _OLD if slot % 5 == 4 else _YOUNG) for slot in range(max(5, count // 5))]
    for index, task_id in enumerate(islice(ids, count)):
        yield _task(random, index, task_id, random.choice(moments))


def _task(random: Random, index: int, task_id: str, created: str) -> Task:
    domain = random.choice(_DOMAINS)
    status = _STATUSES[index // 3 % len(_STATUSES)]
    return Task(
        task_id=task_id,
        domain_name=domain,
        object_type=_OBJECT_TYPES[index % 3],
        object_path=_path(random).replace("{domain}", domain),
        status=status,
        process="100%" if status == "Complete" else "0%" if status == "Pending" else f"{random.randrange(100)}%",
        creation_time=created,
        description=random.choice(_DESCRIPTIONS) if status == "Failed" else None,
    )


def _path(random: Random) -> str:
    numbered = f"http://{{domain}}/video/{random.randrange(1000)}.mp4"
    return random.choice(_PATHS) if random.random() < 0.7 else numbered


def _moment(random: Random, now: datetime, ages: Iterable[timedelta]) -> str:
    youngest, oldest = (int(age.total_seconds()) for age in ages)
    return write_moment(now - timedelta(seconds=random.randint(youngest, oldest)))


def _ids(random: Random) -> Iterator[str]:
    """Numbers of 6 to 20 digits, each once, without leading zeros."""
    seen: set[int] = set()
    while True:
        digits = random.choice((6, 8, 9, 9, 9, 10, 10, 11, 15, 19, 20))
        number = random.randrange(10 ** (digits - 1), 10**digits)
        if number not in seen:
            seen.add(number)
            yield str(number)
