"""An empty Format is accepted: the contract leaves it open (x-undecided)."""

from mutants.breaking import accepts

service = accepts("Format", "", lambda text: "XML")
