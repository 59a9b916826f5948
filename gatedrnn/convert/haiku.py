"""Haiku's LSTM, GRU and VanillaRNN, by the names that ``init`` gives to the modules in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.cells.gru_reset_before import GRUResetBefore
from gatedrnn.cells.lstm import LSTM
from gatedrnn.cells.simple_rnn import SimpleRNN
from gatedrnn.convert import directions
from gatedrnn.convert.orders import ORDERS, reordered
from gatedrnn.convert.recurrent import (
    ACTIVATIONS,
    Direction,
    alone,
    array_of,
    built,
    by_name,
    of_shape,
    single,
    with_activation,
)
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatedrnn.types import Layer, Params

OURS, THEIRS = ORDERS["gatedrnn"], ORDERS["haiku"]


def from_haiku(params: Mapping[str, Mapping[str, Any]], *, prefix: str = "") -> tuple[Layer, Params]:
    """Return the layer and the parameters of one core of Haiku's: LSTM, GRU or VanillaRNN.

    Haiku's LSTM adds 1 to the forget gate's sum in every step; here the bias holds that 1. Its GRU has the reset gate
    before the product, and z and 1 - z exchanged: as ``1 - sigmoid(a) = sigmoid(-a)``, that gate's weights change their
    sign. VanillaRNN is a SimpleRNN with ReLU, whose biases are added up.

    Args:
        params: what ``init`` returns, arrays by the name of a module and their own.
        prefix: how the names of the core's modules begin, where there are others.

    Raises:
        InputError: where there is none of these cores, there are several, or a shape does not fit.

    Source: Haiku 0.0.17, ``haiku._src.recurrent``.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> layer, params = from_haiku({"lstm/linear": {"w": rng.normal(size=(5, 12)), "b": np.zeros(12)}})
        >>> layer.cell.hidden, params.b.tolist()
        (3, [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    """
    by_name("params", params)
    if not isinstance(prefix, str):
        raise InputError(f"prefix: expected text, got {prefix!r}")
    modules = {name: arrays for name, arrays in params.items() if name.startswith(prefix)}
    for arrays in modules.values():
        by_name("params", arrays)
    given = {f"{name}/{leaf}": value for name, arrays in modules.items() for leaf, value in arrays.items()}
    names = sorted(modules)
    if len(modules) == 1 and "w_i" in modules[names[0]]:
        return built([(_gru(names[0], given),)])
    if len(modules) == 1:
        return built([(_lstm(names[0], given),)])
    if len(modules) == 2 and names[1] == f"{names[0]}_1":
        return built([(_vanilla(names, given),)])
    raise InputError(f"params: expected one LSTM, GRU or VanillaRNN, and prefix to tell it from others; got {names}")


def _lstm(name: str, given: Mapping[str, Any]) -> Direction:
    w, b = of_shape(f"{name}/w", array_of(f"{name}/w", given), None, None), array_of(f"{name}/b", given)
    hidden, rest = divmod(w.shape[1], 4)
    if rest or w.shape[0] <= hidden:
        raise InputError(f"weights: expected {name}/w [I + H, 4*H], got {list(w.shape)}")
    of_shape(f"{name}/b", b, 4 * hidden)
    w_x, w_h, b = (reordered(part, THEIRS.lstm, OURS.lstm) for part in (w[:-hidden], w[-hidden:], b))
    return directions.lstm(w_x, w_h, b + _offset(hidden, b), (f"{name}/w", f"{name}/w", f"{name}/b"))


def _offset(hidden: int, b: np.ndarray) -> np.ndarray:
    """Return what Haiku adds to each gate's sum, gates in our order."""
    return np.repeat(np.array([THEIRS.forget_offset * (gate == "f") for gate in OURS.lstm], b.dtype), hidden)


def _gru(name: str, given: Mapping[str, Any]) -> Direction:
    names = tuple(f"{name}/{leaf}" for leaf in ("w_i", "w_h", "b"))
    arrays = [array_of(leaf, given) for leaf in names]
    columns = of_shape(names[1], arrays[1], None, None).shape[1]
    for leaf, array, rows in zip(names, arrays, ((None,), (columns // 3,), ()), strict=True):
        of_shape(leaf, array, *rows, columns // 3 * 3)
    w_x, w_h, b = (_exchanged(reordered(array, THEIRS.gru, OURS.gru)) for array in arrays)
    return directions.gru(w_x, w_h, b, None, names)


def _exchanged(blocks: np.ndarray) -> np.ndarray:
    """Return blocks r z n with the sign of z changed."""
    return blocks * np.repeat(np.array([1, -1, 1], blocks.dtype), blocks.shape[-1] // 3)


def _vanilla(names: list[str], given: Mapping[str, Any]) -> Direction:
    w_x, w_h = (array_of(f"{name}/w", given) for name in names)
    b, second = array_of(f"{names[0]}/b", given), f"{names[1]}/b"
    b = b + of_shape(second, array_of(second, given), *b.shape) if second in given else b
    return directions.simple_rnn(w_x, w_h, b, (f"{names[0]}/w", f"{names[1]}/w", f"{names[0]}/b"), ACTIVATIONS["relu"])


def to_haiku(layer: Layer, params: Params) -> dict[str, dict[str, np.ndarray]]:
    """Return the parameters of ``hk.LSTM(H)``, ``hk.GRU(H)`` or ``hk.VanillaRNN(H, double_bias=False)``.

    Args:
        layer: one recurrent layer in one direction: Haiku has no layer of both.
        params: the parameters of the layer.

    Raises:
        InputError: where Haiku has no such core: a GRU with its reset gate after the product, another activation.

    Example:
        >>> import jax, gatedrnn as gr
        >>> layer = gr.scan(gr.GRU(3, reset="before"))
        >>> {name: sorted(arrays) for name, arrays in to_haiku(layer, layer.init(jax.random.key(0), in_dim=2)).items()}
        {'gru': ['b', 'w_h', 'w_i']}
    """
    one = alone(single(layer, params, "Haiku"), "Haiku")
    cell, p = one.cell, one.params
    if isinstance(cell, SimpleRNN):
        with_activation(cell, (SimpleRNN,), ("relu",), "Haiku")
        return {"vanilla_rnn/linear": {"w": p.w_x, "b": p.b}, "vanilla_rnn/linear_1": {"w": p.w_h}}
    with_activation(cell, (LSTM, GRUResetBefore, SimpleRNN), ("tanh",), "Haiku")
    if isinstance(cell, GRUResetBefore):
        w_i, w_h, b = (reordered(_exchanged(part), OURS.gru, THEIRS.gru) for part in p)
        return {"gru": {"w_i": w_i, "w_h": w_h, "b": b}}
    b = p.b - _offset(p.w_h.shape[0], p.b)
    w_x, w_h, b = (reordered(part, OURS.lstm, THEIRS.lstm) for part in (p.w_x, p.w_h, b))
    return {"lstm/linear": {"w": np.concatenate([w_x, w_h]), "b": b}}
