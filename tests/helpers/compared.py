"""One real comparison with everything that ``--full`` adds, which tests of several rooms read: it runs once for them.

Whichever process of the run comes first makes it, in a folder that all of them have; nobody writes into it.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.report.compare import compare

if TYPE_CHECKING:
    import pytest

STEPS, TRAIN, VALIDATION, TEST = 7, 8, 8, 12
"""Steps of the longest sequence, and sequences of each part. Both parts of the training data on which ``--full`` trains
again are two sequences, so that they are one program."""

OPTIONS: dict[str, Any] = {"replicates": 2, "trials": 2, "hidden": 3, "max_epochs": 3, "patience": 3, "batch_size": 8}


def arrays() -> dict[str, np.ndarray]:
    """Return sequences of two features far from zero, to be told apart by their first step."""
    rng = np.random.default_rng(3)
    count = TRAIN + VALIDATION + TEST
    x = rng.normal(size=(STEPS, count, 2)) * [3.0, 0.1] + [50.0, -2.0]
    split = np.repeat(["train", "validation", "test"], [TRAIN, VALIDATION, TEST])
    y = np.where(x[0, :, 0] > 50.0, "large", "small")
    return {"x": x, "lengths": rng.integers(3, STEPS + 1, count), "split": split, "y": y}


def again(out: Path) -> None:
    """Compare in a folder, or go on with what it holds."""
    compare(arrays(), out=out, full=True, extend=False, **OPTIONS)


def compared(temporary: pytest.TempPathFactory) -> Path:
    """Return the folder of the comparison, as it was written."""
    base = temporary.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (shared / "compared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "compared" / "report.html").exists():
            again(shared / "compared")
    return shared / "compared"
