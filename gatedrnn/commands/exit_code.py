"""How commands and scripts end: an exit code, and one line where what came in was wrong."""

from __future__ import annotations

import logging
import os
import shlex
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

from gatedrnn.commands.signals import WORDS, say
from gatedrnn.errors import InputError
from gatedrnn.tasks.plain import plain
from gatedrnn.training.hosts import is_first
from gatedrnn.training.store import Interrupted

DEFECT = 70
"""EX_SOFTWARE of sysexits.h: the program is wrong, not what it was given."""


def exit_code(work: Callable[[], Any], command: str) -> int:
    """Do what a command asks for, and return its exit code.

    Wrong input, which is an ``InputError``, or a path that the user may not use, is 2; what else the system refused,
    such as to write to a full disk, 1; Ctrl-C 130; SIGTERM 143: each with one line. Any other exception is a defect:
    70, with its traceback. Of several processes the first says how to resume, and each what went wrong in it.

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
        if sys.stdout is not None:
            sys.stdout.flush()  # here it can still be said where that fails
    except InputError as error:
        print(f"gatedrnn: {plain(str(error))}", file=sys.stderr)
        return 2
    except Interrupted as stop:
        number = signal.SIGINT if str(stop) == signal.SIGINT.name else signal.SIGTERM
        if is_first():
            say(f"{WORDS[number]}, and saved; to resume: {command}")
        return 128 + number
    except KeyboardInterrupt:
        say(f"{WORDS[signal.SIGINT]}; to resume: {command}")
        return 130
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing is left to write to.
        if sys.stdout is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except PermissionError as error:
        # Where it is an argument, it is refused by that name before; a file of a run's folder comes here.
        print(f"gatedrnn: {plain(f'{error.filename}: expected one that the system allows to use')}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"gatedrnn: {plain(str(error))}", file=sys.stderr)
        return 1
    except Exception:
        # Also a ValueError that a library below raised: our line would blame the user for it, and hide where it is.
        traceback.print_exc()
        return DEFECT
    return 0


def warn(message: Warning | str, category: type[Warning], *_: Any) -> None:
    """Show a warning as all that commands say: in one line, without the line of our code that it came from."""
    if sys.stderr is not None and is_first():
        ours = f"{category.__name__}: " if category is not UserWarning else ""
        print(f"gatedrnn: {ours}{plain(str(message))}", file=sys.stderr)


def command_line() -> str:
    """Return the command that is running, as it would be typed."""
    return shlex.join(["gatedrnn", *sys.argv[1:]])
