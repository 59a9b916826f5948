"""``gatedrnn train``: one network on a task."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from gatedrnn.commands.console import note, print_segment
from gatedrnn.commands.devices import ask_for_devices, join_processes
from gatedrnn.experiment import single
from gatedrnn.training.early_stopping import EarlyStoppingState
from gatedrnn.training.hosts import is_first
from gatedrnn.training.termination import Termination


def train(
    settings: Annotated[single.TrainSettings, tyro.conf.OmitArgPrefixes] = single.TrainSettings(),
    out: Path = Path("runs/train"),
) -> None:
    """Train one network on a task, with checkpoints; the same command resumes.

    Args:
        settings: the network and how it is trained.
        out: folder for checkpoints and result.json; it holds one run.
    """
    ask_for_devices(settings.devices)
    join_processes()
    console = Console(quiet=not is_first())
    with Termination() as termination:

        def on_segment(state: EarlyStoppingState, offset: float) -> None:
            print_segment(console, state, offset)
            termination.check()

        result = single.train(settings, out, on_segment=on_segment)
    accuracy = result["test"]["accuracy"]
    note(
        console,
        f"test: {result['test']['nats']:.4f} {result['unit']}"
        + ("" if accuracy is None else f", accuracy {accuracy:.3f}"),
        f"result: {out / 'result.json'}",
    )
