"""PageSize=50 is refused, and the maximum is 50."""

from mutants.breaking import refuses

service = refuses("PageSize", "50")
