"""``import gatedrnn`` costs little more than ``import jax``, and brings nothing else."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

CODE = """
import json, sys, time
start = time.perf_counter()
import jax
middle = time.perf_counter()
before = set(sys.modules)
import gatedrnn
end = time.perf_counter()
new = sorted({name.split(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names))
print(json.dumps({"ratio": (end - start) / (middle - start), "new": new}))
"""


def imported():
    return json.loads(subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True).stdout)


def test_import_brings_jax_alone_and_costs_little():
    """The median of seven processes, each timing both imports one after the other."""
    runs = [imported() for _ in range(7)]
    assert all(set(run["new"]) <= {"gatedrnn", "jax"} for run in runs), runs[0]["new"]
    assert statistics.median(run["ratio"] for run in runs) <= 1.15


def test_what_is_imported_at_first_use_is_there():
    code = "import gatedrnn as gr; gr.testing.check_layer; print('flax' in __import__('sys').modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
