"""TotalCount is one too many."""

from mutants.breaking import totals

service = totals(lambda choice, total, length: total + 1)
