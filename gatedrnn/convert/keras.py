"""Keras 3's LSTM, GRU and SimpleRNN, by what ``layer.get_weights()`` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gatedrnn.arguments import choice
from gatedrnn.cells.gru import GRU, GRUParams, GRUResetAfter
from gatedrnn.cells.gru_reset_before import GRUResetBefore, GRUResetBeforeParams
from gatedrnn.cells.lstm import LSTM, LSTMParams
from gatedrnn.cells.simple_rnn import SimpleRNN, SimpleRNNParams
from gatedrnn.convert.orders import ORDERS, reordered
from gatedrnn.convert.recurrent import Direction, array_of, built, of_shape, on_device, single, with_tanh
from gatedrnn.errors import InputError
from gatedrnn.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatedrnn.types import Layer, Params

Kind = Literal["LSTM", "GRU", "SimpleRNN"]
GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}
OURS, THEIRS = ORDERS["gatedrnn"], ORDERS["keras"]


def from_keras(weights: Sequence[Any], kind: Kind) -> tuple[Layer, Params]:
    """Return the layer and the parameters of one recurrent layer of Keras 3, or of ``Bidirectional`` around one.

    Kernels are ``[I, G*H]`` and ``[H, G*H]``; a GRU's bias of two rows says that its reset gate is after the product
    (``reset_after=True``, the default), one row that it is before. Without biases they are zeros.

    Args:
        weights: what ``layer.get_weights()`` gives: kernel, recurrent kernel and bias, twice for both directions.
        kind: which layer it is; its activations have to be Keras's defaults.

    Raises:
        InputError: where there is another number of weights, or a shape does not fit.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> layer, params = from_keras([rng.normal(size=shape) for shape in ((2, 9), (3, 9), (2, 9))], "GRU")
        >>> layer.cell
        GRUResetAfter(hidden=3, policy=Policy(params='float64'))
    """
    choice("kind", kind, tuple(GATES))
    count = len(weights)
    if count not in (2, 3, 4, 6):
        raise InputError(f"weights: expected 2 or 3 arrays, or twice as many for both directions; got {count}")
    each = count if count < 4 else count // 2
    return built([tuple(_direction(weights[k : k + each], kind) for k in range(0, count, each))])


def _direction(weights: Sequence[Any], kind: Kind) -> Direction:
    names = ("kernel", "recurrent_kernel", "bias")
    given: dict[str, Any] = dict(zip(names, weights, strict=False))
    w_x, w_h = (array_of(name, given) for name in names[:2])
    hidden, columns = of_shape(names[1], w_h, None, None).shape
    of_shape(names[0], w_x, None, GATES[kind] * hidden)
    of_shape(names[1], w_h, hidden, GATES[kind] * hidden)
    policy = Policy(params=w_x.dtype.name)
    b = array_of("bias", given) if len(given) == 3 else np.zeros(columns, w_x.dtype)
    if kind == "GRU":
        both = [reordered(w, THEIRS.gru, OURS.gru) for w in (w_x, w_h, b)]
        if b.ndim == 1 and len(given) == 3:
            of_shape("bias", b, columns)
            return Direction(GRU(hidden, reset="before", policy=policy), on_device(GRUResetBeforeParams, *both))
        b_x, b_h = of_shape("bias", both[2], 2, columns) if b.ndim > 1 else (both[2], both[2])
        summed = np.concatenate([(b_x + b_h)[: 2 * hidden], b_x[2 * hidden :]])
        return Direction(GRU(hidden, policy=policy), on_device(GRUParams, both[0], both[1], summed, b_h[2 * hidden :]))
    of_shape("bias", b, columns)
    if kind == "LSTM":
        lstm = [reordered(w, THEIRS.lstm, OURS.lstm) for w in (w_x, w_h, b)]
        return Direction(LSTM(hidden, policy=policy), on_device(LSTMParams, *lstm))
    return Direction(SimpleRNN(hidden, policy=policy), on_device(SimpleRNNParams, w_x, w_h, b))


def to_keras(layer: Layer, params: Params) -> list[np.ndarray]:
    """Return what ``set_weights`` takes of Keras's LSTM, GRU or SimpleRNN, in one direction or both.

    Args:
        layer: one recurrent layer; Keras has an object for each depth.
        params: the parameters of the layer.

    Raises:
        InputError: where Keras has no such layer, or there are several.

    Example:
        >>> import jax, gatedrnn as gr
        >>> layer = gr.scan(gr.GRU(3))
        >>> [w.shape for w in to_keras(layer, layer.init(jax.random.key(0), in_dim=2))]
        [(2, 9), (3, 9), (2, 9)]
    """
    return [weight for one in single(layer, params, "Keras") for weight in _weights(one)]


def _weights(one: Direction) -> list[np.ndarray]:
    cell: Any = one.cell
    p: Any = one.params
    with_tanh(cell, (LSTM, GRUResetAfter, GRUResetBefore, SimpleRNN), "LSTM, GRU or SimpleRNN", "Keras")
    if isinstance(cell, GRUResetAfter):
        b_h = np.zeros_like(p.b)
        b_h[2 * cell.hidden :] = p.b_h
        return [reordered(w, OURS.gru, THEIRS.gru) for w in (p.w_x, p.w_h, np.stack([p.b, b_h]))]
    if isinstance(cell, GRUResetBefore):
        return [reordered(w, OURS.gru, THEIRS.gru) for w in p]
    return [reordered(w, OURS.lstm, THEIRS.lstm) for w in p] if isinstance(cell, LSTM) else list(p)
