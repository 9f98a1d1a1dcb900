"""The window of 3 days begins a millisecond earlier."""

from dataclasses import replace
from datetime import timedelta

from mutants.breaking import chooses

service = chooses(lambda call, choice: replace(choice, since=choice.since - timedelta(milliseconds=1)))
