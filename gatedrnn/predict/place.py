"""Where a table of predictions may go: nowhere that something else is kept."""

from __future__ import annotations

from pathlib import Path

from gatedrnn.errors import InputError
from gatedrnn.experiment.manifest import NAME, is_run, known
from gatedrnn.files import refuse_no_place


def refuse_place(to: Path, run: Path, file: Path) -> None:
    """Refuse a place that would cost the user the file that is read, or a file of a run; links to them count.

    Args:
        to: where the table is to go.
        run: the folder of the network.
        file: the file that is read.

    Raises:
        InputError: where something else is kept there; says what.
    """
    refuse_no_place("to", to)
    if to.exists() and file.exists() and to.samefile(file):
        raise InputError(f"to: expected another place than the file that is read, got {to}")
    if to.is_dir():
        raise InputError(f"to: expected the name of a file, got the folder {to}")
    if to.exists() and not to.is_file():
        raise InputError(
            f"to: expected the name of a file, got the device or pipe {to}; without it, the table is printed"
        )
    within = next((folder for folder in to.resolve().parents if is_run(folder)), None)
    if within is not None and (to.resolve().parent != within or to.name.startswith(".")):
        raise InputError(f"to: expected a place beside the files of a run, got {to}, where {within} keeps its own")
    runs = [folder for folder in (run, *to.resolve().parents) if is_run(folder)]
    for path in [folder / name for folder in runs for name in (NAME, *known(folder))]:
        if path.resolve() == to.resolve() or (to.exists() and path.exists() and path.samefile(to)):
            raise InputError(f"to: expected a place that holds nothing of a run, got {to}, which is {path}")
