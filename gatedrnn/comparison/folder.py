"""The folder of a comparison: what is finished in it, and where the unfinished goes on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from gatedrnn.comparison.received import stop_check
from gatedrnn.comparison.schema.results import RegionEntry, Results
from gatedrnn.comparison.settings import Settings
from gatedrnn.comparison.team import ALONE, Team, finished, others
from gatedrnn.errors import InputError
from gatedrnn.experiment import began, lock, manifest
from gatedrnn.experiment.folder import SECONDS_BETWEEN_CHECKPOINTS, SETTINGS, RunFolder
from gatedrnn.experiment.paths import named, refuse_path
from gatedrnn.experiment.received import read_leaves
from gatedrnn.experiment.schema import Check, refuse_misfit
from gatedrnn.files import parsed, write_arrays, write_json
from gatedrnn.training.checkpoint import Checkpoints
from gatedrnn.training.fingerprint import changes, shown

if TYPE_CHECKING:
    import numpy as np

    from gatedrnn.comparison.schema.runs import SearchEntry, WavesEntry

T = TypeVar("T")

RESULTS = "results.json"
FILES = (
    RESULTS,
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

    Another command is refused until it is closed. Of several processes each has one, in a place of its own.

    Args:
        path: the folder of the comparison, the same for all processes.
        settings: what the comparison is asked to do.
        team: which of several processes this is.

    Attributes:
        path: where this process keeps what it finds.
        tell: called with what is waited for, at each look.

    Raises:
        InputError: where the folder holds a comparison with other settings or of other versions, which says which
            differ; or a task is unfit for the settings.
    """

    def __init__(self, path: str | Path, settings: Settings, team: Team = ALONE) -> None:
        settings.refuse_unfit()  # before the folder is theirs
        team.refuse(settings)
        for name in settings.task_names:
            refuse_path("task", name)
        self.team, self._out = team, Path(path)
        self.path = team.place(self._out)
        self.tell: Callable[[str], None] = lambda _: None
        if not team.first:
            self._wait_for_claim(settings.as_dict())
        self._run = RunFolder(self.path, settings.as_dict(), FILES, STORES)

    def _wait_for_claim(self, settings: dict[str, Any]) -> None:
        """Return when the first process has claimed the folder: before that, it may be somebody else's."""

        def claimed() -> dict[str, Any] | None:
            path = self._out / SETTINGS
            there = finished(self._out, path) and lock.held(self._out)
            return parsed(path, manifest.checked(self._out, path)) if there else None

        if lines := changes(self.team.wait(claimed, 0, self._out, self.tell), settings):
            raise InputError(f"out: expected the settings of the first process, got others ({shown(lines)})")
        path = self._out / began.NAME
        began.refuse_others(self._out, parsed(path, manifest.checked(self._out, path)))

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
        if not path.exists() and (found := self._elsewhere(path)) is not None:
            if not self.team.first:
                return _read(found, path.relative_to(self.path), check)
            self._take_over(found, path)
        return self._run.read_json(path, check) if path.exists() else None

    def _elsewhere(self, path: Path) -> Path | None:
        """Return the folder of another process that has finished a file; None where none has."""
        name = path.relative_to(self.path)
        there = (folder for folder in others(self._out, self.team.index) if finished(folder, folder / name))
        return next(there, None)

    def _take_over(self, folder: Path, path: Path) -> None:
        """Keep what another process found, its arrays first, as if it had been found here."""
        for each in (path.with_name(f"{path.stem}.npz"), path):
            with self.written(each) as file:
                file.write(manifest.checked(folder, folder / each.relative_to(self.path)))

    def found_by(
        self, owner: int, task: str, cell: str, replicate: int, stage: str = "", *, check: Check
    ) -> SearchEntry:
        """Return what the search of another process found, when it is finished.

        Raises:
            InputError: where that process is not at work, and has not been for some time.
        """
        # Others hear of it from the first process, which takes it over.
        asked = owner if self.team.first else 0
        return self.team.wait(lambda: self.load(task, cell, replicate, stage, check=check), asked, self._out, self.tell)

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
        within = Path("searches") / task / f"{name}.json"
        if not self.team.first:
            there = self._out / within
            self.team.wait(lambda: finished(self._out, there) or None, 0, self._out, self.tell)
            return _read(self._out, within, check)
        path = self.path / within
        if not path.exists():
            write_json(path, make(), writer=self.written)
        return self._run.read_json(path, check)

    def results_of_first(self) -> Results:
        """Return what results.json holds, when the first process has written it and ended its comparison.

        Raises:
            InputError: where that process is not at work, and has not been for some time.
        """
        path = self._out / RESULTS

        def ended() -> bool | None:
            return (not lock.held(self._out) and finished(self._out, path)) or None

        self.team.wait(ended, 0, self._out, self.tell)
        return _read(self._out, Path(RESULTS), partial(refuse_misfit, of=Results))

    def region(self, task: str, make: Callable[[], RegionEntry], check: Check) -> RegionEntry:
        """Return a task's region of practical equivalence as region.json has it, which is written down if it lacks."""
        path = self.path / "region.json"
        regions = self._run.read_json(path, partial(refuse_misfit, of=dict[str, RegionEntry])) if path.exists() else {}
        if task not in regions:
            regions[task] = make()
            write_json(path, regions, writer=self.written)
        named(path, lambda: check(regions[task]))
        return regions[task]


def _read(folder: Path, within: Path, check: Check) -> Any:
    """Return what a file of JSON holds that another process wrote in its folder."""
    path = folder / within
    value = parsed(path, manifest.checked(folder, path))
    named(path, lambda: check(value))
    return value


def _beside(path: Path, ending: str) -> Path:
    """Append an ending; with_suffix would cut off the class of a cell's import path."""
    return path.with_name(f"{path.name}.{ending}")
