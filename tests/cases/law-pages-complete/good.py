"""TotalCount is a sum of the items before, on and after the page."""

from mutants.breaking import totals


def add_up(choice, total, length):
    before = min(total, (choice.page - 1) * choice.size)
    return before + length + (total - before - length)


service = totals(add_up)
