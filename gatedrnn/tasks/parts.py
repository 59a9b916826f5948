"""The parts of a split: sequences as a network reads them, and as a forecaster has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool, Float, Int, Shaped


class Batch(NamedTuple):
    """Sequences beside each other, padded at their ends; T is the same for a part in all splits of a task.

    A sequence of length 0 counts for nothing, so that a batch may be filled up with such.

    Attributes:
        x: inputs ``[T, B, I]``, or what ``Task.encode`` makes such of: tokens ``[T, B]``.
        lengths: steps that exist, ``[B]``.
        y: targets: numbers ``[T, B, D]`` or classes ``[T, B]`` of the steps, or classes ``[B]`` of the sequences.
        warm: steps at the start of each sequence that are read but not scored, ``[B]``: real history, which a network
            would have before its first forecast. None: every step is scored.
    """

    x: Float[Array | np.ndarray, "T B I"] | Int[Array | np.ndarray, "T B *I"]
    lengths: Int[Array | np.ndarray, "B"]
    y: Any
    warm: Int[Array | np.ndarray, "B"] | None = None

    def scored(self) -> Bool[Array | np.ndarray, "T B"]:
        """Return which steps are scored: those that exist, less those that only warm up.

        Example:
            >>> import numpy as np
            >>> part = Batch(np.zeros((4, 2, 1)), np.array([4, 2]), None, warm=np.array([1, 0]))
            >>> part.scored().astype(int).T.tolist()
            [[0, 1, 1, 1], [1, 1, 0, 0]]
        """
        steps = np.arange(len(self.x))[:, None]
        there = steps < self.lengths
        return there if self.warm is None else there & (steps >= self.warm)

    def take(self, chosen: Any) -> Batch:
        """Return the sequences with these indices, a slice or flags, on the host or traced."""
        y = self.y[chosen] if self.y.ndim == 1 else self.y[:, chosen]
        warm = None if self.warm is None else self.warm[chosen]
        return Batch(self.x[:, chosen], self.lengths[chosen], y, warm)


class Score(NamedTuple):
    """Sums over a batch, so that batches add up; ``nats / count`` is the mean.

    Attributes:
        nats: negative log-likelihood of all targets.
        correct: how many classes were named right; 0 where there are no classes.
        count: how many targets there are: frames or sequences, the task's unit.
    """

    nats: Float[Array, ""]
    correct: Float[Array, ""]
    # tuple.count, which this hides, counts equal fields: nothing that one asks of a score.
    count: Float[Array, ""]  # pyright: ignore[reportIncompatibleMethodOverride]


class Scale(NamedTuple):
    """From the normalised numbers of a split to the user's units, and what errors are held against.

    Attributes:
        mean: the user's value of a normalised 0, ``[D]``.
        deviation: the user's units in a normalised 1, ``[D]``.
        unit: deviation of each target in all that is not the test, ``[D]``: the same for all splits.
        naive: mean absolute error of the seasonal-naive forecast in all that is not the test, ``[D]``, in the user's
            units: what a mean absolute scaled error divides by (Hyndman and Koehler 2006).
    """

    mean: Float[np.ndarray, "D"]
    deviation: Float[np.ndarray, "D"]
    unit: Float[np.ndarray, "D"]
    naive: Float[np.ndarray, "D"]


class Recording(NamedTuple):
    """A sequence as a forecaster has it, in the user's units: all its past, up to the end of a part.

    The number that belongs to step t is forecast ``ahead`` steps before. Scored are the forecasts that are made at the
    steps t with ``first <= t < n - ahead``, of ``y[t + ahead]``, from ``x[:t + 1]`` and ``y[:t + 1]``; where ``ahead``
    is 0, from ``x[:t + 1]`` alone.

    Attributes:
        x: what a forecaster may read, ``[n, I]``.
        y: what is looked for at each step, ``[n, D]``.
        first: the first step at which a forecast is made that counts.
        ahead: steps from a forecast to what it is about.
        times: when each step was, ``[n]``, as dates or numbers; None where that is not known.
        name: what the sequence is called; empty where it has no name.
    """

    x: Float[np.ndarray, "n I"]
    y: Float[np.ndarray, "n D"]
    first: int
    ahead: int
    times: Shaped[np.ndarray, "n"] | None = None
    name: str = ""


class Past(NamedTuple):
    """The sequences of both visible parts with all that came before them; nothing in it is of the test."""

    train: tuple[Recording, ...]
    validation: tuple[Recording, ...]


class Part(NamedTuple):
    """What is scored: sequences that a network reads, and the same ones as forecasters read them.

    Attributes:
        batch: the sequences as a network reads them, normalised.
        offset: nats to add to a mean in this split's normalised units, so that all splits share one unit.
        scale: how to get back to the user's units; None where targets are no numbers.
        recordings: the same sequences with all that came before them; None where a task has no such.
    """

    batch: Batch
    offset: float
    scale: Scale | None = None
    recordings: tuple[Recording, ...] | None = None


class Visible(NamedTuple):
    """The parts of a split that may be seen at any time, normalised with statistics of the training part alone.

    Attributes:
        train: what models are fitted to.
        validation: what choices are made on; no sequence of it is in ``train``.
        offset: nats to add to a mean in this split's normalised units, so that all splits share one unit.
        scale: how to get back to the user's units; None where targets are no numbers.
        past: the sequences of both parts with all that came before them; None where a task has no such.
    """

    train: Batch
    validation: Batch
    offset: float
    scale: Scale | None = None
    past: Past | None = None

    def validated(self) -> Part:
        """Return the validation part as something to be scored."""
        return Part(self.validation, self.offset, self.scale, None if self.past is None else self.past.validation)


class FinalTest(NamedTuple):
    """The part of a split that nobody reads before all choices are made.

    Attributes:
        batch: the same sequences in every split, none of which is in its ``Visible``, whose normalisation they have.
        offset: nats to add to a mean, the same as in the ``Visible`` of this split.
        scale: the same as in the ``Visible`` of this split.
        recordings: the same sequences with all that came before them; None where a task has no such.
    """

    batch: Batch
    offset: float
    scale: Scale | None = None
    recordings: tuple[Recording, ...] | None = None

    def part(self) -> Part:
        """Return the test as something to be scored."""
        return Part(*self)
