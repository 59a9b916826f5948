"""The folder of a comparison: what is finished in it, and what it was asked to do."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from gatedrnn.comparison.search.settings import Settings, differences
from gatedrnn.training.checkpoint import Checkpoints

# A search this long loses at most this many seconds to a kill; shorter searches are simply repeated.
SECONDS_BETWEEN_CHECKPOINTS = 10.0


def write_text(path: Path, text: str) -> None:
    """Write a file atomically: after a kill, it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically; NaN and infinities, which JSON lacks, are refused."""
    write_text(path, json.dumps(value, indent=1, allow_nan=False))


def claim(folder: Path, settings: dict[str, Any]) -> None:
    """Write what a folder is for, or check it where that is written already.

    Raises:
        ValueError: where the folder is for other settings; says which differ.
    """
    asked = folder / "settings.json"
    if not asked.exists():
        return write_json(asked, settings)
    lines = differences(json.loads(asked.read_text(encoding="utf-8")), settings)
    if lines:
        raise ValueError(
            f"out: expected the settings of the run in {folder}, got others ({'; '.join(lines)}). "
            "Name another folder, or remove this one."
        )


class Folder:
    """Where a comparison keeps its results, so that it can be killed and resumed.

    Raises:
        ValueError: where the folder holds a comparison with other settings; says which differ.
    """

    def __init__(self, path: str | Path, settings: Settings) -> None:
        self.path = Path(path)
        claim(self.path, settings.as_dict())

    def _search(self, task: str, cell: str, replicate: int) -> Path:
        return self.path / "searches" / task / f"{cell}-{replicate}"

    def load(self, task: str, cell: str, replicate: int) -> dict[str, Any] | None:
        """Return what a finished search found; None where it is not finished."""
        path = self._search(task, cell, replicate).with_suffix(".json")
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def checkpoints(self, task: str, cell: str, replicate: int) -> Checkpoints:
        """Return where an unfinished search keeps its states."""
        return Checkpoints(self._search(task, cell, replicate), every=SECONDS_BETWEEN_CHECKPOINTS)

    def finish(self, task: str, cell: str, replicate: int, entry: dict[str, Any]) -> None:
        """Keep what a search found, and drop its checkpoints."""
        path = self._search(task, cell, replicate)
        write_json(path.with_suffix(".json"), entry)
        shutil.rmtree(path, ignore_errors=True)
