"""Every CreationTime is a week late."""

from datetime import datetime, timedelta

from mutants.breaking import every_task


def shift(task):
    moment = datetime.fromisoformat(task["CreationTime"]) + timedelta(days=7)
    return {**task, "CreationTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}


service = every_task(shift)
