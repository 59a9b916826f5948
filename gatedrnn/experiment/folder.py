"""A folder belongs to the settings and versions that it was claimed with: what began in it goes on, nothing else does.

What the program wrote in it stands in its digests (``manifest.py``), and what does not is somebody else's: neither
used, nor written over, nor removed.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, TypeVar

from gatedrnn.arguments import as_path
from gatedrnn.errors import InputError
from gatedrnn.experiment import began, manifest
from gatedrnn.experiment.lock import Lock
from gatedrnn.experiment.paths import named
from gatedrnn.experiment.schema import Check, refuse_misfit
from gatedrnn.files import parsed, partial_of, refuse_no_place, write_json, written
from gatedrnn.training.fingerprint import changes, shown
from gatedrnn.training.hosts import is_first, of_each

T = TypeVar("T")

# A search this long loses at most this many seconds to a kill; shorter searches are simply repeated.
SECONDS_BETWEEN_CHECKPOINTS = 10.0

SETTINGS = "settings.json"
CLAIM = (began.NAME, SETTINGS)
"""What is written in a folder that is claimed, the settings last."""


class RunFolder:
    """The folder of a run, held against other commands until it is closed; a context manager.

    Claim it last, when all that could be refused has been looked at. What is refused nevertheless before anything was
    made leaves the folder as it was found.

    Args:
        path: the folder, which is made where it does not exist.
        settings: what the run is asked to do, as JSON has it.
        files: where the run writes files in it, as patterns of paths.
        stores: where the run keeps checkpoints, as patterns of folders.

    Raises:
        InputError: where the folder is for other settings or of other versions, which says which differ; holds somebody
            else's files at places that the run needs, or damaged ones; or another command is at work in it.
    """

    def __init__(
        self, path: Path, settings: dict[str, Any], files: tuple[str, ...], stores: tuple[str, ...] = ()
    ) -> None:
        self.path = as_path("out", path)
        self._files, self._stores = (*CLAIM, *files), stores
        self._lock: Lock | None = None
        self._made: list[Path] = []
        self._new = self._over = False
        refused: InputError | None = None
        if is_first():
            try:
                self._claim(settings)
            except InputError as error:
                refused = error
                self._leave()
        if of_each(refused is not None).any():
            raise refused or InputError(f"out: the first process was refused {path}")
        if not is_first():
            self._refuse_other_settings(settings)

    def _claim(self, settings: dict[str, Any]) -> None:
        refuse_no_place("out", self.path)
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"out: expected a folder, got the file {self.path}")
        self._made = [folder for folder in (self.path, *self.path.parents) if not folder.exists()]
        self._lock = Lock(self.path)
        noted, asked = manifest.known(self.path), self.path / SETTINGS
        self._new = not noted.keys() - {*CLAIM} and not asked.exists()
        if noted and asked.exists():
            self._refuse_other_settings(settings)
            self._refuse_other_versions(noted)
        elif noted and not self._new:
            raise InputError(f"{asked}: expected the run's settings, got none. Restore it, or name another folder.")
        self._refuse_links()
        self._refuse_others(noted)
        self._clear(noted)
        if self._new:
            write_json(self.path / began.NAME, began.versions(), writer=self.written)
            write_json(asked, settings, writer=self.written)

    def _refuse_other_versions(self, noted: dict[str, list[str]]) -> None:
        check, path = partial(refuse_misfit, of=dict[str, str]), self.path / began.NAME
        there = began.NAME in noted or path.exists()
        began.refuse_others(self.path, self.read_json(path, check) if there else None)

    def _refuse_other_settings(self, settings: dict[str, Any]) -> None:
        before = self.read_json(self.path / SETTINGS, partial(refuse_misfit, of=dict[str, Any]))
        lines = changes(before, settings)
        if lines:
            raise InputError(
                f"out: expected the settings of the run in {self.path}, got others ({shown(lines)}). "
                "Name another folder, or remove this one."
            )

    def _refuse_links(self) -> None:
        """Refuse links at places that the run needs, and on the way there: it would write and remove elsewhere.

        And files where it needs a folder.
        """
        for pattern in (*self._files, *self._stores):
            parts = PurePosixPath(pattern).parts
            for depth in range(len(parts)):
                for path in self.path.glob("/".join(parts[: depth + 1])):
                    manifest.refuse_link(self.path, path)
                    is_folder = depth + 1 < len(parts) or pattern in self._stores
                    if is_folder and path.name == parts[depth] and not path.is_dir():
                        raise InputError(
                            f"{path}: expected a folder of the run, got a file. Remove it, or name another folder."
                        )

    def _refuse_others(self, noted: dict[str, list[str]]) -> None:
        """Refuse files that the run did not write at places that it needs, and those that are no more as it did."""
        there = [path for pattern in self._files for path in sorted(self.path.glob(pattern))]
        if noted:
            for path in there:
                manifest.refuse_changed(self.path, path, noted)
            return
        there += [path for pattern in self._stores for path in sorted(self.path.glob(pattern))]
        if there:
            raise InputError(
                f"out: expected a folder without {there[0].relative_to(self.path)}, or one of a run with "
                f"{manifest.NAME}, got {self.path}: it holds somebody else's, or an older version's. "
                "Name another folder, or move that out of it."
            )

    def _clear(self, noted: dict[str, list[str]]) -> None:
        """Remove what a killed process left behind: half a file, and checkpoints of what is finished."""
        for pattern in (*self._files, manifest.NAME):
            for path in self.path.glob(str(partial_of(Path(pattern)))):
                path.unlink()
        for store in [folder for pattern in self._stores for folder in self.path.glob(pattern)]:
            finished = store.with_name(f"{store.name}.json")
            if finished.exists() and finished.relative_to(self.path).as_posix() in noted:
                shutil.rmtree(store, ignore_errors=True)

    @contextlib.contextmanager
    def written(self, path: Path) -> Iterator[BinaryIO]:
        """Write a file of the run atomically, as ``gatedrnn.files.written`` does, and its digest before it.

        Raises:
            InputError: where there is one that the run did not write.
            OSError: where it cannot be written.
        """
        with written(path, before=lambda whole: manifest.note(self.path, path, whole)) as file:
            yield file
        manifest.settle(self.path, path)

    def read(self, path: Path) -> bytes:
        """Return what a file of the run holds, as it was written.

        Raises:
            InputError: where it has changed, is gone, or is not the run's.
        """
        return manifest.checked(self.path, path)

    def read_json(self, path: Path, check: Check) -> Any:
        """Return what a file of JSON of the run holds, if it is what ``check`` lets pass; errors as in ``read``."""
        value = parsed(path, self.read(path))
        named(path, lambda: check(value))
        return value

    def remove(self, path: Path) -> None:
        """Remove a file of the run, or a folder of its checkpoints."""
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
            manifest.forget(self.path, path)

    def dissolve(self) -> None:
        """Remove all that the run wrote, as nothing of it is needed any more; the folder goes when it is closed."""
        theirs = (*self._stores, *(each for each in self._files if each not in CLAIM))
        for path in [path for pattern in theirs for path in self.path.glob(pattern)]:
            self.remove(path)
        within = [PurePosixPath(pattern).parent for pattern in theirs if "/" in pattern]
        self._made = [*(path for each in within for path in self.path.glob(str(each))), self.path, *self._made]
        self._over = True

    def _leave(self, *, unused: bool = False) -> None:
        """Let go of the folder, as it was found where it is unused."""
        if unused:
            for name in (*CLAIM, manifest.NAME):
                (self.path / name).unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.release()
        for folder in self._made:
            with contextlib.suppress(OSError):  # there is something in it
                folder.rmdir()

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, raised: object, *_: object) -> None:
        unused = self._over
        if self._lock is not None and self._new and isinstance(raised, type) and issubclass(raised, InputError):
            for store in [folder for pattern in self._stores for folder in self.path.glob(pattern)]:
                with contextlib.suppress(OSError):  # the first that is not empty
                    while store != self.path:
                        store.rmdir()
                        store = store.parent
            kept = [path for pattern in (*self._files, *self._stores) for path in self.path.glob(pattern)]
            unused = kept == [self.path / name for name in CLAIM]
        self._leave(unused=unused)


def claimed(folder: Path) -> bool:
    """Return whether a comparison was started in a folder."""
    return SETTINGS in manifest.known(folder)
