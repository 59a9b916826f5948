"""``gatedrnn reproduce``: a published result, measured again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from gatedrnn.commands.console import make_console, note
from gatedrnn.evidence import record
from gatedrnn.evidence.registry import REPRODUCTIONS, named
from gatedrnn.evidence.reproduction import reproduce as measure
from gatedrnn.evidence.tables import of_result
from gatedrnn.files import refuse_no_place


def reproduce(
    name: Annotated[str | None, tyro.conf.Positional] = None,
    small: bool = False,
    out: Path = Path("runs/evidence.json"),
) -> None:
    """Measure a published result about LSTM and GRU again; without a name, list those that there are.

    Interrupted, the same command resumes.

    Args:
        name: the result, such as weiss-2018.
        small: what 2 cores can do in minutes, kept as scaled down.
        out: the file of results; one of the same name in it is replaced.
    """
    console = make_console()
    if name is None:
        for each in REPRODUCTIONS.values():
            console.print(f"{each.name}\n  {each.title} {each.paper}\n  in full: {each.estimate}", highlight=False)
        return
    what = named(name)
    refuse_no_place("out", out)
    record.read(out)
    settings = what.small if small else what.full
    command = f"gatedrnn reproduce {name}{' --small' if small else ''}"
    result = measure(what, settings, out, command=command, on_progress=lambda line: note(console, line))
    console.print(of_result(result), markup=False, highlight=False)
    note(console, f"results: {out}")
