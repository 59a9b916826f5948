"""How a network is built around a cell: how deep, in which directions, and how it reads tokens."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict

import gatedrnn as gr
from gatedrnn.errors import InputError
from gatedrnn.experiment import limits
from gatedrnn.experiment.both_ends import both_ends
from gatedrnn.layers.bidirectional import BidirectionalParams

if TYPE_CHECKING:
    from gatedrnn.layers.engines.table import EngineChoice
    from gatedrnn.tasks.task import VisibleTask
    from gatedrnn.types import Cell, Layer, Params

GIVEN = ("classification", "step-classification", "step-regression")
"""Kinds of which all inputs are there when the answer is asked for, so that reading them backwards shows no answer."""


class ArchitectureEntry(TypedDict):
    """A network around its cells, as JSON has it."""

    layers: int
    """Recurrent layers, one after another."""
    bidirectional: bool
    """Whether each reads from both ends."""
    residual: bool
    """Whether each from the second on adds its input to its output."""
    embed: int
    """Width of the learned vector of a token; 0 where tokens are read one-hot, and of numbers."""


@dataclasses.dataclass(frozen=True)
class Architecture:
    """What stands around the cell, the same for all cells.

    Raises:
        InputError: where a number makes no network, or the first layer alone would be residual.

    Example:
        >>> [type(layer).__name__ for layer in Architecture(layers=2, residual=True).recurrent(gr.GRU(8))]
        ['Scan', 'ResidualLayer']
    """

    layers: int = 1
    """Recurrent layers, one after another, each with as many units."""
    bidirectional: bool = False
    """Whether each layer reads from both ends, with units of its own for each; not where the future is forecast."""
    residual: bool = False
    """Whether each layer from the second on adds its input to its output."""
    embed: int = 0
    """Width of a learned vector for each token, which is read instead of the token one-hot; 0: one-hot."""

    def __post_init__(self) -> None:
        """Refuse what makes no network."""
        limits.check_fields(self)
        if self.residual and self.layers == 1:
            raise InputError("residual: expected layers of 2 or more, as the first is not residual; got 1")

    def refuse_for(self, task: VisibleTask) -> None:
        """Refuse a task that the network is not for.

        Raises:
            InputError: where it would read the future that it forecasts, or embed numbers.
        """
        if self.bidirectional and task.kind not in GIVEN:
            raise InputError(
                f"bidirectional: expected a task of kind {', '.join(GIVEN)}, got {task.kind} of {task.name}: read "
                "backwards, the inputs after a step show what is to be forecast there"
            )
        if self.embed and not task.tokens:
            raise InputError(f"embed: expected 0 for {task.name}, whose inputs are no tokens; got {self.embed}")

    def recurrent(
        self, cell: Cell, *, engine: EngineChoice = "auto", spread: bool = False, whole: bool = False
    ) -> tuple[Layer, ...]:
        """Return the recurrent layers, from the input to the output.

        Args:
            cell: the cell of each layer.
            engine: what runs the scans, as in ``gr.scan``.
            spread: whether devices share each layer's batch.
            whole: whether the output after the last step is to hold what both directions have read; else it holds of
                the second direction the last step alone.
        """

        def one(place: int) -> Layer:
            layer: Layer = gr.bidirectional(cell, engine=engine) if self.bidirectional else gr.scan(cell, engine=engine)
            layer = gr.residual(layer) if self.residual and place > 0 else layer
            layer = both_ends(layer) if self.bidirectional and whole and place == self.layers - 1 else layer
            return gr.data_parallel(layer) if spread else layer

        return tuple(map(one, range(self.layers)))

    def body(self, cell: Cell, *, engine: EngineChoice = "auto") -> Cell | Layer:
        """Return all recurrent layers as one, to be counted or measured; a single forward one is its cell."""
        plain = self.layers == 1 and not self.bidirectional
        return cell if plain else gr.chain(*self.recurrent(cell, engine=engine))

    def width(self, in_dim: int) -> int:
        """Return the features that the first recurrent layer reads, of a network of so many features or tokens."""
        return self.embed or in_dim

    @property
    def first(self) -> int:
        """The place of the first recurrent layer in the network's parameters."""
        return 1 if self.embed else 0

    def map_recurrent(self, params: Params, change: Callable[[Params, int], Params]) -> tuple[Any, ...]:
        """Return a network's parameters with those of each scan changed.

        Args:
            params: the parameters of a network that ``gatedrnn.experiment.network`` has made.
            change: a cell's parameters and the number of their scan, from 0: layer by layer, forward before backward.

        Example:
            >>> deep = Architecture(layers=2)
            >>> deep.map_recurrent(("a", (), "b", (), "head"), lambda cell, number: f"{cell}{number}")
            ('a0', (), 'b1', (), 'head')
        """
        changed, number = list(params), 0
        for place in range(self.first, self.first + 2 * self.layers, 2):
            scans = changed[place] if self.bidirectional else (changed[place],)
            done = [change(scan, number + k) for k, scan in enumerate(scans)]
            changed[place] = BidirectionalParams(*done) if self.bidirectional else done[0]
            number += len(done)
        return tuple(changed)

    def entry(self) -> ArchitectureEntry:
        """Return it as JSON has it."""
        return {
            "layers": self.layers,
            "bidirectional": self.bidirectional,
            "residual": self.residual,
            "embed": self.embed,
        }

    @property
    def words(self) -> str:
        """Itself in words, as ``in_words`` has them."""
        return in_words(self.entry())


def in_words(entry: ArchitectureEntry | Mapping[str, Any]) -> str:
    """Return a network in words; nothing of one layer that reads forward.

    Args:
        entry: a network as JSON has it.

    Example:
        >>> in_words(Architecture(layers=2, bidirectional=True).entry()), in_words(Architecture().entry())
        ('2 layers, bidirectional', '')
    """
    parts = [
        (f"{entry['layers']} layers", entry["layers"] > 1),
        ("bidirectional", entry["bidirectional"]),
        ("residual", entry["residual"]),
        (f"tokens embedded in {entry['embed']} numbers", entry["embed"]),
    ]
    return ", ".join(words for words, said in parts if said)
