"""What a cell costs: parameters, arithmetic of a time step, and memory that its training keeps.

All of it is read off the programs that JAX traces, nothing is run: so a user's own cell is counted as the
built-in ones are. What grows with time is counted as the difference between a long and a short sequence,
divided by the steps between them: what one more step costs.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypedDict

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

from gatedrnn.costs.flops import gemm_flops, live, sigmoids
from gatedrnn.layers.scan import scan
from gatedrnn.layers.stateless import dense

if TYPE_CHECKING:
    from gatedrnn.types import Cell, Layer

# Multiples of any block of steps that an engine may take at once.
SHORT, LONG = 64, 128


@dataclasses.dataclass(frozen=True)
class Costs:
    """What a cell or a layer costs; made by ``costs``.

    Attributes:
        parameters: number of parameters in each array, by its name in the parameters' tree.
        flops_forward: FLOPs of matrix products for one step of one example, ``2 m n k`` for ``[m, k] @ [k, n]``.
            Elementwise arithmetic is left out: it grows with H where products grow with H squared.
        flops_backward: the same in the reverse pass: gradients of parameters, carry and input. (The input's
            is not needed below the first layer, where XLA leaves it out.)
        bytes_kept: bytes that training keeps from the forward to the reverse pass, for one step of one example:
            inputs, states and gates, not the weights. An engine may need more within its reverse pass.
        sigmoids: sigmoid activations in one step of one example: H for each gate.
        states: number of arrays that the carry has.
    """

    parameters: dict[str, int]
    flops_forward: int
    flops_backward: int
    bytes_kept: int
    sigmoids: int
    states: int

    @property
    def total_parameters(self) -> int:
        """Number of all parameters."""
        return sum(self.parameters.values())


class ParameterCounts(TypedDict):
    """Number of parameters."""

    embedding: int
    """A vector for each token; 0 where tokens are read one-hot, and of numbers."""
    recurrent: int
    """Of all recurrent layers, in both directions."""
    head: int
    total: int
    by_array: dict[str, int]
    """By the name of each array in the parameters' tree; those of the head as ``head.w``."""


class StepFlops(TypedDict):
    """FLOPs of matrix products for one time step of one sequence, as in ``Costs``."""

    forward: int
    backward: int


class NetworkCosts(TypedDict):
    """A cell with a dense head, as results.json has it."""

    config: str
    """The cell as Python prints it."""
    hidden: int
    """Its number of units."""
    parameters: ParameterCounts
    flops_per_step: StepFlops
    bytes_per_step: int
    """What training keeps of one time step of one sequence."""


def costs(layer: Cell | Layer, in_dim: int) -> Costs:
    """Count what a cell or a layer costs, without running it.

    Args:
        layer: a layer for float inputs, or a cell, which is counted in its reference scan.
        in_dim: I, features of the input.

    Raises:
        InputError: as the layer's ``init`` does.

    Example:
        >>> import gatedrnn as gr
        >>> lstm = costs(gr.LSTM(32), in_dim=12)
        >>> lstm.parameters, lstm.total_parameters
        ({'w_x': 1536, 'w_h': 4096, 'b': 128}, 5760)
        >>> lstm.flops_forward == 2 * 4 * 32 * (12 + 32), lstm.flops_backward == 2 * lstm.flops_forward
        (True, True)
    """
    layer = _as_layer(layer)
    params = _params(layer, in_dim)
    both = [_arguments(layer, params, in_dim, length) for length in (SHORT, LONG)]
    short, long = (_totals(layer, arguments) for arguments in both)
    return Costs(
        parameters=parameters(layer, in_dim),
        states=len(jax.tree.leaves(both[0][1])),
        **{name: round((long[name] - short[name]) / (LONG - SHORT)) for name in long},
    )


def parameters(layer: Cell | Layer, in_dim: int) -> dict[str, int]:
    """Count the parameters in each array of a cell or layer, by name; names inside containers join by dots.

    Args:
        layer: a cell or a layer.
        in_dim: I, features of the input; number of tokens where the layer starts with an embedding.

    Raises:
        InputError: as the layer's ``init`` does.

    Example:
        >>> import gatedrnn as gr
        >>> parameters(gr.chain(gr.scan(gr.SimpleRNN(3)), gr.dense(2)), in_dim=1)
        {'0.w_x': 3, '0.w_h': 9, '0.b': 3, '1.w': 6, '1.b': 2}
    """
    leaves = jax.tree_util.tree_leaves_with_path(_params(layer, in_dim))
    return {jax.tree_util.keystr(path, simple=True, separator="."): math.prod(leaf.shape) for path, leaf in leaves}


