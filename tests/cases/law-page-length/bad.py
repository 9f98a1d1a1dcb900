"""Every page lacks its last item."""

from mutants.breaking import cut, paged

service = cut(lambda choice, tasks: paged(choice, tasks)[:-1])
