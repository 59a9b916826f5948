"""What a comparison is asked to do."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from gatedrnn.cells import checks
from gatedrnn.comparison.search.model import CELLS
from gatedrnn.comparison.search.space import Space
from gatedrnn.tasks import registry


@dataclasses.dataclass(frozen=True)
class Settings:
    """Budget and protocol of ``gatedrnn compare``.

    Raises:
        ValueError: where a number makes no comparison.
    """

    tasks: tuple[str, ...] = ("japanese-vowels-forecast", "japanese-vowels-speaker")
    """Names of the tasks, as `gatedrnn tasks` lists them."""
    cells: tuple[str, str] = ("LSTM", "GRU")
    """The two cells: LSTM, GRU, GRU-before (reset gate before the product), SimpleRNN."""
    hidden: int = 32
    """Units of the first cell, near which sizes of equal parameters are sought."""
    sizes: tuple[int, int] | None = None
    """Units of both cells, instead of equal parameters."""
    replicates: int = 8
    """Repetitions of the whole procedure, each with its own split, configurations and seed."""
    trials: int = 16
    """Random configurations in a replicate, shared by both cells."""
    max_epochs: int = 300
    """Cap on the epochs of one training run."""
    patience: int = 20
    """Epochs without a better validation loss after which a run stops."""
    batch_size: int = 36
    """Sequences in an optimiser step."""
    seed: int = 0
    """Everything random follows from it."""
    space: Space = dataclasses.field(default_factory=Space)
    """Where configurations are drawn from, the same for both cells."""

    def __post_init__(self) -> None:
        """Refuse what makes no comparison."""
        for name, least in (("replicates", 2), ("trials", 1), ("max_epochs", 1), ("patience", 1), ("batch_size", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}: expected {least} or more, got {getattr(self, name)!r}")
        if len(set(self.cells)) != 2:
            raise ValueError(f"cells: expected two different ones, got {self.cells!r}")
        if not self.tasks:
            raise ValueError("tasks: expected at least one, got none")
        for name, known in (("cells", CELLS), ("tasks", registry.TASKS)):
            unknown = [value for value in getattr(self, name) if value not in known]
            if unknown:
                raise ValueError(f"{name}: expected some of {', '.join(known)}; got {', '.join(unknown)}")
        for hidden in (self.hidden, *(self.sizes or ())):
            checks.positive("hidden" if self.sizes is None else "hidden and sizes", hidden)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as JSON has them."""
        return json.loads(json.dumps(dataclasses.asdict(self)))


def differences(before: dict[str, Any], now: dict[str, Any], prefix: str = "") -> list[str]:
    """Return a line for each entry that differs between two settings from ``as_dict``."""
    lines = []
    for name in sorted({*before, *now}):
        old, new = before.get(name), now.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            lines += differences(old, new, f"{prefix}{name}.")
        elif old != new:
            lines.append(f"{prefix}{name}: was {old!r}, now {new!r}")
    return lines
