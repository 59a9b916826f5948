"""A series as the parts of one split, in the user's units, with all the past that a forecaster has."""

from __future__ import annotations

import numpy as np

from gatedrnn.tasks.parts import Batch, Part, Past, Recording, Scale, Visible

NOTHING = Batch(np.zeros((0, 0, 1)), np.zeros(0, int), np.zeros((0, 0, 1)))
"""What a network would read: models of recordings don't."""


def parts_of_series(x: np.ndarray, columns: tuple[int, ...] = (0,), ahead: int = 1) -> tuple[Visible, Part]:
    """Split in time: 64 % to train on, 16 % to validate, 20 % to test, and ``ahead`` steps between them."""
    n, y = len(x), x[:, list(columns)]
    stop, end = round(0.64 * n), round(0.8 * n)
    scale = scale_of(y[:stop], y[:end], ahead)
    past = Past((Recording(x[:stop], y[:stop], 0, ahead),), (Recording(x[:end], y[:end], stop, ahead),))
    return Visible(NOTHING, NOTHING, 0.0, scale, past), Part(NOTHING, 0.0, scale, (Recording(x, y, end, ahead),))


def parts_of_sequences(x: np.ndarray, y: np.ndarray, first: int = 0, ahead: int = 1) -> tuple[Visible, Part]:
    """Split sequences ``[B, n, I]`` and what is looked for in them, ``[B, n, D]``: 60 %, 20 % and 20 % of them."""
    recordings = [Recording(one, looked_for, first, ahead) for one, looked_for in zip(x, y, strict=True)]
    a, b = round(0.6 * len(x)), round(0.8 * len(x))
    scale = scale_of(np.concatenate(y[:a]), np.concatenate(y[:b]), ahead)
    visible = Visible(NOTHING, NOTHING, 0.0, scale, Past(tuple(recordings[:a]), tuple(recordings[a:b])))
    return visible, Part(NOTHING, 0.0, scale, tuple(recordings[b:]))


def scale_of(train: np.ndarray, known: np.ndarray, ahead: int) -> Scale:
    naive = np.abs(known[ahead:] - known[: len(known) - ahead]).mean(0) if ahead else np.ones(known.shape[1])
    return Scale(train.mean(0), train.std(0), known.std(0), naive)
