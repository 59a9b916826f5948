"""The digests of a run's files, in one file beside them: what the program wrote, to the last bit, and what it did not.

``SHA256SUMS`` is in the format of the command ``sha256sum``, so that ``sha256sum -c SHA256SUMS`` checks a run as well.
A file's digest is noted before the file takes its place. After a kill between the two there is the file before, or
none, so that of a file which is written again the digest before is kept until the new file is there.
"""

from __future__ import annotations

import hashlib
import re
import threading
from pathlib import Path

from gatedrnn.errors import InputError
from gatedrnn.files import write_text

NAME = "SHA256SUMS"
HEAD = "# gatedrnn run, format 1; sha256sum -c SHA256SUMS checks it"
LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")
AGAIN = "Or remove it and give the command again that wrote it: what is missing is made anew."

ONE_AT_A_TIME = threading.Lock()
"""Cells that are searched in threads end when they like; each note reads the file and writes it again."""


def is_run(folder: Path) -> bool:
    """Return whether a folder holds the digests of a run; somebody else may call a file so too."""
    path = folder / NAME
    return path.is_file() and path.read_bytes().startswith(HEAD.encode())


def known(folder: Path) -> dict[str, list[str]]:
    """Return the digests of each file that a run has written, by its path in the folder; of none, where it has none.

    Raises:
        InputError: where the digests themselves are damaged, or somebody else's.
    """
    path = folder / NAME
    refuse_link(folder, path)
    if not path.exists():
        return {}
    if not path.is_file():
        raise InputError(f"{path}: expected the digests of a run, got no file. Move it away, or name another folder.")
    head, *lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    found: dict[str, list[str]] = {}
    for line in lines[:-1]:
        match = LINE.fullmatch(line)
        if match is None:
            head = ""
            break
        found.setdefault(match[2], []).append(match[1])
    if head != HEAD or lines[-1:] != [""]:
        raise InputError(
            f"{path}: expected the digests of a run as this version writes them, got another text. "
            "Restore it from a copy, or name another folder."
        )
    return found


def note(folder: Path, path: Path, whole: Path) -> None:
    """Write down the digest of a file that is about to take its place, beside that of the file before it.

    Args:
        folder: the folder of the run.
        path: the file's place in that folder.
        whole: the file as it is to be.

    Raises:
        InputError: where the place is taken by a file that the run did not write, or that has changed.
    """
    refuse_link(folder, path)
    name = path.relative_to(folder).as_posix()
    with ONE_AT_A_TIME:
        noted = known(folder)
        before = []
        if path.exists():
            refuse_changed(folder, path, noted)
            before = [digest(path)]
        noted[name] = list(dict.fromkeys([*before, digest(whole)]))
        _write(folder, noted)


def settle(folder: Path, path: Path) -> None:
    """Forget what a file was before it was written again."""
    name = path.relative_to(folder).as_posix()
    with ONE_AT_A_TIME:
        noted = known(folder)
        if len(noted[name]) > 1:
            noted[name] = noted[name][-1:]
            _write(folder, noted)


def forget(folder: Path, path: Path) -> None:
    """Take a file that is gone out of the digests."""
    with ONE_AT_A_TIME:
        noted = known(folder)
        if noted.pop(path.relative_to(folder).as_posix(), None):
            _write(folder, noted)


def checked(folder: Path, path: Path) -> bytes:
    """Return what a run's file holds, which is what was written.

    Raises:
        InputError: where it is not, or the run did not write it, or it is gone.
    """
    refuse_changed(folder, path, known(folder))
    return path.read_bytes()


def refuse_link(folder: Path, path: Path) -> None:
    """Refuse a place in a run's folder that a link leads elsewhere from, as one can that somebody else packed.

    Raises:
        InputError: where the place, or a folder on the way to it, is a link.
    """
    for part in (path, *path.parents):
        if part == folder:
            return
        if part.is_symlink():
            raise InputError(
                f"{part}: expected a file or folder of the run, got a link. Put in its place what it names."
            )


def refuse_changed(folder: Path, path: Path, noted: dict[str, list[str]]) -> None:
    """Refuse a file that is not as the run wrote it.

    Raises:
        InputError: where it is not, or the run did not write it, or it is gone.
    """
    refuse_link(folder, path)
    digests = noted.get(path.relative_to(folder).as_posix())
    if digests is None:
        raise InputError(
            f"{path}: expected a file that the run in {folder} wrote, got one that is not in its {NAME}. "
            "Move it out of the folder, or name another folder."
        )
    if not path.is_file():
        raise InputError(f"{path}: expected the file that the run wrote, got none. Restore it from a copy. {AGAIN}")
    if digest(path) not in digests:
        raise InputError(
            f"{path}: expected it as the run wrote it, got other bytes than its digest in {NAME} says. "
            f"Restore it from a copy. {AGAIN}"
        )


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(folder: Path, noted: dict[str, list[str]]) -> None:
    lines = [f"{one}  {name}\n" for name in sorted(noted) for one in noted[name]]
    write_text(folder / NAME, f"{HEAD}\n{''.join(lines)}")
