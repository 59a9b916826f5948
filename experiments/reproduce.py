"""Measure a published result again, as a config says, and keep it in a file of results.

python experiments/reproduce.py configs/reproduce/weiss_2018.py docs/evidence/results.json
"""

import runpy
import sys
from pathlib import Path
from typing import Any

from gatedrnn.evidence import tables
from gatedrnn.evidence.registry import named
from gatedrnn.evidence.reproduction import reproduce


def main() -> None:
    """Measure, keep and print."""
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    config: dict[str, Any] = runpy.run_path(sys.argv[1])
    command = f"python experiments/reproduce.py {sys.argv[1]}"
    out = Path(sys.argv[2] if len(sys.argv) == 3 else "runs/evidence.json")
    result = reproduce(named(config["name"]), config["config"], out, command=command, on_progress=print)
    print(tables.of_result(result))


if __name__ == "__main__":
    main()
