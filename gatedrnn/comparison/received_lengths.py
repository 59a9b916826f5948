"""What is checked of the lengths of words that cells accepted, when they are read back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatedrnn.errors import InputError
from gatedrnn.experiment.received import refuse_length, refuse_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatedrnn.comparison.schema.censored import LengthsEntry


def refuse_lengths(lengths: LengthsEntry | None, names: Sequence[str], count: int, *, wanted: bool) -> None:
    """Refuse lengths that were not asked for, of other cells or replicates, or that cannot be.

    Args:
        lengths: what was read back.
        names: the names of the cells.
        count: the number of replicates.
        wanted: whether lengths were asked for.

    Raises:
        InputError: where it is so.
    """
    if (lengths is not None) != wanted:
        expected = "those of each cell" if wanted else "null, as they were not asked for"
        raise InputError(f"lengths: expected {expected}; got {'null' if wanted else 'some'}")
    if lengths is None:
        return
    refuse_names("lengths.cells", lengths["cells"], names)
    for name, each in (*lengths["cells"].items(), *lengths["baselines"].items()):
        refuse_length(f"lengths.{name}", each, count, "{}, one for each replicate")
        if not all(0 <= n <= lengths["longest"] for n in each):
            raise InputError(f"lengths.{name}: expected numbers from 0 to {lengths['longest']}, got {each}")
