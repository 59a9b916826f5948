"""``gr.memory_timescale``: for how many steps each unit of a trained cell remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.inside.gates import kept
from gatedrnn.layers import sequence
from gatedrnn.layers.inputs import common_axes

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool, Float

    from gatedrnn.types import Carry, Layer, Params

LEAST = 1e-6
"""How near a gate may be to 0 and to 1: float32 hardly tells more, so that a million steps is the longest memory."""


def memory_timescale(
    layer: Layer,
    params: Params,
    xs: Any,
    *,
    carry: Carry | None = None,
    lengths: Any = None,
    mask: Any = None,
    resets: Any = None,
) -> Any:
    """Return for how many steps each unit remembers, ``[H]`` for each cell, by the gate that keeps memory.

    .. code-block:: text

        tau = -1 / mean(log keep[t])         over all steps that exist, of all sequences

    In tau steps a unit's gate lets what it holds decay to 1/e, whatever else is added meanwhile: over n steps the
    product of ``keep`` is exp(-n / tau). Of a gate that stands at k it is -1 / log k, about 1 / (1 - k) - 1/2. What
    comes back through the candidate and the other gates is not counted, nor what zoneout keeps; a reset forgets at
    once. The result has the structure of the layer's carry, as ``gr.gate_values`` has it.

    Args:
        layer: scans and what is made of them, whose cells name the gate that keeps, as in ``gr.gate_values``.
        params: the parameters of the layer.
        xs: the input sequences, ``[T, *B, I]``: time scales are those that the gates have on these.
        carry: the carry to start from; None is the initial one.
        lengths: how many steps each sequence has, clipped to [0, T].
        mask: true at steps that exist; combined with ``lengths`` by "and".
        resets: true where a new segment starts: the carry is the initial one before that step.

    Raises:
        InputError: as in ``gr.gate_values``.

    Source: Tallec and Ollivier 2018, arXiv 1804.11188v1, whose initial biases take 1 / (1 - k) for it.

    Example:
        >>> import gatedrnn as gr
        >>> layer = gr.scan(gr.LSTM(1))
        >>> params = jax.tree.map(jnp.zeros_like, layer.init(jax.random.key(0), in_dim=2))
        >>> params = gr.memory_bias(params, jnp.log(9.0))  # its forget gate stands at 0.9
        >>> round(float(memory_timescale(layer, params, jnp.ones((5, 3, 2)))[0]), 3)
        9.491
    """
    keep = kept(layer, params, xs, carry=carry, lengths=lengths, mask=mask, resets=resets)
    valid = sequence.valid_steps(common_axes(xs), lengths, mask)
    return jax.tree.map(lambda one: timescales(one, jnp.ones(one.shape[:1], bool) if valid is None else valid), keep)


def timescales(keep: Float[Array, "T *B H"], there: Bool[Array, "T *b"]) -> Float[Array, "H"]:
    """Return for how many steps each unit remembers, from how much it keeps at every step.

    Args:
        keep: how much of its state each unit keeps, from 0 to 1.
        there: whether a step exists; it may lack batch axes of ``keep``.

    Example:
        >>> keep = jnp.full((6, 2, 1), jnp.exp(-1 / 5))
        >>> round(float(timescales(keep, jnp.ones((6, 2), bool))[0]), 3)
        5.0
    """
    there = jnp.broadcast_to(there.reshape(there.shape + (1,) * (keep.ndim - 1 - there.ndim)), keep.shape[:-1])
    logs = jnp.where(there[..., None], jnp.log(jnp.clip(keep, LEAST, 1 - LEAST)), 0.0)
    return -there.sum() / logs.sum(tuple(range(keep.ndim - 1)))
