"""Train one network as a config says, with overrides after it; killed, the same command resumes.

python experiments/train.py configs/vowels_gru.py --learning-rate 3e-3 --out runs/gru
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
from gatedrnn.experiment.single import TrainSettings

if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
    sys.exit(__doc__)
config_path = Path(sys.argv[1])
config: TrainSettings = runpy.run_path(str(config_path))["config"]


def train(settings: Annotated[TrainSettings, tyro.conf.OmitArgPrefixes] = config, out: Path | None = None) -> None:
    """Train one network as the config says."""
    cli.train(settings=settings, out=out or Path("runs") / config_path.stem)


watch(f"python {shlex.join(sys.argv)}")
leave(exit_code(lambda: tyro.cli(train, args=sys.argv[2:], registry=cli.ARGUMENTS), f"python {shlex.join(sys.argv)}"))
