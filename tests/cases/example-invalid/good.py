"""The example of a currency is one."""

from support.rates import run_of_rates


def run():
    return run_of_rates("EUR")
