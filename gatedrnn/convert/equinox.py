"""Equinox's LSTMCell and GRUCell, by the names of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.arguments import flag
from gatedrnn.cells.gru import GRUResetAfter
from gatedrnn.cells.lstm import LSTM
from gatedrnn.convert import directions
from gatedrnn.convert.recurrent import alone, array_of, built, of_shape, single, with_activation
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from gatedrnn.types import Layer, Params

NAMES = ("weight_ih", "weight_hh", "bias", "bias_n")


def from_equinox(cell: Any) -> tuple[Layer, Params]:
    """Return the layer and the parameters of ``equinox.nn.LSTMCell`` or ``equinox.nn.GRUCell``.

    Weights are ``[G*H, I]`` and ``[G*H, H]``. The reset gate of GRUCell is after the product, and ``bias_n`` inside it.
    Without biases they are zeros.

    Args:
        cell: the cell, or its arrays by the names of its fields.

    Raises:
        InputError: where a weight lacks, or a shape does not fit.

    Source: Equinox 0.13.8, ``equinox.nn``.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> shapes = {"weight_ih": (12, 2), "weight_hh": (12, 3), "bias": (12,)}
        >>> layer, params = from_equinox({name: rng.normal(size=shape) for name, shape in shapes.items()})
        >>> layer.cell
        LSTM(hidden=3, policy=Policy(params='float64'))
    """
    fields = cell if isinstance(cell, Mapping) else getattr(cell, "__dict__", {})
    given = {name: fields[name] for name in NAMES if fields.get(name) is not None}
    w_x, w_h = (of_shape(name, array_of(name, given), None, None) for name in NAMES[:2])
    rows, hidden = w_h.shape
    gates, rest = divmod(rows, max(hidden, 1))
    if rest or gates not in (3, 4):
        raise InputError(f"weights: expected weight_hh of 3 or 4 blocks of {hidden} rows, got {rows} rows")
    b = array_of("bias", given) if "bias" in given else np.zeros(rows, w_x.dtype)
    if gates == 4:
        return built([(directions.lstm(w_x.T, w_h.T, b, NAMES),)])
    b_n = array_of("bias_n", given) if "bias" in given else np.zeros(hidden, w_x.dtype)
    return built([(directions.gru(w_x.T, w_h.T, b, b_n, NAMES),)])


def to_equinox(layer: Layer, params: Params, *, bias: bool = True) -> dict[str, np.ndarray]:
    """Return arrays by the names of the fields of Equinox's LSTMCell or GRUCell, for ``equinox.tree_at``.

    Args:
        layer: one recurrent layer in one direction: Equinox has cells alone.
        params: the parameters of the layer.
        bias: whether the cell has biases; False (Equinox's ``use_bias``) leaves them out, which have to be zero.

    Raises:
        InputError: where Equinox has no such cell, or there are several; where biases that are left out are not zero.

    Example:
        >>> import jax, gatedrnn as gr
        >>> layer = gr.scan(gr.GRU(3))
        >>> weights = to_equinox(layer, layer.init(jax.random.key(0), in_dim=2))
        >>> {name: array.shape for name, array in weights.items()}
        {'weight_ih': (9, 2), 'weight_hh': (9, 3), 'bias': (9,), 'bias_n': (3,)}
    """
    flag("bias", bias)
    one = alone(single(layer, params, "Equinox"), "Equinox")
    with_activation(one.cell, (LSTM, GRUResetAfter), ("tanh",), "Equinox")
    weights = one.params if bias else directions.without_biases(one).params[:2]
    return {name: np.ascontiguousarray(array.T) for name, array in zip(NAMES, weights, strict=False)}
