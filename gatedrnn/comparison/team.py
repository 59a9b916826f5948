"""Several processes that make one comparison: who searches which replicate, and how each finds what others found.

They share the folder alone, and each has the devices of its own machine. The first works in the folder itself, takes
over what the others have finished, and judges; the others work in ``processes/N`` below it. So a comparison is the same
files, however many processes have made it, and what one of them leaves unfinished is resumed from these.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import jax

from gatedrnn.errors import InputError
from gatedrnn.experiment import lock, manifest

if TYPE_CHECKING:
    from gatedrnn.comparison.settings import Settings

T = TypeVar("T")

LOOKS = 0.5
"""Seconds between two looks at whether another process has finished something."""
MISSING = 100.0
"""Seconds without a sign of a process that is waited for, after which it is given up; JAX's own processes have as
many."""
BELOW = "processes"


@dataclasses.dataclass(frozen=True)
class Team:
    """One of several processes that make one comparison; alone unless said otherwise.

    Attributes:
        index: the number of this process, from 0; the first one judges.
        count: how many processes there are.
        missing: seconds after which a process is given up of which there is no sign.

    Example:
        >>> [k for k in range(5) if Team(1, 2).mine(k)]
        [1, 3]
    """

    index: int = 0
    count: int = 1
    missing: float = MISSING

    def __post_init__(self) -> None:
        """Refuse a number that is none of so many."""
        for name, value in (("process", self.index), ("processes", self.count)):
            if isinstance(value, bool) or not isinstance(value, int):
                raise InputError(f"{name}: expected an int, got {value!r}")
        if not 0 <= self.index < self.count:
            raise InputError(f"process: expected a number below {self.count}, got {self.index}")

    @property
    def first(self) -> bool:
        """Whether this process takes over what others found, and judges."""
        return self.index == 0

    def mine(self, k: int) -> bool:
        """Return whether this process searches the k-th replicate."""
        return self.owner(k) == self.index

    def owner(self, k: int) -> int:
        """Return the number of the process that searches the k-th replicate."""
        return k % self.count

    def place(self, out: Path) -> Path:
        """Return the folder in which this process works."""
        return place_of(out, self.index)

    def refuse(self, settings: Settings) -> None:
        """Refuse settings that several processes cannot have.

        Raises:
            InputError: where a time is the budget: what one replicate leaves of it, the next ones have.
        """
        if self.count > 1 and settings.minutes is not None:
            raise InputError(
                f"minutes: expected none with {self.count} processes, as replicates hand on what they leave of them; "
                f"got {settings.minutes!r}. Give trials"
            )

    def wait(self, found: Callable[[], T | None], owner: int, out: Path, tell: Callable[[str], None]) -> T:
        """Return what another process has found, as soon as it has.

        Args:
            found: returns it, or None as long as it is not there.
            owner: the number of the process that finds it.
            out: the folder of the comparison.
            tell: called with what is waited for at each look.

        Raises:
            InputError: where that process is not at work, and has not been for some time.
        """
        folder, seen = place_of(out, owner), time.monotonic()
        while (value := found()) is None:
            tell(f"waiting for process {owner} of {self.count}")
            if lock.held(folder):
                seen = time.monotonic()
            elif time.monotonic() - seen > self.missing:
                raise InputError(
                    f"processes: expected process {owner} of {self.count} at work in {folder}, got none for "
                    f"{self.missing:g} seconds. The same command resumes, with as many processes or others."
                )
            time.sleep(LOOKS)
        return value


ALONE = Team()
"""A process that makes a comparison by itself."""


def refuse_joined() -> None:
    """Refuse processes that JAX has joined to one: a population of theirs lies on the devices of all.

    Raises:
        InputError: where this process is one of several of JAX's.
    """
    if (count := jax.process_count()) > 1:
        raise InputError(
            f"processes: expected each to start JAX by itself, got {count} that jax.distributed has joined; a "
            "comparison's share a folder alone, so leave that call out"
        )


def place_of(out: Path, index: int) -> Path:
    """Return the folder in which a process works.

    Example:
        >>> place_of(Path("runs/compare"), 0).as_posix(), place_of(Path("runs/compare"), 3).as_posix()
        ('runs/compare', 'runs/compare/processes/3')
    """
    return out if index == 0 else out / BELOW / str(index)


def others(out: Path, index: int) -> list[Path]:
    """Return the folders in which other processes may have finished something: for the first all, else the first's."""
    if index:
        return [out]
    manifest.refuse_link(out, out / BELOW)
    return sorted(path for path in (out / BELOW).glob("*") if path.is_dir() and not path.is_symlink())


def finished(folder: Path, path: Path) -> bool:
    """Return whether a file of a run in which others may be at work is written, with its digest."""
    return path.is_file() and path.relative_to(folder).as_posix() in manifest.known(folder)
