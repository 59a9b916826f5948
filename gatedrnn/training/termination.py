"""SIGTERM as a request to stop: for commands and scripts, which ask for it; the library itself handles no signals."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

from gatedrnn.training.store import Interrupted

EXIT_CODE = 128 + signal.SIGTERM
"""What a shell reports of a process that SIGTERM ended: 143."""
_WAITING: list[Termination] = []
_SAVED: list[Termination] = []
_AT_WORK: set[int] = set()
"""Threads in which a population is trained."""


class Termination:
    """While this context lasts, a signal waits until what is trained has been saved, so that nothing is lost.

    A scheduler sends SIGTERM some time before it kills: ``check``, called by ``on_segment``, raises ``Interrupted``,
    ``population`` saves its members, and the caller exits with ``EXIT_CODE``. A run that can be divided
    (``gatedrnn.training.Divisible``) calls ``on_segment`` within about half a second, others after their segment.

    Args:
        signals: the signals that wait; SIGTERM alone unless others are named.

    Attributes:
        received: the signal that has come; None where none has.
        obeyed: whether training has heard of a signal, so that it saves itself now.

    Example:
        >>> with Termination() as termination:
        ...     termination.check()  # nothing has come
        ...     signal.raise_signal(signal.SIGTERM)
        ...     termination.received.name
        'SIGTERM'
    """

    def __init__(self, *signals: signal.Signals) -> None:
        self.received: signal.Signals | None = None
        self.obeyed = False
        self._before: dict[signal.Signals, Any] = dict.fromkeys(signals or (signal.SIGTERM,))

    def check(self, *_: Any) -> None:
        """Raise ``Interrupted`` if a signal has come; arguments, such as ``on_segment`` has, do not matter."""
        if self.received is not None:
            self.obeyed = True
            raise Interrupted(self.received.name)

    def _receive(self, number: int, *_: Any) -> None:
        self.received = signal.Signals(number)

    def __enter__(self) -> Termination:
        self._before = {number: signal.signal(number, self._receive) for number in self._before}
        _WAITING.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        _WAITING.remove(self)
        if self.obeyed:
            _SAVED.append(self)
        for number, handler in self._before.items():
            signal.signal(number, handler)


def waiting() -> bool:
    """Return whether a signal would wait until training has saved itself."""
    return bool(_WAITING)


def asked() -> bool:
    """Return whether a signal has come that waits."""
    return any(termination.received is not None for termination in _WAITING)


@contextlib.contextmanager
def at_work() -> Iterator[None]:
    """While this context lasts its thread trains, so that a signal finds something to save."""
    _AT_WORK.add(threading.get_ident())
    try:
        yield
    finally:
        _AT_WORK.discard(threading.get_ident())


@contextlib.contextmanager
def compiling() -> Iterator[None]:
    """While this context lasts its thread does not train: it looks for no signal before a program is compiled."""
    thread = threading.get_ident()
    trains = thread in _AT_WORK
    _AT_WORK.discard(thread)
    try:
        yield
    finally:
        if trains:
            _AT_WORK.add(thread)


def trains() -> bool:
    """Return whether anything is trained, which could be saved: not while simple models are fitted, for instance."""
    return bool(_AT_WORK)


def saving() -> bool:
    """Return whether training has stopped for a signal, and saves itself."""
    return any(termination.obeyed for termination in _WAITING)


def saved() -> bool:
    """Return whether training has stopped for a signal in this process, and has saved itself."""
    return bool(_SAVED)
