"""Without Action the response is 404, as for an unknown Action: both mean that there is no such operation."""

from mutants.breaking import hears

service = hears(
    lambda pairs: pairs if "Action" in dict(pairs) else [*pairs, ("Action", "None")],
    lambda request: request.method == "GET",
)
