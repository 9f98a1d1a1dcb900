"""PageSize=51 is accepted, and the maximum is 50."""

from mutants.breaking import accepts

service = accepts("PageSize", "51", lambda text: "50")
