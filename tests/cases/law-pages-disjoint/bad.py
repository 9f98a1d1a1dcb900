"""Each page begins with the last item of the page before."""

from mutants.breaking import cut

service = cut(lambda choice, tasks: tasks[max(0, (choice.page - 1) * choice.size - (choice.page > 1)) :][: choice.size])
