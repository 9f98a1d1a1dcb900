"""By POST every ObjectType in JSON is preload."""

import re

from mutants.breaking import answers

from toolkit.structs import replace


def edit(request, response):
    body = re.sub(rb'("ObjectType":\s*)"\w+"', rb'\1"preload"', response.body)
    return replace(response, body=body) if request.method == "POST" else response


service = answers(edit)
