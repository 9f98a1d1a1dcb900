"""The connection breaks where PageSize is 50."""

from mutants.breaking import answers

from toolkit.client.target import NoResponse


def break_off(request, response):
    if "PageSize=50" in request.url:
        raise NoResponse("the connection was closed")
    return response


service = answers(break_off)
