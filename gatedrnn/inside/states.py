"""``gr.states``: the carry at every step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatedrnn.inside.tap import handed_on, parted, tapped

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool, Int, Key, Shaped

    from gatedrnn.types import Carry, Layer, Params


def states(
    layer: Layer,
    params: Params,
    xs: Any,
    *,
    carry: Carry | None = None,
    lengths: Int[Array, "*b"] | None = None,
    mask: Bool[Array, "T *b"] | None = None,
    resets: Bool[Array, "T *b"] | None = None,
    key: Key[Array, ""] | None = None,
) -> tuple[Carry, Shaped[Array, "T *B O"], Carry]:
    """Return what ``layer.apply`` does, and the carry that each step hands on, such as an LSTM's c.

    .. code-block:: text

        carries[t], ys[t] = cell.step(params, carries[t - 1], xs[t])      carries.c [T, *B, H] of an LSTM

    ``carries`` has the structure of the layer's carry: a tuple for a chain and for a stack, a pair for both directions,
    ``()`` where there is none. ``carries[t]`` belongs to ``xs[t]`` in reverse layers too, and is zero at padded steps.
    ``gr.final(layer, carries)`` is the outputs of all steps, where the carry holds them. Gradients run through it, by
    the reference engine whatever the layer's own; ``layer.apply`` itself does not change and costs what it did.

    Args:
        layer: scans, and what is made of them: chains, both directions, residual ones, and layers of your own around
            such that are frozen dataclasses and hand carries through. A batch is not split over devices here.
        params: the parameters of the layer.
        xs: the input sequences, ``[T, *B, I]``.
        carry: the carry to start from; None is the initial one.
        lengths: how many steps each sequence has, clipped to [0, T].
        mask: true at steps that exist; combined with ``lengths`` by "and".
        resets: true where a new segment starts: the carry is the initial one before that step.
        key: None is evaluation; a key is training, where layers such as dropout draw noise.

    Raises:
        InputError: where ``layer`` is none, or has a carry that is none of a scan; and as ``apply`` does.

    Example:
        >>> import jax, jax.numpy as jnp, gatedrnn as gr
        >>> layer = gr.scan(gr.LSTM(4))
        >>> params = layer.init(jax.random.key(0), in_dim=3)
        >>> carry, ys, carries = gr.states(layer, params, jnp.ones((7, 2, 3)))
        >>> carries.c.shape, bool((carries.h == ys).all()), bool((carries.c[-1] == carry.c).all())
        ((7, 2, 4), True, True)
    """
    recorded, ys = tapped(layer, handed_on).apply(
        params, xs, carry=carry, lengths=lengths, mask=mask, resets=resets, key=key
    )
    last, every = parted(layer, recorded)
    return last, ys, every
