"""Which of two cells is the cheaper, and by what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gatedrnn.costs.counting import NetworkCosts, step_flops
from gatedrnn.costs.timing import Seconds

NEGLIGIBLE = 0.02
"""Counts that differ by less than this part are the same: sizes are whole numbers, so matching leaves a rest."""


class TimedCosts(NetworkCosts):
    """A cell with a dense head, counted and measured."""

    step_seconds: Seconds
    """Of one time step of a batch in training, recurrent layer and head."""


class Cheaper(NamedTuple):
    """The cell to take where quality does not decide.

    Attributes:
        cell: the name of that cell; None where no measure tells the two apart.
        by: measures by which it is the cheaper, the deciding one first.
        against: measures by which the other one is the cheaper.
    """

    cell: str | None
    by: tuple[str, ...]
    against: tuple[str, ...]


def cheaper(cells: Mapping[str, TimedCosts]) -> Cheaper:
    """Return the cheaper of two cells by measured time per step, else FLOPs per step, else parameters.

    Times differ where their intervals have nothing in common, counts where they differ by 2 % or more.

    Args:
        cells: the entry ``cells`` of a task in results.json.
    """
    lowest = {
        "measured time per step": _faster(cells),
        "FLOPs per step": _fewer({name: step_flops(cell) for name, cell in cells.items()}),
        "parameters": _fewer({name: cell["parameters"]["total"] for name, cell in cells.items()}),
    }
    winner = next((name for name in lowest.values() if name is not None), None)
    return Cheaper(
        winner,
        tuple(measure for measure, name in lowest.items() if name is not None and name == winner),
        tuple(measure for measure, name in lowest.items() if name is not None and name != winner),
    )


def _faster(cells: Mapping[str, TimedCosts]) -> str | None:
    fast, slow = sorted(cells, key=lambda name: cells[name]["step_seconds"]["median"])
    apart = cells[fast]["step_seconds"]["high"] < cells[slow]["step_seconds"]["low"]
    return fast if apart else None


def _fewer(counts: dict[str, int]) -> str | None:
    few, many = sorted(counts, key=lambda name: counts[name])
    return few if counts[few] < (1 - NEGLIGIBLE) * counts[many] else None
