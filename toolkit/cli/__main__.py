"""The command `contract`, and `python -m toolkit.cli`."""

from __future__ import annotations

from toolkit.cli.signals import end_at_once


def main() -> None:
    """Run the command. A signal ends it also while its modules are loaded."""
    end_at_once()
    from toolkit.cli.main import main as command

    command()


if __name__ == "__main__":
    main()
