"""The response to HEAD has no body."""

from mutants.breaking import answers

from toolkit.structs import replace


def without_body(request, response):
    return replace(response, body=None) if request.method == "HEAD" else response


service = answers(without_body)
