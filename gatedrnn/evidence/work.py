"""What a reproduction has measured so far: kept in a folder, so that the same command goes on after a kill."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypedDict

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.experiment.folder import RunFolder
from gatedrnn.experiment.paths import named
from gatedrnn.experiment.schema import refuse_misfit
from gatedrnn.files import write_json

Arrays = Mapping[str, np.ndarray]
"""Numbers of one part of a measurement, by name."""
Once = Callable[[str, Callable[[], Arrays]], Arrays]
"""The name of a part, and what measures it, to its numbers in float64."""

SECONDS = "seconds.json"
FILES = (SECONDS, "parts/*.json")
STORES = ("comparisons/*/",)


class ArrayEntry(TypedDict):
    """An array as JSON has it: its shape, and its numbers one after another, as text where they are not finite."""

    shape: list[int]
    values: list[float | str]


def anew(name: str, measure: Callable[[], Arrays]) -> Arrays:
    """Measure a part, and keep nothing: the ``Once`` of who has no folder."""
    del name
    return _wide(measure())


class Work:
    """A measurement that goes on where it was killed; a context manager.

    Args:
        folder: where parts are kept until the measurement is finished.
        asked: what is measured, as JSON has it; the folder is for nothing else.
        say: called with a line of what goes on.

    Raises:
        InputError: where the folder is for something else, of other versions, or another command is at work in it.
    """

    def __init__(self, folder: Path, asked: dict[str, str], say: Callable[[str], None]) -> None:
        self._run = RunFolder(folder, asked, FILES, STORES)
        self._say = say
        path = folder / SECONDS
        self._before = self._run.read_json(path, partial(refuse_misfit, of=float)) if path.exists() else 0.0
        self._clock = time.perf_counter()
        self._one = threading.Lock()

    def __enter__(self) -> Work:
        return self

    def __exit__(self, *raised: object) -> None:
        self._run.__exit__(*raised)

    @property
    def seconds(self) -> float:
        """The time that the measurement has taken, that of killed commands up to their last line included."""
        return self._before + time.perf_counter() - self._clock

    def say(self, line: str) -> None:
        """Say what goes on, and keep the time."""
        with self._one:  # Searches of a comparison are beside each other.
            write_json(self._run.path / SECONDS, self.seconds, writer=self._run.written)
            self._say(line)

    def once(self, name: str, measure: Callable[[], Arrays]) -> Arrays:
        """Return the numbers of a part, in float64; measured once, and read from the folder from then on.

        Args:
            name: the name of the part, which may be that of a file.
            measure: called to measure it, and returns its numbers.
        """
        path = self._run.path / "parts" / f"{name}.json"
        if not path.exists():
            entries = {key: _entry(value) for key, value in measure().items()}
            write_json(path, entries, writer=self._run.written)
        held = self._run.read_json(path, partial(refuse_misfit, of=dict[str, ArrayEntry]))
        return named(path, lambda: {key: _array(key, entry) for key, entry in held.items()})

    def under(self, prefix: str) -> Once:
        """Return ``once`` of parts whose names begin with ``prefix``."""
        return lambda name, measure: self.once(f"{prefix}-{name}", measure)

    def comparison(self, name: str) -> Path:
        """Return the folder of a comparison, which resumes by itself."""
        return self._run.path / "comparisons" / name

    def finish(self) -> None:
        """Remove all parts: what they led to is kept elsewhere."""
        self._run.dissolve()


def _wide(arrays: Arrays) -> Arrays:
    return {name: np.asarray(value, np.float64) for name, value in arrays.items()}


def _entry(array: np.ndarray) -> ArrayEntry:
    flat = np.asarray(array, np.float64).ravel().tolist()
    return {"shape": list(np.shape(array)), "values": [one if np.isfinite(one) else str(one) for one in flat]}


def _array(name: str, entry: ArrayEntry) -> np.ndarray:
    try:
        return np.array([float(one) for one in entry["values"]]).reshape(entry["shape"])
    except ValueError as error:
        raise InputError(f"{name}: expected numbers of shape {entry['shape']}, got others ({error})") from error
