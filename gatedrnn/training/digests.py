"""Digests of a folder's files: whether all are there, to the last bit."""

from __future__ import annotations

import hashlib
from pathlib import Path

from gatedrnn.files import write_text

NAME = "SHA256SUMS"
"""In the format of the command ``sha256sum``, so that ``sha256sum -c SHA256SUMS`` checks a folder as well."""


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file in a folder, by its path in it."""
    found = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != NAME):
        with path.open("rb") as file:
            found[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def write_digests(folder: Path) -> None:
    """Write them atomically: a folder without them was not finished."""
    write_text(folder / NAME, "".join(f"{digest}  {name}\n" for name, digest in digests(folder).items()))


def damage(folder: Path) -> str | None:
    r"""Return what is wrong with a folder, in words; None where all files are as they were.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "weights").write_bytes(bytes(4)); write_digests(folder); damage(folder)
        >>> _ = (folder / "weights").write_bytes(b"\x00\x00\x01\x00"); damage(folder)
        'weights has changed'
    """
    written = folder / NAME
    if not written.exists():
        return "it was not finished"
    lines = written.read_text(encoding="utf-8", errors="replace").splitlines()
    expected = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    found = digests(folder)
    wrong = [f"{name} is missing" for name in expected if name not in found]
    wrong += [f"{name} has changed" for name in found if found[name] != expected.get(name)]
    return ", ".join(wrong) or None
