"""``gr.final``: the summary of a whole sequence, right in both directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax

from gatedrnn.cells import checks
from gatedrnn.errors import InputError
from gatedrnn.layers.bidirectional import Bidirectional
from gatedrnn.layers.chain import Chain
from gatedrnn.layers.data_parallel import DataParallel
from gatedrnn.layers.output import output_in
from gatedrnn.layers.residual import ResidualLayer
from gatedrnn.layers.scan import Scan
from gatedrnn.layers.stateless import Dropout

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Shaped

    from gatedrnn.types import Carry, Layer


def final(layer: Layer, carry: Carry) -> Shaped[Array, "*B O"]:
    """Return what each direction put out at its own last step, merged as the layer merges: PyTorch's ``h_n``.

    .. code-block:: text

        forward[lengths - 1]                  of gr.scan(cell)
        backward[0]                           of gr.scan(cell, reverse=True)
        [forward[lengths - 1], backward[0]]   of gr.bidirectional(cell); or the sum, the mean, the product

    It is read from the carry, so padding, masks and chunks need no further word; where a sequence has no step it is
    the output in the carry that came, zeros of an initial one. ``gr.last(ys, lengths)`` after a bidirectional layer
    is not that: at the last step the backward cell has read one single input. Of a chain it is that of the last layer
    that has a carry, before dropout; what follows with parameters is applied to the summary, as in the example.

    Args:
        layer: the layer that was applied: scans, both directions, chains of them, split over devices or not.
        carry: the carry that ``layer.apply`` returned.

    Raises:
        InputError: where the layer's last outputs are not in its carry, with the reason: a dense or a residual layer
            put them out, or a cell whose step puts out what is no array of its carry and that has no method
            ``output(carry)`` to compute it; and where the carry is not the layer's.

    Example:
        >>> import jax.numpy as jnp, gatedrnn as gr
        >>> layer, head = gr.bidirectional(gr.LSTM(4)), gr.dense(2)
        >>> params = layer.init(jax.random.key(0), in_dim=3), head.init(jax.random.key(1), in_dim=8)
        >>> carry, ys = layer.apply(params[0], jnp.ones((7, 2, 3)), lengths=jnp.array([7, 5]))
        >>> summary = gr.final(layer, carry)  # [B, O]
        >>> bool((summary[1] == jnp.concatenate([ys[4, 1, :4], ys[0, 1, 4:]])).all())
        True
        >>> head.step(params[1], (), summary)[1].shape
        (2, 2)
    """
    match layer:
        case Scan():
            return output_in(layer.cell, carry)
        case Bidirectional():
            checks.one_each("carry", carry, (layer.forward, layer.backward))
            return layer.merged(final(layer.forward, carry[0]), final(layer.backward, carry[1]))
        case Chain():
            checks.one_each("carry", carry, layer.layers)
            return _of_chain(layer, carry)
        case DataParallel():
            return final(layer.inner, carry)
        case ResidualLayer():
            raise InputError(
                f"layer: expected one whose carry holds its outputs, got one that adds its inputs, {layer!r}"
            )
        case _:
            wanted = "gr.scan, gr.bidirectional, gr.chain or gr.data_parallel of such"
            raise InputError(f"layer: expected {wanted}, got {checks.said(layer)}")


def _of_chain(chain: Chain, carry: Any) -> Array:
    for layer, own in zip(reversed(chain.layers), reversed(carry), strict=True):
        if isinstance(layer, Dropout):
            continue
        if not jax.tree.leaves(own):
            break
        return final(layer, own)
    raise InputError(
        "layer: expected a chain in which nothing but dropout follows the last layer that has a carry; apply what "
        f"follows to gr.final of what stands before it; got {chain!r}"
    )
