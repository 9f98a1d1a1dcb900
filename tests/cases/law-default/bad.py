"""Without PageSize a page has 10 items, and the default is 20."""

from mutants.breaking import hears

service = hears(
    lambda pairs: pairs if "PageSize" in dict(pairs) else [*pairs, ("PageSize", "10")],
    lambda request: request.method == "GET",
)
