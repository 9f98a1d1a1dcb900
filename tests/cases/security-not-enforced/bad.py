"""An operation that requires a token serves whoever asks."""

from support.secured import run_of_keys


def run():
    return run_of_keys(is_open=True)
