"""Without PageSize a page has 20 items, the default."""

from mutants.breaking import hears

service = hears(
    lambda pairs: pairs if "PageSize" in dict(pairs) else [*pairs, ("PageSize", "20")],
    lambda request: request.method == "GET",
)
