"""The example of a currency is not written in capitals."""

from support.rates import run_of_rates


def run():
    return run_of_rates("euro")
