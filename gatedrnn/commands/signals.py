"""Ctrl-C and SIGTERM end a command at any moment with one line at most: they never break into what runs below it.

An exception in the middle of a compilation, or of a thread of JAX, ends in a crash of native code now and then; to end
a process at once is safe, as all files are written whole or not at all and training resumes from its checkpoints.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from typing import NoReturn

import jax

from gatedrnn.commands import watcher
from gatedrnn.training import hosts, termination

GRACE = 1.2
"""Seconds that training has to stop and save itself; after SIGTERM, which a scheduler sends, what is saved by then is
written to its end, however large it is. What does not stop in time loses what came after its last checkpoint."""
LOOKS = 0.1
"""Seconds between two looks at whether training has saved itself."""
WORDS = watcher.SAID
RESUMING = ("train", "sweep", "compare", "reproduce")
"""Commands that go on where they were interrupted."""
_LINE = threading.Lock()
_HEARD: list[socket.socket] = []
"""Where numbers of signals arrive, once they are watched for."""
_WATCHED: dict[int, int] = {}
"""The handlers of signals that another process watches for, too."""
_LIBC = ctypes.PyDLL(None)
"""The system's calls without letting go of Python's lock, which may not come back for seconds."""


def watch(command: str, *, resumes: bool = True) -> None:
    """From now on end the process where a signal comes: at once, or where it trains after it has saved itself.

    A thread hears of it, as Python's own handlers wait until a compilation is done; where a thread cannot either,
    another process does (``watcher.py``), for which the shell shows the same exit code.

    Args:
        command: the whole command, which resumes.
        resumes: whether the command goes on where it was interrupted, which is said.
    """
    heard, told = socket.socketpair()
    told.setblocking(False)
    for number in WORDS:
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(told.detach(), warn_on_full_buffer=False)
    _HEARD.append(heard)
    resume = f"; to resume: {command}" if resumes else ""
    # Of several processes none leaves the others before all have saved themselves.
    if (hosts.launched() or 1) == 1 and watcher.start(heard, resume):
        _WATCHED.update({number: watcher.handler_of(number) for number in WORDS})
        watcher.end_at_second(WORDS)
    cursor = b"\x1b[?25h\n" if os.isatty(1) else b""  # which a bar of progress hides
    threading.Thread(target=_listen, args=(heard, resume, cursor), daemon=True).start()


@contextlib.contextmanager
def stoppable() -> Iterator[termination.Termination]:
    """While this context lasts, a signal waits until what is trained has been saved."""
    with termination.Termination(*WORDS) as waits:
        watcher.end_at_second(_WATCHED)
        yield waits
    if waits.received is None:
        watcher.end_at_second(_WATCHED)


def say(line: str) -> None:
    """Write the one line on how a command was ended; another one is not written."""
    if _LINE.acquire(blocking=False):
        _take_all()
        said = f"gatedrnn: {line}\n".encode(errors="backslashreplace")
        _LIBC.write(2, said, len(said))


def leave(code: int) -> NoReturn:
    """End the process with an exit code, at once: all is written, and Python's own end takes seconds on a busy machine.

    It would take every module and program of JAX apart, deaf to signals; after one, beside threads still at work.
    """
    if jax.distributed.is_initialized():
        sys.exit(code)  # of several processes none leaves the others without a word
    _LINE.acquire(blocking=False)  # a signal that comes now finds nothing left to say
    _take_all()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # the last where it was closed: there is none
            stream.flush()
    os._exit(code)


def _take_all() -> None:
    """Take what has arrived, so that nobody else says a line on it."""
    with contextlib.suppress(OSError):
        while _HEARD and _HEARD[0].recv(16, socket.MSG_DONTWAIT):
            pass


def _listen(heard: socket.socket, resume: str, cursor: bytes) -> None:
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
    _LIBC.write(1, cursor, len(cursor))
    say(WORDS[number] + resume)
    os._exit(128 + number)


def _saves_itself(heard: socket.socket, number: signal.Signals) -> bool:
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


def _next(heard: socket.socket, seconds: float | None) -> signal.Signals | None:
    """Return the next signal of those that end a command; None where none comes in time."""
    held = ctypes.create_string_buffer(1)
    while select.select([heard], [], [], seconds)[0]:
        # The other process may have taken it. A call of Python's own would take it before it has Python's lock again.
        taken = _LIBC.recv(heard.fileno(), held, 1, socket.MSG_DONTWAIT) == 1
        if taken and (number := held.raw[0]) in WORDS:
            if number in _WATCHED:
                watcher.hear_again(number, _WATCHED[number])
            return signal.Signals(number)
    return None
