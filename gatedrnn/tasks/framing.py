"""How recorded data are made into a task: how far ahead, what is read at once, and what the test is set apart by."""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np

from gatedrnn.errors import InputError

SplitBy = Literal["time", "group", "both"]
"""What tells the test from what may be seen: later times, other groups, or later times of other groups."""


@dataclasses.dataclass(frozen=True)
class Framing:
    """How recorded sequences become windows of three parts; None is what the data suggest.

    Attributes:
        horizon: steps from the last frame seen to the one that is forecast.
        window: steps that are read for the last forecast of a window.
        season: steps after which the series comes round again.
        split_by: what the test is set apart by.
        test_from: the first time of the test, as a table has it.

    Raises:
        InputError: where a number is not positive, or a word is none of those known.
    """

    horizon: int = 1
    window: int | None = None
    season: int | None = None
    split_by: SplitBy | None = None
    test_from: str | None = None

    def __post_init__(self) -> None:
        """Refuse what frames nothing."""
        for name, least in (("horizon", 1), ("window", 1), ("season", 2)):
            value = getattr(self, name)
            if value is None and name != "horizon":
                continue
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
                expected = "a positive int" if least == 1 else "an int of 2 or more"
                raise InputError(f"{name}: expected {expected}, got {value!r}")
        if self.split_by not in (None, "time", "group", "both"):
            raise InputError(f"split_by: expected time, group or both, got {self.split_by!r}")
