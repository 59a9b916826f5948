"""Keras 3's LSTM, GRU and SimpleRNN, by what ``layer.get_weights()`` gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gatedrnn.arguments import choice, flag
from gatedrnn.cells import checks
from gatedrnn.cells.gru import GRUResetAfter
from gatedrnn.cells.gru_reset_before import GRUResetBefore
from gatedrnn.cells.lstm import LSTM
from gatedrnn.cells.simple_rnn import SimpleRNN
from gatedrnn.convert import directions, keras_cudnn
from gatedrnn.convert.orders import ORDERS, reordered
from gatedrnn.convert.recurrent import ACTIVATIONS, Direction, array_of, built, of_shape, single, with_activation
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from gatedrnn.types import Layer, Params

Kind = Literal["LSTM", "GRU", "SimpleRNN"]
Activation = Literal["tanh", "relu"]
GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}
NAMES = ("kernel", "recurrent_kernel", "bias")
OURS, THEIRS = ORDERS["gatedrnn"], ORDERS["keras"]


def from_keras(weights: Sequence[Any], kind: Kind, *, activation: Activation = "tanh") -> tuple[Layer, Params]:
    """Return the layer and the parameters of one recurrent layer of Keras 3, or of ``Bidirectional`` around one.

    Kernels are ``[I, G*H]`` and ``[H, G*H]``; a GRU's bias of two rows says that its reset gate is after the product
    (``reset_after=True``, the default), one row that it is before. Without biases they are zeros, and a GRU's reset
    gate is taken to be after the product. One bias of ``2*G*H`` says that the arrays are those of ``CuDNNLSTM`` or
    ``CuDNNGRU``, which Keras 2 had: they lie otherwise.

    Args:
        weights: what ``layer.get_weights()`` gives: kernel, recurrent kernel and bias, twice for both directions.
        kind: which layer it is; its recurrent activation has to be the sigmoid, Keras 3's default.
        activation: the layer's ``activation``, which its weights do not say.

    Raises:
        InputError: where there is another number of weights, or a shape does not fit.

    Source: Keras 3.15.1, ``keras.layers``; Keras 2.2, ``keras.layers.cudnn_recurrent``.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> layer, params = from_keras([rng.normal(size=shape) for shape in ((2, 9), (3, 9), (2, 9))], "GRU")
        >>> layer.cell
        GRUResetAfter(hidden=3, policy=Policy(params='float64'))
    """
    choice("kind", kind, tuple(GATES))
    choice("activation", activation, tuple(ACTIVATIONS))
    if not isinstance(weights, Sequence):
        raise InputError(f"weights: expected a list of arrays, as get_weights() gives it; got {checks.shown(weights)}")
    count = len(weights)
    if count not in (2, 3, 4, 6):
        raise InputError(f"weights: expected 2 or 3 arrays, or twice as many for both directions; got {count}")
    each = count if count < 4 else count // 2
    ends = [weights[k : k + each] for k in range(0, count, each)]
    return built([tuple(_direction(end, kind, ACTIVATIONS[activation]) for end in ends)])


def _direction(weights: Sequence[Any], kind: Kind, activation: Any) -> Direction:
    given: dict[str, Any] = dict(zip(NAMES, weights, strict=False))
    w_x, w_h = (array_of(name, given) for name in NAMES[:2])
    hidden, columns = of_shape(NAMES[1], w_h, None, None).shape
    of_shape(NAMES[0], w_x, None, GATES[kind] * hidden)
    of_shape(NAMES[1], w_h, hidden, GATES[kind] * hidden)
    b = array_of("bias", given) if len(given) == 3 else np.zeros(columns, w_x.dtype)
    if kind != "SimpleRNN" and b.shape == (2 * columns,):
        w_x, w_h, b = keras_cudnn.plain(w_x, w_h, b, GATES[kind])
        b = b.sum(axis=0) if kind == "LSTM" else b
    if kind == "GRU":
        if b.ndim == 1 and len(given) == 3:
            of_shape("bias", b, columns)
            w_x, w_h, b = (reordered(w, THEIRS.gru, OURS.gru) for w in (w_x, w_h, b))
            return directions.gru(w_x, w_h, b, None, NAMES, activation)
        pair = of_shape("bias", b, 2, columns) if b.ndim > 1 else np.stack([b, b])
        w_x, w_h, (b_x, b_h) = (reordered(w, THEIRS.gru, OURS.gru) for w in (w_x, w_h, pair))
        return directions.gru_of_two_biases(w_x, w_h, b_x, b_h, NAMES, activation)
    of_shape("bias", b, columns)
    if kind == "LSTM":
        w_x, w_h, b = (reordered(w, THEIRS.lstm, OURS.lstm) for w in (w_x, w_h, b))
        return directions.lstm(w_x, w_h, b, NAMES, activation)
    return directions.simple_rnn(w_x, w_h, b, NAMES, activation)


def to_keras(layer: Layer, params: Params, *, cudnn: bool = False, bias: bool = True) -> list[np.ndarray]:
    """Return what ``set_weights`` takes of Keras's LSTM, GRU or SimpleRNN, in one direction or both.

    Whether its activation is tanh or relu, Keras's layer is told when it is made.

    Args:
        layer: one recurrent layer; Keras has an object for each depth.
        params: the parameters of the layer.
        cudnn: arrays for ``CuDNNLSTM`` and ``CuDNNGRU`` of Keras 2, whose activation is tanh.
        bias: whether the layer has biases; False (Keras's ``use_bias``) leaves them out, which have to be zero.

    Raises:
        InputError: where Keras has no such layer, or there are several; where biases that are left out are not zero,
            or ``cudnn`` needs them.

    Example:
        >>> import jax, gatedrnn as gr
        >>> layer = gr.scan(gr.GRU(3))
        >>> params = layer.init(jax.random.key(0), in_dim=2)
        >>> [w.shape for w in to_keras(layer, params)], [w.shape for w in to_keras(layer, params, cudnn=True)]
        ([(2, 9), (3, 9), (2, 9)], [(2, 9), (3, 9), (18,)])
    """
    flag("cudnn", cudnn)
    flag("bias", bias)
    if cudnn and not bias:
        raise InputError("bias: expected True, as CuDNNLSTM and CuDNNGRU have biases always; got False")
    found = [(_cudnn_weights if cudnn else _weights)(one) for one in _directions(layer, params, bias)]
    return [weight for arrays in found for weight in (arrays if bias else arrays[:2])]


def _directions(layer: Layer, params: Params, bias: bool) -> list[Direction]:
    """Return the directions of one layer, their biases zero where they are to be left out."""
    found = single(layer, params, "Keras")
    return [one if bias else directions.without_biases(one) for one in found]


def _weights(one: Direction) -> list[np.ndarray]:
    cell: Any = one.cell
    p: Any = one.params
    with_activation(cell, (LSTM, GRUResetAfter, GRUResetBefore, SimpleRNN), ("tanh", "relu"), "Keras")
    if isinstance(cell, GRUResetAfter):
        return [reordered(w, OURS.gru, THEIRS.gru) for w in (p.w_x, p.w_h, directions.two_biases(one))]
    if isinstance(cell, GRUResetBefore):
        return [reordered(w, OURS.gru, THEIRS.gru) for w in p]
    return [reordered(w, OURS.lstm, THEIRS.lstm) for w in p] if isinstance(cell, LSTM) else list(p)


def _cudnn_weights(one: Direction) -> list[np.ndarray]:
    with_activation(one.cell, (LSTM, GRUResetAfter), ("tanh",), "Keras's cuDNN layout")
    w_x, w_h, b = _weights(one)
    if isinstance(one.cell, LSTM):
        return keras_cudnn.laid_out(w_x, w_h, np.stack([b, np.zeros_like(b)]), GATES["LSTM"])
    return keras_cudnn.laid_out(w_x, w_h, b, GATES["GRU"])
