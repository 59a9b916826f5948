"""``import gatedrnn`` brings JAX and nothing else; what that costs is measured by ``benchmarks/import_time.py``."""

from __future__ import annotations

import json
import subprocess
import sys

CODE = """
import json, sys
import jax
before = set(sys.modules)
import gatedrnn
new = sorted({name.split(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names))
print(json.dumps(new))
"""


def test_import_brings_jax_alone():
    run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert set(json.loads(run.stdout)) <= {"gatedrnn", "jax"}


def test_what_is_imported_at_first_use_is_there():
    code = "import gatedrnn as gr; gr.testing.check_layer; print('flax' in __import__('sys').modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
