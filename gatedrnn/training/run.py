"""What a training run is: two pure functions, so that it can be cut anywhere, mapped, moved and resumed bit for bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool, Int, Key


class Status(NamedTuple):
    """Whether a run goes on."""

    stopped: Bool[Array, "*K"]
    """A stopped run stays as it is."""
    diverged_at: Int[Array, "*K"]
    """The step, or the epoch where a run counts these, from 1, in which it diverged; -1: it did not."""


class Run(Protocol):
    """A training run; optimiser and network are built inside, so hyperparameters are ordinary traced numbers.

    Everything that happens in a run is in its state, the position in the data and the key included. The functions are
    traced under ``jit``, and under ``vmap`` or ``jax.lax.map``; ``hyper``, ``data`` and states are pytrees of arrays.

    A run may also have ``status(state) -> Status``, if it stops early and finds by itself that it diverges. Of a run
    without it, ``population`` stops a member in the segment in which a metric is no longer finite, or an array of its
    state that was; the state before that segment stays.
    """

    @property
    def segments(self) -> int:
        """How many calls of ``advance`` are a whole run."""
        ...

    def init(self, hyper: Any, key: Key[Array, ""], data: Any) -> Any:
        """Return the state before the first step."""
        ...

    def advance(self, hyper: Any, state: Any, data: Any) -> tuple[Any, Any]:
        """Take S steps, always as many; return the new state and a pytree of metrics, each ``[S]``, or ``()``."""
        ...


class Divisible(Run, Protocol):
    """A run whose segments can be cut after any step, to the same bits; it has no metrics but those in its state.

    ``population`` then trains for about half a second between two looks at whether a signal has come, however long a
    segment is, and counts steps in its checkpoints.
    """

    @property
    def segment_steps(self) -> int:
        """Steps of a segment."""
        ...

    def advance_part(self, hyper: Any, state: Any, data: Any, first: Int[Array, ""], count: Int[Array, ""]) -> Any:
        """Take ``count`` steps of a segment from step ``first`` of it on; return the new state.

        Both numbers are traced, and the same for all members of a vmap.
        """
        ...
