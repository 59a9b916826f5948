"""Where a cell's output stands in its carry: what the cell says, or else what the program of its step tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks
from gatedrnn.cells.optional import optional_method
from gatedrnn.errors import InputError
from gatedrnn.layers.scan import prepare
from gatedrnn.layers.sequence import first_input

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Shaped

    from gatedrnn.types import Carry, Cell


def output_in(cell: Cell, carry: Carry) -> Shaped[Array, "*B O"]:
    """Return the output that a cell put out when it left this carry, in evaluation mode.

    That is ``cell.output(carry)`` where the cell has such a method. Else its step is traced, without being run: where
    the output is one array of the new carry, such as an LSTM's h or a GRU's whole carry, that array is returned, in the
    output's type (a carry kept in a narrower one has rounded it). So nobody declares what the step says already, and a
    gate between state and output is seen.

    Args:
        cell: the cell that left the carry.
        carry: the carry as a scan of the cell returned it, ``[*B, ...]`` each array.

    Raises:
        InputError: where the carry is not one of the cell's, or the output is not in it.

    Example:
        >>> import gatedrnn as gr
        >>> carry = gr.LSTMCarry(h=jnp.zeros((2, 3)), c=jnp.ones((2, 3)))
        >>> bool((output_in(gr.stack(gr.GRU(4), gr.LSTM(3)), (jnp.ones((2, 4)), carry)) == carry.h).all())
        True
    """
    own = optional_method(cell, "output")
    if own is not None:
        return own(carry)
    try:
        shapes, place, dtype = _traced(cell)
    except (TypeError, ValueError) as error:  # a cell that takes no input of this shape says so as it likes
        raise InputError(f"{_expected(cell)}; tracing its step said: {error}") from error
    if place is None:
        raise InputError(f"{_expected(cell)}; its step puts out what is no array of it")
    leaves = jax.tree.leaves(carry)
    fits = jax.tree.structure(carry) == jax.tree.structure(shapes)
    ends = [leaf.shape for leaf in jax.tree.leaves(shapes)]
    if not fits or any(jnp.shape(leaf)[-len(end) :] != end for leaf, end in zip(leaves, ends, strict=True) if end):
        shown = jax.tree.map(lambda leaf: ("*B", *leaf.shape), shapes), jax.tree.map(checks.shape_of, carry)
        raise InputError(f"carry: expected the one that apply returned, of shapes {shown[0]}; got {shown[1]}")
    return leaves[place].astype(dtype)


def _expected(cell: Cell) -> str:
    return (
        "carry: expected one that holds the output, which gr.residual and a gate after the state leave out, or a "
        f"method output(carry) of the cell; got that of {cell!r}"
    )


def _traced(cell: Cell) -> tuple[Any, int | None, Any]:
    """Return the carry's shapes of one sequence, which of its arrays is the output, and the type of the output.

    The program's inputs have as many features as the output: that is what residual cells need, and others take any.
    """
    x = jax.ShapeDtypeStruct((cell.out_dim,), jnp.float32)
    params = jax.eval_shape(lambda: cell.init(jax.random.key(0), cell.out_dim))
    carry = jax.eval_shape(cell.initial_carry, params, x)

    def step(params: Any, carry: Any, x: Array) -> Any:
        params, xs = prepare(cell, params, x[None], None)
        return cell.step(params, carry, first_input(xs))

    program = jax.make_jaxpr(step)(params, carry, x).jaxpr
    casts = {one.outvars[0]: one.invars[0] for one in program.eqns if one.primitive.name == "convert_element_type"}

    def uncast(variable: Any) -> Any:
        while variable in casts:
            variable = casts[variable]
        return variable

    *new, y = program.outvars
    sources = [uncast(one) for one in new]
    return carry, sources.index(uncast(y)) if uncast(y) in sources else None, y.aval.dtype
