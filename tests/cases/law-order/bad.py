"""The oldest item comes first."""

from mutants.breaking import ordered

service = ordered(lambda task: (task.creation_time, task.task_id))
