"""What a process that was killed, or somebody else, has left of checkpoints is out of the way before any is restored.

A save is marked before it begins and until it is done: a checkpoint without digests that is marked was not finished,
and is removed, as half a file is. One that is not marked has lost them, and is kept under another name.
"""

from __future__ import annotations

import re
import shutil
import time
import warnings
from pathlib import Path

from gatedrnn.errors import InputError
from gatedrnn.training.digests import NAME, damage

MARK = re.compile(r"\.(\d+)\.saving")


def begin(directory: Path, step: int) -> None:
    """Mark that a checkpoint is being saved."""
    _mark(directory, step).touch()


def end(directory: Path, step: int) -> None:
    """Remove the mark: the checkpoint is whole, its digests included."""
    _mark(directory, step).unlink(missing_ok=True)


def put_aside(directory: Path) -> None:
    """Remove checkpoints that were not finished, and rename damaged ones with a warning: none of both is restored.

    Args:
        directory: the folder of checkpoints, which may not exist.

    Raises:
        InputError: where a damaged one cannot be renamed.
    """
    if not directory.exists():
        return
    for mark in [path for path in directory.iterdir() if MARK.fullmatch(path.name)]:
        unfinished = directory / mark.name.split(".")[1]
        if not (unfinished / NAME).exists() and not unfinished.is_symlink():  # a link may lead anywhere
            shutil.rmtree(unfinished, ignore_errors=True)
        mark.unlink(missing_ok=True)
    for folder in sorted(path for path in directory.iterdir() if path.name.isdigit()):
        wrong = damage(folder)
        if wrong is not None:
            aside = _renamed(folder, folder.with_name(f"damaged-{folder.name}-{time.time_ns()}"), wrong)
            warnings.warn(
                f"checkpoint {folder.name} in {directory} is damaged ({wrong}), and now called {aside.name}; "
                "training goes on from the one before, from the start where there is none",
                stacklevel=3,
            )


def _mark(directory: Path, step: int) -> Path:
    return directory / f".{step}.saving"


def _renamed(folder: Path, aside: Path, wrong: str) -> Path:
    try:
        return folder.rename(aside)
    except OSError as error:
        raise InputError(
            f"checkpoint {folder} is damaged ({wrong}), and cannot be renamed ({error}). "
            "Remove it, or name another folder."
        ) from error
