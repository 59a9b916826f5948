"""Sweep over hyperparameters as a config says, with overrides after it; killed, the same command resumes.

python experiments/sweep.py configs/sweep_vowels.py --draws 8 --devices 2 --out runs/short
"""

import runpy
import shlex
import sys
from pathlib import Path
from typing import Annotated

import tyro

from gatedrnn.commands import cli
from gatedrnn.commands.exit_code import exit_code
from gatedrnn.commands.signals import leave, watch
from gatedrnn.sweep.settings import SweepSettings

if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
    sys.exit(__doc__)
config_path = Path(sys.argv[1])
config: SweepSettings = runpy.run_path(str(config_path))["config"]


def sweep(
    settings: Annotated[SweepSettings, tyro.conf.OmitArgPrefixes] = config,
    out: Path | None = None,
    devices: int | None = None,
    tensorboard: bool = False,
) -> None:
    """Sweep as the config says."""
    cli.sweep(settings=settings, out=out or Path("runs") / config_path.stem, devices=devices, tensorboard=tensorboard)


watch(f"python {shlex.join(sys.argv)}")
leave(exit_code(lambda: tyro.cli(sweep, args=sys.argv[2:], registry=cli.ARGUMENTS), f"python {shlex.join(sys.argv)}"))
