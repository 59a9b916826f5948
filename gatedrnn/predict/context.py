"""What a network reads before each of its predictions: the latest steps, as many as it was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax import Array
    from jaxtyping import Float, Int, Shaped

NUMBERS = 4_000_000
"""Numbers that are read at once."""


def from_latest(
    outputs: Callable[[np.ndarray, np.ndarray], Array],
    x: Shaped[np.ndarray, "T B *I"],
    lengths: Int[np.ndarray, "B"],
    window: int,
) -> Float[Array, "T B O"]:
    """Return what a network says at each step after the last ``window`` steps, or all there are.

    So the prediction of a row is the same whatever stands before its window.

    Args:
        outputs: inputs ``[W, B, ...]`` and lengths ``[B]`` to outputs ``[W, B, O]``, from the initial state on.
        x: the sequences as the network reads them, padded.
        lengths: steps of each sequence.
        window: steps that are read for one prediction.

    Example:
        >>> def so_far(x, lengths):
        ...     return jnp.cumsum(x, axis=0)
        >>> from_latest(so_far, np.arange(6.0).reshape(6, 1, 1), np.array([6]), window=3)[:, 0, 0].tolist()
        [0.0, 1.0, 3.0, 6.0, 9.0, 12.0]
    """
    steps, batch = x.shape[:2]
    first = min(window, steps)
    found = [outputs(x[:first], np.minimum(lengths, first))]
    each = max(1, NUMBERS // max(1, batch * window * int(np.prod(x.shape[2:]))))
    for start in range(window, steps, each):
        ends = np.arange(start, min(start + each, steps))
        rows = x[ends - window + 1 + np.arange(window)[:, None]]  # [W, E, B, ...]
        said = outputs(rows.reshape(window, -1, *x.shape[2:]), np.full(len(ends) * batch, window))
        found.append(said[-1].reshape(len(ends), batch, -1))
    return jnp.concatenate(found)


def in_halves(
    outputs: Callable[[np.ndarray, np.ndarray], Array],
    x: Shaped[np.ndarray, "T B *I"],
    lengths: Int[np.ndarray, "B"],
    window: int,
) -> Float[Array, "T B O"]:
    """Return what a network says at each step after half a window or more: as a comparison's test reads long sequences.

    A network that reads from both ends sees of what follows a step as much as is left of the half that is scored.

    Args:
        outputs: a function as `from_latest` is given one.
        x: the sequences as the network reads them, padded.
        lengths: steps of each sequence.
        window: steps that are read at once.
    """
    steps = len(x)
    if steps <= window:
        return outputs(x, lengths)
    block = window - window // 2
    found = []
    for start in range(0, steps, block):
        before = max(0, start - (window - block))
        stop = min(start + block, steps)
        said = outputs(x[before:stop], np.clip(lengths - before, 0, stop - before))
        found.append(said[start - before :])
    return jnp.concatenate(found)
