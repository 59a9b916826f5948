"""``gr.variational_dropout``: the recurrent map of a cell sees its carried output through one mask for all steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.cells.gated import gated
from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers import sequence
from gatedrnn.layers.engines.fast.engine import is_gated
from gatedrnn.layers.scan import prepare
from gatedrnn.layers.wrapper import Wrapper, beside, check_rate, kept, parted

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Shaped

    from gatedrnn.types import Carry, Cell, Params


@config
class VariationalDropout(Wrapper):
    """A gated cell whose carried output is masked in training; made by ``gr.variational_dropout``."""

    rate: Any

    def __post_init__(self) -> None:
        """Refuse what is no gated cell or no probability."""
        super().__post_init__()
        if not is_gated(self.inner):
            raise InputError(
                f"cell: expected one with project, recur and gate, whose recurrent map alone is to see the mask, got "
                f"{self.inner!r}; gr.drop_connect and gr.zoneout need no such split"
            )
        check_rate("rate", self.rate)

    def prepare(self, params: Params, xs: Any, key: Any) -> tuple[Params, Any]:
        """Draw one mask for each sequence; it travels with ``xs``, the same at every step."""
        if key is None:
            params, prepared = prepare(self.inner, params, xs, None)
            return params, beside(prepared, None)
        own, inner = jax.random.split(key)
        h = _output(jax.eval_shape(self.inner.initial_carry, params, sequence.first_input(xs)))
        steps = jax.tree.leaves(xs)[0].shape[0]
        mask = jnp.broadcast_to(kept(own, self.rate, h.shape, h.dtype), (steps, *h.shape))
        params, prepared = prepare(self.inner, params, xs, inner)
        return params, beside(prepared, mask)

    def step(self, params: Params, carry: Carry, x: Any) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Consume one input; the gate sees the carry as it is, the recurrent map through the mask."""
        x, mask = parted(x)
        if mask is None:
            return self.inner.step(params, carry, x)
        cell: Any = self.inner
        u = cell.recur(params, _with_output(carry, _output(carry) * mask))
        return gated(cell, params, cell.project(params, x), u, carry)


def _output(carry: Any) -> Any:
    """Return the output that a carry holds: its field h, or itself where it is one array."""
    if hasattr(carry, "h"):
        return carry.h
    if hasattr(carry, "shape"):
        return carry
    raise InputError(f"cell: expected a carry of one array, or with a field h; got {type(carry).__name__}")


def _with_output(carry: Any, h: Any) -> Any:
    return carry._replace(h=h) if hasattr(carry, "h") else h


def variational_dropout(cell: Cell, rate: Any) -> VariationalDropout:
    """Drop carried outputs before a cell's recurrent map in training, the same units in all steps of a sequence.

    .. code-block:: text

        recur(h * m / (1 - rate)),    m[k] = 0 with probability rate, else 1

    All gates see the same mask. What the gate itself does with the state is not masked, such as what a GRU keeps.
    Each call of ``apply`` with a key draws once for each sequence; without a key the cell is as it was. The mask
    is the same across resets. The reference engine runs it, as its recurrent map differs from sequence to sequence.

    A cell without that split, such as a GRU with its reset gate before the product, is refused: its step reads h in
    other places too, and through a mask there it would lose what it keeps. ``gr.drop_connect`` and ``gr.zoneout`` need
    no such split.

    Args:
        cell: the gated cell, whose carry is its output or holds it as ``h``.
        rate: the probability with which a unit is dropped; may be traced.

    Raises:
        InputError: where ``cell`` is no gated cell or ``rate`` no probability; in training, where its carry has no h.

    Source: Gal and Ghahramani 2016, arXiv 1512.05287v5, with one mask for all gates.

    Example:
        >>> import jax, jax.numpy as jnp, gatedrnn as gr
        >>> layer = gr.scan(gr.variational_dropout(gr.LSTM(4), 0.25))
        >>> params = layer.init(jax.random.key(0), in_dim=3)
        >>> one, other = (layer.apply(params, jnp.ones((5, 3)), key=jax.random.key(k))[1] for k in (1, 2))
        >>> bool((one[0] == other[0]).all()), bool((one == other).all())
        (True, False)
    """
    return VariationalDropout(cell, rate)
