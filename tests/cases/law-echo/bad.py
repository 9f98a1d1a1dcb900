"""PageSize in the response is always 20."""

from mutants.breaking import presents

service = presents(lambda choice, value: {**value, "PageSize": 20})
