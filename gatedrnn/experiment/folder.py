"""A folder belongs to the settings that it was claimed with: what was started in it goes on, nothing else does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gatedrnn.errors import InputError
from gatedrnn.files import read_json, write_json
from gatedrnn.training.fingerprint import changes
from gatedrnn.training.hosts import is_first, wait_for_all

# A search this long loses at most this many seconds to a kill; shorter searches are simply repeated.
SECONDS_BETWEEN_CHECKPOINTS = 10.0


def claim(folder: Path, settings: dict[str, Any]) -> None:
    """Write what a folder is for, or check it where that is written already; of several processes the first writes.

    Raises:
        InputError: where the folder is for other settings; says which differ.
    """
    asked = folder / "settings.json"
    if is_first() and not asked.exists():
        write_json(asked, settings)
    wait_for_all("the folder is claimed")
    lines = changes(read_json(asked), settings)
    if lines:
        raise InputError(
            f"out: expected the settings of the run in {folder}, got others ({'; '.join(lines)}). "
            "Name another folder, or remove this one."
        )


def claimed(folder: Path) -> bool:
    """Return whether a comparison was started in a folder."""
    return (folder / "settings.json").exists()
