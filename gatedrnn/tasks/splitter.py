"""A seed to the parts of recorded data: windows beside each other, normalised by the training part alone."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks.past import naive_error, recordings
from gatedrnn.tasks.season import find_season
from gatedrnn.tasks.sequences import LONGEST
from gatedrnn.tasks.splitting import Stretches, Windows, parts_by_group, parts_in_time, windows
from gatedrnn.tasks.task import Batch, FinalTest, Past, Reading, Scale, Visible

if TYPE_CHECKING:
    from jaxtyping import Float, Int, Shaped

    from gatedrnn.tasks.sequences import Sequences
    from gatedrnn.tasks.task import Recording

WINDOW, KEPT_WHOLE = 128, 1000
"""Steps of a window, and of the longest sequence that is not cut into windows where none are asked for."""
CHUNK = 1 << 16


class Moments(NamedTuple):
    """Mean and deviation of each column, ``[I]``."""

    mean: Float[np.ndarray, "I"]
    deviation: Float[np.ndarray, "I"]


class Splitter:
    """A seed to the parts of recorded data: called, to those that may be seen; by ``read_test``, to the test.

    Args:
        data: the recorded sequences to be split.
        outputs: what is to be found, for each of the N steps; None where it is ``data.y``, for each sequence.
        ahead: steps from an input to its output.
        density: whether outputs are numbers, which are normalised, and whose likelihood is a density.
        window: steps of a window; None for the default.

    Raises:
        InputError: where the data are too few or too long.
    """

    def __init__(
        self,
        data: Sequences,
        outputs: Shaped[np.ndarray, "N *D"] | None,
        *,
        ahead: int,
        density: bool,
        window: int | None,
    ) -> None:
        self.data, self.outputs, self.ahead = data, outputs, ahead
        longest = int(data.lengths.max())
        if longest <= ahead:
            raise InputError(f"horizon: expected less than the {longest} steps of the longest sequence, got {ahead}")
        self.window = longest if outputs is None else self._window(longest, window)
        self.length = min(self.window, longest - ahead)
        if self.length > LONGEST:
            raise InputError(
                f"too long: expected at most {LONGEST:,} steps, got {longest:,} in sequence "
                f"{data.label(int(data.lengths.argmax()))}; average neighbouring steps, or cut it into several"
            )
        self._sizes = [len(cut.starts) for cut in self._windows(0)]
        if 0 in self._sizes:
            raise InputError(
                f"too few sequences: expected some of more than {ahead} steps in each part, got none; forecast less "
                "far ahead, or record longer ones"
            )
        # Likelihoods are densities, so their unit is that of the data; this one is the same for all seeds.
        self._unit = moments(outputs, self._parts(0)[:2]).deviation if density and outputs is not None else None
        self.season, self._naive = self._season()
        self._lock = threading.Lock()
        self._last: tuple[int, Visible] | None = None

    def __call__(self, seed: int) -> Visible:
        """Return the parts that the seed draws; those of the last seed are kept, as all cells ask for them.

        Raises:
            InputError: where the seed is none, or what is to be found doesn't vary in the training part.
        """
        seed = _checked(seed)
        with self._lock:
            if self._last is None or self._last[0] != seed:
                self._last = None  # before others are made: both together may not fit into memory
                self._last = seed, self._visible(seed)
            return self._last[1]

    def read_test(self, seed: int) -> FinalTest:
        """Return the test, normalised as the parts are that the seed draws.

        Raises:
            InputError: as calling it does.
        """
        of_inputs, of_outputs, offset = self._normalisation(seed := _checked(seed))
        test = self._batch(self._cuts(seed)[2], of_inputs, of_outputs)
        recorded = self._recordings(self._parts(seed)[2]) if self._unit is not None else None
        return FinalTest(test, offset, self._scale(of_outputs), recorded)

    def _window(self, longest: int, window: int | None) -> int:
        if window is not None:
            return window
        if self._series:
            return int(np.clip(longest // 50, 8, WINDOW))
        return longest if longest <= KEPT_WHOLE else WINDOW

    @property
    def _series(self) -> bool:
        return len(self.data.lengths) == 1

    def _parts(self, seed: int) -> tuple[Stretches, Stretches, Stretches]:
        if self._series and self.outputs is not None:
            steps = int(self.data.lengths[0])
            return parts_in_time(steps, max(self.ahead, steps // 100), seed)
        return parts_by_group(self.data, seed)

    def _windows(self, seed: int) -> list[Windows]:
        return [windows(part, self.window, self.ahead) for part in self._parts(seed)]

    def reading(self, seed: int) -> Reading:
        """Return what the split that the seed draws did to raw data."""
        inputs, outputs = self._moments(seed)
        window = self.window if self.outputs is not None else None
        data = self.data
        return Reading(data.features, data.targets, data.classes, inputs, outputs, window)

    def _moments(self, seed: int) -> tuple[Moments | None, Moments | None]:
        """Return those of inputs and of outputs in the training part; None where they are not normalised."""
        known = self._parts(seed)[:1]
        of_inputs = moments(self.data.x, known) if self.data.x.ndim == 2 else None
        return of_inputs, None if self.outputs is None or self._unit is None else moments(self.outputs, known)

    def _normalisation(self, seed: int) -> tuple[Moments | None, Moments | None, float]:
        """Return the moments that the parts are normalised by, and the offset that undoes it in the likelihood."""
        (of_inputs, of_outputs), offset = self._moments(seed), 0.0
        if of_outputs is not None and self._unit is not None:
            if not of_outputs.deviation.all():
                name = self.data.targets[int(of_outputs.deviation.argmin())]
                raise InputError(
                    f"column {name!r}: expected values that vary in the training part, got a constant; leave it out"
                )
            offset = float(np.log(of_outputs.deviation / self._unit).sum())
        return of_inputs, of_outputs, offset

    def _cuts(self, seed: int) -> list[Windows]:
        """Return where the windows of training, validation and test lie, as many as for any other seed."""
        rng = np.random.default_rng([seed, 1])
        return [
            _of_size(cut, size, rng, repeat=part == 0)
            for part, (cut, size) in enumerate(zip(self._windows(seed), self._sizes, strict=True))
        ]

    def _visible(self, seed: int) -> Visible:
        of_inputs, of_outputs, offset = self._normalisation(seed)
        train, validation = (self._batch(cut, of_inputs, of_outputs) for cut in self._cuts(seed)[:2])
        past = Past(*map(self._recordings, self._parts(seed)[:2])) if self._unit is not None else None
        return Visible(train, validation, offset, self._scale(of_outputs), past)

    def _recordings(self, part: Stretches) -> tuple[Recording, ...]:
        assert self.outputs is not None
        return recordings(self.data, self.outputs, part, self.ahead)

    def _season(self) -> tuple[int | None, Float[np.ndarray, "D"] | None]:
        """Return the season of what the first split trains on, and the naive error of all that is not the test."""
        if self._unit is None:
            return None, None
        train, validation = map(self._recordings, self._parts(0)[:2])
        season = find_season([one.y[one.first :] for one in train])
        return season, naive_error(validation if self._series else train + validation, season)

    def _scale(self, of_outputs: Moments | None) -> Scale | None:
        if of_outputs is None or self._unit is None or self._naive is None:
            return None
        return Scale(of_outputs.mean, of_outputs.deviation, self._unit, self._naive)

    def _batch(self, cut: Windows, of_inputs: Moments | None, of_outputs: Moments | None) -> Batch:
        x = _side_by_side(self.data.x, cut.starts, cut.lengths, self.length, of_inputs)
        if self.outputs is None:
            y = np.where(cut.lengths > 0, self.data.y[cut.sequences], 0).astype(np.int32)
        else:
            y = _side_by_side(self.outputs, cut.starts + self.ahead, cut.lengths, self.length, of_outputs)
        return Batch(x, cut.lengths.astype(np.int32), y)


def _checked(seed: int) -> int:
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InputError(f"seed: expected an int of 0 or more, got {seed!r}")
    return int(seed)


def _of_size(cut: Windows, size: int, rng: np.random.Generator, *, repeat: bool) -> Windows:
    """Bring windows to a number that doesn't depend on the seed, as programs are compiled for one.

    What is too much is left out at random; what is missing is filled up, in training with windows drawn once more, else
    with empty ones, which count for nothing.
    """
    there = len(cut.starts)
    if there > size:
        rows = np.sort(rng.permutation(there)[:size])
    else:
        rows = np.concatenate([np.arange(there), rng.integers(there, size=size - there)])
    starts, lengths, sequences = (a[rows] for a in cut)
    return Windows(starts, lengths if repeat else np.where(np.arange(size) < there, lengths, 0), sequences)


def _side_by_side(
    flat: Shaped[np.ndarray, "N *D"],
    starts: Int[np.ndarray, "W"],
    lengths: Int[np.ndarray, "W"],
    longest: int,
    by: Moments | None,
) -> Shaped[np.ndarray, "T W *D"]:
    """Lay windows beside each other, zeros behind their ends; normalised where there are moments, then in float32."""
    dtype = np.float32 if np.issubdtype(flat.dtype, np.floating) else flat.dtype
    out = np.zeros((longest, len(starts), *flat.shape[1:]), dtype)
    for t in range(longest):
        there = lengths > t
        values = flat[starts[there] + t]
        if by is not None:
            values = (values - by.mean) / np.where(by.deviation > 0, by.deviation, 1.0)
        out[t, there] = values
    return out


def moments(flat: Float[np.ndarray, "N I"], parts: tuple[Stretches, ...]) -> Moments:
    """Return mean and deviation of each column over all steps of these parts, in float64 and little memory.

    Example:
        >>> part = Stretches(np.array([0, 3]), np.array([2, 4]), np.array([0, 1]))
        >>> [m.tolist() for m in moments(np.array([[1.0], [2.0], [9.0], [6.0]]), (part,))]
        [[3.0], [2.160246899469287]]
    """
    spans = [
        (first, min(first + CHUNK, stop))
        for part in parts
        for start, stop in zip(part.starts.tolist(), part.stops.tolist(), strict=True)
        for first in range(start, stop, CHUNK)
    ]
    total: Any = sum(flat[a:b].sum(0, dtype=np.float64) for a, b in spans)
    mean = total / sum(b - a for a, b in spans)
    squares: Any = sum(((flat[a:b] - mean) ** 2).sum(0) for a, b in spans)
    return Moments(mean, np.sqrt(squares / sum(b - a for a, b in spans)))
