"""Recurrent layers on top of each other, as other frameworks have them: in one direction each, or all in both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.cells import checks
from gatedrnn.convert.unfolded import unfolded
from gatedrnn.errors import InputError
from gatedrnn.layers.bidirectional import Bidirectional, BidirectionalParams, bidirectional
from gatedrnn.layers.chain import Chain, chain
from gatedrnn.layers.scan import Scan, scan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatedrnn.types import Cell, Layer, Params


class Direction(NamedTuple):
    """One cell with its parameters."""

    cell: Cell
    params: Params


ACTIVATIONS = {"tanh": jnp.tanh, "relu": jax.nn.relu}
"""Functions of candidates and states that other frameworks have, by name."""

NAMES = {"GRUResetAfter": "GRU", "GRUResetBefore": 'GRU with reset="before"'}
"""How cells are made whose class has another name."""

Depth = tuple[Direction, ...]
"""One layer: forward, or forward and backward."""


def built(depths: Sequence[Depth]) -> tuple[Layer, Params]:
    """Return the layer and the parameters of directions by depth; a chain where there is more than one depth."""
    layers = [scan(d[0].cell) if len(d) == 1 else bidirectional(d[0].cell, d[1].cell) for d in depths]
    params = [d[0].params if len(d) == 1 else BidirectionalParams(*(one.params for one in d)) for d in depths]
    return (layers[0], params[0]) if len(depths) == 1 else (chain(*layers), tuple(params))


def taken_apart(layer: Any, params: Any, whose: str, *, whole: bool = False) -> list[Depth]:
    """Return the directions of a layer by depth, the parameters' arrays as NumPy's.

    Args:
        layer: a scan, both directions side by side, or a chain of either, and what in evaluation is one.
        params: the parameters of that layer.
        whose: the framework's name, for messages.
        whole: whether nothing of the layer may be left out, dropout neither, so that it is told by what is returned.

    Raises:
        InputError: where the layer has something that the framework's recurrent layers have not, or the parameters are
            another layer's.
    """
    if not whole:
        layer, params = unfolded(layer, params)
    if isinstance(layer, Chain):
        checks.one_each("params", params, layer.layers)
        each = zip(layer.layers, params, strict=True)
        return [depth for one in each for depth in taken_apart(*one, whose, whole=whole)]
    if isinstance(layer, Scan) and not layer.reverse:
        return [(_direction(layer.cell, params),)]
    if isinstance(layer, Bidirectional) and layer.merge == "concat":
        checks.of_kind(params, BidirectionalParams)
        cells = layer.forward.cell, layer.backward.cell
        return [tuple(_direction(cell, one) for cell, one in zip(cells, params, strict=True))]
    raise InputError(
        f"layer: expected gr.scan, gr.bidirectional that concatenates, or gr.chain of these, for {whose}; got {layer!r}"
    )


def single(layer: Layer, params: Params, whose: str) -> Depth:
    """Return the directions of one layer alone, for a framework that has an object for each depth.

    Raises:
        InputError: where there are several in a chain, or as in `taken_apart`.
    """
    depths = taken_apart(layer, params, whose)
    if len(depths) > 1:
        raise InputError(f"layer: expected one, as {whose} has an object for each; got {len(depths)} in a chain")
    return depths[0]


def alone(directions: Depth, whose: str) -> Direction:
    """Return the one direction of a layer, for a framework that has no layer of both."""
    one, *others = directions
    if others:
        raise InputError(f"layer: expected one direction, as {whose} has no layer of both; got both")
    return one


def with_activation(cell: Cell, kinds: tuple[type, ...], activations: tuple[str, ...], whose: str) -> None:
    """Refuse a cell of none of these kinds, or with another activation than these."""
    found = getattr(cell, "activation", None)
    if not isinstance(cell, kinds) or all(found is not ACTIVATIONS[name] for name in activations):
        names = [NAMES.get(kind.__name__, kind.__name__) for kind in kinds]
        raise InputError(
            f"layer: expected {_either(names)} with {_either(activations)}, which {whose} has; got {cell!r}"
        )


def _either(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]


def _direction(cell: Cell, params: Params) -> Direction:
    """Return a cell with its parameters as NumPy's arrays; refuse those of another cell, or of another width."""
    one, two = _drawn(cell, 1), _drawn(cell, 2)
    if one is not None and two is not None:
        checks.of_kind(params, type(one))
        if jax.tree.structure(params) != jax.tree.structure(one):
            raise InputError(f"params: expected the arrays of {cell!r}, got {checks.shown(params)}")
        checks.drawn(params)
        leaves = zip(*map(jax.tree.leaves, (params, one, two)), strict=True)
        wide = {
            size
            for leaf, a, b in leaves
            for size, n, m in zip(leaf.shape, a.shape, b.shape, strict=False)
            if n != m  # this axis is as long as the inputs are wide
        }
        expected = one if len(wide) != 1 else _drawn(cell, *wide)
        found = [leaf.shape for leaf in jax.tree.leaves(params)]
        shapes = [leaf.shape for leaf in jax.tree.leaves(expected)]
        if found != shapes:
            raise InputError(f"params: expected arrays of {cell!r}, of shapes {shapes}; got {found}")
    return Direction(cell, jax.tree.map(np.asarray, params))


def _drawn(cell: Cell, in_dim: int) -> Params | None:
    """Return the shapes of a cell's parameters; None where it takes no inputs of this width."""
    try:
        return jax.eval_shape(lambda: cell.init(jax.random.key(0), in_dim))
    except InputError:
        return None


def by_name(argument: str, value: Any) -> None:
    """Refuse what is no mapping by name.

    Raises:
        InputError: where it is none.
    """
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise InputError(f"{argument}: expected arrays by name, got {checks.shown(value)}")


def array_of(name: str, weights: Mapping[str, Any]) -> np.ndarray:
    """Return a weight as an array of NumPy's, whichever framework's it is.

    Raises:
        InputError: where there is none of that name, or it is no array of real numbers.
    """
    if name not in weights:
        raise InputError(f"weights: expected {name}, got {', '.join(weights) or 'none'}")
    value: Any = weights[name]
    try:
        found = as_numpy(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"weights: expected an array of numbers as {name}, got {type(value).__name__}") from error
    if not jnp.issubdtype(found.dtype, jnp.floating):
        raise InputError(f"weights: expected floating point numbers as {name}, got {found.dtype}")
    return found


def as_numpy(value: Any) -> np.ndarray:
    """Return an array of NumPy's from one of any framework's, on any device."""
    if hasattr(value, "detach"):  # a tensor of PyTorch's, which may be trained
        value = value.detach().cpu().contiguous()
        if str(value.dtype) == "torch.bfloat16":  # a type that NumPy has from JAX alone
            value = jnp.from_dlpack(value)
    return np.asarray(value)


def of_shape(name: str, value: np.ndarray, *shape: int | None) -> np.ndarray:
    """Return the array, or raise ``ValueError`` unless it has this shape; None is an axis of any length."""
    if value.ndim != len(shape) or any(n is not None and n != m for n, m in zip(shape, value.shape, strict=True)):
        expected = ", ".join("any" if n is None else str(n) for n in shape)
        raise InputError(f"weights: expected {name} [{expected}], got {list(value.shape)}")
    return value


def on_device(kind: type[Any], *arrays: np.ndarray) -> Params:
    """Return parameters of this kind, their arrays JAX's."""
    return kind(*map(jnp.asarray, arrays))
