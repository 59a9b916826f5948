"""Arrays as sequences: those of an .npz file, or of Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.archives import open_npz
from gatedrnn.errors import InputError
from gatedrnn.tasks.plain import plain
from gatedrnn.tasks.sequences import Sequences, encode_classes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatedrnn.tasks.question import Question
    from gatedrnn.tasks.task import Kind

INSTEAD = "; give sequences of different lengths one after another, x [N, I], with lengths [B]"
KEYS = ("x", "lengths", "y", "groups", "split", "features")


def read_npz(path: Path, question: Question) -> tuple[Sequences, Kind]:
    """Read the arrays of an .npz file; pickled objects are never loaded.

    Raises:
        InputError: where it is none, or its arrays are unfit.
    """
    with open_npz(path, INSTEAD) as file:
        unknown = [key for key in file.files if key not in KEYS]
        if unknown or "x" not in file.files:
            raise InputError(f"keys: expected x and some of {', '.join(KEYS[1:])}, got {', '.join(file.files)}")
        held = {key: file[key] for key in file.files}
    return from_arrays(held, question)


def from_arrays(arrays: Mapping[str, np.ndarray], question: Question) -> tuple[Sequences, Kind]:
    """Return sequences of arrays, and what is asked of them.

    Args:
        arrays: ``x``, numbers ``[T, B, I]``, time first, or ``[N, I]``, sequences one after another; tokens
            ``[T, B]`` or ``[N]``. Optional: ``lengths [B]``; ``y``, classes ``[B]``, ``[T, B]`` or ``[N]``, or
            numbers ``[T, B, D]`` or ``[N, D]``; ``groups [B]``, sequences that belong together; ``split [B]`` of
            train, validation and test; ``features``, names ``[I]``.
        question: what is asked; names of columns have no use here, but for the target of a forecast.

    Raises:
        InputError: where shapes or types don't fit.
    """
    for name in ("group", "time", "features", "split"):
        if getattr(question, name):
            given = getattr(question, name)
            raise InputError(f"{name}: expected none, as arrays have keys instead ({', '.join(KEYS)}); got {given!r}")
    for key, values in arrays.items():
        if values.dtype == object:
            raise InputError(f"{key}: expected an array of numbers or text, got objects; pad sequences, or join them")
    x = arrays["x"]
    if x.ndim == 1 and (x.dtype.kind == "f" or question.kind in ("forecast", "step-regression")):
        x = x[:, None]  # one feature
    tokens = question.kind == "next-token" or x.ndim == 1 or _are_padded_tokens(x, arrays)
    if tokens and not np.issubdtype(x.dtype, np.integer):
        raise InputError(f"x: expected tokens as integers [T, B] or [N], got {x.dtype} {list(x.shape)}")
    if not tokens and (x.dtype.kind not in "fiub" or x.ndim not in (2, 3)):
        raise InputError(f"x: expected numbers [T, B, I] or [N, I], got {x.dtype} {list(x.shape)}")
    padded = x.ndim == (2 if tokens else 3)
    lengths = _lengths(arrays.get("lengths"), x, padded)
    there = np.arange(len(x))[:, None] < lengths if padded else None
    kind, y, classes = _targets(arrays.get("y"), x, lengths, there, question)
    flat, names = _flat(x, there), ()
    if tokens:
        flat, names = encode_classes(flat)
        flat = flat.astype(np.min_scalar_type(len(names) - 1))
    features = () if tokens else _names(arrays.get("features"), x.shape[-1])
    groups, parts = (arrays.get(key) for key in ("groups", "split"))
    for key, values in (("groups", groups), ("split", parts)):
        if values is not None and values.shape != lengths.shape:
            raise InputError(f"{key}: expected one for each of {len(lengths)} sequences, got {list(values.shape)}")
    columns = y.shape[-1] if kind == "step-regression" and y is not None else 0
    data = Sequences(
        flat if tokens else _exact(flat),
        lengths,
        y,
        features=features,
        targets=question.target or tuple(f"y{d}" for d in range(columns)),
        classes=names if kind == "next-token" else classes,
        groups=None if groups is None else np.unique(groups, return_inverse=True)[1],
        parts=parts,
        tokens=() if kind == "next-token" else names,
    )
    return data, kind


def _are_padded_tokens(x: np.ndarray, arrays: Mapping[str, np.ndarray]) -> bool:
    """Return whether integers are tokens ``[T, B]`` rather than steps ``[N, I]``: by what belongs to B sequences."""
    if x.ndim != 2 or x.dtype.kind not in "iu":
        return False
    lengths, y = arrays.get("lengths"), arrays.get("y")
    if lengths is not None:
        return lengths.shape == (x.shape[1],) and lengths.sum() != len(x)
    return y is not None and y.shape == (x.shape[1],) and len(y) != len(x)


def _lengths(given: np.ndarray | None, x: np.ndarray, padded: bool) -> np.ndarray:
    if given is None:
        return np.full(x.shape[1], len(x)) if padded else np.array([len(x)])
    if given.ndim != 1 or not np.issubdtype(given.dtype, np.integer):
        raise InputError(f"lengths: expected integers [B], got {given.dtype} {list(given.shape)}")
    if len(given) and not 0 <= given.min() <= given.max() <= x.size:
        raise InputError(
            f"lengths: expected counts of steps, of which x has {len(x):,}, got {given.min():,} to {given.max():,}"
        )
    lengths = given.astype(np.int64)
    if padded and len(lengths) != x.shape[1]:
        raise InputError(
            f"lengths: expected one for each of the {x.shape[1]} sequences of x [T, B, ...], got {len(lengths)}; "
            "time comes first: x.swapaxes(0, 1)"
        )
    if padded and lengths.max(initial=0) > len(x):
        raise InputError(f"lengths: expected at most the {len(x)} steps of x [T, B, ...], got {lengths.max()}")
    if not padded and lengths.sum() != len(x):
        raise InputError(f"lengths: expected a sum of {len(x):,}, the steps of x [N, ...], got {lengths.sum():,}")
    return lengths


def _flat(values: np.ndarray, there: np.ndarray | None) -> np.ndarray:
    """Return the steps that exist, sequence by sequence."""
    return values if there is None else values.swapaxes(0, 1)[there.T]


def _targets(
    y: np.ndarray | None, x: np.ndarray, lengths: np.ndarray, there: np.ndarray | None, question: Question
) -> tuple[Kind, np.ndarray | None, tuple[str, ...]]:
    """Return the kind, targets of steps or sequences, and names of classes."""
    if y is None:
        kind = question.kind or ("next-token" if x.ndim == 1 else "forecast")
        return kind, None, ()
    of_steps = y.shape[:2] == x.shape[:2] if there is not None else len(y) == len(x) and len(x) != len(lengths)
    if not of_steps and y.shape != lengths.shape:
        steps = list(x.shape[:2]) if there is not None else [len(x)]
        raise InputError(
            f"y: expected one for each of {len(lengths)} sequences or {steps} steps, got {list(y.shape)}; time is first"
        )
    numbers = y.dtype.kind == "f"
    kind = question.kind or (
        "classification" if not of_steps else "step-regression" if numbers else "step-classification"
    )
    if kind in ("forecast", "next-token"):
        raise InputError(
            f"y: expected none where the kind is {kind}, as targets are frames of x; got {y.dtype} {list(y.shape)}"
        )
    if (kind == "classification") == of_steps or (kind != "step-regression" and numbers):
        expected = (
            "integers or text [B]" if kind == "classification" else "one for each step, integers or text of classes"
        )
        raise InputError(f"y: expected {expected}, got {y.dtype} {list(y.shape)}; name another kind, or convert it")
    flat = _flat(y, there) if of_steps else y
    if kind == "step-regression":
        if y.dtype.kind not in "fiub":
            raise InputError(f"y: expected numbers, got {y.dtype}")
        return kind, _exact(flat.reshape(len(flat), -1)), ()
    if flat.ndim != 1:
        raise InputError(f"y: expected one class for each step, [T, B] or [N], got {list(y.shape)}")
    return (kind, *encode_classes(flat))


def _exact(numbers: np.ndarray) -> np.ndarray:
    """Return floats that hold these numbers as they are: float64, where float32 would round them."""
    return numbers.astype(np.result_type(numbers.dtype, np.float32), copy=False)


def _names(given: np.ndarray | None, count: int) -> tuple[str, ...]:
    names = tuple(f"x{i}" for i in range(count)) if given is None else tuple(plain(str(name)) for name in given.ravel())
    if len(names) != count or len(set(names)) != count:
        raise InputError(f"features: expected {count} different names, got {', '.join(names)}")
    return names
