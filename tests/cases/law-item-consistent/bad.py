"""The same task has another ObjectPath on the second page."""

from mutants.breaking import presents


def add_slash(choice, value):
    tasks = [{**task, "ObjectPath": task["ObjectPath"] + "/"} for task in value["Tasks"]["Task"]]
    return {**value, "Tasks": {"Task": tasks}} if choice.page == 2 else value


service = presents(add_slash)
