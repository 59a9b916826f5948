"""Training: one run as two pure functions, many runs as one program, checkpoints; tasks do not import it.

>>> from gatedrnn.training import Plan, population  # what docs/populations.md shows
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gatedrnn.training.early_stopping import EarlyStopping
from gatedrnn.training.fixed_steps import FixedSteps
from gatedrnn.training.groups import Group, groups
from gatedrnn.training.member import Members, member
from gatedrnn.training.plan import Plan
from gatedrnn.training.population import Population, population
from gatedrnn.training.run import Divisible, Run, Status
from gatedrnn.training.step import adam, adamw, train_step, warmup_cosine
from gatedrnn.training.store import Interrupted, Store
from gatedrnn.training.stream import Stream
from gatedrnn.training.streamed_steps import StreamedSteps
from gatedrnn.training.termination import EXIT_CODE, Termination

if TYPE_CHECKING:
    from gatedrnn.training.checkpoint import Checkpoints

__all__ = [
    "EXIT_CODE",
    "Checkpoints",
    "Divisible",
    "EarlyStopping",
    "FixedSteps",
    "Group",
    "Interrupted",
    "Members",
    "Plan",
    "Population",
    "Run",
    "Status",
    "Store",
    "Stream",
    "StreamedSteps",
    "Termination",
    "adam",
    "adamw",
    "groups",
    "member",
    "population",
    "train_step",
    "warmup_cosine",
]


def __getattr__(name: str) -> Any:
    # Orbax takes longer to import than all the rest.
    if name == "Checkpoints":
        return importlib.import_module("gatedrnn.training.checkpoint").Checkpoints
    raise AttributeError(f"module 'gatedrnn.training' has no attribute {name!r}")
