"""Ctrl-C and SIGTERM end a command at any moment with one line at most: they never break into what runs below it.

An exception in the middle of a compilation, or of a thread of JAX, ends in a crash of native code now and then; to end
a process at once is safe, as all files are written whole or not at all and training resumes from its checkpoints.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
import time
from typing import NoReturn

import jax

from gatedrnn.training import termination

GRACE = 1.2
"""Seconds that training has to stop and save itself; after SIGTERM, which a scheduler sends, what is saved by then is
written to its end, however large it is. What does not stop in time loses what came after its last checkpoint."""
LOOKS = 0.1
"""Seconds between two looks at whether training has saved itself."""
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
RESUMING = ("train", "sweep", "compare")
"""Commands that go on where they were interrupted."""
_LINE = threading.Lock()


def watch(command: str, *, resumes: bool = True) -> None:
    """From now on end the process where a signal comes: at once, or where it trains after it has saved itself.

    A thread hears of it, as Python's own handlers wait until a compilation is done.

    Args:
        command: the whole command, which resumes.
        resumes: whether the command goes on where it was interrupted, which is said.
    """
    heard, told = os.pipe()
    os.set_blocking(told, False)
    for number in WORDS:
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    threading.Thread(target=_listen, args=(heard, command if resumes else None), daemon=True).start()


def say(line: str) -> None:
    """Write the one line on how a command was ended; another one is not written."""
    if _LINE.acquire(blocking=False):
        with contextlib.suppress(OSError):
            os.write(2, f"gatedrnn: {line}\n".encode(errors="backslashreplace"))


def leave(code: int) -> NoReturn:
    """End the process with an exit code, at once: all is written, and Python's own end takes seconds on a busy machine.

    It would take every module and program of JAX apart, deaf to signals; after one, beside threads still at work.
    """
    if jax.distributed.is_initialized():
        sys.exit(code)  # of several processes none leaves the others without a word
    _LINE.acquire(blocking=False)  # a signal that comes now finds nothing left to say
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # the last where it was closed: there is none
            stream.flush()
    os._exit(code)


def _listen(heard: int, command: str | None) -> None:
    number = _next(heard, None)
    assert number is not None
    # Where nothing is trained there is nothing to wait for, but other processes. A second signal does not wait.
    # Training may have saved itself before this thread heard of the first.
    waits = termination.waiting() and (termination.trains() or jax.distributed.is_initialized())
    if (waits and _saves_itself(heard, number)) or termination.saved():
        # It is about to say so, and to end; of several processes each waits for the others.
        if jax.distributed.is_initialized():
            return
        time.sleep(GRACE)
    with contextlib.suppress(OSError, ValueError, AttributeError):
        if sys.stdout.isatty():
            os.write(1, b"\x1b[?25h\n")  # a bar of progress has hidden the cursor
    say(WORDS[number] + (f"; to resume: {command}" if command else ""))
    os._exit(128 + number)


def _saves_itself(heard: int, number: signal.Signals) -> bool:
    """Wait until training has stopped, and return that; False where it takes longer, or another signal comes."""
    started = time.monotonic()
    while termination.waiting():
        if _next(heard, LOOKS) is not None:
            return False
        # Of several processes none may leave the others before all have saved themselves.
        patient = number == signal.SIGTERM and (termination.saving() or jax.distributed.is_initialized())
        if not patient and time.monotonic() - started > GRACE:
            return False
    return True


def _next(heard: int, seconds: float | None) -> signal.Signals | None:
    """Return the next signal of those that end a command; None where none comes in time."""
    while select.select([heard], [], [], seconds)[0]:
        number = os.read(heard, 1)[0]
        if number in WORDS:
            return signal.Signals(number)
    return None
