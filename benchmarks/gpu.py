"""How fast on a GPU, in which form, with which XLA flags, and beside cuDNN, PyTorch and JAX's other layers?

python benchmarks/gpu.py [--seconds 540] [--out benchmarks/results] [--tiny]

First our forms (engine, unroll) at two sizes, without and with XLA's flags for whole loops as CUDA graphs; then the
table with peers under the faster flags, with the forms that won; then the same under the others. Every part runs in
a process of its own, as flags are read once, and writes benchmarks/results/gpu-PART-FLAGS.json after each size, so
that a run cut short keeps what it has. What there is no time for is named. Times are milliseconds of a call, of
several calls in a row of which the last is waited for. ``--tiny`` runs everything on small numbers, on any device.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import gpu_entries
import gpu_races
import jax
import timing

FLAGS = {"plain": "", "graphs": "--xla_gpu_enable_command_buffer=+WHILE --xla_gpu_graph_min_graph_size=1"}
PARTS = ("forms", "table")
FORMS_SHARE = 0.22
"""Of all seconds, for the forms under one setting of the flags; what they leave is the table's."""
LATE = 30.0
"""Seconds that a part may be late before it is stopped."""


def results(out: Path, part: str, flags: str) -> Path:
    """Return where a part writes."""
    return out / f"gpu-{part}-{flags}.json"


def read(path: Path) -> list[dict[str, Any]]:
    """Return a part's records; none where it wrote nothing."""
    return json.loads(path.read_text())["results"] if path.exists() else []


def run_part(options: argparse.Namespace) -> None:
    """Measure one part in this process."""
    extent = gpu_entries.TINY if options.tiny else gpu_entries.FULL
    path = results(options.out, options.part, options.flags)
    if options.part == "forms":
        sizes, entries = extent.forms, gpu_entries.form_entries(extent)
    else:
        forms = read(results(options.out, "forms", options.flags))
        sizes, entries = extent.table, gpu_entries.table_entries(extent, forms)
    print(f"{timing.device_label()}, jax {jax.__version__}", flush=True)

    def save(outcome: gpu_races.Outcome) -> None:
        about = {"question": "How fast on a GPU?", "part": options.part, "flags": options.flags}
        timing.write_results(path, outcome.records, **about, absent=outcome.absent, skipped=outcome.skipped)

    gpu_races.run_part(sizes, entries, extent.rounds, options.seconds, save)


def start_part(part: str, flags: str, seconds: float, options: argparse.Namespace) -> None:
    """Run a part in a process of its own, and stop it where it is late."""
    environment = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "PYTHONUNBUFFERED": "1"}
    environment["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {FLAGS[flags]}".strip()
    arguments = ["--part", part, "--flags", flags, "--seconds", str(seconds), "--out", str(options.out)]
    command = [sys.executable, __file__, *arguments, *["--tiny"] * options.tiny]
    print(f"\n{part}, flags {flags} ({environment['XLA_FLAGS'] or 'none'}), {seconds:.0f} s", flush=True)
    try:
        code = subprocess.run(command, env=os.environ | environment, timeout=seconds + LATE, check=False).returncode
        if code:
            print(f"failed with exit status {code}: {part}, flags {flags}", flush=True)
    except subprocess.TimeoutExpired:
        print(f"stopped {LATE:.0f} s late: {part}, flags {flags}", flush=True)


def by_speed(out: Path) -> list[str]:
    """Return the settings of the flags, that of the faster best forms first."""

    def best(flags: str) -> float:
        records = read(results(out, "forms", flags))
        races = {(r["shape"], r["cell"], r["pass"]) for r in records}
        medians = {
            race: min(r["milliseconds"]["median"] for r in records if (r["shape"], r["cell"], r["pass"]) == race)
            for race in races
        }
        return math.fsum(math.log(median) for median in medians.values()) / len(medians) if medians else math.inf

    return sorted(FLAGS, key=best)


def run_all(options: argparse.Namespace) -> None:
    """Run every part, one after another."""
    started = time.monotonic()
    options.out.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        for flags in FLAGS:
            results(options.out, part, flags).unlink(missing_ok=True)
    for flags in FLAGS:
        start_part("forms", flags, FORMS_SHARE * options.seconds, options)
    order = by_speed(options.out)
    print(f"\nfaster flags: {order[0]}", flush=True)
    for flags in order:
        left = options.seconds - LATE - (time.monotonic() - started)
        if left > LATE:
            start_part("table", flags, left, options)
        else:
            print(f"skipped for lack of time: table, flags {flags}", flush=True)
    written = [path.name for part in PARTS for flags in FLAGS if (path := results(options.out, part, flags)).exists()]
    print(f"written: {', '.join(written)}; {time.monotonic() - started:.0f} s")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=540.0, help="for everything")
    parser.add_argument("--out", type=Path, help="folder of the results")
    parser.add_argument("--tiny", action="store_true", help="small numbers, few programs")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--flags", choices=FLAGS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.out = options.out or (Path(tempfile.mkdtemp()) if options.tiny else timing.RESULTS)
    (run_part if options.part else run_all)(options)


if __name__ == "__main__":
    main()
