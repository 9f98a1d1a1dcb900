"""Every CreationTime is written by another library."""

from datetime import datetime, timedelta

from mutants.breaking import every_task


def shift(task):
    moment = datetime.fromisoformat(task["CreationTime"]) + timedelta(0)
    return {**task, "CreationTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}


service = every_task(shift)
