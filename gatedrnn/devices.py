"""What a command asks of JAX before it starts; the library itself takes the devices that there are."""

from __future__ import annotations

import jax

from gatedrnn.cells import checks


def ask_for_devices(count: int | None) -> None:
    """Ask JAX for so many CPU devices, which it has to be before its backend starts; None or 1 asks for nothing.

    Raises:
        ValueError: where the number is not positive, or JAX has started with another.
    """
    if count is None:
        return
    checks.positive("devices", count)
    try:
        if count > 1:
            jax.config.update("jax_num_cpu_devices", count)
    except RuntimeError as error:
        raise ValueError(f"devices: expected to be asked for before JAX starts, got {count} ({error})") from error
