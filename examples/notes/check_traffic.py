"""Print what in a recording breaks the contract, and count the exchanges by operation: `python check_traffic.py traffic.har`."""

from __future__ import annotations

import sys
from collections import Counter

from toolkit import Contract, ContractToolkitError, validate


def main(paths: list[str]) -> int:
    counts: Counter[str] = Counter()
    failed = 0
    for verdict in validate(Contract.load("openapi.yaml"), paths):
        counts[verdict.operation or "outside of the contract"] += 1
        if not verdict.conforms:
            failed += 1
            print(verdict)
    for operation, count in counts.most_common():
        print(f"{count:5} {operation}")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ContractToolkitError as error:
        sys.exit(f"check_traffic: {error}")
