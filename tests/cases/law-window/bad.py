"""Tasks older than 3 days are returned too."""

from dataclasses import replace
from datetime import timedelta

from mutants.breaking import chooses

service = chooses(lambda call, choice: replace(choice, since=choice.since - timedelta(days=400)))
