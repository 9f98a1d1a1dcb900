"""Every page is cut from the list of all matches."""

from mutants.breaking import cut, paged

service = cut(paged)
