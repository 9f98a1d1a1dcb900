"""TotalCount is one more from page 2 on."""

from mutants.breaking import totals

service = totals(lambda choice, total, length: total + (choice.page > 1))
