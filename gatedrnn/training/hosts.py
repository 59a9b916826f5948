"""Several processes, on one host or many, that train one population: JAX's own runtime, and what they have to agree on.

Each process runs the same program on all members; one process is the first of one.
"""

from __future__ import annotations

import os
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from gatedrnn.errors import InputError

NO_LAUNCHER = "coordinator_address should be defined"
"""What JAX says where it finds no launcher: this process was started alone."""


def launched() -> int | None:
    """Return how many processes a launcher says that it started together; None where there is no word of one.

    Read from the environment alone: JAX has not to be started. What a launcher of shells says, such as ``sbatch`` and
    ``salloc``, does not count: only ``srun`` starts processes.
    """
    said = os.environ.get
    if number := said("JAX_NUM_PROCESSES") or said("OMPI_COMM_WORLD_SIZE"):
        return _count("processes", number)
    if "SLURM_STEP_NODELIST" in os.environ:
        return _count("processes", said("SLURM_STEP_NUM_TASKS") or said("SLURM_NTASKS") or "1")
    return len(hosts.split(",")) if (hosts := said("TPU_WORKER_HOSTNAMES")) else None


def number_of_process() -> int:
    """Return the number of this process among those that a launcher started together, from 0; 0 where it is alone.

    Read from the environment alone, as ``launched`` is.

    Raises:
        InputError: where a launcher says how many there are, and not which this one is.
    """
    if (launched() or 1) == 1:
        return 0
    for name in ("JAX_PROCESS_ID", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID", "TPU_WORKER_ID"):
        if name in os.environ:
            return _count("process", os.environ[name])
    raise InputError(
        "process: expected its number in JAX_PROCESS_ID, as JAX_NUM_PROCESSES says that there are others; got none"
    )


def start(coordinator: str | None = None, processes: int | None = None, process: int | None = None) -> None:
    """Join the processes that were launched together with this one; do nothing where it was launched alone.

    To be called by a script, before anything else of JAX. Under SLURM, Open MPI, and on TPU pods, JAX finds the others
    itself, and there is nothing to name. Elsewhere, say it here, or to all commands and scripts by the environment:
    ``JAX_COORDINATOR_ADDRESS``, ``JAX_NUM_PROCESSES`` and ``JAX_PROCESS_ID``.

    Args:
        coordinator: address and port of the first process, ``"host:port"``.
        processes: how many processes train together.
        process: the number of this process among them, from 0.

    Raises:
        RuntimeError: where JAX has already started, or the others do not come.
        InputError: where some, but not all, of what is needed is named.
    """
    if coordinator is None and processes is None and launched() == 1:
        return  # JAX would hide all devices but the first, as for one of several processes
    if processes is None and process is None and "JAX_PROCESS_ID" in os.environ:
        processes, process = launched(), _count("process", os.environ["JAX_PROCESS_ID"])
    try:
        jax.distributed.initialize(coordinator, processes, process)
    except ValueError as error:
        if NO_LAUNCHER not in str(error) or processes is not None or process is not None:
            raise InputError(
                f"processes: expected all of what JAX needs to find the others, got less: {error}"
            ) from error


def _count(name: str, said: str) -> int:
    if not said.isdecimal():
        raise InputError(f"{name}: expected the launcher to say an int in the environment, got {said!r}")
    return int(said)


def is_first() -> bool:
    """Return whether this process is the one that prints, and writes results.

    Example:
        >>> is_first()
        True
    """
    return jax.process_index() == 0


def wait_for_all(name: str) -> None:
    """Return when all processes have come here."""
    if jax.process_count() > 1:
        from jax.experimental import multihost_utils

        multihost_utils.sync_global_devices(name)


def of_each(value: Any) -> NDArray[Any]:
    """Return a number of each process, ``[processes]``; all have to ask.

    Example:
        >>> of_each(True)
        array([ True])
    """
    if jax.process_count() == 1:
        return np.asarray(value)[None]
    from jax.experimental import multihost_utils

    return np.asarray(multihost_utils.process_allgather(np.asarray(value))).reshape(-1)
