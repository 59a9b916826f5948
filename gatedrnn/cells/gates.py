"""What a cell says of its gates: their names, and which of them keeps memory."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from gatedrnn.cells.optional import optional_method
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from gatedrnn.types import Params


@dataclasses.dataclass(frozen=True)
class Gates:
    """The blocks of H columns in a cell's products, by name and in order.

    A cell with this as its ``gates``, an attribute of the class or a property, gets gate biases, a count of its gates
    and plots of them. Its parameters must hold the bias of all blocks, ``[G*H]``, under the name ``b``.

    Attributes:
        blocks: the names of all blocks, in the order in which they stand.
        open: the blocks that are gates: a sigmoid of each opens and closes.
        keeps: the gate that says how much of the state is kept.
        complement: whether that gate lets the candidate in instead, so that 1 minus it is kept.
        lets_in: the gate that lets the candidate in, where it is another than ``keeps``; None where one does both.
        see_more: whether gates read more than the sum of both products, as peepholes do, or are squashed by another
            function than a sigmoid: what they are at a step cannot be told from those products alone. A cell with a
            method ``gate_sums(params, carry, x)``, what gates are the sigmoids of, ``[*B, G*H]``, tells it so.

    Raises:
        InputError: where a name is none of ``blocks``, or the gate that keeps is none of ``open``.

    Example:
        >>> import gatedrnn as gr
        >>> gr.MinGRU(3).gates.keeps, gr.LSTM(3).gates.open
        ('update', ('input', 'forget', 'output'))
    """

    blocks: tuple[str, ...]
    open: tuple[str, ...]
    keeps: str
    complement: bool = False
    lets_in: str | None = None
    see_more: bool = False

    def __post_init__(self) -> None:
        """Refuse gates that are no blocks."""
        for name in self.open:
            if name not in self.blocks:
                raise InputError(f"open: expected some of {', '.join(self.blocks)}; got {name!r}")
        for field, name in (("keeps", self.keeps), ("lets_in", self.lets_in)):
            if name is not None and name not in self.open:
                raise InputError(f"{field}: expected one of {', '.join(self.open)}; got {name!r}")

    def block(self, name: str, columns: int) -> slice:
        """Return where the block of that name stands among so many columns, ``G*H``."""
        hidden = columns // len(self.blocks)
        place = self.blocks.index(name)
        return slice(place * hidden, (place + 1) * hidden)


def gates_of(cell: Any) -> Gates | None:
    """Return what the cell says of its gates; None where it says nothing, or a subclass has another ``gate``."""
    return optional_method(cell, "gates")


def gates_of_params(params: Params, cell: Any = None) -> Gates | None:
    """Return the gates of the cell, or else those that the parameters' own class names, as a built-in cell's does."""
    found = None if cell is None else gates_of(cell)
    return found or getattr(type(params), "gates", None)
