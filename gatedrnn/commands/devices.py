"""What a command asks of JAX before it starts; the library itself takes the devices that there are."""

from __future__ import annotations

import os

import jax

from gatedrnn.comparison.team import Team
from gatedrnn.errors import InputError
from gatedrnn.experiment import limits
from gatedrnn.training import hosts


def join_processes() -> None:
    """Join the processes that a launcher started together with this one, where it says that there are several."""
    if (hosts.launched() or 1) > 1:
        hosts.start()


def team_launched() -> Team:
    """Return which one this is of the processes that a launcher started together to make one comparison.

    They share a folder alone, and JAX starts in each as if it were the only one, with the devices that would be its
    own among several: where a launcher numbers the processes of a machine, the GPU of that number.

    Raises:
        InputError: where a launcher does not say which one this is, or on a TPU pod, whose processes JAX starts only
            together.
    """
    team = Team(hosts.number_of_process(), hosts.launched() or 1)
    if team.count == 1:
        return team
    if "TPU_WORKER_HOSTNAMES" in os.environ:
        raise InputError(f"processes: expected one for gatedrnn compare on a TPU pod, got {team.count}")
    named = map(os.environ.get, ("JAX_LOCAL_DEVICE_IDS", "SLURM_LOCALID", "OMPI_COMM_WORLD_LOCAL_RANK"))
    if (own := next(filter(None, named), None)) is not None:
        jax.config.update("jax_cuda_visible_devices", own)
    return team


def ask_for_devices(count: int | None) -> None:
    """Ask JAX for so many CPU devices, which it has to be before its backend starts; None or 1 asks for nothing.

    Several processes have them together: each asks for its part.

    Raises:
        InputError: where the number is not positive, cannot be shared by all processes, or JAX has started with
            another.
    """
    if count is None:
        return
    limits.check("devices", count)
    processes = hosts.launched() or 1
    if count > 1 and count % processes:
        raise InputError(f"devices: expected 1, or a multiple of the {processes} processes; got {count}")
    try:
        if count > processes:
            jax.config.update("jax_num_cpu_devices", count // processes)
    except RuntimeError as error:
        raise InputError(f"devices: expected to be asked for before JAX starts, got {count} ({error})") from error
