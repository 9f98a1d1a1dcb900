"""POST reads its parameters from the last to the first."""

from mutants.breaking import hears

service = hears(lambda pairs: pairs[::-1], lambda request: request.method == "POST")
