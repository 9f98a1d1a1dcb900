"""PageSize=50 leads to status 500."""

from mutants.breaking import adds

service = adds("InternalError", "", lambda call: call.get("PageSize") == "50")
