"""What a task is: data in parts, an objective, and how well simple models do on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from jax import Array
    from jaxtyping import Float, Int


class Batch(NamedTuple):
    """Sequences beside each other, padded at their ends; T is the same for all parts of a task.

    A sequence of length 0 counts for nothing, so that a batch may be filled up with such.

    Attributes:
        x: inputs ``[T, B, I]``.
        lengths: steps that exist, ``[B]``.
        y: targets: frames ``[T, B, D]`` to forecast, or classes ``[B]``.
    """

    x: Float[Array | np.ndarray, "T B I"]
    lengths: Int[Array | np.ndarray, "B"]
    y: Any


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


class Split(NamedTuple):
    """Disjoint parts of the data, normalised with statistics of the training part alone.

    Attributes:
        train: what models are fitted to.
        validation: what choices are made on.
        test: what nobody looks at before all choices are made; the same sequences in every split.
        offset: nats to add to a mean in this split's normalised units, so that all splits share one unit.
    """

    train: Batch
    validation: Batch
    test: Batch
    offset: float


class Baseline(NamedTuple):
    """What a simple model reaches on one split.

    Attributes:
        name: the model, the same on every split.
        validation: nats per unit of the task, in the unit that all splits share.
        test: likewise.
        accuracy: part of the test classes named right, None where there are none.
        choice: what was chosen on this split's validation part, such as ``order 3``.
    """

    name: str
    validation: float
    test: float
    accuracy: float | None
    choice: str = ""


@dataclass(frozen=True, eq=False)
class Task:
    """A question about data, with everything that is needed to ask a network.

    Attributes:
        name: as in the table of ``gatedrnn.tasks.registry``.
        title: the question in a few words.
        kind: whether frames are forecast or sequences classified.
        unit: what ``nats / count`` is called, such as ``nats per frame``.
        in_dim: features that the network reads, I.
        out_dim: features that its head gives, as ``score`` wants them.
        source: where the data come from, and their licence.
        data_sha256: of the file that holds the data.
        split: a seed to the parts, as NumPy arrays of float32 and int32, whose shapes don't depend on the seed.
        score: the head's outputs ``[T, B, out_dim]`` and the batch to sums; pure, to be jitted and differentiated.
        baselines: simple models of a split, the strongest on validation first.
    """

    name: str
    title: str
    kind: Literal["forecast", "classification"]
    unit: str
    in_dim: int
    out_dim: int
    source: str
    data_sha256: str
    split: Callable[[int], Split]
    score: Callable[[Array, Batch], Score]
    baselines: Callable[[Split], list[Baseline]]
