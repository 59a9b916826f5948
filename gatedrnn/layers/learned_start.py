"""``gr.learned_start``: a cell whose initial carry is a parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks
from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers.engines.fast.engine import is_gated
from gatedrnn.layers.scan import prepare
from gatedrnn.layers.wrapper import GatedParts, Wrapper
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Key

    from gatedrnn.types import Carry, Cell, InDim


@exportable
class LearnedStartParams(NamedTuple):
    """Parameters of the inner cell, and the carry of one sequence before its first step."""

    cell: Any
    start: Any


@config
class LearnedStart(Wrapper):
    """A cell whose initial carry is learned; made by ``gr.learned_start``."""

    def init(self, key: Key[Array, ""], in_dim: InDim) -> LearnedStartParams:
        """Draw the inner cell's parameters; its own initial carry is the one to start learning from."""
        params = self.inner.init(key, in_dim)
        start = self.inner.initial_carry(params, jax.tree.map(jnp.zeros, in_dim))
        if not all(checks.is_real(leaf) for leaf in jax.tree.leaves(start)):
            raise InputError(f"cell: expected a carry of floating point numbers to learn, got {self.inner!r}")
        return LearnedStartParams(params, start)

    def initial_carry(self, params: LearnedStartParams, x: Any) -> Carry:
        """Return the learned carry for each sequence of an input ``[*B, I]``."""
        checks.of_kind(params, LearnedStartParams)
        own = jax.eval_shape(self.inner.initial_carry, params.cell, x)
        return jax.tree.map(lambda leaf, like: jnp.broadcast_to(leaf, like.shape), params.start, own)

    def prepare(self, params: LearnedStartParams, xs: Any, key: Any) -> tuple[LearnedStartParams, Any]:
        """Prepare the inner cell."""
        checks.of_kind(params, LearnedStartParams)
        cell, xs = prepare(self.inner, params.cell, xs, key)
        return LearnedStartParams(cell, params.start), xs

    def inner_params(self, params: LearnedStartParams) -> Any:
        """Return the inner cell's parameters, out of those beside the start."""
        return params.cell


@config
class GatedLearnedStart(GatedParts, LearnedStart):
    """The same around a gated cell."""


def learned_start(cell: Cell) -> LearnedStart:
    """Let a cell start from a carry that is learned: before the first step, and after each reset.

    All sequences start from the same carry, a parameter named ``start`` beside the inner cell's, ``cell``. It begins as
    the inner cell's own initial carry. The fast engine takes it where it takes the inner cell.

    Args:
        cell: the cell that is to start so; one with several states learns each.

    Raises:
        InputError: where ``cell`` is no cell; at ``init``, where its carry holds what has no derivative.

    Example:
        >>> import jax, jax.numpy as jnp, gatedrnn as gr
        >>> layer = gr.scan(gr.learned_start(gr.GRU(2)))
        >>> params = layer.init(jax.random.key(0), in_dim=3)
        >>> params = params._replace(start=jnp.array([0.5, -0.5]))
        >>> layer.initial_carry(params, jnp.zeros((1, 3)))
        Array([[ 0.5, -0.5]], dtype=float32)
    """
    return GatedLearnedStart(cell) if is_gated(cell) else LearnedStart(cell)
