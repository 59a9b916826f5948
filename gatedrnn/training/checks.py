"""Messages for what a population or a run can't take, raised before anything is compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from gatedrnn.arguments import function, whole
from gatedrnn.cells import checks
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from jax import Array


def check_run(run: Any) -> None:
    """Refuse what is no run, its class included."""
    if isinstance(run, type) or not all(hasattr(run, name) for name in ("init", "advance", "segments")):
        raise InputError(f"run: expected a run, with init, advance and segments; got {run!r}")


def check_keys(keys: Any) -> None:
    """Refuse what are no keys ``[K]``, one for each member; raw ones are ``[K, n]``, as JAX has them by default."""
    dtype, shape = getattr(keys, "dtype", None), getattr(keys, "shape", ())
    typed = dtype is not None and jnp.issubdtype(dtype, jax.dtypes.prng_key)
    raw = dtype == jnp.uint32 and len(shape) > 1 and shape[1:] == checks.raw_key()
    if not (typed and len(shape) == 1) and not raw:
        came = f"{dtype} {list(shape)}" if dtype is not None else repr(keys)
        raise InputError(f"keys: expected one key for each member, [K], such as jax.random.split(key, K); got {came}")
    if 0 in shape[:1]:
        raise InputError("keys: expected one member or more, got none")


def check_helpers(store: Any, on_segment: Any) -> None:
    """Refuse what keeps members and cannot, and what is to be called with them and cannot be.

    Raises:
        InputError: where one of both is neither None nor fit.
    """
    if store is not None and (
        isinstance(store, type) or not all(callable(getattr(store, name, None)) for name in ("save", "restore"))
    ):
        raise InputError(f"store: expected None or one with save and restore, such as Checkpoints; got {store!r}")
    if on_segment is not None:
        function("on_segment", on_segment)


def check_hypers(hypers: Any, members: int) -> None:
    """Refuse hyperparameters that are neither numbers nor arrays ``[K]``."""
    for leaf in jax.tree.leaves(hypers):
        try:
            value = np.asarray(leaf)
        except (TypeError, ValueError):
            value = np.asarray(None)
        if value.dtype.kind not in "biuf" and not jnp.issubdtype(value.dtype, jnp.floating):
            raise InputError(f"hypers: expected numbers, each a scalar or [{members}], got {leaf!r:.100}")
        if value.shape not in ((), (1,), (members,)):
            raise InputError(f"hypers: expected each a scalar or [{members}], got shape {list(value.shape)}")


def check_member(tree: Any, k: Any) -> None:
    """Refuse the number of a member that there is not; a traced number is taken as it is."""
    if isinstance(k, Tracer):
        return
    if isinstance(k, (bool, np.bool_)) or not hasattr(k, "__index__"):
        raise InputError(f"k: expected the number of a member, got {k!r}")
    for leaf in jax.tree.leaves(tree):
        shape = np.shape(leaf)
        if not shape:
            raise InputError("tree: expected arrays that lead with the members, [K, ...], got a scalar")
        if not -shape[0] <= int(k) < shape[0]:
            raise InputError(f"k: expected the number of one of {shape[0]} members, got {k!r}")


def check_sizes(run: Any, *names: str) -> None:
    """Refuse numbers of a run that are not whole or not positive."""
    for name in names:
        whole(name, getattr(run, name))


def check_functions(run: Any, *names: str) -> None:
    """Refuse functions of a run that cannot be called."""
    for name in names:
        function(name, getattr(run, name))


def check_data(data: Any, *, steps: bool = False) -> None:
    """Refuse data without arrays; with ``steps`` also those without an axis of batches."""
    leaves = jax.tree.leaves(data)
    if not leaves or (steps and not all(np.ndim(leaf) for leaf in leaves)):
        kind = "arrays [S, ...], a batch for each step" if steps else "arrays"
        raise InputError(f"data: expected {kind}, got {'none' if not leaves else 'a scalar'}")


def pair_of_loss(value: Any) -> tuple[Array, Array]:
    """Return the sum and the count that a loss gave, or refuse what is no such pair."""
    if not isinstance(value, tuple) or len(value) != 2:
        raise InputError(f"loss: expected a pair (sum, count), got {type(value).__name__}")
    for name, part in zip(("sum", "count"), value, strict=True):
        if np.shape(part) != ():
            raise InputError(f"loss: expected a {name} that is one number, got shape {list(np.shape(part))}")
    if not jnp.issubdtype(jnp.result_type(value[0]), jnp.floating):
        raise InputError(f"loss: expected a sum of floating point, got {jnp.result_type(value[0])}")
    return value
