"""Gate biases and scales as pure functions of parameters, applied after ``init``, so that they may be traced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import jax
import jax.numpy as jnp
from jax.core import Tracer

from gatedrnn.cells import checks
from gatedrnn.cells.gates import Gates, gates_of_params
from gatedrnn.cells.held import held, real, with_held
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Key

P = TypeVar("P")


def _gates(params: Any, cell: Any) -> Gates:
    found = gates_of_params(params, cell)
    if found is None:
        whose = type(params).__name__ if cell is None else repr(cell)
        raise InputError(f"params: expected those of a cell that names its gates, as LSTM, GRU and MinGRU; got {whose}")
    return found


def _bias(params: Any) -> Array:
    """Return the bias of all blocks, which the parameters hold under the name ``b``."""
    found = held(params, "b")
    if found is None:
        raise InputError(f"params: expected a bias of all blocks named b, got none in {type(params).__name__}")
    return jnp.asarray(found)


def memory_bias(params: P, bias: Any, *, cell: Any = None) -> P:
    """Set the bias of the gate that keeps memory: an LSTM's forget gate, the update gate of a GRU or a MinGRU.

    What is kept starts near sigmoid(bias); a unit forgets with a time constant of about 1 / (1 - sigmoid(bias)) steps.
    In a MinGRU 1 - z is kept, so that its bias becomes ``-bias``: equal biases remember equally long in all cells.

    Args:
        params: an LSTM's, a GRU's or a MinGRU's parameters, or those of the ``cell`` given.
        bias: a number, or one for each hidden unit, ``[H]``; may be traced, and so searched over in one program.
        cell: the cell that has these parameters and names its gates; needed for a cell of one's own alone.

    Raises:
        InputError: where the parameters have no such gate.

    Source: Jozefowicz, Zaremba and Sutskever 2015 for the LSTM's forget bias of 1.

    Example:
        >>> import gatedrnn as gr
        >>> params = gr.LSTM(2).init(jax.random.key(0), in_dim=1)
        >>> memory_bias(params, 3.0).b
        Array([0., 0., 3., 3., 0., 0., 0., 0.], dtype=float32)
    """
    gates, b = _gates(params, cell), _bias(params)
    real("bias", bias, (b.size // len(gates.blocks),))
    bias = jnp.asarray(bias, b.dtype)
    return with_held(params, b=b.at[gates.block(gates.keeps, b.size)].set(-bias if gates.complement else bias))


def chrono_bias(params: P, key: Key[Array, ""], longest: Any, *, cell: Any = None) -> P:
    """Draw gate biases so that units remember for 1 to ``longest`` steps: ``log(U(1, longest - 1))``.

    That is the forget or the update bias, as in ``memory_bias``; an LSTM's input gate, or whichever lets the candidate
    in, gets its negative.

    Args:
        params: an LSTM's, a GRU's or a MinGRU's parameters, or those of the ``cell`` given.
        key: the key for the draw of U.
        longest: the longest dependency expected, in steps, above 2; may be traced.
        cell: the cell that the parameters belong to, where it is none of the built-in ones, as in ``memory_bias``.

    Raises:
        InputError: where the parameters have no such gate, or ``longest`` is known and not above 2.

    Source: Tallec and Ollivier 2018, arXiv 1804.11188v1.

    Example:
        >>> import gatedrnn as gr
        >>> params = gr.GRU(2).init(jax.random.key(0), in_dim=1)
        >>> keep = jax.nn.sigmoid(chrono_bias(params, jax.random.key(1), longest=100).b[2:4])
        >>> bool(((keep > 0.5) & (keep < 0.99)).all())
        True
    """
    gates, b = _gates(params, cell), _bias(params)
    checks.key("key", key)
    real("longest", longest)
    if not isinstance(longest, Tracer) and not longest > 2:
        raise InputError(f"longest: expected a number above 2, got {longest!r}")
    bias = jnp.log(jax.random.uniform(key, (b.size // len(gates.blocks),), b.dtype, 1.0, longest - 1.0))
    params = memory_bias(params, bias, cell=cell)
    if gates.lets_in is None:
        return params
    return with_held(params, b=_bias(params).at[gates.block(gates.lets_in, b.size)].set(-bias))


def scale_recurrent(params: P, scale: Any) -> P:
    """Multiply the recurrent map by ``scale``, which may be traced; an orthogonal block has gain 1 before.

    Raises:
        InputError: where the parameters have no recurrent map, as a MinGRU's.

    Example:
        >>> import gatedrnn as gr
        >>> params = gr.SimpleRNN(2).init(jax.random.key(0), in_dim=1)
        >>> bool(jnp.allclose(scale_recurrent(params, 0.5).w_h, 0.5 * params.w_h))
        True
    """
    w_h = held(params, "w_h")
    if w_h is None:
        raise InputError(f"params: expected some with a recurrent map w_h, got {type(params).__name__}")
    real("scale", scale)
    # A traced scale has a type of its own, to which a product would bring weights of fewer bits.
    return with_held(params, w_h=w_h * jnp.asarray(scale, w_h.dtype))
