"""How long a trial trains between two looks at the clock."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatedrnn.tasks.parts import Batch
    from gatedrnn.training.early_stopping import EarlyStopping

STEPS_BETWEEN_LOOKS = 4000
"""Time steps that a trial trains between two looks at the clock: about 0.3 s on a CPU, where a look takes 0.015 s."""


def watched(run: EarlyStopping, steps: int) -> EarlyStopping:
    """Return the run in segments so short that it shows where it stands, and a clock can end it when it should.

    Args:
        run: what trains one trial.
        steps: time steps of its sequences.
    """
    an_epoch = steps * (run.examples // run.batch_size)
    segment = min(max(1, STEPS_BETWEEN_LOOKS // an_epoch), run.segment)
    return dataclasses.replace(run, segment=segment)


def long_epochs(train: Batch, batch_size: int) -> bool:
    """Return whether an epoch alone is longer than what is trained between two looks at the clock."""
    steps, examples = train.x.shape[:2]
    return steps * (examples // min(batch_size, examples)) > STEPS_BETWEEN_LOOKS
