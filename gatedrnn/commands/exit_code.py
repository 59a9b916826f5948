"""How commands and scripts end: an exit code, a line where the input was wrong, a traceback where the program was."""

from __future__ import annotations

import logging
import os
import shlex
import sys
import traceback
from collections.abc import Callable
from typing import Any

from gatedrnn.errors import InputError
from gatedrnn.training.hosts import is_first
from gatedrnn.training.population import Interrupted
from gatedrnn.training.termination import EXIT_CODE

DEFECT = 70
"""As EX_SOFTWARE in sysexits.h."""


def exit_code(work: Callable[[], Any], command: str) -> int:
    """Do what a command asks for, and return its exit code, with one line where its input was wrong.

    Wrong input, which our own checks refuse by ``InputError``, is 2; what the system refused, such as to write to a
    full disk, 1; Ctrl-C 130; SIGTERM 143. Any other exception is a defect, ours or of a library below: its traceback is
    shown, never one line as if the user had been wrong, and the code is 70. Of several processes the first says how to
    resume, and each what went wrong in it.

    Args:
        work: the function that does what the command asks for.
        command: the whole command, which resumes.

    Example:
        >>> exit_code(lambda: None, "gatedrnn tasks")
        0
    """
    # Of what our line says, Orbax logs the traceback of every thread.
    logging.getLogger("absl").setLevel(logging.CRITICAL)
    try:
        work()
    except InputError as error:
        print(f"gatedrnn: {error}", file=sys.stderr)
        return 2
    except Interrupted:
        if is_first():
            print(f"gatedrnn: terminated, and saved; to resume: {command}", file=sys.stderr)
        return EXIT_CODE
    except KeyboardInterrupt:
        print(f"gatedrnn: interrupted; to resume: {command}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing is left to write to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"gatedrnn: {error}", file=sys.stderr)
        return 1
    except Exception:
        traceback.print_exc()
        print(
            f"gatedrnn: this is a defect, not your input; please report it with the command: {command}", file=sys.stderr
        )
        return DEFECT
    return 0


def command_line() -> str:
    """Return the command that is running, as it would be typed."""
    return shlex.join(["gatedrnn", *sys.argv[1:]])
