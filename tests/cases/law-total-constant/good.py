"""TotalCount is the same on a page past the end."""

from mutants.breaking import totals

service = totals(lambda choice, total, length: total if length else max(total, 0))
