"""The properties of a task come in another order on the second page."""

from mutants.breaking import presents


def turn_around(choice, value):
    tasks = [dict(reversed(task.items())) for task in value["Tasks"]["Task"]]
    return {**value, "Tasks": {"Task": tasks}} if choice.page == 2 else value


service = presents(turn_around)
