"""``gr.stack``: cells on top of each other are one cell, so that depth is inside one scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks
from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers.scan import prepare

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Key, Shaped

    from gatedrnn.types import Carry, Cell, Params


@config
class Stack:
    """Cells on top of each other; made by ``gr.stack``."""

    cells: tuple[Cell, ...]

    def __post_init__(self) -> None:
        """Refuse an empty stack, and layers in it."""
        if not isinstance(self.cells, tuple):
            raise InputError(f"cells: expected a tuple of cells, got {checks.said(self.cells)}")
        if not self.cells:
            raise InputError("cells: expected at least one, got none")
        for cell in self.cells:
            if not checks.is_made(cell, "step", "init", "initial_carry") or hasattr(cell, "apply"):
                raise InputError(f"cells: expected cells, got {checks.said(cell)}; gr.chain takes layers")

    @property
    def out_dim(self) -> int:
        """O of the last cell."""
        return self.cells[-1].out_dim

    def init(self, key: Key[Array, ""], in_dim: int) -> Params:
        """Draw each cell's parameters, as ``gr.chain`` does."""
        checks.key("key", key)
        dims = (in_dim, *(cell.out_dim for cell in self.cells))
        keys = jax.random.split(key, len(self.cells))
        return tuple(cell.init(k, dim) for cell, k, dim in zip(self.cells, keys, dims, strict=False))

    def initial_carry(self, params: Params, x: Any) -> Carry:
        """Return each cell's initial carry."""
        checks.one_each("params", params, self.cells)
        return tuple(
            cell.initial_carry(p, blank(x, dim))
            for cell, p, dim in zip(self.cells, params, self._in_dims(x), strict=True)
        )

    def prepare(self, params: Params, xs: Any, key: Any) -> tuple[Params, Any]:
        """Prepare each cell; what their noise needs to know of inputs that don't exist yet is their shape."""
        checks.one_each("params", params, self.cells)
        keys = [None] * len(self.cells) if key is None else list(jax.random.split(key, len(self.cells)))
        prepared = [
            prepare(cell, p, xs if i == 0 else blank(xs, dim), k)
            for i, (cell, p, dim, k) in enumerate(zip(self.cells, params, self._in_dims(xs), keys, strict=True))
        ]
        noise = tuple(x[1:] if isinstance(x, tuple) else () for _, x in prepared)
        first = prepared[0][1]
        first = first[0] if isinstance(first, tuple) else first
        return tuple(p for p, _ in prepared), (first, noise) if any(noise) else first

    def step(self, params: Params, carry: Carry, x: Any) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Hand the input up through all cells."""
        checks.one_each("carry", carry, self.cells)
        noise: Any = ((),) * len(self.cells)
        if isinstance(x, tuple):
            x, noise = x
        carries = []
        for cell, p, c, own in zip(self.cells, params, carry, noise, strict=True):
            new, x = cell.step(p, c, (x, *own) if own else x)
            carries.append(new)
        return tuple(carries), x

    def _in_dims(self, x: Any) -> tuple[int, ...]:
        return (x.shape[-1], *(cell.out_dim for cell in self.cells[:-1]))


def blank(x: Any, dim: int) -> Array:
    """Return zeros ``[..., dim]`` with the leading axes of ``x``, and varying over the same mesh axes."""
    return jnp.zeros_like(x[..., :1]) + jnp.zeros(dim, x.dtype)


def stack(*cells: Cell) -> Stack:
    """Put cells on top of each other: each consumes the output of the one below, in the same time step.

    ``scan(stack(a, b))`` equals ``chain(scan(a), scan(b))`` on the same parameters: one scan over all depths
    instead of one after another. It streams like any cell.

    Args:
        cells: the cells, from the input to the output.

    Raises:
        InputError: where there is none, or a layer among them.

    Example:
        >>> import gatedrnn as gr
        >>> gr.scan(gr.stack(gr.LSTM(8), gr.residual(gr.LSTM(8)))).out_dim
        8
    """
    return Stack(cells)
