"""Files that do not come with the package: from a folder that the user names, or downloaded once and checked."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from gatedrnn.archives import open_npz
from gatedrnn.errors import InputError
from gatedrnn.files import partial_of, written

CHUNK = 1 << 16
SECONDS = 30
"""After which a server that says nothing counts as silent."""


def cache() -> Path:
    """Return the folder of downloads: ``GATEDRNN_CACHE``, or ``gatedrnn`` in the user's folder of caches."""
    named = os.environ.get("GATEDRNN_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gatedrnn"


@dataclasses.dataclass(frozen=True)
class Remote:
    """A file of a known content.

    Attributes:
        name: what the data are called, in messages.
        file: the name of the file, in the folder that ``GATEDRNN_DATA`` names and in the cache.
        url: the address that the file is fetched from.
        sha256: the digest of the file's bytes.
        arrays: the digest of its arrays as ``arrays_sha256`` has it, by which a file of the user's is taken that holds
            the same and is packed otherwise; None: there are no arrays in it.

    Example:
        >>> from gatedrnn.tasks import mnist
        >>> mnist.FILE.file, mnist.FILE.url.startswith("https://")
        ('mnist.npz', True)
    """

    name: str
    file: str
    url: str
    sha256: str
    arrays: str | None = None

    def path(self) -> Path:
        """Return where the file lies: in the folder of ``GATEDRNN_DATA``, else in the cache, where it is fetched to.

        A download that was interrupted goes on where it ended. Of several processes one fetches and the others wait.

        Raises:
            InputError: where the file in the folder is another one, nothing comes from the network, or something else.
        """
        folder = os.environ.get("GATEDRNN_DATA")
        if folder and (given := Path(folder) / self.file).is_file():
            if (found := digest(given)) != self.sha256 and not self._same_arrays(given):
                raise InputError(f"{self.name}: expected sha256 {self.sha256} of {given}, got {found}")
            return given
        held = cache() / self.file
        if not held.is_file() or digest(held) != self.sha256:
            with _alone(held):
                # Another process may have fetched it meanwhile.
                if not held.is_file() or digest(held) != self.sha256:
                    self._fetch(held)
        return held

    def _same_arrays(self, given: Path) -> bool:
        return self.arrays is not None and arrays_sha256(given) == self.arrays

    def _fetch(self, to: Path) -> None:
        try:
            with written(to, before=self._refuse_other, resume=True) as file:
                _download(self.url, file)
        except (OSError, http.client.HTTPException) as error:
            partial = partial_of(to)
            kept = partial.stat().st_size if partial.is_file() else 0
            raise InputError(
                f"{self.name}: expected {self.file} in the folder that GATEDRNN_DATA names, or a network to fetch it "
                f"from {self.url}, got {error or type(error).__name__}; {kept:,} bytes are kept to go on from"
            ) from error

    def _refuse_other(self, partial: Path) -> None:
        if (found := digest(partial)) != self.sha256:
            partial.unlink()
            raise InputError(f"{self.name}: expected sha256 {self.sha256} from {self.url}, got {found}")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def arrays_sha256(path: Path) -> str | None:
    """Return the SHA-256 of all arrays of an .npz file: of each its name, type, shape and bytes, in order of names.

    None where the file cannot be read as one.

    Example:
        >>> import tempfile
        >>> held = {"x": np.arange(3), "y": np.ones(2)}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     one, other = Path(folder) / "one.npz", Path(folder) / "other.npz"
        ...     np.savez(one, **held)
        ...     np.savez_compressed(other, **held)
        ...     digest(one) == digest(other), arrays_sha256(one) == arrays_sha256(other)
        (False, True)
    """
    found = hashlib.sha256()
    try:
        with open_npz(path) as file:
            for name in sorted(file.files):
                array = file[name]
                found.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
                found.update(np.ascontiguousarray(array).tobytes())
    except (InputError, OSError):
        return None
    return found.hexdigest()


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    # The lock stays: removed, it would lock nothing for those who wait on it.
    with path.with_name(f".{path.name}.lock").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _download(url: str, file: BinaryIO) -> None:
    """Append what is missing of a file; all of it where the server gives no parts, or has no more than that."""
    start = file.seek(0, os.SEEK_END)
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        answer = urllib.request.urlopen(request, timeout=SECONDS)
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        file.truncate(0)
        answer = urllib.request.urlopen(url, timeout=SECONDS)
    with answer:
        if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
            file.truncate(0)
        expected = answer.length
        got = 0
        while chunk := answer.read(CHUNK):
            file.write(chunk)
            got += len(chunk)
    # A connection that breaks looks like an end where it is read in chunks.
    if expected is not None and got < expected:
        raise http.client.IncompleteRead(b"", expected - got)
