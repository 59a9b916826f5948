"""Entry of the command ``gatedrnn``, which names what it needs before it fails for want of it."""

from __future__ import annotations

import importlib.util
import io
import sys

NEEDED = ("tyro", "rich", "matplotlib", "scipy", "sklearn", "pyarrow", "safetensors")


def main() -> None:
    """Run the command line."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(f"gatedrnn: {', '.join(missing)} not found; pip install 'gatedrnn[compare]'")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # of a terminal that has no minus sign, "?" is better than an error
    from gatedrnn.commands.exit_code import command_line
    from gatedrnn.commands.signals import RESUMING, leave, watch

    # Before the other imports, which take seconds.
    watch(command_line(), resumes=len(sys.argv) > 1 and sys.argv[1] in RESUMING)
    from gatedrnn.commands import cli

    leave(cli.run())


if __name__ == "__main__":
    main()
