"""What is wrong with a file as a file, said by its name: damaged, or of another kind than its name says."""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from gatedrnn.errors import InputError, MissingPackageError
from gatedrnn.tasks.plain import plain

LONGEST = 500
"""Letters of a message that come from a file at most."""
DAMAGE = (OSError, EOFError, UnicodeError, zlib.error, zipfile.BadZipFile)
"""What readers of Python's own raise for damaged files."""


@contextlib.contextmanager
def named(path: Path) -> Iterator[None]:
    """Say of which file it is what is wrong with it, in one line of plain text.

    Args:
        path: the file that is read inside.

    Raises:
        InputError: where it is unfit or damaged.
        MissingPackageError: as it came, as it is not about this file.
    """
    try:
        yield
    except MissingPackageError:
        raise
    except InputError as error:
        raise InputError(_shown(path, str(error))) from error
    except MemoryError as error:
        raise InputError(_shown(path, f"expected a file that fits into memory, got a larger one ({error})")) from error
    except DAMAGE as error:
        kind = "" if isinstance(error, OSError) and error.errno else "expected a whole file, got a damaged one: "
        raise InputError(_shown(path, f"{kind}{error}")) from error


def _shown(path: Path, said: str) -> str:
    said = plain(said.strip())
    kept = said if len(said) <= LONGEST else f"{said[: LONGEST // 2]} ... {said[-LONGEST // 2 :]}"
    return f"{plain(path.name)}: {kept}"
