"""Digests of a folder's files: whether all are there, to the last bit, and of which step they are."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from gatedrnn.files import write_text

NAME = "SHA256SUMS"
"""In the format of the command ``sha256sum``, so that ``sha256sum -c SHA256SUMS`` checks a folder as well."""
STEP = "# step "
"""What begins the first line, which that command passes over: a folder under another number is not believed."""


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file in a folder, by its path in it.

    Raises:
        OSError: where something cannot be read, or is neither a file nor a folder, such as a link, which may lead
            anywhere.
    """

    def refuse(error: OSError) -> None:
        raise error

    found = {}
    for place, folders, names in os.walk(folder, onerror=refuse):
        for path in sorted(Path(place) / name for name in (*folders, *names)):
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise OSError(f"{path.relative_to(folder)} is neither a file nor a folder")
            if path.is_file() and path != folder / NAME:
                with path.open("rb") as file:
                    found[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def write_digests(folder: Path, step: int) -> None:
    """Write them atomically: a folder without them was not finished.

    Args:
        folder: what holds the state of a step.
        step: the number of that step, of which the folder is told.
    """
    lines = [f"{digest}  {name}\n" for name, digest in digests(folder).items()]
    write_text(folder / NAME, f"{STEP}{step}\n{''.join(lines)}")


def damage(folder: Path, step: int | None = None) -> str | None:
    r"""Return what is wrong with a folder, in words; None where all files are as they were.

    Args:
        folder: what should hold the state of a step.
        step: which step that is; None: the one that its name says.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "weights").write_bytes(bytes(4)); write_digests(folder, 3); damage(folder, 3)
        >>> _ = (folder / "weights").write_bytes(b"\x00\x00\x01\x00"); damage(folder, 3)
        'weights has changed'
    """
    written, step_said = folder / NAME, folder.name if step is None else str(step)
    try:
        if folder.is_symlink() or not folder.is_dir():
            return "it is no folder"
        if not written.exists():
            return "it was not finished"
        head, *lines = written.read_text(encoding="utf-8", errors="replace").splitlines()
        if head != f"{STEP}{step_said}":
            return f"it holds step {head.removeprefix(STEP)}" if head.startswith(STEP) else "it says no step"
        expected = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        found = digests(folder)
    except (OSError, ValueError) as error:
        return f"it cannot be read: {error}"
    wrong = [f"{name} is missing" for name in expected if name not in found]
    wrong += [f"{name} has changed" for name in found if found[name] != expected.get(name)]
    return ", ".join(wrong) or None
