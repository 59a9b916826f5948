"""Where a population is kept between its segments, and how it says that it was asked to stop there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from gatedrnn.training.hosts import of_each

if TYPE_CHECKING:
    from gatedrnn.training.member import Members


class Interrupted(Exception):
    """Training was asked to stop after a segment; the members are saved, and the same command resumes."""


class Store(Protocol):
    """Where members are kept between segments; ``gatedrnn.training.checkpoint.Checkpoints`` is one."""

    def save(self, step: int, state: Any, fingerprint: dict[str, Any], *, force: bool = False) -> None:
        """Keep ``state``, and which members it is of; ``force`` where nothing comes after it."""
        ...

    def restore(self, like: Any, fingerprint: dict[str, Any]) -> tuple[int, Any] | None:
        """Return the newest step and its state, of the structure of ``like``; None where there is none."""
        ...


def stop_of_any(on_segment: Callable[[Members], None] | None, members: Members) -> BaseException | None:
    """Call ``on_segment``; return what it raised, or ``Interrupted`` where it raised in another process alone."""
    stop = None
    try:
        if on_segment is not None:
            on_segment(members)
    except BaseException as raised:
        stop = raised
    # All processes have to go on, or none: they train together.
    any_stops = of_each(stop is not None).any()
    return Interrupted("another process was asked to stop") if any_stops and stop is None else stop
