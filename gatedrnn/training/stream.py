"""Data that do not fit on a device: they come from an iterator, a segment's at a time, and its position is saved."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from gatedrnn.errors import InputError
from gatedrnn.training.fingerprint import shapes


@runtime_checkable
class Stream(Protocol):
    """An iterator that knows where it is, such as that of a ``grain.IterDataset``.

    Each element is a pytree of arrays: what one segment is trained on. All have the same shapes.
    """

    def __next__(self) -> Any:
        """Return the next element."""
        ...

    def get_state(self) -> dict[str, Any]:
        """Return the position, as JSON has it."""
        ...

    def set_state(self, state: Any) -> None:
        """Go to a position."""
        ...


class DataSource:
    """What segments are trained on: always the same data, or the next of a stream.

    Args:
        data: a pytree of arrays that live on the device, or a ``Stream``.
        segments: how many segments a whole run has.

    Raises:
        InputError: where a stream ends before the run does, or an element has other shapes than the first.
    """

    def __init__(self, data: Any, segments: int) -> None:
        self._stream = data if isinstance(data, Stream) else None
        self._segments = segments
        self._taken = 0
        self.first: Any = jax.tree.map(jnp.asarray, data) if self._stream is None else self._pull(self._stream)
        """All data, or a stream's first element: it has the shapes of all."""
        self._ahead: Any = self.first
        self._shared: Any = None

    @property
    def flows(self) -> bool:
        """Whether each segment has data of its own."""
        return self._stream is not None

    def take(self, share: Callable[[Any], Any]) -> Any:
        """Return what the next segment is trained on, on the devices; data that stay the same are moved once."""
        if self._stream is None:
            self._shared = share(self.first) if self._shared is None else self._shared
            return self._shared
        part = self._pull(self._stream) if self._ahead is None else self._ahead
        self._ahead = None
        self._taken += 1
        return share(part)

    def with_position(self, members: Any) -> Any:
        """Return what a checkpoint holds: the members, and where a stream is."""
        return members if self._stream is None else (members, json.dumps(self._stream.get_state()))

    def resumed(self, segments: int, saved: Any) -> Any:
        """Return the members of a checkpoint after so many segments, and go where the stream was."""
        if self._stream is None:
            return saved
        members, position = saved
        self._stream.set_state(json.loads(position))
        self._taken, self._ahead = segments, None
        return members

    def _pull(self, stream: Stream) -> Any:
        try:
            part = jax.tree.map(jnp.asarray, next(stream))
        except StopIteration:
            asked = f"{self._segments} elements, one for each segment"
            raise InputError(f"data: expected a stream of {asked}; got {self._taken}, then its end") from None
        if self._taken and shapes(part) != shapes(self.first):
            raise InputError(f"data: expected elements of shapes {shapes(self.first)}, got {shapes(part)}")
        return part
