"""A bidirectional layer whose output after the last step holds what both directions have read of the whole sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from gatedrnn.config import config
from gatedrnn.layers import sequence

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Key, Shaped

    from gatedrnn.types import Carry, Layer, Params


@config
class BothEnds:
    """A bidirectional layer of whose second direction every step gives the end; made by ``both_ends``."""

    inner: Layer

    @property
    def out_dim(self) -> int | None:
        """O of the inner layer."""
        return self.inner.out_dim

    @property
    def causal(self) -> bool:
        """Whether the inner layer is: it is not."""
        return self.inner.causal

    def init(self, key: Key[Array, ""], in_dim: int) -> Params:
        """Draw the inner layer's parameters."""
        return self.inner.init(key, in_dim)

    def initial_carry(self, params: Params, x: Any) -> Carry:
        """Return the inner layer's."""
        return self.inner.initial_carry(params, x)

    def step(self, params: Params, carry: Carry, x: Any, *, resets: Any = None) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Raise, as the inner layer does."""
        return self.inner.step(params, carry, x, resets=resets)

    def apply(
        self,
        params: Params,
        xs: Any,
        *,
        carry: Carry | None = None,
        lengths: Any = None,
        mask: Any = None,
        resets: Any = None,
        key: Any = None,
    ) -> tuple[Carry, Shaped[Array, "T *B O"]]:
        """Map ``xs [T, *B, I]``; padded steps stay zero."""
        xs = jnp.asarray(xs)
        valid = sequence.valid_steps(xs.shape, lengths, mask)
        carry, ys = self.inner.apply(params, xs, carry=carry, mask=valid, resets=resets, key=key)
        forward, backward = jnp.split(ys, 2, axis=-1)
        # The second direction ends at the first step: there it has read everything.
        ends = jnp.broadcast_to(backward[:1], backward.shape)
        return carry, sequence.zero_padding(valid, jnp.concatenate([forward, ends], axis=-1))


def both_ends(layer: Layer) -> BothEnds:
    """Let the last output of a bidirectional layer be one of the whole sequence: ``ys[t] = [forward[t], backward[0]]``.

    A class of a sequence is read off its last step, where the second direction has read that step alone.

    Args:
        layer: a layer made by ``gr.bidirectional``, residual or not.

    Example:
        >>> import jax, gatedrnn as gr
        >>> inner = gr.bidirectional(gr.GRU(2))
        >>> params = inner.init(jax.random.key(0), in_dim=3)
        >>> xs = jax.random.normal(jax.random.key(1), (5, 1, 3))
        >>> bool((both_ends(inner).apply(params, xs)[1][-1, :, 2:] == inner.apply(params, xs)[1][0, :, 2:]).all())
        True
    """
    return BothEnds(layer)
