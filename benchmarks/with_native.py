"""What does the native engine gain where "auto" takes it: in a whole comparison, and in a population?

python benchmarks/with_native.py [--what compare] [--turns 1] [--replicates 6] [--trials 8] [--out FILE]
python benchmarks/with_native.py --what populations [--turns 3] [--cells LSTM GRU] [--members 64] [--out FILE]

Processes with GATEDRNN_NATIVE=1 and without take turns. A comparison is timed from start to end, as `make compare` runs
it; of a population, by populations.py, the speed-up over models trained in turn by the reference engine.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tables
import timing
import tyro
from options import Output
from shapes import CellName

from gatedrnn.layers.engines.native import SETTING
from gatedrnn.layers.engines.native_call import available

QUESTION = 'What does the native engine gain where "auto" takes it?'
HERE = Path(__file__).parents[1]


@dataclasses.dataclass(frozen=True)
class Options(Output):
    """What does the native engine gain where "auto" takes it?"""

    what: tuple[Literal["compare", "populations"], ...] = ("compare", "populations")
    turns: int = 1
    """Pairs of processes; their order changes from pair to pair."""
    replicates: int = 6
    """Of the comparison."""
    trials: int = 8
    cells: tuple[CellName, ...] = ("LSTM",)
    """Of the populations."""
    members: int = 64
    rounds: int = 6
    """Timed turns of each plan, in one process."""


def run(native: bool, *command: str) -> None:
    """Run a Python program from the repository, where "auto" takes the engine or not."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])}
    environment[SETTING] = "1" if native else "0"
    subprocess.run([sys.executable, *command], cwd=HERE, env=environment, check=True, stdout=subprocess.DEVNULL)


def comparison(options: Options, native: bool) -> dict[str, float]:
    """Return the seconds of a comparison."""
    asked = ["--replicates", str(options.replicates), "--trials", str(options.trials)]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        run(native, "-m", "gatedrnn", "compare", *asked, "--out", str(Path(folder) / "run"))
        return {"compare": time.perf_counter() - started}


def populations(options: Options, native: bool) -> dict[str, float]:
    """Return milliseconds of a step of all members of each cell, and of the same models in turn by the reference."""
    asked = ["--cells", *options.cells, "--members", str(options.members), "--rounds", str(options.rounds)]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "populations.json"
        run(native, "benchmarks/populations.py", *asked, "--processes", "0", "--out", str(out))
        records = json.loads(out.read_text(encoding="utf-8"))["results"]
    found = {}
    for record in records:
        label = f"{record['cell']}, {options.members}: "
        found[label + "ms of a step"] = record["milliseconds of a step of all"]["auto"]["median"]
        found[label + "times over in turn"] = record["speed-up over in turn"]["auto"]["median"]
    return found


def main(options: Options) -> None:
    """Take turns, print and write what each took, and ratios of with to without."""
    if not available():
        raise SystemExit("gatedrnn-cpu is not installed: `make native`")
    console = tables.start()
    measures = {"compare": comparison, "populations": populations}
    table = tables.table_of(["measured"], ["without", "with", "with over without"])
    records: list[dict[str, Any]] = []
    for what in options.what:
        found: dict[bool, list[dict[str, float]]] = {False: [], True: []}
        for turn in range(options.turns):
            for native in (bool(turn % 2), not turn % 2):
                found[native].append(measures[what](options, native))
        for name in found[True][0]:
            without, with_it = (np.array([one[name] for one in found[native]]) for native in (False, True))
            ratio = timing.paired_ratio(with_it, without)
            table.add_row(name, f"{np.median(without):.3g}", f"{np.median(with_it):.3g}", str(ratio))
            times = {"without": without.tolist(), "with": with_it.tolist()}
            records.append({"measured": name, **times, "with over without": ratio.as_dict()})
    console.print(QUESTION, table, sep="\n")
    timing.write_results(options.path("with_native"), records, question=QUESTION)


if __name__ == "__main__":
    main(tyro.cli(Options, description=QUESTION))
