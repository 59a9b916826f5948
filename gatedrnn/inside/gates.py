"""``gr.gate_values``: how far the gates of trained networks are open, at every step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.cells.gates import Gates, gates_of
from gatedrnn.cells.optional import optional_method
from gatedrnn.errors import InputError
from gatedrnn.inside.tap import Step, parted, tapped
from gatedrnn.layers.residual import ResidualCell
from gatedrnn.layers.stack import Stack, entering
from gatedrnn.layers.wrapper import Wrapper
from gatedrnn.types import GatedCell

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax import Array
    from jaxtyping import Float

    from gatedrnn.types import Carry, Cell, Layer, Params


def readable(cell: Cell) -> Gates | None:
    """Return the cell's gates where they can be read: it names them, and they see a sum of its maps that it tells."""
    found = gates_of(cell)
    if found is None or optional_method(cell, "gate_sums") is not None:
        return found
    return found if isinstance(cell, GatedCell) and not found.see_more else None


def named_gates(cell: Cell) -> Gates:
    """Return the cell's gates, or raise ``InputError`` where they cannot be read."""
    found = readable(cell)
    if found is None:
        raise InputError(
            "cell: expected one that names its gates, each the sigmoid of a block of the sum of both linear maps or of "
            f"its gate_sums; got {cell!r}"
        )
    return found


def gate_values(layer: Layer, params: Params, xs: Any, *, carry: Carry | None = None, **steps: Any) -> Any:
    """Return the gates of all cells at every step, in evaluation mode.

    .. code-block:: text

        sigmoid(project(params, xs[t]) + recur(params, carry[t - 1]))   [T, *B, G, H], the gates alone: no candidate
        sigmoid(gate_sums(params, carry[t - 1], xs[t]))                 of a cell that has this method

    What is returned has the structure of the layer's carry, with one array in the place of each cell's: a tuple for a
    chain and for a stack, a pair for both directions, ``()`` where there is no carry. The gates stand in the order of
    ``cell.gates.open``, an LSTM's as input, forget, output, a GRU's as reset, update. They are zero at padded steps,
    and belong to ``xs[t]`` in reverse layers too. Gradients run through them.

    Args:
        layer: scans and what is made of them, as in ``gr.states``, whose cells name their gates: LSTM, both forms of
            GRU, MinGRU, others that do, stacks of them, residual or wrapped, as by ``gr.zoneout``.
        params: the parameters of the layer.
        xs: the input sequences, ``[T, *B, I]``.
        carry: the carry to start from; None is the initial one.
        **steps: what else ``apply`` takes: ``lengths``, ``mask``, ``resets``.

    Raises:
        InputError: where a cell's gates cannot be read: it names none, or they are no sigmoids of a sum that it tells,
            as an sLSTM's; and as ``gr.states`` does.

    Example:
        >>> import gatedrnn as gr
        >>> layer = gr.scan(gr.LSTM(3))
        >>> params = layer.init(jax.random.key(0), in_dim=2)
        >>> gate_values(layer, params, jnp.zeros((4, 5, 2))).shape
        (4, 5, 3, 3)
        >>> gr.LSTM(3).gates.open
        ('input', 'forget', 'output')
    """
    return _read(_values, layer, params, xs, carry=carry, **steps)


def kept(layer: Layer, params: Params, xs: Any, *, carry: Carry | None = None, **steps: Any) -> Any:
    """Return how much of its state each unit keeps at every step, ``[T, *B, H]`` for each cell.

    That is the gate which keeps memory, or 1 minus the one that lets the candidate in instead.

    Args:
        layer: the layer, as in ``gate_values``.
        params: the parameters of the layer.
        xs: the input sequences, ``[T, *B, I]``.
        carry: the carry to start from; None is the initial one.
        **steps: what else ``apply`` takes: ``lengths``, ``mask``, ``resets``.

    Raises:
        InputError: as in ``gate_values``.

    Example:
        >>> import gatedrnn as gr
        >>> layer = gr.scan(gr.MinGRU(1))
        >>> params = gr.memory_bias(layer.init(jax.random.key(0), in_dim=2), 0.0)
        >>> float(kept(layer, params, jnp.zeros((1, 2)))[0, 0])
        0.5
    """
    return _read(keep_of, layer, params, xs, carry=carry, **steps)


def keep_of(cell: Any, gates: Float[Array, "*B G H"]) -> Float[Array, "*B H"]:
    """Return how much each unit keeps, from all gates of its cell."""
    named = named_gates(cell)
    keep = gates[..., named.open.index(named.keeps), :]
    return 1 - keep if named.complement else keep


def _values(cell: Any, gates: Array) -> Array:
    del cell
    return gates


def _read(what: Callable[[Any, Array], Array], layer: Layer, params: Params, xs: Any, **given: Any) -> Any:
    if given.get("key") is not None:
        raise InputError("key: expected none, as gates are read in evaluation mode; got one")

    def look(step: Step) -> Any:
        return _at(what, step.cell, step.params, step.consumed, step.x)

    return parted(layer, tapped(layer, look).apply(params, xs, **given)[0]).every


def _at(what: Callable[[Any, Array], Array], cell: Any, params: Params, carry: Carry, x: Any) -> Any:
    """Return what is read of one step of a cell, and of all cells that it is made of."""
    match cell:
        case Stack():
            found = []
            for one, given, c in zip(cell.cells, params, carry, strict=True):
                p, x = entering(one, given, x)
                found.append(_at(what, one, p, c, x))
                x = one.step(p, c, x)[1]
            return tuple(found)
        case ResidualCell():
            return _at(what, cell.inner, params, carry, x)
        case Wrapper():  # in evaluation it draws nothing beside the input
            return _at(what, cell.inner, cell.inner_params(params), carry, x)
        case _:
            return what(cell, _gates(cell, params, carry, x))


def _gates(cell: Any, params: Params, carry: Carry, x: Any) -> Float[Array, "*B G H"]:
    named = named_gates(cell)
    places = jnp.array([named.blocks.index(name) for name in named.open])
    own = optional_method(cell, "gate_sums")
    # A MinGRU has no second product.
    parts = own(params, carry, x) if own else (cell.project(params, x), cell.recur(params, carry))
    blocks = jax.nn.sigmoid(sum(jax.tree.leaves(parts)))
    return blocks.reshape(*blocks.shape[:-1], len(named.blocks), -1)[..., places, :]
