"""``gr.stack``: cells on top of each other are one cell, so that depth is inside one scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks
from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers.depends import depends
from gatedrnn.layers.inputs import is_one_array, is_prepared, zeros_beside
from gatedrnn.layers.scan import leading_axes, prepare
from gatedrnn.layers.sequence import first_input

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Key, Shaped

    from gatedrnn.types import Carry, Cell, InDim, Params


class Above(NamedTuple):
    """Parameters of a cell above the first that does something to its inputs."""

    prepared: Params
    """As the cell has prepared them, for its steps."""
    given: Params
    """As they came, to prepare the input of each step."""


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

    def init(self, key: Key[Array, ""], in_dim: InDim) -> Params:
        """Draw each cell's parameters, as ``gr.chain`` does."""
        checks.key("key", key)
        dims = (in_dim, *(cell.out_dim for cell in self.cells))
        keys = jax.random.split(key, len(self.cells))
        return tuple(cell.init(k, dim) for cell, k, dim in zip(self.cells, keys, dims, strict=False))

    def initial_carry(self, params: Params, x: Any) -> Carry:
        """Return each cell's initial carry."""
        checks.one_each("params", params, self.cells)
        params = tuple(p.prepared if isinstance(p, Above) else p for p in params)
        below = self.cells[0].initial_carry(params[0], x)
        if len(self.cells) == 1:
            return (below,)
        y = x if is_one_array(x) else jax.eval_shape(self.cells[0].step, params[0], below, x)[1]
        above = zip(self.cells[1:], params[1:], self._blanks(x, y.ndim - 1), strict=True)
        return (below, *(cell.initial_carry(p, blank) for cell, p, blank in above))

    def prepare(self, params: Params, xs: Any, key: Any) -> tuple[Params, Any]:
        """Prepare each cell; what their noise needs to know of inputs that don't exist yet is their shape.

        Where a cell above the first does something to its inputs, that is done in each step.
        """
        checks.one_each("params", params, self.cells)
        keys = [None] * len(self.cells) if key is None else list(jax.random.split(key, len(self.cells)))
        inputs = xs, *self._blanks(xs, leading_axes(self.cells[0], params[0], xs))
        prepared = [prepare(*one) for one in zip(self.cells, params, inputs, keys, strict=True)]
        noise = tuple(x[1:] if is_prepared(x) else () for _, x in prepared)
        own = [prepared[0][0]]
        for i, (p, x) in enumerate(prepared[1:], start=1):
            changed = _without_noise(x) is not inputs[i]
            if changed and keys[i] is not None:
                _refuse_noise_within(self.cells[i], params[i], inputs[i], keys[i])
            own.append(Above(p, params[i]) if changed else p)
        first = _without_noise(prepared[0][1])
        return tuple(own), (first, noise) if any(noise) else first

    def step(self, params: Params, carry: Carry, x: Any) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Hand the input up through all cells."""
        checks.one_each("carry", carry, self.cells)
        noise: Any = ((),) * len(self.cells)
        if is_prepared(x):
            x, noise = x
        carries = []
        for cell, given, c, own in zip(self.cells, params, carry, noise, strict=True):
            p, x = entering(cell, given, x)
            new, x = cell.step(p, c, (x, *own) if own else x)
            carries.append(new)
        return tuple(carries), x

    def _blanks(self, x: Any, axes: int) -> list[Array]:
        """Return zeros like the input of each cell above the first, beside an input with ``axes`` leading axes."""
        dtype = x.dtype if is_one_array(x) else jnp.result_type(float)
        zeros = zeros_beside(x, axes, dtype)[..., None]
        return [zeros + jnp.zeros(cell.out_dim, dtype) for cell in self.cells[:-1]]


def entering(cell: Cell, params: Params, x: Any) -> tuple[Params, Any]:
    """Return the parameters and the input with which a cell of a stack is stepped, from what the cell below put out."""
    if not isinstance(params, Above):
        return params, x
    prepared = prepare(cell, params.given, x[None], None)[1]
    return params.prepared, first_input(_without_noise(prepared))


def _without_noise(xs: Any) -> Any:
    return xs[0] if is_prepared(xs) else xs


def _refuse_noise_within(cell: Cell, params: Params, xs: Any, key: Any) -> None:
    """Raise ``InputError`` where a cell mixes noise into inputs: above the first cell these don't exist yet."""
    if depends(lambda key: _without_noise(prepare(cell, params, xs, key)[1]), key):
        raise InputError(
            f"cells: expected above the first such whose prepare hands noise on beside the inputs, as (xs, noise); got "
            f"{cell!r}, which changes the inputs by its key"
        )


def stack(*cells: Cell) -> Stack:
    """Put cells on top of each other: each consumes the output of the one below, in the same time step.

    ``scan(stack(a, b))`` equals ``chain(scan(a), scan(b))`` on the same parameters: one scan over all depths
    instead of one after another. It streams like any cell. What a cell's ``prepare`` does to its inputs is done above
    the first cell too, in each step; noise has to travel beside them there.

    Args:
        cells: the cells, from the input to the output.

    Raises:
        InputError: where there is none, or a layer among them; in training, where a cell above the first changes its
            inputs by its key.

    Example:
        >>> import gatedrnn as gr
        >>> gr.scan(gr.stack(gr.LSTM(8), gr.residual(gr.LSTM(8)))).out_dim
        8
    """
    return Stack(cells)
