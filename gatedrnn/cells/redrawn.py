"""Initial maps and biases of other sources, as pure functions of parameters that are applied after ``init``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks, initializers
from gatedrnn.cells.held import held, real, units, with_held
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Key

P = TypeVar("P")


def orthogonal_recurrent(params: P, key: Key[Array, ""], gain: Any = 1.0) -> P:
    """Draw the recurrent map anew, orthogonal for each gate on its own, as ``init`` does, times a gain.

    Args:
        params: parameters with a recurrent map ``w_h [H, G*H]``.
        key: the key for the draw.
        gain: a number that multiplies it, the singular value of each block; may be traced.

    Raises:
        InputError: where the parameters have no such map, or ``gain`` is no number.

    Source: Saxe, McClelland and Ganguli 2014, arXiv 1312.6120v3.

    Example:
        >>> import gatedrnn as gr
        >>> params = orthogonal_recurrent(gr.GRU(2).init(jax.random.key(0), 3), jax.random.key(1), 0.5)
        >>> block = params.w_h[:, :2]
        >>> bool(jnp.allclose(block.T @ block, 0.25 * jnp.eye(2), atol=1e-6))
        True
    """
    checks.key("key", key)
    real("gain", gain)
    hidden, gates = _recurrent_blocks(params)
    drawn = initializers.orthogonal(key, hidden, gates, _map(params, "w_h").dtype)
    return with_held(params, w_h=drawn * jnp.asarray(gain, drawn.dtype))


def identity_recurrent(params: P, gain: Any = 1.0) -> P:
    """Set the recurrent map of each gate to the identity times a gain, as an IRNN starts.

    Args:
        params: parameters with a recurrent map ``w_h [H, G*H]``.
        gain: a number that multiplies it; may be traced.

    Raises:
        InputError: where the parameters have no such map, or ``gain`` is no number.

    Source: Le, Jaitly and Hinton 2015, arXiv 1504.00941v2, for a simple recurrent network.

    Example:
        >>> import gatedrnn as gr
        >>> identity_recurrent(gr.SimpleRNN(2).init(jax.random.key(0), 3), 0.5).w_h
        Array([[0.5, 0. ],
               [0. , 0.5]], dtype=float32)
    """
    real("gain", gain)
    hidden, gates = _recurrent_blocks(params)
    dtype = _map(params, "w_h").dtype
    return with_held(params, w_h=jnp.tile(jnp.eye(hidden, dtype=dtype), (1, gates)) * jnp.asarray(gain, dtype))


def glorot_input(params: P, key: Key[Array, ""], gain: Any = 1.0, *, hidden: int) -> P:
    """Draw the input map anew, Glorot-uniform for each gate on its own, as ``init`` does, times a gain.

    Args:
        params: parameters with an input map ``w_x [I, G*H]``.
        key: the key for the draw.
        gain: a number that multiplies it; may be traced.
        hidden: H of the cell, the width of one block.

    Raises:
        InputError: where the parameters have no such map, ``hidden`` does not divide its columns or is not the H of
            parameters that tell theirs, or ``gain`` is no number.

    Source: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward networks".

    Example:
        >>> import gatedrnn as gr
        >>> params = glorot_input(gr.GRU(2).init(jax.random.key(0), 4), jax.random.key(1), hidden=2)
        >>> bool((abs(params.w_x) <= 1).all())  # sqrt(6 / (4 + 2)) is 1
        True
    """
    checks.key("key", key)
    _check_units(params, hidden)
    real("gain", gain)
    in_dim, columns = _map(params, "w_x").shape
    if columns % hidden:
        raise InputError(f"hidden: expected a number that divides the {columns} columns of w_x, got {hidden}")
    drawn = initializers.glorot(key, in_dim, hidden, columns // hidden, _map(params, "w_x").dtype)
    return with_held(params, w_x=drawn * jnp.asarray(gain, drawn.dtype))


def uniform_all(params: P, key: Key[Array, ""], gain: Any = 1.0, *, hidden: int) -> P:
    """Draw every parameter anew, uniform in ±gain / sqrt(H), biases too, as PyTorch's recurrent layers start.

    PyTorch has two biases for each gate, each drawn so, which add up; here is one, drawn once.

    Args:
        params: any parameters of a cell.
        key: the key for the draw.
        gain: a number that multiplies the bound; may be traced.
        hidden: H of the cell.

    Raises:
        InputError: where ``hidden`` is no positive int or not the H of parameters that tell theirs, parameters are no
            floating point numbers, or ``gain`` is no number.

    Source: the documentation of ``torch.nn.LSTM`` and ``torch.nn.GRU``, PyTorch 2.13.0.

    Example:
        >>> import gatedrnn as gr
        >>> params = uniform_all(gr.LSTM(4).init(jax.random.key(0), 3), jax.random.key(1), hidden=4)
        >>> all(bool((abs(leaf) <= 0.5).all()) for leaf in params)
        True
    """
    checks.key("key", key)
    _check_units(params, hidden)
    real("gain", gain)
    checks.drawn(params)
    leaves, tree = jax.tree.flatten(params)

    def one(key: Array, leaf: Array) -> Array:
        wide = jnp.promote_types(leaf.dtype, jnp.float32)
        unit = jax.random.uniform(key, leaf.shape, wide, -1.0, 1.0)
        return (unit * (gain / hidden**0.5)).astype(leaf.dtype)

    keys = jax.random.split(key, len(leaves))
    return jax.tree.unflatten(tree, [one(k, leaf) for k, leaf in zip(keys, leaves, strict=True)])


def _map(params: Any, name: str) -> Any:
    found = held(params, name)
    if found is None:
        raise InputError(f"params: expected some with a map {name}, got {type(params).__name__}")
    return found


def _recurrent_blocks(params: Any) -> tuple[int, int]:
    """Return H and the number of blocks of the recurrent map.

    One whose rows are fewer than the units, as of a projection, has none that are square.
    """
    w_h = _map(params, "w_h")
    if w_h.ndim != 2 or w_h.shape[1] % w_h.shape[0] or units(params) not in (None, w_h.shape[0]):
        raise InputError(f"params: expected w_h [H, G*H], got {list(w_h.shape)} in {type(params).__name__}")
    return w_h.shape[0], w_h.shape[1] // w_h.shape[0]


def _check_units(params: Any, hidden: Any) -> None:
    """Refuse a number of units that is none, or not that of parameters which tell theirs."""
    checks.positive("hidden", hidden)
    if units(params) not in (None, hidden):
        raise InputError(f"hidden: expected {units(params)}, the units of these {type(params).__name__}, got {hidden}")
