"""Every response takes 2.1 seconds, and the contract allows 2."""

import time

from mutants.breaking import finds


def find_slowly(find, choice):
    time.sleep(2.1)
    return find(choice)


service = finds(find_slowly)
