"""``gr.chain``: layers one after another are one layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax

from gatedrnn.cells import checks
from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers import sequence
from gatedrnn.layers.inputs import common_axes, named_numbers

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Key, Shaped

    from gatedrnn.types import Carry, InDim, Layer, Params


@config
class Chain:
    """Layers one after another; made by ``gr.chain``."""

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        """Refuse an empty chain, and bare cells in it."""
        if not self.layers:
            raise InputError("layers: expected at least one, got none")
        for layer in self.layers:
            if not checks.is_made(layer, "apply", "init"):
                raise InputError(f"layers: expected layers, got {checks.said(layer)}; gr.scan makes a layer of a cell")

    @property
    def out_dim(self) -> int | None:
        """O of the last layer that sets one."""
        return next((layer.out_dim for layer in reversed(self.layers) if layer.out_dim is not None), None)

    @property
    def causal(self) -> bool:
        """Whether all layers are."""
        return all(layer.causal for layer in self.layers)

    def init(self, key: Key[Array, ""], in_dim: InDim) -> Params:
        """Draw each layer's parameters."""
        checks.key("key", key)
        params = []
        for layer, k in zip(self.layers, jax.random.split(key, len(self.layers)), strict=True):
            params.append(layer.init(k, in_dim))
            in_dim = in_dim if layer.out_dim is None else layer.out_dim
        return tuple(params)

    def initial_carry(self, params: Params, x: Any) -> Carry:
        """Return each layer's initial carry."""
        checks.one_each("params", params, self.layers)
        carries = []
        for layer, p in zip(self.layers, params, strict=True):
            carries.append(layer.initial_carry(p, x))
            x = layer.apply(p, jax.tree.map(lambda leaf: leaf[None], named_numbers("x", x)))[1][0]
        return tuple(carries)

    def step(self, params: Params, carry: Carry, x: Any, *, resets: Any = None) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Consume one input in evaluation mode; where ``resets [*b]`` is true, from the initial carries."""
        checks.one_each("params", params, self.layers)
        checks.one_each("carry", carry, self.layers)
        given = {} if resets is None else {"resets": resets}
        carries = []
        for layer, p, c in zip(self.layers, params, carry, strict=True):
            new, x = layer.step(p, c, x, **given)
            carries.append(new)
        return tuple(carries), x

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
        """Map ``xs [T, *B, I]`` through all layers."""
        n = len(self.layers)
        checks.one_each("params", params, self.layers)
        if carry is not None:
            checks.one_each("carry", carry, self.layers)
        xs = named_numbers("xs", xs)
        sequence.check_key(key)
        valid = sequence.valid_steps(common_axes(xs), lengths, mask)
        xs = sequence.zero_padding(valid, xs)
        keys = [None] * n if key is None else list(jax.random.split(key, n))
        carries = (None,) * n if carry is None else carry
        out = []
        for layer, p, c, k in zip(self.layers, params, carries, keys, strict=True):
            new, xs = layer.apply(p, xs, carry=c, mask=valid, resets=resets, key=k)
            out.append(new)
        return tuple(out), xs


def chain(*layers: Layer) -> Chain:
    """Apply layers one after another, each to the whole sequence.

    Padding is made safe once, at the entry; ``lengths``, ``mask`` and ``resets`` reach every layer; a key is
    split among them. Parameters and carry are tuples, one entry for each layer. A chain of causal layers can
    be stepped, dropout and heads included.

    Args:
        layers: the layers, from the input to the output.

    Raises:
        InputError: where there is none, or a bare cell among them.

    Example:
        >>> import jax.numpy as jnp, gatedrnn as gr
        >>> net = gr.chain(gr.scan(gr.GRU(8)), gr.dropout(0.1), gr.dense(3))
        >>> params = net.init(jax.random.key(0), in_dim=5)
        >>> carry, ys = net.apply(params, jnp.ones((6, 2, 5)), key=jax.random.key(1))
        >>> ys.shape
        (6, 2, 3)
    """
    return Chain(layers)
