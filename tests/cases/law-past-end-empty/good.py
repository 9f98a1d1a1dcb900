"""A page past the end is empty."""

from mutants.breaking import cut, paged

service = cut(lambda choice, tasks: paged(choice, tasks) or [])
