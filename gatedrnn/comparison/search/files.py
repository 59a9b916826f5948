"""The folder of a comparison: what is finished in it, and what it was asked to do."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from gatedrnn.comparison.search.settings import Settings, differences
from gatedrnn.training.checkpoint import Checkpoints
from gatedrnn.training.hosts import is_first, wait_for_all

# A search this long loses at most this many seconds to a kill; shorter searches are simply repeated.
SECONDS_BETWEEN_CHECKPOINTS = 10.0
# A string in JSON has no line breaks, so this can only be a list.
NUMBERS = re.compile(r"\[\n\s+(?:[-+.\deE]+|null)(?:,\n\s+(?:[-+.\deE]+|null))*\n\s+\]")


@contextlib.contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """Write a file atomically: after a kill, or on a full disk, it is there whole or not at all.

    Raises:
        OSError: where it cannot be written; names the file, which the system does not.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        error.filename = str(path)
        raise


def write_text(path: Path, text: str) -> None:
    """Write text atomically."""
    with written(path) as file:
        file.write(text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically, lists of numbers on a line each; NaN and infinities, which JSON lacks, are refused."""
    text = json.dumps(value, indent=1, allow_nan=False)
    write_text(path, NUMBERS.sub(lambda found: re.sub(r"\s+", " ", found[0]), text))


def write_arrays(path: Path, arrays: list[Any]) -> None:
    """Write arrays atomically, to be loaded without pickle."""
    with written(path) as file:
        np.savez(file, allow_pickle=False, **{f"leaf_{k}": np.asarray(array) for k, array in enumerate(arrays)})


def claim(folder: Path, settings: dict[str, Any]) -> None:
    """Write what a folder is for, or check it where that is written already; of several processes the first writes.

    Raises:
        ValueError: where the folder is for other settings; says which differ.
    """
    asked = folder / "settings.json"
    if is_first() and not asked.exists():
        write_json(asked, settings)
    wait_for_all("the folder is claimed")
    lines = differences(json.loads(asked.read_text(encoding="utf-8")), settings)
    if lines:
        raise ValueError(
            f"out: expected the settings of the run in {folder}, got others ({'; '.join(lines)}). "
            "Name another folder, or remove this one."
        )


def claimed(folder: Path) -> bool:
    """Return whether a comparison was started in a folder."""
    return (folder / "settings.json").exists()


class Folder:
    """Where a comparison keeps its results, so that it can be killed and resumed.

    Raises:
        ValueError: where the folder holds a comparison with other settings; says which differ.
    """

    def __init__(self, path: str | Path, settings: Settings) -> None:
        self.path = Path(path)
        claim(self.path, settings.as_dict())

    def _search(self, task: str, cell: str, replicate: int, stage: str) -> Path:
        # An import path names a cell of one's own, and a colon is no part of a file name everywhere.
        return self.path / "searches" / task / f"{cell.replace(':', '.')}-{replicate}{stage}"

    def load(self, task: str, cell: str, replicate: int, stage: str = "") -> dict[str, Any] | None:
        """Return what a finished search found; None where it is not finished."""
        path = _beside(self._search(task, cell, replicate, stage), "json")
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def checkpoints(self, task: str, cell: str, replicate: int, stage: str = "") -> Checkpoints:
        """Return where an unfinished search keeps its states."""
        return Checkpoints(self._search(task, cell, replicate, stage), every=SECONDS_BETWEEN_CHECKPOINTS)

    def finish(
        self, task: str, cell: str, replicate: int, entry: dict[str, Any], params: list[Any], stage: str = ""
    ) -> None:
        """Keep what a search found and the leaves of the selected parameters, and drop its checkpoints."""
        path = self._search(task, cell, replicate, stage)
        write_arrays(_beside(path, "npz"), params)
        write_json(_beside(path, "json"), entry)
        shutil.rmtree(path, ignore_errors=True)

    def drop(self, task: str, cell: str, replicate: int, prefix: str) -> None:
        """Remove the files of all stages that begin with ``prefix``."""
        path = self._search(task, cell, replicate, prefix)
        for found in path.parent.glob(f"{path.name}*"):
            if found.is_dir():
                shutil.rmtree(found, ignore_errors=True)
            else:
                found.unlink()

    def winner(self, task: str, cell: str, replicate: int, stage: str = "") -> list[np.ndarray]:
        """Return the leaves of the parameters that a finished search selected."""
        path = _beside(self._search(task, cell, replicate, stage), "npz")
        with np.load(path, allow_pickle=False) as arrays:
            return [arrays[f"leaf_{k}"] for k in range(len(arrays.files))]

    def once(self, task: str, name: str, make: Callable[[], Any]) -> Any:
        """Return what ``make`` returned the first time, kept in a file: what is measured, or read, only once."""
        path = self.path / "searches" / task / f"{name}.json"
        if not path.exists():
            write_json(path, make())
        return json.loads(path.read_text(encoding="utf-8"))

    def region(self, task: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return a task's region of practical equivalence as region.json has it, which is written down if it lacks."""
        path = self.path / "region.json"
        regions = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if task not in regions:
            regions[task] = make()
            write_json(path, regions)
        return regions[task]


def _beside(path: Path, ending: str) -> Path:
    """Append an ending; with_suffix would cut off the class of a cell's import path."""
    return path.with_name(f"{path.name}.{ending}")
