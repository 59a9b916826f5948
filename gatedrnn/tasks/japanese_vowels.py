"""Japanese Vowels: 640 utterances of /ae/ by nine men, as frames of 12 LPC cepstrum coefficients.

Real speech, small enough to come with the package: 270 utterances to train on and 370 to test, 7 to 29 frames.
Two questions are asked of it: what is the next frame, and who is speaking. See ``data/NOTICE`` for its licence.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import io
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks import baselines, objectives
from gatedrnn.tasks.parts import Batch, FinalTest, Scale, Visible
from gatedrnn.tasks.task import Reading, Task

if TYPE_CHECKING:
    from jaxtyping import Float, Int

SHA256 = "198ba1dd075ee364dd57603e12d530fd470da9236be1fd6f080c62a7e12d2565"
SOURCE = (
    "Japanese Vowels, M. Kudo, J. Toyama and M. Shimbo 1999, UCI Machine Learning Repository, CC BY 4.0; "
    "from the PyPI package aeon 1.6.0"
)
SPEAKERS, CHANNELS, LONGEST = 9, 12, 29
FEATURES = tuple(f"x{channel}" for channel in range(CHANNELS))
FORECAST_VALIDATION, SPEAKER_TRAIN = 6, 12  # utterances of each speaker, of the 30 that he has


class Utterances(NamedTuple):
    """Recordings: frames ``[T, B, 12]``, zeros after ``lengths [B]``, and who spoke, ``[B]`` from 0 to 8."""

    frames: Float[np.ndarray, "T B 12"]
    lengths: Int[np.ndarray, "B"]
    speakers: Int[np.ndarray, "B"]

    def take(self, rows: Int[np.ndarray, "b"]) -> Utterances:
        """Return those utterances alone."""
        return Utterances(self.frames[:, rows], self.lengths[rows], self.speakers[rows])

    def flat(self) -> Float[np.ndarray, "N 12"]:
        """Return all frames that exist, one after another."""
        return self.frames[np.arange(LONGEST)[:, None] < self.lengths]


@functools.cache
def load() -> tuple[Utterances, Utterances]:
    """Return the 270 utterances to train on, in raw units, and the 370 to test.

    Raises:
        InputError: where the packaged file is not the one that this version of the code was written for.

    Example:
        >>> train, test = load()
        >>> train.frames.shape, test.frames.shape, len(train.flat())
        ((29, 270, 12), (29, 370, 12), 4274)
    """
    data = importlib.resources.files("gatedrnn.tasks").joinpath("data/japanese_vowels.npz").read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != SHA256:
        raise InputError(f"japanese_vowels.npz: expected sha256 {SHA256}, got {digest}; reinstall gatedrnn")
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return _pad(arrays, "train"), _pad(arrays, "test")


def _pad(arrays: np.lib.npyio.NpzFile, part: str) -> Utterances:
    lengths = arrays[f"{part}_lengths"]
    frames = np.zeros((LONGEST, len(lengths), CHANNELS), np.float32)
    # Indexing with an array of flags goes row by row: here utterance by utterance, as the frames lie.
    frames.swapaxes(0, 1)[np.arange(LONGEST) < lengths[:, None]] = arrays[f"{part}_frames"]
    return Utterances(frames, lengths, arrays[f"{part}_speakers"].astype(np.int32) - 1)


def _draw(seed: int, each: int, speakers: Int[np.ndarray, "B"]) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of ``each`` utterances of every speaker, drawn by the seed, and those of the rest."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InputError(f"seed: expected an int of 0 or more, got {seed!r}")
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(np.flatnonzero(speakers == k))[:each] for k in range(SPEAKERS)]
    rows = np.sort(np.concatenate(drawn))
    return rows, np.setdiff1d(np.arange(len(speakers)), rows)


def _normalise(part: Utterances, mean: np.ndarray, deviation: np.ndarray) -> Utterances:
    valid = np.arange(LONGEST)[:, None] < part.lengths
    frames = np.where(valid[..., None], (part.frames - mean) / deviation, 0.0)
    return part._replace(frames=frames.astype(np.float32))


def _statistics(part: Utterances) -> tuple[np.ndarray, np.ndarray]:
    frames = part.flat().astype(np.float64)
    return frames.mean(0), frames.std(0)


def split_forecast(seed: int) -> Visible:
    """Split for the next frame: 24 utterances of each speaker to train on, 6 to validate.

    Each split normalises by its own training part: ``u = (v - m) / s``. Likelihoods are densities, so their unit is
    that of the data; to compare splits, all are put into the deviations S of the 270 utterances, ``w = (v - M) / S``.
    As ``w`` is ``u`` times ``s / S`` plus a constant, ``p(w) = p(u) product(S / s)``, and so

    .. code-block:: text

        -log p(w) = -log p(u) + offset,     offset = sum over channels of log(s / S)

    Example:
        >>> parts = split_forecast(0)
        >>> parts.train.x.shape, parts.validation.x.shape
        ((28, 216, 12), (28, 54, 12))
    """
    known, _ = load()
    held_out, rest = _draw(seed, FORECAST_VALIDATION, known.speakers)
    moments = _statistics(known.take(rest))
    train, validation = (_frames(known.take(rows), *moments) for rows in (rest, held_out))
    return Visible(train, validation, _offset(moments[1]), _scale(*moments))


def final_forecast(seed: int) -> FinalTest:
    """Return all 370 utterances of the test, in the units of the split that the seed draws.

    Example:
        >>> final_forecast(0).batch.y.shape
        (28, 370, 12)
    """
    known, test = load()
    moments = _statistics(known.take(_draw(seed, FORECAST_VALIDATION, known.speakers)[1]))
    return FinalTest(_frames(test, *moments), _offset(moments[1]), _scale(*moments))


def _frames(part: Utterances, mean: np.ndarray, deviation: np.ndarray) -> Batch:
    """Return frames and the ones that follow them; the last one of an utterance is a target only."""
    frames = _normalise(part, mean, deviation).frames
    lengths = part.lengths - 1
    exists = np.arange(LONGEST - 1)[:, None, None] < lengths[:, None]
    return Batch(x=np.where(exists, frames[:-1], np.float32(0)), lengths=lengths, y=frames[1:])


def _offset(deviation: np.ndarray) -> float:
    return float(np.log(deviation / _statistics(load()[0])[1]).sum())


def _scale(mean: np.ndarray, deviation: np.ndarray) -> Scale:
    """Return how to get back to cepstrum coefficients; the naive forecast is the frame before."""
    known, _ = load()
    changes = np.abs(np.diff(known.frames.astype(np.float64), axis=0))
    naive = changes[np.arange(1, LONGEST)[:, None] < known.lengths].mean(0)
    return Scale(mean, deviation, _statistics(known)[1], naive)


def split_speaker(seed: int) -> Visible:
    """Split for the speaker: 12 training utterances of each, the other 162 validate.

    With more to train on, simple models and networks alike are at their ceiling.

    Example:
        >>> parts = split_speaker(0)
        >>> parts.train.x.shape, parts.validation.x.shape
        ((29, 108, 12), (29, 162, 12))
    """
    known, _ = load()
    drawn, rest = _draw(seed, SPEAKER_TRAIN, known.speakers)
    moments = _statistics(known.take(drawn))
    train, validation = (_spoken(known.take(rows), *moments) for rows in (drawn, rest))
    return Visible(train, validation, 0.0)


def final_speaker(seed: int) -> FinalTest:
    """Return all 370 utterances of the test, in the units of the split that the seed draws.

    Example:
        >>> final_speaker(0).batch.y.shape
        (370,)
    """
    known, test = load()
    moments = _statistics(known.take(_draw(seed, SPEAKER_TRAIN, known.speakers)[0]))
    return FinalTest(_spoken(test, *moments), 0.0)


def _spoken(part: Utterances, mean: np.ndarray, deviation: np.ndarray) -> Batch:
    return Batch(x=_normalise(part, mean, deviation).frames, lengths=part.lengths, y=part.speakers)


def read_forecast(seed: int) -> Reading:
    """Return what `split_forecast` did to the frames."""
    known, _ = load()
    moments = _statistics(known.take(_draw(seed, FORECAST_VALIDATION, known.speakers)[1]))
    return Reading(FEATURES, FEATURES, inputs=moments, outputs=moments)


def read_speaker(seed: int) -> Reading:
    """Return what `split_speaker` did to the frames."""
    known, _ = load()
    moments = _statistics(known.take(_draw(seed, SPEAKER_TRAIN, known.speakers)[0]))
    return Reading(FEATURES, classes=tuple(str(k + 1) for k in range(SPEAKERS)), inputs=moments)


def forecast() -> Task:
    """Return the task of forecasting the next frame, a diagonal Gaussian for each.

    Example:
        >>> forecast().unit
        'nats per frame'
    """
    return Task(
        name="japanese-vowels-forecast",
        title="Japanese Vowels: the next frame of speech",
        kind="forecast",
        unit="nats per frame",
        in_dim=CHANNELS,
        out_dim=2 * CHANNELS,
        source=SOURCE,
        data_sha256=SHA256,
        split=split_forecast,
        read_test=final_forecast,
        score=objectives.gaussian,
        baselines=baselines.forecast,
        reading=read_forecast,
        metric="nats",  # as published numbers are
    )


def speaker() -> Task:
    """Return the task of naming the speaker from 108 training utterances.

    Example:
        >>> speaker().unit
        'nats per utterance'
    """
    return Task(
        name="japanese-vowels-speaker",
        title="Japanese Vowels: who is speaking",
        kind="classification",
        unit="nats per utterance",
        in_dim=CHANNELS,
        out_dim=SPEAKERS,
        source=SOURCE,
        data_sha256=SHA256,
        split=split_speaker,
        read_test=final_speaker,
        score=objectives.categorical,
        baselines=baselines.classification,
        reading=read_speaker,
    )
