"""With DomainName before Action only failed tasks are found."""

from mutants.breaking import hears


def narrow(pairs):
    names = [name for name, _ in pairs if name in ("Action", "DomainName", "Status")]
    return [*pairs, ("Status", "Failed")] if names == ["DomainName", "Action"] else pairs


service = hears(narrow)
