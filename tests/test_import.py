"""``import gatedrnn`` brings nothing, its layers JAX alone; ``benchmarks/import_time.py`` has what they cost."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import gatedrnn as gr
from gatedrnn import places

CODE = """
import json, sys
before = set(sys.modules)
import gatedrnn as gr
alone = set(sys.modules) - before
import jax
before = set(sys.modules)
gr.chain(gr.bidirectional(gr.GRU(3)), gr.residual(gr.scan(gr.stack(gr.LSTM(3), gr.SimpleRNN(3)))), gr.dense(3)).init
used = set(sys.modules) - before
packages = [sorted({name.split(".")[0] for name in new} - sys.stdlib_module_names) for new in (alone, used)]
print(json.dumps([*packages, sorted(name for name in used if name.startswith("jax.extend"))]))
"""


def test_import_brings_nothing_and_layers_jax_alone():
    run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    alone, used, extend = json.loads(run.stdout)
    assert alone == ["gatedrnn"]
    assert set(used) <= {"gatedrnn", "jax"}
    assert extend == [], "jax.extend takes as long to import as all of gatedrnn"


def test_rooms_are_there_without_an_import_of_their_own():
    code = "import gatedrnn as gr; print(gr.errors.InputError.__name__, gr.types.Cell.__name__, gr.layers.__name__)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "InputError Cell gatedrnn.layers\n"


def test_what_is_imported_at_first_use_is_there():
    code = "import gatedrnn as gr; gr.testing.check_layer; print('flax' in __import__('sys').modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


def test_every_public_name_is_there_and_comes_from_where_type_checkers_see_it():
    """What is imported at first use is named twice, for type checkers and in a table: both have to say the same."""
    tree = ast.parse(Path(str(gr.__file__)).read_text())
    checked = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: node.module.removeprefix("gatedrnn.")
        for node in checked.body
        if isinstance(node, ast.ImportFrom) and node.module != "gatedrnn"
        for alias in node.names
        if node.module
    }
    assert seen == places.NAMES
    assert all(hasattr(gr, name) for name in gr.__all__)
    assert set(gr.__all__) <= set(dir(gr))
