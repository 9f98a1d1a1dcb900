"""PageSize=51 leads to status 400."""

from mutants.breaking import adds

service = adds("InvalidParameter", "PageSize", lambda call: call.get("PageSize") == "51")
