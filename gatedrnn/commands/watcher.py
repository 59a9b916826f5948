"""A process beside a command, which ends it at a signal where no thread of its own comes to: Python's lock is held.

Loading a large library, or tracing on a busy machine, holds that lock for seconds, in which neither Python's handlers
nor a thread run. What hears of a signal then is Python's handler in C, which writes its number into a socket. This
process waits at the other end, beside a thread of the command; whoever takes the number is in charge. It imports
nothing of the package, and starts within a few hundredths of a second.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable

PATIENCE = 0.8
"""Seconds that the command's own thread has to hear of a signal."""
SAID = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


def start(heard: socket.socket, resume: str) -> bool:
    """Start the process, and return whether there is one: only where the system can be told how signals end a command.

    Args:
        heard: where numbers of signals arrive.
        resume: what the one line ends with, such as on how to go on.
    """
    if not sys.executable or not hasattr(_libc(), "sysv_signal"):
        return False
    command = [sys.executable, "-I", "-S", __file__, str(heard.fileno()), str(os.getpid()), resume]
    with contextlib.suppress(OSError):  # such as of too many processes: the command's own thread has to do
        _STARTED.append(
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(heard.fileno(),),
                start_new_session=True,  # Ctrl-C in a terminal is for the command
            )
        )
    return bool(_STARTED)


_STARTED: list[subprocess.Popen[bytes]] = []


def end_at_second(numbers: Iterable[int]) -> None:
    """Have the system itself end the process where one of these signals, whose handler stays, comes again.

    Python has no name for that: a handler that is called once.
    """
    for number in numbers:
        _libc().sysv_signal(number, _libc().signal(number, None))


def hear_again(number: int, handler: int) -> None:
    """Give a signal that has come its handler back, from any thread; ``handler`` is what ``handler_of`` returned."""
    _libc().signal(number, handler)


def handler_of(number: int) -> int:
    """Return the address of the handler that a signal has, which it keeps."""
    handler = _libc().signal(number, None)
    _libc().signal(number, handler)
    return int(handler or 0)


def _libc() -> ctypes.PyDLL:
    libc = ctypes.PyDLL(None)  # whose calls keep Python's lock
    for name in ("signal", "sysv_signal"):
        if hasattr(libc, name):
            getattr(libc, name).argtypes = (ctypes.c_int, ctypes.c_void_p)
            getattr(libc, name).restype = ctypes.c_void_p
    return libc


def attend(heard: socket.socket, command: int, resume: str) -> None:
    """Wait beside a command until it is gone, and end it where it does not take the number of a signal.

    Args:
        heard: where numbers of signals arrive, until the command is gone.
        command: the number of its process.
        resume: what the one line ends with.
    """
    gone, said = select.poll(), False
    gone.register(heard, 0)  # no event but that nobody is at the other end
    while True:
        select.select([heard], [], [])
        gone.poll(1000 * PATIENCE)
        try:
            held = heard.recv(1, socket.MSG_DONTWAIT)
        except BlockingIOError:
            continue  # the command has taken it
        if not held:
            return
        if held[0] in SAID:
            if not said:
                _say(f"{SAID[signal.Signals(held[0])]}{resume}")
            said = True
            if os.getppid() == command:
                os.kill(command, held[0])


def _say(line: str) -> None:
    cursor = "\x1b[?25h\n" if os.isatty(2) else ""  # a bar of progress may have hidden it
    with contextlib.suppress(OSError):
        os.write(2, f"{cursor}gatedrnn: {line}\n".encode(errors="backslashreplace"))


if __name__ == "__main__":
    for each in SAID:  # which may be sent to all that has the command in its name
        signal.signal(each, signal.SIG_IGN)
    attend(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]), sys.argv[3])
