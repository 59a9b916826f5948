"""What is wrong with a checkpoint whose files are as they were written and whose state is not restored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from gatedrnn.errors import InputError

LONGEST = 160
"""Letters of what a library below says, which may hold all numbers of a state."""


def unread(folder: Path, held: Any, like: Any, error: Exception | None) -> InputError:
    """Return the refusal of a checkpoint: another state, such as an older version's, or one that cannot be read.

    Orbax raises the same error for both.

    Args:
        folder: the checkpoint that was to be restored.
        held: the tree of what it says that its arrays are; None where that cannot be read either.
        like: the state that was asked for.
        error: what was raised; None where what was restored is of another kind than what was asked for.
    """
    if error is None and not _says_kinds(folder):
        error = ValueError("it does not say what its arrays are")
    if error is not None and (held is None or _shapes(held) == _shapes(like)):
        return InputError(
            f"checkpoint {folder}: expected one that can be read, got a broken one ({_said(error)}). Remove it to go "
            "on from the one before, or name another folder."
        )
    return InputError(
        f"checkpoint {folder}: expected a state of this run as this version trains it, got another, such as an older "
        f"version's. Remove {folder.parent} to train anew, or name another folder."
    )


def _says_kinds(folder: Path) -> bool:
    """Return whether a checkpoint says of its arrays what they are: typed keys come back as raw ones where it does not.

    Of arrays of NumPy's it says nothing.
    """
    said: list[Any] = []
    for path in folder.glob("*/array_metadatas/process_*"):
        try:
            said += [one["array_metadata"] for one in json.loads(path.read_bytes())["array_metadatas"]]
        except (OSError, ValueError, KeyError, TypeError):
            return False
    return bool(said) and all(isinstance(one, dict) and {"param_name", "ext_metadata"} <= one.keys() for one in said)


def _shapes(tree: Any) -> dict[tuple[str, ...], tuple[int, ...]]:
    """Return the shape of each leaf by the names on the way to it; keys are saved as numbers, without a type."""
    found = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        names = tuple(jax.tree_util.keystr((part,), simple=True) for part in path)
        is_key = isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
        found[names] = tuple(getattr(jax.random.key_data(leaf) if is_key else leaf, "shape", ()))
    return found


def _said(error: BaseException) -> str:
    """Return in one line what was wrong first, of which a library below made other errors."""
    while (before := error.__cause__ or error.__context__) is not None:
        error = before
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said[:LONGEST]}{'...' if len(said) > LONGEST else ''}"
