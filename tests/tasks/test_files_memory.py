"""Reading a file of about 100 MB and splitting it takes at most twice the file and 200 MB more than before."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

CODE = """
import json, sys
from pathlib import Path
import jax, numpy, pyarrow.csv, pyarrow.parquet
from gatedrnn.tasks.files import task_from_file
from gatedrnn.tasks.question import Question
def peak():
    # Not getrusage, which in a child process starts at what its parent had.
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024
before = peak()
task = task_from_file(sys.argv[1], Question(**json.loads(sys.argv[2])))
read = peak()
split = task.split(0)
print(json.dumps([read - before, peak() - before, split.train.x.shape]))
"""


def write(path):
    rng = np.random.default_rng(0)
    if path.suffix == ".txt":
        letters = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz .,\n", np.uint8)
        path.write_bytes(letters[rng.integers(0, len(letters), 100_000_000)].tobytes())
        return {}
    if path.suffix == ".npz":
        np.savez(path, x=rng.normal(size=(500, 2500, 20)).astype(np.float32))
        return {}
    import pyarrow as pa
    from pyarrow import csv, parquet

    count = 1_100_000 if path.suffix == ".csv" else 2_400_000
    groups = count // 200
    columns = {f"c{k}": rng.normal(size=count).astype(np.float32).round(5) for k in range(10)}
    table = pa.table({"who": np.repeat(np.arange(groups), 200), "t": np.tile(np.arange(200), groups), **columns})
    (csv.write_csv if path.suffix == ".csv" else parquet.write_table)(table, path)
    return {"group": "who", "time": "t"}


@pytest.mark.verify
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from Linux's /proc")
@pytest.mark.parametrize("ending", ["csv", "parquet", "npz", "txt"])
def test_memory_grows_by_at_most_twice_the_file_and_200_megabytes(tmp_path, ending):
    path = tmp_path / f"data.{ending}"
    asked = write(path)
    size = path.stat().st_size
    assert 9e7 < size < 1.4e8
    run = subprocess.run(
        [sys.executable, "-c", CODE, path, json.dumps(asked)], capture_output=True, text=True, check=True
    )
    read, split, shape = json.loads(run.stdout)
    print(f"{ending}: file {size / 1e6:.0f} MB, read +{read / 1e6:.0f} MB, split +{split / 1e6:.0f} MB, {shape}")
    assert split > 0.3 * size  # something was measured
    assert split <= 2 * size + 200e6
