"""A checkpoint that does not fit on the disk is named, and leaves the one before it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from gatedrnn.training.checkpoint import Checkpoints

FULL = """
import resource, sys
import numpy as np
from gatedrnn.training.checkpoint import Checkpoints

rng = np.random.default_rng(0)
state = {"w": rng.normal(size=100_000)}
try:
    with Checkpoints(sys.argv[1]) as store:
        store.save(1, state, {}, force=True)
        # What a file may have is less than the state takes, as on a disk without that much room.
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        store.save(2, {"w": state["w"] + 1}, {})
except OSError as error:
    print(error)
    raise SystemExit(28)
"""


def test_a_full_disk_is_named_and_the_checkpoint_before_it_stays(tmp_path):
    process = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=False)
    assert process.returncode == 28, process.stderr
    assert "checkpoint 2 could not be written" in process.stdout
    assert "is the disk full?" in process.stdout
    state = {"w": np.zeros(100_000)}
    with Checkpoints(tmp_path) as store:
        step, restored = store.restore(state, {})
    assert step == 1
    np.testing.assert_array_equal(restored["w"], np.random.default_rng(0).normal(size=100_000))
