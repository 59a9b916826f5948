"""The last value of what is forecast, and how far it moves: what a network that forecasts changes has to know."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float

    from gatedrnn.tasks.splitting import Stretches

CHUNK = 1 << 16
"""Steps that are looked at at once, so that a long series takes little memory."""


@dataclasses.dataclass(frozen=True, eq=False)
class Anchor:
    """Which inputs are the last values of the targets, and how large their changes are in training.

    Called with a batch's ``x [T, B, I]``, it returns the last value of each target ``[T, B, D]``. Inputs and targets of
    a forecast are normalised by the same steps, so that one unit serves.

    Attributes:
        columns: the places of the D targets among the inputs.
        step: root mean square of the change from one step to the next, ``[D]``, in the targets' normalised units.
        ahead: the same of the change from a step to what is forecast there.
    """

    columns: tuple[int, ...]
    step: Float[np.ndarray, "D"]
    ahead: Float[np.ndarray, "D"]

    def __call__(self, x: Array | np.ndarray) -> Array | np.ndarray:
        """Return the last value of each target."""
        return x[..., jnp.array(self.columns)]


def change(
    values: Float[np.ndarray, "N D"], part: Stretches, steps: int, unit: Float[np.ndarray, "D"]
) -> Float[np.ndarray, "D"]:
    """Return the root mean square of the change over so many steps, 1 where nothing changes, or nothing is as long.

    Args:
        values: the targets of all sequences, one after another.
        part: where the training part lies among them.
        steps: the number of steps between one value and the other.
        unit: the number that changes are divided by.

    Example:
        >>> from gatedrnn.tasks.splitting import Stretches
        >>> part = Stretches(np.array([0, 3]), np.array([3, 6]), np.array([0, 1]))
        >>> change(np.array([[0.0], [1.0], [2.0], [9.0], [6.0], [3.0]]), part, 1, np.array([2.0])) ** 2
        array([1.25])
    """
    total, count = np.zeros(values.shape[1]), 0
    for start, stop in zip(part.starts.tolist(), part.stops.tolist(), strict=True):
        for first in range(start, stop - steps, CHUNK):
            last = min(first + CHUNK, stop - steps)
            moved = values[first + steps : last + steps].astype(float) - values[first:last]
            total += np.square(moved).sum(0)
            count += last - first
    found = np.sqrt(total / max(count, 1)) / unit
    return np.where(found > 0, found, 1.0)
