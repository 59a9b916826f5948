"""Compare two cells as a config says, with overrides after it; interrupted, the same command resumes.

python experiments/compare.py configs/japanese_vowels.py --trials 4 --out runs/short
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
from gatedrnn.comparison.settings import Settings

if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
    sys.exit(__doc__)
config_path = Path(sys.argv[1])
config: Settings = runpy.run_path(str(config_path))["config"]


def compare(
    settings: Annotated[Settings, tyro.conf.OmitArgPrefixes] = config,
    out: Path | None = None,
    devices: int | None = None,
) -> None:
    """Compare two cells as the config says."""
    cli.compare(settings=settings, out=out or Path("runs") / config_path.stem, devices=devices)


watch(f"python {shlex.join(sys.argv)}")
leave(exit_code(lambda: tyro.cli(compare, args=sys.argv[2:], registry=cli.ARGUMENTS), f"python {shlex.join(sys.argv)}"))
