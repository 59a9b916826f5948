"""One direction of a layer from arrays in our layout, checked to fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np

from gatedrnn.cells.gru import GRUParams, GRUResetAfter
from gatedrnn.cells.gru_reset_before import GRUResetBefore, GRUResetBeforeParams
from gatedrnn.cells.lstm import LSTM, LSTMParams
from gatedrnn.cells.simple_rnn import SimpleRNN, SimpleRNNParams
from gatedrnn.convert.recurrent import Direction, of_shape, on_device
from gatedrnn.errors import InputError
from gatedrnn.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("w_x", "w_h", "b", "b_h")
"""What the arrays are called in a refusal, where the framework has no names of its own for them."""


def lstm(
    w_x: np.ndarray,
    w_h: np.ndarray,
    b: np.ndarray,
    names: tuple[str, ...] = NAMES,
    activation: Callable[..., Any] = jnp.tanh,
) -> Direction:
    """Return an LSTM of ``w_x [I, 4*H]``, ``w_h [H, 4*H]`` and ``b [4*H]``, gates i f g o."""
    hidden, policy = _sizes(4, w_x, w_h, b, names)
    return Direction(LSTM(hidden, activation, policy), on_device(LSTMParams, w_x, w_h, b))


def gru(
    w_x: np.ndarray,
    w_h: np.ndarray,
    b: np.ndarray,
    b_h: np.ndarray | None,
    names: tuple[str, ...] = NAMES,
    activation: Callable[..., Any] = jnp.tanh,
) -> Direction:
    """Return a GRU of ``w_x [I, 3*H]``, ``w_h [H, 3*H]``, ``b [3*H]`` and ``b_h [H]``, gates r z n.

    Its reset gate is after the product; before it where there is no ``b_h``.
    """
    hidden, policy = _sizes(3, w_x, w_h, b, names)
    if b_h is None:
        return Direction(GRUResetBefore(hidden, activation, policy), on_device(GRUResetBeforeParams, w_x, w_h, b))
    of_shape(names[-1], b_h, hidden)
    return Direction(GRUResetAfter(hidden, activation, policy), on_device(GRUParams, w_x, w_h, b, b_h))


def gru_of_two_biases(
    w_x: np.ndarray,
    w_h: np.ndarray,
    b_x: np.ndarray,
    b_h: np.ndarray,
    names: tuple[str, ...] = NAMES,
    activation: Callable[..., Any] = jnp.tanh,
) -> Direction:
    """Return a GRU, reset gate after the product, of biases ``b_x [3*H]`` and ``b_h [3*H]``, gates r z n.

    They are added up, but for the candidate's, whose second one the reset gate scales.
    """
    gates = 2 * w_h.shape[0]
    summed = np.concatenate([(b_x + b_h)[:gates], b_x[gates:]])
    return gru(w_x, w_h, summed, b_h[gates:], names, activation)


def simple_rnn(
    w_x: np.ndarray,
    w_h: np.ndarray,
    b: np.ndarray,
    names: tuple[str, ...] = NAMES,
    activation: Callable[..., Any] = jnp.tanh,
) -> Direction:
    """Return a SimpleRNN of ``w_x [I, H]``, ``w_h [H, H]`` and ``b [H]``."""
    hidden, policy = _sizes(1, w_x, w_h, b, names)
    cell = SimpleRNN(hidden, activation=activation, policy=policy)
    return Direction(cell, on_device(SimpleRNNParams, w_x, w_h, b))


def two_biases(one: Direction) -> np.ndarray:
    """Return biases of the input and of the recurrent product, ``[2, G*H]``, for frameworks that have both.

    The second is zero, but for the candidate of a GRU whose reset gate is after the product.
    """
    p: Any = one.params
    b_h = np.zeros_like(p.b)
    if isinstance(one.cell, GRUResetAfter):
        b_h[2 * one.cell.hidden :] = p.b_h
    return np.stack([p.b, b_h])


def without_biases(one: Direction) -> Direction:
    """Return it as it is, for a layer of another framework that has no biases.

    Raises:
        InputError: where there are biases that are not zero.
    """
    for name in ("b", "b_h"):
        if np.any(getattr(one.params, name, 0)):
            raise InputError(f"bias: expected True, as {name} of {one.cell!r} is not zero everywhere; got False")
    return one


def _sizes(gates: int, w_x: np.ndarray, w_h: np.ndarray, b: np.ndarray, names: tuple[str, ...]) -> tuple[int, Policy]:
    hidden = of_shape(names[1], w_h, None, None).shape[0]
    of_shape(names[1], w_h, hidden, gates * hidden)
    of_shape(names[0], w_x, None, gates * hidden)
    of_shape(names[2], b, gates * hidden)
    if 0 in w_x.shape or 0 in w_h.shape:
        raise InputError(
            f"weights: expected {names[0]} and {names[1]} that are not empty, got {w_x.shape}, {w_h.shape}"
        )
    return hidden, Policy(params=w_x.dtype.name)
