"""What a reproduction is: a question, its settings in full and scaled down, and a function that measures."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from gatedrnn.evidence.record import Answer, Compared, Measured, Result, keep
from gatedrnn.evidence.work import Work
from gatedrnn.experiment import provenance

PACKAGES = ("gatedrnn", "jax", "numpy")
"""Those whose versions are kept."""


class Findings(NamedTuple):
    """What was measured.

    Attributes:
        measured: numbers of each cell.
        compared: pairs of cells, seed by seed.
        answers: what the numbers say of the claims of guides.
    """

    measured: tuple[Measured, ...]
    compared: tuple[Compared, ...]
    answers: tuple[Answer, ...] = ()


class Reproduction(NamedTuple):
    """A published result that can be measured again by its name.

    Attributes:
        name: the name by which the command knows the result.
        title: the question in a few words.
        paper: the paper that published the result.
        full: settings of the whole measurement.
        small: settings that 2 cores can do in minutes.
        smaller: what is smaller in the small measurement, in words.
        estimate: how long the whole takes, and on what.
        differences: where even the full settings are not what the paper did.
        protocol: settings to what is done, in words.
        measure: settings, and what has been measured so far, to findings.
    """

    name: str
    title: str
    paper: str
    full: Any
    small: Any
    smaller: str
    estimate: str
    differences: tuple[str, ...]
    protocol: Callable[[Any], str]
    measure: Callable[[Any, Work], Findings]


def reproduce(
    what: Reproduction, settings: Any, out: Path, *, command: str, on_progress: Callable[[str], None] = lambda _: None
) -> Result:
    """Measure a published result again, and keep it in a file of results; a killed measurement goes on.

    Args:
        what: the published result and how it is measured.
        settings: how the result is measured, such as ``what.small``; others than ``what.full`` are kept as scaled down.
        out: the file of results. What is measured so far is in a folder beside it until the result is kept.
        command: the command line that asked for the measurement.
        on_progress: called with a line of what goes on.

    Raises:
        InputError: where data are missing, or that folder is for other settings or of other versions.
    """
    # Functions that settings hold have an address, another in each process.
    asked = {"name": what.name, "settings": re.sub(r" at 0x[0-9a-f]+", "", repr(settings))}
    with Work(unfinished(what, settings, out), asked, on_progress) as work:
        found = what.measure(settings, work)
        result = result_of(what, settings, found, command=command, seconds=work.seconds)
        keep(out, result)
        work.finish()
    return result


def unfinished(what: Reproduction, settings: Any, out: Path) -> Path:
    """Return where a measurement is kept until it is finished, beside the file of results."""
    size = "" if settings == what.full else "-small" if settings == what.small else "-own"
    return out.with_name(f"{out.name}.{what.name}{size}")


def result_of(what: Reproduction, settings: Any, found: Findings, *, command: str, seconds: float) -> Result:
    """Return findings with all that is needed to measure them again."""
    device, versions = provenance.device(), provenance.versions()
    return Result(
        name=what.name,
        title=what.title,
        paper=what.paper,
        command=command,
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        device=f"{device['platform']}, {device['cpu_cores']} core{'' if device['cpu_cores'] == 1 else 's'}",
        seconds=round(seconds, 1),
        versions={name: versions[name] for name in PACKAGES},
        protocol=what.protocol(settings),
        differences=what.differences,
        scaled=None if settings == what.full else scaled(what, settings),
        measured=found.measured,
        compared=found.compared,
        answers=found.answers,
    )


def scaled(what: Reproduction, settings: Any) -> str:
    """Return in words what is smaller than in the full settings."""
    return what.smaller if settings == what.small else "settings of the caller's own"
