"""Where the weights of a network's recurrent layers start: as their cell draws them, or as other sources do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.cells.redrawn import identity_recurrent, orthogonal_recurrent, uniform_all
from gatedrnn.errors import InputError
from gatedrnn.experiment.widths import units_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jax import Array
    from jaxtyping import Key

    from gatedrnn.types import Cell, Params

INITIAL_WEIGHTS = ("own", "orthogonal", "identity", "uniform")
"""own: what the cell's ``init`` draws; orthogonal, identity: the recurrent matrix of each gate is drawn so, or is the
identity; uniform: every parameter of a recurrent layer is uniform in ±1 / sqrt(units), as PyTorch's are."""


def with_initial_weights(
    recurrent: Params, cell: Cell, asked: Sequence[str], chosen: Any, key: Key[Array, ""]
) -> Params:
    """Return a scan's parameters with the weights of the chosen source.

    Args:
        recurrent: what the cell's ``init`` has drawn.
        cell: the cell that it belongs to.
        asked: the names of ``INITIAL_WEIGHTS`` that any run of the program may choose; others are not drawn.
        chosen: index into ``INITIAL_WEIGHTS``; may be traced.
        key: the key for the draw.

    Raises:
        InputError: where one of them is not for such parameters.
    """
    each = [_drawn(name, recurrent, cell, key) for name in asked]
    if len(each) == 1:
        return each[0]
    place = jnp.argmax(jnp.array([INITIAL_WEIGHTS.index(name) for name in asked]) == chosen)
    return jax.tree.map(lambda *leaves: jnp.stack(leaves)[place], *each)


def refuse_initial_weights(cell: Cell, in_dim: int, asked: Sequence[str]) -> None:
    """Refuse weights that a cell cannot start with, as one without a recurrent matrix; nothing is computed.

    Args:
        cell: the cell of a recurrent layer.
        in_dim: features that it reads.
        asked: the names of ``INITIAL_WEIGHTS`` that it may have to start with.

    Raises:
        InputError: where there is such a one, naming it.

    Example:
        >>> import gatedrnn as gr
        >>> refuse_initial_weights(gr.LSTM(3), 2, INITIAL_WEIGHTS)
        >>> refuse_initial_weights(gr.MinGRU(3), 2, ("own", "identity"))  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        gatedrnn.errors.InputError: initial_weights: expected what MinGRU(hidden=3) can start with, got identity; ...
    """
    for name in [name for name in asked if name != "own"]:
        # A cell's own errors keep their names: only what the choice adds is this setting's.
        params = jax.eval_shape(lambda key: cell.init(key, in_dim), jax.random.key(0))
        try:
            jax.eval_shape(lambda params, key, name=name: _drawn(name, params, cell, key), params, jax.random.key(0))
        except InputError as error:
            raise InputError(f"initial_weights: expected what {cell!r} can start with, got {name}; {error}") from error


def _drawn(name: str, recurrent: Params, cell: Cell, key: Key[Array, ""]) -> Params:
    if name == "orthogonal":
        return orthogonal_recurrent(recurrent, key)
    if name == "identity":
        return identity_recurrent(recurrent)
    return uniform_all(recurrent, key, hidden=units_of(cell)) if name == "uniform" else recurrent
