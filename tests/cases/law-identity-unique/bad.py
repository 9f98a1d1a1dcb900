"""The first task of a page is on it twice."""

from mutants.breaking import cut, paged

service = cut(lambda choice, tasks: [*paged(choice, tasks)[:1], *paged(choice, tasks)[: choice.size - 1]])
