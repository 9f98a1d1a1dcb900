"""PageSize in the response is the one that was used."""

from mutants.breaking import presents

service = presents(lambda choice, value: {**value, "PageSize": choice.size})
