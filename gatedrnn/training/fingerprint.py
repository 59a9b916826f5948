"""What tells one population from another: kept with each checkpoint, compared before one is used."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Key

LONGEST = 120
"""Characters of a value that an error shows."""
SHOWN = 8
"""Lines of difference that an error shows, and entries of a list that one line does."""


def fingerprint(hypers: Any, keys: Key[Array, "K"], data: Any) -> dict[str, Any]:
    """Return, as JSON has it, which members these are: a checkpoint of others must not go on as theirs.

    Example:
        >>> fingerprint({"rate": np.float32([0.5])}, jax.random.split(jax.random.key(0), 1), np.zeros((2, 3)))
        {'hypers': {"['rate']": [0.5]}, 'keys': [[1797259609, 2579123966]], 'data': {'': 'float64[2,3]'}}
    """
    found = {
        "hypers": {jax.tree_util.keystr(path): np.asarray(h).tolist() for path, h in leaves(hypers)},
        "keys": np.asarray(jax.random.key_data(keys)).tolist(),
        "data": shapes(data),
    }
    return json.loads(json.dumps(found))


def shapes(tree: Any) -> dict[str, str]:
    """Return type and shape of each array of a pytree, by its path.

    Example:
        >>> shapes({"x": np.zeros((2, 3))})
        {"['x']": 'float64[2,3]'}
    """
    return {jax.tree_util.keystr(path): f"{x.dtype}{list(x.shape)}".replace(" ", "") for path, x in leaves(tree)}


def leaves(tree: Any) -> list[tuple[Any, Any]]:
    """Return a pytree's leaves with their paths."""
    return jax.tree_util.tree_leaves_with_path(tree)


def changes(before: Any, now: Any, name: str = "") -> list[str]:
    """Return a line for each entry that differs between two values as JSON has them.

    Example:
        >>> changes({"rate": [0.5, 1.0], "cell": "GRU"}, {"rate": [0.5, 2.0]})
        ["cell: was 'GRU', now None", 'rate[1]: was 1.0, now 2.0']
    """
    if isinstance(before, dict) and isinstance(now, dict):
        keys = sorted({*before, *now})
        return [
            line
            for k in keys
            for line in changes(before.get(k), now.get(k), f"{name}.{k if k.isprintable() else _brief(k)}".lstrip("."))
        ]
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        pairs = enumerate(zip(before, now, strict=True))
        return [line for i, (old, new) in pairs for line in changes(old, new, f"{name}[{i}]")]
    if isinstance(before, list) and isinstance(now, list) and max(len(before), len(now)) > SHOWN:
        return [f"{name}: was of length {len(before)}, now {len(now)}"]
    return [] if before == now else [f"{name}: was {_brief(before)}, now {_brief(now)}"]


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def shown(lines: list[str]) -> str:
    """Return differences on one line, the first of them where there are many."""
    more = len(lines) - SHOWN
    return "; ".join(lines[:SHOWN]) + (f"; and {more} more" if more > 0 else "")
