"""Test the notes service in process, as `contract test` does over HTTP: `python check_service.py`."""

from __future__ import annotations

import sys

from service import app

from toolkit import Contract, Options, Run, Validator, asgi


def main() -> int:
    contract = Contract.load("openapi.yaml")
    failed = False
    with asgi(app) as send:
        run = Run(contract, Validator(contract), send, Options(seed=1))
        for verdict in run.verdicts():
            if not verdict.conforms:
                failed = True
                print(verdict)
    print(f"{run.requests} requests, {run.tested} operations tested", *run.notes, sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
