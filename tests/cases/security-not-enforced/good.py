"""It refuses a request without a token and one with a wrong token."""

from support.secured import run_of_keys


def run():
    return run_of_keys(is_open=False)
