"""A seed to the parts of recorded data: windows beside each other, normalised by the training part alone."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks.in_time import before_test, of_other_groups, of_seen_groups, parts_in_time, split_by
from gatedrnn.tasks.moments import Moments, moments
from gatedrnn.tasks.parts import Batch, FinalTest, Past, Scale, Visible
from gatedrnn.tasks.past import naive_error, recordings
from gatedrnn.tasks.season import find_season
from gatedrnn.tasks.sequences import LONGEST
from gatedrnn.tasks.splitting import Stretches, parts_by_group
from gatedrnn.tasks.task import Reading
from gatedrnn.tasks.windows import Windows, default_window, scored_windows, training_windows

if TYPE_CHECKING:
    from jaxtyping import Float, Int, Shaped

    from gatedrnn.tasks.framing import Framing
    from gatedrnn.tasks.parts import Recording
    from gatedrnn.tasks.sequences import Sequences
    from gatedrnn.tasks.task import Kind

KEPT_WHOLE = 1000
"""Steps of the longest sequence that is not cut into windows where none are asked for."""


class Splitter:
    """A seed to the parts of recorded data: called, to those that may be seen; by ``read_test``, to the test.

    Args:
        data: the recorded sequences to be split.
        outputs: what is to be found, for each of the N steps; None where it is ``data.y``, for each sequence.
        kind: what is asked of the sequences.
        framing: how far ahead, what is read at once, and what the test is set apart by.

    Raises:
        InputError: where the data are too few or too long.

    Attributes:
        split_by: what the test is set apart by.
        season: steps after which the series comes round again; None where they do not.
        window: steps that are read for the last forecast of a window; all of a sequence that is no longer.
    """

    def __init__(
        self, data: Sequences, outputs: Shaped[np.ndarray, "N *D"] | None, kind: Kind, framing: Framing
    ) -> None:
        self.data, self.outputs, self.framing = data, outputs, framing
        self.ahead = {"forecast": framing.horizon, "next-token": 1}.get(kind, 0)
        self._overlap = kind != "next-token"  # n-grams are counted in the windows: each token once
        density = kind in ("forecast", "step-regression")
        longest = int(data.lengths.max())
        if longest <= self.ahead:
            raise InputError(
                f"horizon: expected less than the {longest} steps of the longest sequence, got {self.ahead}"
            )
        self.split_by = split_by(data, kind, framing)
        # Likelihoods are densities, so their unit is that of the data; this one is the same for all seeds.
        self._unit = moments(outputs, self._known()).deviation if density and outputs is not None else None
        self.season, self._naive = self._season()
        self.window = longest if outputs is None else self._window(longest)
        self.length = min(self.window, longest - self.ahead)
        if self.length > LONGEST:
            raise InputError(
                f"too long: expected at most {LONGEST:,} steps, got {longest:,} in sequence "
                f"{data.label(int(data.lengths.argmax()))}; average neighbouring steps, or cut it into several"
            )
        self._sizes = [len(cut.starts) for cut in self._windows(0)]
        if 0 in self._sizes:
            raise InputError(
                f"too few sequences: expected some of more than {self.ahead} steps in each part, got none; forecast "
                "less far ahead, or record longer ones"
            )
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
        recorded = None if self._unit is None else self._recordings(self.parts(seed)[2])
        return FinalTest(test, offset, self._scale(of_outputs), recorded)

    def _window(self, longest: int) -> int:
        if self.framing.window is not None:
            return self.framing.window
        if self.split_by == "group" and longest <= KEPT_WHOLE:
            return longest
        train = self.parts(0)[0]
        return default_window(int((train.stops - train.starts).max()), self.season)

    def parts(self, seed: int | None) -> tuple[Stretches, Stretches, Stretches]:
        """Return where training, validation and test lie among the steps.

        Without a seed, training in time is what every seed trains on; of groups no such part is sure to be left, and it
        is that of the first seed.
        """
        if self.split_by == "group":
            return parts_by_group(self.data, seed or 0)
        parts = parts_in_time(self.data, self.ahead, seed, self.framing.test_from)
        return parts if self.split_by == "time" else of_other_groups(parts, self._groups())

    def _known(self) -> tuple[Stretches, ...]:
        """Return all that is not the test, the same for every seed."""
        if self.split_by == "group":
            return self.parts(0)[:2]
        known = before_test(self.data, self.ahead, self.framing.test_from)
        return (known if self.split_by == "time" else of_seen_groups(known, self._groups()),)

    def _groups(self) -> Int[np.ndarray, "B"]:
        return np.arange(len(self.data.lengths)) if self.data.groups is None else self.data.groups

    def _windows(self, seed: int) -> list[Windows]:
        train, *scored = self.parts(seed)
        trained = training_windows(train, self.window, self.ahead, overlap=self._overlap)
        return [
            trained,
            *(scored_windows(part, self.data.starts[part.sequences], self.window, self.ahead) for part in scored),
        ]

    def reading(self, seed: int) -> Reading:
        """Return what the split that the seed draws did to raw data."""
        inputs, outputs = self._moments(seed)
        window = self.window if self.outputs is not None else None
        data = self.data
        names = data.features, data.targets, data.classes, data.tokens
        return Reading(*names, inputs, outputs, window, self.ahead or None)

    def _moments(self, seed: int) -> tuple[Moments | None, Moments | None]:
        """Return those of inputs and of outputs in the training part; None where they are not normalised."""
        known = self.parts(seed)[:1]
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
        past = None if self._unit is None else Past(*map(self._recordings, self.parts(seed)[:2]))
        return Visible(train, validation, offset, self._scale(of_outputs), past)

    def _recordings(self, part: Stretches) -> tuple[Recording, ...]:
        assert self.outputs is not None
        return recordings(self.data, self.outputs, part, self.ahead)

    def _season(self) -> tuple[int | None, Float[np.ndarray, "D"] | None]:
        """Return the season of what every seed trains on, and the naive error of all that is not the test."""
        if self._unit is None:
            return self.framing.season, None
        train = self._recordings(self.parts(None)[0])
        season = self.framing.season or find_season([one.y[one.first :] for one in train])
        known = tuple(one for part in self._known() for one in self._recordings(part))
        return season, naive_error(known, season) if known else np.ones(len(self._unit))

    def _scale(self, of_outputs: Moments | None) -> Scale | None:
        if of_outputs is None or self._unit is None or self._naive is None:
            return None
        return Scale(of_outputs.mean, of_outputs.deviation, self._unit, self._naive)

    def _batch(self, cut: Windows, of_inputs: Moments | None, of_outputs: Moments | None) -> Batch:
        x = _side_by_side(self.data.x, cut.starts, cut.lengths, self.length, of_inputs)
        if self.outputs is None:
            y = np.where(cut.lengths > 0, self.data.y[cut.sequences], 0).astype(np.int32)
            return Batch(x, cut.lengths.astype(np.int32), y)
        y = _side_by_side(self.outputs, cut.starts + self.ahead, cut.lengths, self.length, of_outputs)
        return Batch(x, cut.lengths.astype(np.int32), y, np.minimum(cut.warm, cut.lengths).astype(np.int32))


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
    starts, lengths, sequences, warm = (a[rows] for a in cut)
    return Windows(starts, lengths if repeat else np.where(np.arange(size) < there, lengths, 0), sequences, warm)


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