def network_costs(
    cell: Cell, in_dim: int, out_dim: int, *, body: Cell | Layer | None = None, tokens: int = 0
) -> NetworkCosts:
    """Count a cell, or layers of such cells, with a dense head on the outputs, as results.json has it.

    Looking up an embedding is no matrix product: it has parameters alone.

    Args:
        cell: the cell of the recurrent part.
        in_dim: I, features that the recurrent part reads.
        out_dim: O, features of the head, which has ``H O + O`` parameters.
        body: the whole recurrent part, where it is more than the cell in a scan.
        tokens: how many tokens have a vector of I numbers in an embedding before it; 0 without one.

    Returns:
        ``config``, ``hidden``, ``parameters`` (embedding, recurrent, head, total, and by array), and for one step of
        one example ``flops_per_step`` (forward, backward) and ``bytes_per_step`` that training keeps, as in ``Costs``.

    Raises:
        InputError: as the ``init`` of either does.

    Example:
        >>> import gatedrnn as gr
        >>> both = network_costs(gr.LSTM(32), in_dim=12, out_dim=24)
        >>> both["config"], both["parameters"]["total"], both["flops_per_step"]
        ('LSTM(hidden=32)', 6552, {'forward': 12800, 'backward': 25600})
    """
    body = cell if body is None else body
    recurrent, head = costs(body, in_dim), costs(dense(out_dim), body.out_dim or in_dim)
    embedding = {"embedding.table": tokens * in_dim} if tokens else {}
    heads = {f"head.{name}": n for name, n in head.parameters.items()}
    counted = sum(embedding.values())
    return {
        "config": repr(cell),
        "hidden": cell.out_dim,
        "parameters": {
            "embedding": counted,
            "recurrent": recurrent.total_parameters,
            "head": head.total_parameters,
            "total": counted + recurrent.total_parameters + head.total_parameters,
            "by_array": {**embedding, **recurrent.parameters, **heads},
        },
        "flops_per_step": {
            "forward": recurrent.flops_forward + head.flops_forward,
            "backward": recurrent.flops_backward + head.flops_backward,
        },
        "bytes_per_step": recurrent.bytes_kept + head.bytes_kept,
    }


def step_flops(network: NetworkCosts) -> int:
    """Return the FLOPs of a step of a network in training, forward and backward together."""
    return network["flops_per_step"]["forward"] + network["flops_per_step"]["backward"]


def forward_flops(layer: Cell | Layer, in_dim: int) -> int:
    """Return ``costs(layer, in_dim).flops_forward`` without tracing the reverse pass."""
    layer = _as_layer(layer)
    params = _params(layer, in_dim)
    both = (_arguments(layer, params, in_dim, length) for length in (SHORT, LONG))
    short, long = (gemm_flops(_forward(layer, arguments)) for arguments in both)
    return round((long - short) / (LONG - SHORT))


def _as_layer(layer: Any) -> Layer:
    return layer if hasattr(layer, "apply") else scan(layer, engine="reference")


def _params(layer: Cell | Layer, in_dim: int) -> Any:
    return jax.eval_shape(lambda key: layer.init(key, in_dim), jax.random.key(0))


def _arguments(layer: Layer, params: Any, in_dim: int, length: int) -> tuple[Any, Any, Any]:
    """Return shapes of parameters, carry and ``xs [T, 1, I]``."""
    xs = jax.ShapeDtypeStruct((length, 1, in_dim), jnp.float32)
    carry = jax.eval_shape(lambda p, x: layer.initial_carry(p, x[0]), params, xs)
    return params, carry, xs


def _apply(layer: Layer) -> Callable[..., Any]:
    """Return the layer in training, its key fixed, as a function of what has a gradient."""
    return lambda params, carry, xs: layer.apply(params, xs, carry=carry, key=jax.random.key(0))


def _forward(layer: Layer, arguments: tuple[Any, Any, Any]) -> core.Jaxpr:
    return live(jax.make_jaxpr(_apply(layer))(*arguments).jaxpr)[0]


def _totals(layer: Layer, arguments: tuple[Any, Any, Any]) -> dict[str, int]:
    """Count, for one sequence, what grows with its length."""
    forward = _forward(layer, arguments)
    both = jax.make_jaxpr(lambda *args: jax.vjp(_apply(layer), *args), return_shape=True)
    store, (out, pull) = both(*arguments)
    stored = store.jaxpr.outvars[len(jax.tree.leaves(out)) :]
    backward, needed = live(jax.make_jaxpr(lambda pull: pull(jax.tree.map(_cotangent, out)))(pull).jaxpr)
    # One array may be stored for several uses; it takes its memory once.
    kept: Any = {id(var): var.aval for var, used in zip(stored, needed, strict=True) if used}.values()
    return {
        "flops_forward": gemm_flops(forward),
        "flops_backward": gemm_flops(backward),
        "bytes_kept": sum(aval.size * aval.dtype.itemsize for aval in kept),
        "sigmoids": sigmoids(forward),
    }


def _cotangent(out: jax.ShapeDtypeStruct) -> Any:
    """Return ones; integers (a counter in a carry) have no gradient, which JAX writes as float0."""
    if jnp.issubdtype(out.dtype, jnp.inexact):
        return jnp.ones(out.shape, out.dtype)
    return np.zeros(out.shape, jax.dtypes.float0)
