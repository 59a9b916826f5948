"""Gate biases and scales as pure functions of parameters, applied after ``init``, so that they may be traced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import jax
import jax.numpy as jnp
from jax.core import Tracer

from gatedrnn.cells.gru import GRUParams
from gatedrnn.cells.gru_reset_before import GRUResetBeforeParams
from gatedrnn.cells.lstm import LSTMParams
from gatedrnn.cells.min_gru import MinGRUParams
from gatedrnn.cells.simple_rnn import SimpleRNNParams
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Key

Gated = TypeVar("Gated", LSTMParams, GRUParams, GRUResetBeforeParams, MinGRUParams)
Recurrent = TypeVar("Recurrent", LSTMParams, GRUParams, GRUResetBeforeParams, SimpleRNNParams)


def has_memory_gate(params: Any) -> bool:
    """Whether these are the parameters of a cell whose memory one gate keeps, with a bias that is known here."""
    return isinstance(params, (LSTMParams, GRUParams, GRUResetBeforeParams, MinGRUParams))


def _check(params: Any) -> None:
    if not has_memory_gate(params):
        raise InputError(f"params: expected those of an LSTM, a GRU or a MinGRU, got {type(params).__name__}")


def memory_bias(params: Gated, bias: Any) -> Gated:
    """Set the bias of the gate that keeps memory: an LSTM's forget gate, the update gate of a GRU or a MinGRU.

    What is kept starts near sigmoid(bias); a unit forgets with a time constant of about 1 / (1 - sigmoid(bias)) steps.
    In a MinGRU 1 - z is kept, so that its bias becomes ``-bias``: equal biases remember equally long in all cells.

    Args:
        params: an LSTM's, a GRU's or a MinGRU's parameters.
        bias: a number, or one for each hidden unit, ``[H]``; may be traced, and so searched over in one program.

    Raises:
        InputError: where the parameters have no such gate.

    Source: Jozefowicz, Zaremba and Sutskever 2015 for the LSTM's forget bias of 1.

    Example:
        >>> import gatedrnn as gr
        >>> params = gr.LSTM(2).init(jax.random.key(0), in_dim=1)
        >>> memory_bias(params, 3.0).b
        Array([0., 0., 3., 3., 0., 0., 0., 0.], dtype=float32)
    """
    _check(params)
    b = jnp.asarray(params.b)
    if isinstance(params, MinGRUParams):
        return params._replace(b=b.at[: b.size // 2].set(-bias))
    # The gate that keeps memory stands second: i, f, g, o and r, z, n.
    hidden = params.w_h.shape[0]
    return params._replace(b=b.at[hidden : 2 * hidden].set(bias))


def chrono_bias(params: Gated, key: Key[Array, ""], longest: Any) -> Gated:
    """Draw gate biases so that units remember for 1 to ``longest`` steps: ``log(U(1, longest - 1))``.

    That is the forget or the update bias, as in ``memory_bias``; an LSTM's input gate gets its negative.

    Args:
        params: an LSTM's, a GRU's or a MinGRU's parameters.
        key: for the draw of U.
        longest: the longest dependency expected, in steps, above 2; may be traced.

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
    _check(params)
    if not isinstance(longest, Tracer) and longest <= 2:
        raise InputError(f"longest: expected a number above 2, got {longest!r}")
    hidden = params.b.size // 2 if isinstance(params, MinGRUParams) else params.w_h.shape[0]
    bias = jnp.log(jax.random.uniform(key, (hidden,), params.b.dtype, 1.0, longest - 1.0))
    params = memory_bias(params, bias)
    if isinstance(params, LSTMParams):
        return params._replace(b=jnp.asarray(params.b).at[:hidden].set(-bias))
    return params


def scale_recurrent(params: Recurrent, scale: Any) -> Recurrent:
    """Multiply the recurrent map by ``scale``, which may be traced; an orthogonal block has gain 1 before.

    Raises:
        InputError: where the parameters have no recurrent map, as a MinGRU's.

    Example:
        >>> import gatedrnn as gr
        >>> params = gr.SimpleRNN(2).init(jax.random.key(0), in_dim=1)
        >>> bool(jnp.allclose(scale_recurrent(params, 0.5).w_h, 0.5 * params.w_h))
        True
    """
    if not hasattr(params, "w_h"):
        raise InputError(f"params: expected some with a recurrent map w_h, got {type(params).__name__}")
    return params._replace(w_h=params.w_h * scale)
