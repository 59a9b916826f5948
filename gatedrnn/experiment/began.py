"""A run belongs to the versions that it began with: numbers of two versions are never mixed in silence."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

from gatedrnn.errors import InputError
from gatedrnn.experiment import provenance
from gatedrnn.layers.engines import native, native_call
from gatedrnn.training.fingerprint import changes, shown

NAME = "versions.json"
"""Where a run's folder says what it began with."""
COMPUTES = ("gatedrnn", "jax", "jaxlib", "optax", "numpy", "scipy", "scikit-learn")
"""Packages of which another version may give other numbers."""
SOURCES = "gatedrnn's sources"
"""The name of the digest of our own sources: two commits may have one version number."""
KERNELS = native_call.PACKAGE.replace("_", "-")
"""The name of the digest of the native engine's kernels, where "auto" takes them: they round in another order."""
SHOWS = ("commands", "convert", "predict", "report", "testing")
"""Rooms of ours by which no number of a run is computed: what they show may be mended while it waits."""


def versions() -> dict[str, str]:
    """Return the versions of what computes a run's numbers, and the digests of our own parts of it.

    Example:
        >>> sorted(versions())
        ['gatedrnn', "gatedrnn's sources", 'gatedrnn-cpu', 'jax', 'jaxlib', 'numpy', 'optax', 'scikit-learn', 'scipy']
    """
    known = provenance.versions()
    ours = {SOURCES: sources(Path(__file__).parents[1]), KERNELS: kernels()}
    return {**{name: known[name] for name in COMPUTES}, **ours}


def kernels() -> str:
    """Return the beginning of the SHA-256 of the kernels of the native engine, "not used" where "auto" leaves them."""
    return hashlib.sha256(native_call.library_path().read_bytes()).hexdigest()[:16] if native.for_auto() else "not used"


@functools.cache
def sources(package: Path) -> str:
    """Return the beginning of the SHA-256 of a package's sources, but for rooms that only show.

    Args:
        package: the folder of the package.
    """
    found = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if name.split("/")[0] not in SHOWS:
            held = path.read_bytes()
            found.update(f"{name} {len(held)}\n".encode() + held)
    return found.hexdigest()[:16]


def refuse_others(folder: Path, before: dict[str, Any] | None) -> None:
    """Refuse to go on in a folder, or to write its results again, by other versions than those that it began with.

    Args:
        folder: the folder of the run.
        before: the versions that it began with, as ``versions`` has them; None where it does not say so, as of older
            versions.

    Raises:
        InputError: where these are others; says which.
    """
    what_to_do = "Go on with what it began with, name another folder, or remove this one."
    if before is None:
        raise InputError(
            f"out: expected a run that says in {NAME} which versions it began with, got {folder} of an older version. "
            f"{what_to_do}"
        )
    if lines := changes(before, versions()):
        raise InputError(
            f"out: expected the versions that the run in {folder} began with, got others ({shown(lines)}), whose "
            f"numbers would be mixed. {what_to_do}"
        )
