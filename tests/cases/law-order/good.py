"""The newest item comes first, and of two items of one moment the smaller TaskId."""

from mutants.breaking import cut, paged


def sort_newest_first(tasks):
    by_id = sorted(tasks, key=lambda task: int(task.task_id))
    return sorted(by_id, key=lambda task: task.creation_time, reverse=True)


service = cut(lambda choice, tasks: paged(choice, sort_newest_first(tasks)))
