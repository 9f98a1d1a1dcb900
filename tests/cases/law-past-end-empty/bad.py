"""A page past the end repeats the last items."""

from mutants.breaking import cut, paged

service = cut(lambda choice, tasks: paged(choice, tasks) or tasks[-choice.size :])
