"""The window of 3 days begins a millisecond earlier."""

from datetime import timedelta

from mutants.breaking import chooses

from toolkit.structs import replace

service = chooses(lambda call, choice: replace(choice, since=choice.since - timedelta(milliseconds=1)))
