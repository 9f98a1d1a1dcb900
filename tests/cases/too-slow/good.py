"""Only the first response takes 2.1 seconds: measured again, it is fast enough."""

import time
from itertools import count

from mutants.breaking import finds

calls = count()


def find_slowly_once(find, choice):
    if next(calls) == 0:
        time.sleep(2.1)
    return find(choice)


service = finds(find_slowly_once)
