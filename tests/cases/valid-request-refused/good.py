"""PageSize=51 is refused."""

from mutants.breaking import refuses

service = refuses("PageSize", "51")
