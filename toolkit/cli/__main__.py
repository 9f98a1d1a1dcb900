"""The command `contract`, and `python -m toolkit.cli`."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the command. Until its modules are loaded, Ctrl-C ends the process and says nothing: there is nothing to finish."""
    is_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_default:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from toolkit.cli.main import main as command

    if is_default:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    command()


if __name__ == "__main__":
    main()
