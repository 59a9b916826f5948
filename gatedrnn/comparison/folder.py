"""The folder of a comparison: what is finished in it, and where the unfinished goes on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from gatedrnn.comparison.received import stop_check
from gatedrnn.comparison.schema.results import RegionEntry
from gatedrnn.comparison.settings import Settings
from gatedrnn.experiment.folder import SECONDS_BETWEEN_CHECKPOINTS, RunFolder, named, refuse_path
from gatedrnn.experiment.received import read_leaves
from gatedrnn.experiment.schema import Check, refuse_misfit
from gatedrnn.files import write_arrays, write_json
from gatedrnn.training.checkpoint import Checkpoints

if TYPE_CHECKING:
    import numpy as np

    from gatedrnn.comparison.schema.runs import SearchEntry, WavesEntry

T = TypeVar("T")

FILES = (
    "results.json",
    "report.html",
    "report.md",
    "region.json",
    "models/*/*.json",
    "models/*/*.safetensors",
    "searches/*/*.json",
    "searches/*/*.npz",
)
STORES = ("searches/*/*/",)


class Folder:
    """Where a comparison keeps its results, so that it can be killed and resumed; a context manager.

    Another command is refused until it is closed.

    Raises:
        InputError: where the folder holds a comparison with other settings, which says which differ; or a task is
            unfit for the settings.
    """

    def __init__(self, path: str | Path, settings: Settings) -> None:
        settings.refuse_unfit()  # before the folder is theirs
        for name in settings.task_names:
            refuse_path("task", name)
        self.path = Path(path)
        self._run = RunFolder(self.path, settings.as_dict(), FILES, STORES)

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *raised: Any) -> None:
        self._run.__exit__(*raised)

    def written(self, path: Path) -> contextlib.AbstractContextManager[BinaryIO]:
        """Write a file of the comparison atomically, and its digest."""
        return self._run.written(path)

    def _search(self, task: str, cell: str, replicate: int, stage: str) -> Path:
        # An import path names a cell of one's own, and a colon is no part of a file name everywhere.
        return self.path / "searches" / task / f"{cell.replace(':', '.')}-{replicate}{stage}"

    def load(self, task: str, cell: str, replicate: int, stage: str = "", *, check: Check) -> SearchEntry | None:
        """Return what a finished search found; None where it is not finished."""
        return self._finished(task, cell, replicate, stage, check)

    def load_waves(self, task: str, cell: str, replicate: int, stage: str = "", *, check: Check) -> WavesEntry | None:
        """Return what a finished search within a budget of time found; None where it is not finished."""
        return self._finished(task, cell, replicate, stage, check)

    def _finished(self, task: str, cell: str, replicate: int, stage: str, check: Check) -> Any:
        path = _beside(self._search(task, cell, replicate, stage), "json")
        return self._run.read_json(path, check) if path.exists() else None

    def checkpoints(self, task: str, cell: str, replicate: int, stage: str = "") -> Checkpoints:
        """Return where an unfinished search keeps its states."""
        return Checkpoints(self._search(task, cell, replicate, stage), every=SECONDS_BETWEEN_CHECKPOINTS)

    def finish(
        self, task: str, cell: str, replicate: int, entry: SearchEntry | WavesEntry, params: list[Any], stage: str = ""
    ) -> None:
        """Keep what a search found and the leaves of the selected parameters, and drop its checkpoints."""
        path = self._search(task, cell, replicate, stage)
        write_arrays(_beside(path, "npz"), params, writer=self.written)
        write_json(_beside(path, "json"), entry, writer=self.written)
        self._run.remove(path)

    def drop(self, task: str, cell: str, replicate: int, prefix: str) -> None:
        """Remove the files of all stages that begin with ``prefix``."""
        path = self._search(task, cell, replicate, prefix)
        for found in path.parent.glob(f"{path.name}*"):
            self._run.remove(found)

    def stop(self, task: str, clock: str, replicate: int, stage: str, segment: int) -> None:
        """Keep after which segment a clock ended the trials of a stage, in all cells."""
        write_json(
            _beside(self._search(task, clock, replicate, stage), "json"), {"segment": segment}, writer=self.written
        )

    def stopped(self, task: str, clock: str, replicate: int, stage: str) -> int | None:
        """Return after which segment a clock ended the trials of a stage; None where it has not."""
        found = self._finished(task, clock, replicate, stage, stop_check)
        return None if found is None else found["segment"]

    def winner(self, task: str, cell: str, replicate: int, stage: str = "", *, like: list[Any]) -> list[np.ndarray]:
        """Return the leaves of the parameters that a finished search selected, of these shapes and types."""
        path = _beside(self._search(task, cell, replicate, stage), "npz")
        return named(path, lambda: read_leaves(self._run.read(path), like))

    def once(self, task: str, name: str, make: Callable[[], T], check: Check) -> T:
        """Return what ``make`` returned the first time, kept in a file: what is measured, or read, only once."""
        path = self.path / "searches" / task / f"{name}.json"
        if not path.exists():
            write_json(path, make(), writer=self.written)
        return self._run.read_json(path, check)

    def region(self, task: str, make: Callable[[], RegionEntry], check: Check) -> RegionEntry:
        """Return a task's region of practical equivalence as region.json has it, which is written down if it lacks."""
        path = self.path / "region.json"
        regions = self._run.read_json(path, partial(refuse_misfit, of=dict[str, RegionEntry])) if path.exists() else {}
        if task not in regions:
            regions[task] = make()
            write_json(path, regions, writer=self.written)
        named(path, lambda: check(regions[task]))
        return regions[task]


def _beside(path: Path, ending: str) -> Path:
    """Append an ending; with_suffix would cut off the class of a cell's import path."""
    return path.with_name(f"{path.name}.{ending}")
