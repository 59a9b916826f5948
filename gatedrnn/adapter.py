"""What both Flax adapters do alike: Flax's axes to the core's and back, and whether a layer draws noise at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.arguments import flag
from gatedrnn.cells import checks
from gatedrnn.errors import InputError
from gatedrnn.layers.chain import Chain
from gatedrnn.layers.depends import depends
from gatedrnn.layers.inputs import common_axes, is_one_array, named_numbers
from gatedrnn.layers.scan import scan
from gatedrnn.layers.stateless import Embed

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool, Int, Shaped

    from gatedrnn.types import InDim, Layer, Params


def as_layer(layer: Any) -> Layer:
    """Return a layer as it is and a cell in its scan.

    Raises:
        InputError: where it is neither, as a cell of Flax's own.
    """
    if isinstance(layer, type) or not hasattr(layer, "initial_carry"):
        raise InputError(f"layer: expected a layer or a cell of gatedrnn, such as gr.LSTM(8), got {layer!r}")
    return layer if hasattr(layer, "apply") else scan(layer)


def check_flags(**given: bool | None) -> None:
    """Refuse what is neither True nor False, nor None where another place says it; text such as "no" would be true."""
    for name, value in given.items():
        if value is not None:
            flag(name, value)


def _array(name: str, value: Any) -> Array:
    try:
        return jnp.asarray(value)
    except (TypeError, ValueError) as error:  # such as text
        raise InputError(f"{name}: expected an array, got {checks.shown(value)}") from error


def takes_tokens(layer: Layer) -> bool:
    """Whether inputs are integers ``[T, *B]`` without an axis of features."""
    if isinstance(layer, Chain):
        return takes_tokens(layer.layers[0])
    return isinstance(layer, Embed)


def to_time_major(
    layer: Layer,
    inputs: Any,
    time_major: bool,
    *,
    seq_lengths: Int[Array, "*b"] | None,
    mask: Bool[Array, "*b T"] | None,
    resets: Bool[Array, "*b T"] | None,
) -> tuple[Any, dict[str, Any]]:
    """Return the input sequences with time as axis 0, and what ``Layer.apply`` wants to know of their steps.

    Raises:
        InputError: where an argument has a type or a shape that does not fit the inputs, in the caller's axes.
    """
    inputs = named_numbers("inputs", inputs)
    axes = _axes(inputs, 0 if takes_tokens(layer) else 1, time_major)
    batch, steps = (axes[1:], axes[:1]) if time_major else (axes[:-1], axes[-1:])
    if seq_lengths is not None:
        seq_lengths = _array("seq_lengths", seq_lengths)
        if not jnp.issubdtype(seq_lengths.dtype, jnp.integer) or seq_lengths.shape != batch[: seq_lengths.ndim]:
            raise InputError(f"seq_lengths: expected integers {batch}, got {seq_lengths.dtype} {seq_lengths.shape}")

    def move(name: str, flags: Any) -> Array | None:
        if flags is None:
            return None
        flags = _array(name, flags)
        leading = batch[: flags.ndim - 1]
        expected = steps + leading if time_major else leading + steps
        if flags.dtype != jnp.bool_ or flags.shape != expected:
            raise InputError(f"{name}: expected bool {axes}, got {flags.dtype} {flags.shape}")
        return flags if time_major else jnp.moveaxis(flags, -1, 0)

    xs = inputs if time_major else jax.tree.map(lambda leaf: jnp.moveaxis(leaf, len(axes) - 1, 0), inputs)
    return xs, {"lengths": seq_lengths, "mask": move("mask", mask), "resets": move("resets", resets)}


def _axes(inputs: Any, features: int, time_major: bool) -> tuple[int, ...]:
    """Return the sizes of the axes of batch and time, in the caller's order."""
    if is_one_array(inputs):
        if inputs.ndim <= features:
            raise InputError(f"inputs: expected {1 + features} axes or more, got shape {inputs.shape}")
        return inputs.shape[: inputs.ndim - features]
    if time_major:
        return common_axes(inputs)
    shapes = {leaf.shape[:-1] for leaf in jax.tree.leaves(inputs)}
    if len(shapes) > 1 or not all(shapes):
        shown = jax.tree.map(lambda leaf: leaf.shape, inputs)
        raise InputError(
            f"inputs: expected arrays [*B, T, I] that are alike up to their last axis, which tells where time is; with "
            f"time_major=True they may have any axes behind [T, *B]; got {shown}"
        )
    return shapes.pop()


def features_of(inputs: Any) -> Any:
    """Return I of an input, or that of each of its arrays by name."""
    return jax.tree.map(lambda leaf: leaf.shape[-1], inputs)


def from_time_major(ys: Shaped[Array, "T *B O"], time_major: bool) -> Array:
    """Return the output sequences in the caller's axes."""
    return ys if time_major else jnp.moveaxis(ys, 0, -2)


def names_of(params: Params) -> tuple[list[tuple[str, ...]], list[Any], Any]:
    """Return by which names Flax keeps each array of a layer's parameters, the arrays, and their structure."""
    leaves, structure = jax.tree.flatten_with_path(params)
    names = [tuple(jax.tree_util.keystr((part,), simple=True) for part in path) or ("w",) for path, _ in leaves]
    return names, [leaf for _, leaf in leaves], structure


def structure_of(
    layer: Layer, in_features: InDim | None, kept: dict[tuple[str, ...], Any]
) -> tuple[list[tuple[str, ...]], Any]:
    """Return the names of a layer's parameters in the order of its own tree, and the structure of that tree.

    Args:
        layer: the layer whose parameters Flax keeps.
        in_features: I; None tries all sizes that the arrays have, as the structure does not tell it.
        kept: the arrays by their names.

    Raises:
        InputError: where the layer has parameters of other names.
    """
    sizes = sorted({size for array in kept.values() for size in jnp.shape(array)})
    for in_dim in (sizes or [1]) if in_features is None else [in_features]:
        try:
            drawn = jax.eval_shape(lambda in_dim=in_dim: layer.init(jax.random.key(0), in_dim))
        except InputError:  # such as gr.residual, which takes no other size than its own
            continue
        names, _, structure = names_of(drawn)
        if set(names) == set(kept):
            return names, structure
    shown = sorted("/".join(name) for name in kept)
    raise InputError(f"variables: expected the parameters of {layer!r} under params, got {shown}")


def draws_noise(layer: Layer, params: Params, xs: Any) -> bool:
    """Whether the outputs depend on the key, so that only a layer with dropout or the like asks for randomness.

    Read from the traced program: a user's own cell need not declare anything.
    """
    return depends(lambda key: layer.apply(params, xs, key=key), jax.random.key(0))
