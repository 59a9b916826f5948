"""SIGTERM as a request to stop: for commands and scripts, which ask for it; the library itself handles no signals."""

from __future__ import annotations

import signal
from typing import Any

from gatedrnn.training.population import Interrupted

EXIT_CODE = 128 + signal.SIGTERM
"""What a shell reports of a process that SIGTERM ended: 143."""


class Termination:
    """While this context lasts, SIGTERM waits for the end of a segment, so that nothing is lost.

    A scheduler sends SIGTERM some time before it kills: ``check``, called by ``on_segment``, raises ``Interrupted``,
    ``population`` saves its members, and the caller exits with ``EXIT_CODE``.

    Example:
        >>> with Termination() as termination:
        ...     termination.check()  # nothing has come
        ...     signal.raise_signal(signal.SIGTERM)
        ...     termination.received
        True
    """

    def __init__(self) -> None:
        self.received = False
        self._before: Any = None

    def check(self, *_: Any) -> None:
        """Raise ``Interrupted`` if SIGTERM has come; arguments, such as ``on_segment`` has, do not matter."""
        if self.received:
            raise Interrupted("SIGTERM")

    def _receive(self, *_: Any) -> None:
        self.received = True

    def __enter__(self) -> Termination:
        self._before = signal.signal(signal.SIGTERM, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGTERM, self._before)
