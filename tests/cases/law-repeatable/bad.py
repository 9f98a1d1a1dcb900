"""Every second response has its items in reverse."""

from itertools import count

from mutants.breaking import cut, paged

calls = count()
service = cut(lambda choice, tasks: paged(choice, tasks)[:: -1 if next(calls) % 2 else 1])
