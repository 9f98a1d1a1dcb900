"""By POST every ObjectType in JSON is preload."""

import re
from dataclasses import replace

from mutants.breaking import answers


def edit(request, response):
    body = re.sub(rb'("ObjectType":\s*)"\w+"', rb'\1"preload"', response.body)
    return replace(response, body=body) if request.method == "POST" else response


service = answers(edit)
