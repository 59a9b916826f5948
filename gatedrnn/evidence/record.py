"""What is kept of a result that was measured again: plain data, one file of JSON for all of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypedDict

from gatedrnn.errors import InputError
from gatedrnn.experiment.lock import alone
from gatedrnn.experiment.schema import refuse_misfit
from gatedrnn.files import parsed, write_json

Provenance: TypeAlias = Literal["seen in the source", "recalled"]
Answered: TypeAlias = Literal["holds", "does not hold", "depends", "not resolved"]
SCHEMA = 1


@dataclasses.dataclass(frozen=True)
class Published:
    """What a source says.

    Attributes:
        said: the number or the claim, in words.
        source: the paper or repository that says it.
        provenance: whether the number was read in the paper, or recalled and not verified.
    """

    said: str
    source: str
    provenance: Provenance


@dataclasses.dataclass(frozen=True)
class Measured:
    """One number with its interval.

    Attributes:
        what: what was measured, with its unit.
        cell: the cell whose number this is.
        value: the median or mean, as ``protocol`` says.
        low: the lower end of the number's interval.
        high: the upper end of the number's interval.
        level: the coverage of that interval.
        each: the number of every seed or replicate.
        published: what sources say of the same.
        in_band: whether the published number lies in the interval; None where it is not of the same protocol.
    """

    what: str
    cell: str
    value: float
    low: float
    high: float
    level: float
    each: tuple[float, ...]
    published: tuple[Published, ...] = ()
    in_band: bool | None = None


@dataclasses.dataclass(frozen=True)
class Compared:
    """Two cells on the same seeds.

    Attributes:
        what: what was compared, with its unit.
        a: the name of the first cell.
        b: the name of the second cell.
        difference: the mean of A - B over seeds.
        low: the lower end of the interval of the difference.
        high: the upper end of the interval of the difference.
        level: the coverage of that interval.
        wins: seeds in which A is better.
        losses: seeds in which B is better.
        ties: seeds in which both are the same.
        verdict: the verdict, in the words of ``gatedrnn compare``.
    """

    what: str
    a: str
    b: str
    difference: float
    low: float
    high: float
    level: float
    wins: int
    losses: int
    ties: int
    verdict: str


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a result says of a claim of popular guides.

    Attributes:
        claim: the number of the claim in ``gatedrnn.evidence.claims``.
        label: the conclusion, one of four.
        why: the reason, or what it depends on.
    """

    claim: int
    label: Answered
    why: str


@dataclasses.dataclass(frozen=True)
class Result:
    """A published result, measured again.

    Attributes:
        name: the name by which the command knows the result.
        title: the question in a few words.
        paper: the paper that published the result.
        command: the command that measures the result.
        date: the day of the measurement.
        device: the device that the measurement ran on.
        seconds: the time that the measurement took.
        versions: the packages that computed the numbers, with their versions.
        protocol: what was done, in words.
        differences: where that is not what the paper did.
        scaled: what was made smaller than the full run of the command, None where nothing was.
        measured: numbers of each cell.
        compared: pairs of cells, seed by seed.
        answers: what the numbers say of claims.
    """

    name: str
    title: str
    paper: str
    command: str
    date: str
    device: str
    seconds: float
    versions: dict[str, str]
    protocol: str
    differences: tuple[str, ...]
    scaled: str | None
    measured: tuple[Measured, ...]
    compared: tuple[Compared, ...]
    answers: tuple[Answer, ...] = ()


class File(TypedDict):
    """What the file of all results holds."""

    schema: int
    results: list[Result]


def read(path: Path) -> dict[str, Result]:
    """Return all results by name, as they stand in a file; none where there is no file.

    Raises:
        InputError: where the file holds something else.
    """
    if not path.exists():
        return {}
    if not path.is_file():
        raise InputError(f"{path}: expected a file of results, got a folder, a device or a pipe")
    held = parsed(path, path.read_bytes())
    if not isinstance(held, dict) or held.get("schema") != SCHEMA:
        raise InputError(f"{path}: expected results of schema {SCHEMA}, got another file")
    try:
        refuse_misfit(held, File)
        return {entry["name"]: _result(entry) for entry in held["results"]}
    except InputError as error:
        raise InputError(f"{path}: {error}. Restore it from a copy, or name another file.") from error


def keep(path: Path, result: Result) -> None:
    """Write a result into the file of all of them, in the place of an older one of its name; atomic.

    Of two that end at once one waits, so that neither is lost.
    """
    with alone(path):
        results = read(path) | {result.name: result}
        entries = [dataclasses.asdict(results[name]) for name in sorted(results)]
        write_json(path, {"schema": SCHEMA, "results": entries})


def _result(entry: dict[str, Any]) -> Result:
    measured = tuple(
        Measured(**{**m, "each": tuple(m["each"]), "published": tuple(Published(**p) for p in m["published"])})
        for m in entry["measured"]
    )
    kept = {
        "differences": tuple(entry["differences"]),
        "measured": measured,
        "compared": tuple(Compared(**each) for each in entry["compared"]),
        "answers": tuple(Answer(**each) for each in entry["answers"]),
    }
    return Result(**{**entry, **kept})
