"""What a command asks of JAX before it starts; the library itself takes the devices that there are."""

from __future__ import annotations

import jax

from gatedrnn.errors import InputError
from gatedrnn.experiment import limits
from gatedrnn.training import hosts


def join_processes() -> None:
    """Join the processes that a launcher started together with this one, where it says that there are several."""
    if (hosts.launched() or 1) > 1:
        hosts.start()


def refuse_processes(command: str) -> None:
    """Refuse what runs as one process.

    Raises:
        InputError: where a launcher says that there are several.
    """
    if (count := hosts.launched() or 1) > 1:
        raise InputError(
            f"processes: expected one for {command}, got {count}; start it once (srun --ntasks=1), and its trials "
            "share the devices of one machine"
        )


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
