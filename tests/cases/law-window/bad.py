"""Tasks older than 3 days are returned too."""

from datetime import timedelta

from mutants.breaking import chooses

from toolkit.structs import replace

service = chooses(lambda call, choice: replace(choice, since=choice.since - timedelta(days=400)))
