"""An empty DomainName leads to the code MissingParameter: for a required parameter the contract allows both codes."""

from mutants.breaking import hears

service = hears(lambda pairs: [pair for pair in pairs if pair != ("DomainName", "")])
