"""One thread for the libraries below NumPy, SciPy and scikit-learn: the processes of a run share the cores already.

Threads of OpenMP wait for each other busily. Where more of them run than there are cores, a fit of boosted trees on
150 rows takes a hundred times as long as by one.
"""

from __future__ import annotations

import os


def set_up() -> None:
    """Set in the environment, which workers and commands inherit, how many threads products and fits take.

    This stands before those libraries are imported.
    """
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
