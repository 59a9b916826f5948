"""PyTorch's LSTM, GRU and RNN, and their cells, by the names that a ``state_dict`` has for their weights."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.arguments import choice, flag
from gatedrnn.cells.gru import GRUResetAfter
from gatedrnn.cells.lstm import LSTM
from gatedrnn.cells.projected_lstm import ProjectedLSTM, ProjectedLSTMParams
from gatedrnn.cells.simple_rnn import SimpleRNN
from gatedrnn.convert import directions
from gatedrnn.convert.recurrent import (
    ACTIVATIONS,
    Depth,
    Direction,
    array_of,
    built,
    by_name,
    of_shape,
    on_device,
    taken_apart,
)
from gatedrnn.errors import InputError
from gatedrnn.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatedrnn.types import Layer, Params

NAME = re.compile(r"(?P<prefix>.*?)weight_ih(_l(?P<depth>\d+)(?P<reverse>_reverse)?)?")
"""The name of an input map: of a layer, or of a cell."""


def from_torch(
    weights: Mapping[str, Any], *, prefix: str | None = None, nonlinearity: Literal["tanh", "relu"] = "tanh"
) -> tuple[Layer, Params]:
    """Return the layer and the parameters of a recurrent module of PyTorch's: LSTM, GRU, RNN, or a cell of these.

    Which of them it is, how deep, in which directions, and whether it projects, is read from names and shapes. Both
    biases are added up, but for the candidate of a GRU, whose second bias the reset gate scales. Parameters have the
    types of the weights. PyTorch's GRU has its reset gate after the product.

    Args:
        weights: arrays or tensors by the names of a ``state_dict``, such as ``weight_ih_l0``; a file is read by
            ``torch.load(path, weights_only=True)``.
        prefix: what stands before the names of the module, with or without the last dot; None finds it where there is
            one module alone.
        nonlinearity: the activation of an RNN, which its weights do not say.

    Raises:
        InputError: where a name is missing, a shape does not fit, or there are several modules and no ``prefix``.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> shapes = {"weight_ih_l0": (12, 2), "weight_hh_l0": (12, 3), "bias_ih_l0": (12,), "bias_hh_l0": (12,)}
        >>> layer, params = from_torch({f"rnn.{name}": rng.normal(size=shape) for name, shape in shapes.items()})
        >>> layer.cell.hidden, type(params).__name__
        (3, 'LSTMParams')
    """
    choice("nonlinearity", nonlinearity, ("tanh", "relu"))
    by_name("weights", weights)
    found = [match for name in weights if (match := NAME.fullmatch(name))]
    prefixes = sorted({match["prefix"] for match in found})
    if not prefixes:
        got = ", ".join(weights) or "none"
        raise InputError(f"weights: expected names as in a state_dict, weight_ih_l0 or weight_ih for one; got {got}")
    if prefix is None and len(prefixes) != 1:
        raise InputError(f"prefix: expected one of {', '.join(map(repr, prefixes))}, got None")
    start = prefixes[0] if prefix is None else prefix if prefix in prefixes else f"{prefix}."
    own = [match for match in found if match["prefix"] == start]
    if not own:
        raise InputError(f"prefix: expected one of {', '.join(map(repr, prefixes))}, got {prefix!r}")
    if own[0]["depth"] is None:
        return built([(_direction(weights, start, "", nonlinearity),)])
    depths = range(1 + max(int(match["depth"]) for match in own))
    both = any(match["reverse"] for match in own)
    ends = ("", "_reverse") if both else ("",)
    return built([tuple(_direction(weights, start, f"_l{k}{end}", nonlinearity) for end in ends) for k in depths])


def _direction(weights: Mapping[str, Any], prefix: str, end: str, nonlinearity: str) -> Direction:
    w_x, w_h = (array_of(f"{prefix}{part}{end}", weights) for part in ("weight_ih", "weight_hh"))
    of_shape(f"{prefix}weight_ih{end}", w_x, None, None)
    of_shape(f"{prefix}weight_hh{end}", w_h, w_x.shape[0], None)
    projection = f"{prefix}weight_hr{end}"
    w_p = array_of(projection, weights) if projection in weights else None
    hidden = w_h.shape[1] if w_p is None else of_shape(projection, w_p, w_h.shape[1], None).shape[1]
    gates, rest = divmod(w_x.shape[0], hidden)
    if rest or gates not in ((4,) if w_p is not None else (1, 3, 4)):
        raise InputError(
            f"weights: expected {prefix}weight_ih{end} of 1, 3 or 4 blocks of {hidden} rows, got {w_x.shape[0]} rows"
        )
    rows = gates * hidden
    if not end and f"{prefix}bias" in weights:
        raise InputError(f"weights: expected {prefix}bias_ih and bias_hh, got bias, as from_equinox takes it")
    biases = [f"{prefix}{part}{end}" for part in ("bias_ih", "bias_hh")]
    has_bias = any(name in weights for name in biases)  # one of them alone is a name that is missing
    b_x, b_h = (
        of_shape(name, array_of(name, weights), rows) if has_bias else np.zeros(rows, w_x.dtype) for name in biases
    )
    names = (f"{prefix}weight_ih{end}", f"{prefix}weight_hh{end}", *biases)
    if w_p is not None:
        cell = ProjectedLSTM(hidden, w_p.shape[0], policy=Policy(params=w_x.dtype.name))
        return Direction(cell, on_device(ProjectedLSTMParams, w_x.T, w_h.T, b_x + b_h, w_p.T))
    if gates == 4:
        return directions.lstm(w_x.T, w_h.T, b_x + b_h, names)
    if gates == 1:
        return directions.simple_rnn(w_x.T, w_h.T, b_x + b_h, names, ACTIVATIONS[nonlinearity])
    return directions.gru_of_two_biases(w_x.T, w_h.T, b_x, b_h, names)


def to_torch(layer: Layer, params: Params, *, bias: bool = True) -> dict[str, np.ndarray]:
    """Return weights by the names that PyTorch's module of the same layers has for them.

    Its second bias is zero, but for the candidate of a GRU. ``module.load_state_dict`` takes tensors of these.

    Args:
        layer: recurrent layers, in chains or stacks; dropout and wrappers that do nothing in evaluation have no
            weights, and are left out.
        params: the parameters of the layer.
        bias: whether the module has biases; False leaves them out, which have to be zero.

    Raises:
        InputError: where PyTorch has no such layer: a GRU with its reset gate before the product, another activation,
            or layers of several widths or cells; where biases that are left out are not zero.

    Example:
        >>> import gatedrnn as gr
        >>> layer = gr.bidirectional(gr.GRU(3))
        >>> sorted(to_torch(layer, layer.init(jax.random.key(0), in_dim=2)))[:3]
        ['bias_hh_l0', 'bias_hh_l0_reverse', 'bias_ih_l0']
    """
    flag("bias", bias)
    depths = taken_apart(layer, params, "PyTorch")
    _refuse_unlike(depths)
    named: dict[str, np.ndarray] = {}
    for depth, ends in enumerate(depths):
        for one, end in zip(ends, ("", "_reverse"), strict=False):
            given: Any = one.params if bias else directions.without_biases(one).params
            parts = {"weight_ih": given.w_x.T, "weight_hh": given.w_h.T}
            if bias:
                parts["bias_ih"], parts["bias_hh"] = directions.two_biases(one)
            if isinstance(one.cell, ProjectedLSTM):
                parts["weight_hr"] = given.w_p.T
            named |= {f"{part}_l{depth}{end}": np.ascontiguousarray(value) for part, value in parts.items()}
    return named


def _refuse_unlike(depths: list[Depth]) -> None:
    """Refuse cells that PyTorch has not, and such as one module of it can't hold together."""
    cells: list[Any] = [one.cell for depth in depths for one in depth]
    for cell in cells:
        if not isinstance(cell, (LSTM, GRUResetAfter, ProjectedLSTM, SimpleRNN)):
            raise InputError(f"layer: expected LSTM, GRU, ProjectedLSTM or SimpleRNN, which PyTorch has; got {cell!r}")
        allowed = (jnp.tanh, jax.nn.relu) if isinstance(cell, SimpleRNN) else (jnp.tanh,)
        if cell.activation not in allowed:
            names = " or ".join(function.__name__ for function in allowed)
            raise InputError(f"layer: expected {names} as activation, as in PyTorch; got {cell!r}")
    first = cells[0]
    if any((type(cell), *_sizes(cell)) != (type(first), *_sizes(first)) for cell in cells):
        raise InputError(f"layer: expected the same cell everywhere, as in one module of PyTorch; got {cells}")
    if len({len(depth) for depth in depths}) > 1:
        raise InputError("layer: expected one direction everywhere or both, as in one module of PyTorch; got a mixture")


def _sizes(cell: Any) -> tuple[Any, ...]:
    return cell.hidden, cell.out_dim, cell.activation
