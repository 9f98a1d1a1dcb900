"""Pages of fewer than 20 items lack the newest item."""

from mutants.breaking import cut, paged

service = cut(lambda choice, tasks: paged(choice, [*tasks[1:], *tasks[:1]] if choice.size < 20 else tasks))
