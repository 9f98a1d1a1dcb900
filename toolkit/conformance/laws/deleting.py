"""Laws of deletion: what was deleted cannot be read, is in no list, and nothing else is deleted with it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from toolkit.conformance.items import is_free, make_item
from toolkit.conformance.laws.finding import Finding, find, find_at_last
from toolkit.conformance.laws.kept import says_deleted
from toolkit.conformance.laws.lists import Listing
from toolkit.conformance.laws.state import ask, has_maker, identifier_at, own_values
from toolkit.conformance.pool import path_to
from toolkit.conformance.subject import Subject
from toolkit.contract.flow import kind
from toolkit.contract.resources import items_of

_HINT = "delete it, or respond with 202 if that takes time"


def is_deletion(subject: Subject) -> bool:
    """Whether the operation deletes an item that something creates and shows."""
    is_shown = any(subject.peer(one) for one in (subject.place, subject.above))
    return kind(subject.operation) == "delete" and subject.place.endswith("/{}") and is_shown and has_maker(subject)


def read_after_delete(subject: Subject) -> Iterator[Finding]:
    """What was deleted cannot be read, and is in no list; the items that were created before and after it can be read as before. Where
    nothing creates one, it is what the plain call deleted."""
    place, plain = subject.place, subject.plain
    beside, item = subject.pool.own(place)[:1], make_item(subject, place)
    if item is None:
        if plain and plain.status not in (202, 207) and not has_maker(subject):
            values, was = own_values(subject, plain.call), f"was deleted with status {plain.status}"
            yield from find_at_last(subject, partial(_still_there, subject, values, was, {})) if values else ()
        return
    reader, later = subject.peer(place), make_item(subject, place)
    before = (ask(reader, item.values) if reader else item.response).thing
    beside = [*beside, *([later.values] if later else [])]
    there = [(one, reader) for one in beside if reader and one != item.values and ask(reader, one).ok]
    deleted = subject.at_last(partial(ask, subject, item.values), is_free)
    if not subject.operation.is_success(deleted.status) or deleted.status == 207:
        return
    gone = partial(subject.at_last, is_done=lambda read: not read.ok)
    if deleted.status == 202 and (not reader or gone(partial(ask, reader, item.values)).ok):
        why = "is accepted with 202, and what it deletes was there some time later still, so its end is not examined"
        subject.notes.append(f"{subject.operation.name} {why}")
        return
    subject.pool.forget(place, item.values)
    was = f"was deleted with status {deleted.status}"
    yield from find_at_last(subject, partial(_still_there, subject, item.values, was, before))
    for one, by in there:
        done = f"{item.path} was deleted, and {path_to(place, one)} with it:"
        yield from _gone(subject, by, one, "law-read-after-delete", done, "delete only what the path names")


def _still_there(subject: Subject, values: tuple[str, ...], was: str, before: Any) -> Iterator[Finding]:
    place = subject.place
    reader, lister = subject.peer(place), subject.peer(subject.above)
    if reader is not None and (read := ask(reader, values)).ok:
        if not says_deleted(before, read.thing):
            message = f"{path_to(place, values)} {was}, and {reader.operation.name} still reads it with {read.status}"
            yield find(subject, "law-read-after-delete", message, read, _HINT, "response.status")
        return
    if lister is not None:
        for response in Listing(lister, values[:-1]).pages():
            items = [one for one in items_of(response.value) if identifier_at(subject, place, one) == values[-1]]
            if not items or says_deleted(before, items[0]):
                continue
            message = f"{path_to(place, values)} {was}, and {lister.operation.name} still lists it"
            yield find(subject, "law-read-after-delete", message, response, _HINT)
            return


def _gone(
    subject: Subject, reader: Subject, values: tuple[str, ...], rule: str, done: str, hint: str
) -> Iterator[Finding]:
    """What should be there and is not; `done` says after what."""
    read = ask(reader, values)
    if read.status in (404, 410):
        message = f"{done} {reader.operation.name} responds with {read.status}"
        yield find(subject, rule, message, read, hint, "response.status")


def read_after_restore(subject: Subject) -> Iterator[Finding]:
    """What was deleted and brought back can be read where it was."""
    places = [one for one in subject.pool.makers if one.count("{}") == subject.item_place.count("{}")]
    places.sort(key=lambda place: place != subject.item_place)  # else it is in a bin
    for place in places:
        deleter, reader = subject.peer(place, "DELETE"), subject.peer(place)
        item = make_item(subject, place) if deleter and reader else None
        if deleter is None or reader is None or item is None or not ask(reader, item.values).ok:
            continue
        for one in (deleter, subject):
            done = ask(one, item.values)
            if not one.operation.is_success(done.status) or done.status == 202:
                return
            subject.pool.learn(one.client, done)
        what = f"{subject.operation.name} of {item.path} had success with status {done.status}, and then"
        told = "law-update", what, "bring it back, or respond with 202"
        yield from find_at_last(subject, partial(_gone, subject, reader, item.values, *told))
        ask(subject, item.values)  # once more, which may be refused
        return


def read_after_emptying(subject: Subject) -> Iterator[Finding]:
    """What was deleted as a whole (`DELETE /cart`) has no longer all that it had."""
    maker, reader = subject.peer(subject.place, "POST"), subject.peer(subject.place)
    operation = subject.operation
    may_select = bool(operation.request_content) or any(one.location == "query" for one in operation.parameters)
    if "{}" in subject.place or may_select or maker is None or reader is None or not ask(maker, ()).ok:
        return
    before, deleted = items_of(ask(reader, ()).value), ask(subject, ())
    if not before or not operation.is_success(deleted.status) or deleted.status == 202:
        return
    yield from find_at_last(subject, partial(_still_full, subject, reader, before, deleted.status))


def _still_full(subject: Subject, reader: Subject, before: list[Any], status: int) -> Iterator[Finding]:
    read = ask(reader, ())
    if items_of(read.value)[: len(before)] == before:
        made = f"{subject.operation.name} had success with status {status}"
        message = f"{made}, and {reader.operation.name} still has all of its {len(before)} items"
        yield find(subject, "law-read-after-delete", message, read, _HINT)
