"""Entry of the command ``gatedrnn``, which names what it needs before it fails for want of it."""

from __future__ import annotations

import importlib.util
import io
import os
import signal
import sys
import warnings
from typing import Any, NoReturn

NEEDED = ("tyro", "rich", "matplotlib", "scipy", "sklearn", "pyarrow", "safetensors")
SAID = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


def _end(number: int, _: Any) -> NoReturn:
    """End the process with one line: what is imported next takes a second, and there is nothing to save yet."""
    os.write(2, f"gatedrnn: {SAID[signal.Signals(number)]}\n".encode())
    os._exit(128 + number)


def _open_closed_streams() -> None:
    """Give the numbers of streams that are closed to nothing: the next files opened would have them.

    What a library below prints would then end in a checkpoint.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            if os.open(os.devnull, os.O_RDWR) != number:  # the lowest that is free
                continue
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8"))


def main() -> None:
    """Run the command line."""
    _open_closed_streams()
    for number in SAID:
        signal.signal(number, _end)  # before anything is imported that takes long: no room has been so far
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(f"gatedrnn: {', '.join(missing)} not found; pip install 'gatedrnn[compare]'")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # of a terminal that has no minus sign, "?" is better than an error
    from gatedrnn.commands import load
    from gatedrnn.commands.exit_code import command_line, exit_code, warn
    from gatedrnn.commands.signals import RESUMING, leave, watch

    # Before the other imports, which take seconds: it says how to go on.
    watch(command_line(), resumes=len(sys.argv) > 1 and sys.argv[1] in RESUMING)
    warnings.showwarning = warn
    if code := exit_code(load, command_line()):
        leave(code)
    from gatedrnn.commands import cli

    leave(cli.run())


if __name__ == "__main__":
    main()
