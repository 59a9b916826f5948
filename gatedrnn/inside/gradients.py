"""``gr.gradient_norms``: how much of a loss's gradient reaches the carry at every step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.arguments import function
from gatedrnn.cells.cotangents import zeros
from gatedrnn.errors import InputError
from gatedrnn.inside.tap import Recorded, Tapped, handed_on, is_recorded, parted, tapped

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax import Array
    from jaxtyping import Float

    from gatedrnn.types import Carry, Layer, Params


def gradient_norms(
    layer: Layer,
    params: Params,
    xs: Any,
    loss: Callable[[Carry, Array], Any],
    *,
    carry: Carry | None = None,
    **steps: Any,
) -> Any:
    """Return the norm of the loss's derivative by each carry at every step: whether gradients vanish or explode.

    .. code-block:: text

        carry[t] = cell(carry[t - 1], xs[t]) + e[t],  e = 0           norms[t] = |d loss / d e[t]|,  [T, *B]

    That is all that later steps send back to the carry which step t hands on; what ``ys[t]`` itself brings is not in
    it. The result has the structure of the layer's carry, an LSTM's h and c apart, with norms over the last axis, None
    for what has no derivative. Norms belong to ``xs[t]`` in reverse layers too, and are zero at padded steps. A loss
    that is a mean over the batch makes them smaller by its size.

    Args:
        layer: scans and what is made of them, as in ``gr.states``.
        params: the parameters of the layer.
        xs: the input sequences, ``[T, *B, I]``.
        loss: the function of what ``layer.apply`` returns, the last carry and the outputs, to one number.
        carry: the carry to start from; None is the initial one.
        **steps: what else ``apply`` takes: ``lengths``, ``mask``, ``resets``, and ``key`` for training.

    Raises:
        InputError: as ``gr.states`` does, and where the loss is no function to one number.

    Example:
        >>> import gatedrnn as gr
        >>> layer = gr.scan(gr.SimpleRNN(1, jax.nn.identity))
        >>> params = gr.SimpleRNNParams(jnp.ones((1, 1)), jnp.full((1, 1), 2.0), jnp.zeros(1))  # h' = x + 2 h
        >>> gradient_norms(layer, params, jnp.ones((4, 1)), lambda carry, ys: carry.sum())
        Array([8., 4., 2., 1.], dtype=float32)
    """
    function("loss", loss)
    recording = tapped(layer, handed_on)

    def run(start: Any) -> tuple[Any, Array]:
        return recording.apply(params, xs, carry=start, **steps)

    places = jax.eval_shape(run, carry)[0]
    parted(layer, places)  # refuses what is no layer of scans
    nothing = jax.tree.map(lambda one: zeros(one.every), places, is_leaf=is_recorded)
    start = () if carry is None else (carry,)

    def of_added(added: Any) -> Any:
        given = jax.tree.map(_tapped, places, added, *start, is_leaf=is_recorded)
        out, ys = run(given)
        value = loss(parted(layer, out).last, ys)
        if jnp.shape(value) != ():
            raise InputError(f"loss: expected a function to one number, got one to shape {jnp.shape(value)}")
        return value

    return jax.tree.map(_norms, jax.grad(of_added)(nothing))


def _tapped(place: Recorded, added: Any, start: Carry | None = None) -> Tapped:
    """Return what a scan gets in the place of its carry."""
    del place
    return Tapped(start, added)


def _norms(d: Float[Array, "T *B H"]) -> Float[Array, "T *B"]:
    """Return norms over the last axis, finite where squares would not be, and infinite where a number is."""
    largest = jnp.abs(d).max(-1)
    scale = jnp.where((largest > 0) & (largest < jnp.inf), largest, 1)
    return jnp.where(largest == jnp.inf, largest, scale * jnp.sqrt(((d / scale[..., None]) ** 2).sum(-1)))
