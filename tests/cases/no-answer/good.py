"""The response to HEAD has no body."""

from dataclasses import replace

from mutants.breaking import answers


def without_body(request, response):
    return replace(response, body=None) if request.method == "HEAD" else response


service = answers(without_body)
