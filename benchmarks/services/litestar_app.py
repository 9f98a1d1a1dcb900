"""Shelves of books, as a Litestar application: dataclasses, a controller with dependencies, filters, errors by exceptions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID, uuid4

from litestar import Controller, Litestar, delete, get, patch, post, put
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.params import Parameter


class Genre(StrEnum):
    NOVEL = "novel"
    ESSAY = "essay"


@dataclass
class BookIn:
    title: str
    genre: Genre
    published: date
    tags: list[str] = field(default_factory=list)


@dataclass
class Book(BookIn):
    id: UUID = field(default_factory=uuid4)


@dataclass
class BookChange:
    title: str | None = None
    tags: list[str] | None = None


@dataclass
class Page:
    items: list[Book]
    total: int


BOOKS: dict[UUID, Book] = {}


def find_book(book_id: UUID) -> Book:
    if book_id not in BOOKS:
        raise NotFoundException(f"no book {book_id}")
    return BOOKS[book_id]


class BookController(Controller):
    path = "/books"

    @get(sync_to_thread=False)
    def list_books(
        self,
        limit: Annotated[int, Parameter(ge=1, le=100)] = 20,
        offset: Annotated[int, Parameter(ge=0, le=1_000_000)] = 0,
        genre: Genre | None = None,
    ) -> Page:
        found = [book for book in BOOKS.values() if genre in (None, book.genre)]
        return Page(found[offset : offset + limit], len(found))

    @post(sync_to_thread=False)
    def create_book(self, data: BookIn) -> Book:
        book = Book(data.title, data.genre, data.published, data.tags)
        BOOKS[book.id] = book
        return book

    @get("/{book_id:uuid}", dependencies={"book": Provide(find_book, sync_to_thread=False)}, sync_to_thread=False)
    def get_book(self, book: Book) -> Book:
        return book

    @put("/{book_id:uuid}", dependencies={"book": Provide(find_book, sync_to_thread=False)}, sync_to_thread=False)
    def replace_book(self, book: Book, data: BookIn) -> Book:
        BOOKS[book.id] = Book(data.title, data.genre, data.published, data.tags, book.id)
        return BOOKS[book.id]

    @patch("/{book_id:uuid}", dependencies={"book": Provide(find_book, sync_to_thread=False)}, sync_to_thread=False)
    def change_book(self, book: Book, data: BookChange) -> Book:
        book.title = book.title if data.title is None else data.title
        book.tags = book.tags if data.tags is None else data.tags
        return book

    @delete("/{book_id:uuid}", dependencies={"book": Provide(find_book, sync_to_thread=False)}, sync_to_thread=False)
    def delete_book(self, book: Book) -> None:
        del BOOKS[book.id]


@get("/statistics", sync_to_thread=False)
def statistics() -> dict[str, int]:
    return {genre.value: sum(book.genre is genre for book in BOOKS.values()) for genre in Genre}


app = Litestar([BookController, statistics])
