"""A table of one's own, for tests of files."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

GROUPS, STEPS = 12, 9


def columns():
    """A table in long form: 12 groups of 9 steps, two features, a class of each group and of each step."""
    rng = np.random.default_rng(0)
    n = GROUPS * STEPS
    group = np.repeat([f"g{k:02}" for k in range(GROUPS)], STEPS)
    return {
        "who": group,
        "t": np.tile(np.arange(STEPS), GROUPS),
        "a": rng.normal(size=n).round(3),
        "b": rng.normal(size=n).round(3),
        "name": np.repeat(["no", "yes"] * (GROUPS // 2), STEPS),
        "state": rng.integers(9, 11, n),  # "10" sorts before "9" as text
        "y": rng.normal(size=n).round(3),
    }


def write(path, table):
    table = pa.table(table)
    (csv.write_csv if path.suffix == ".csv" else parquet.write_table)(table, path)
    return path
