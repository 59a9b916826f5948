"""What is needed to redo a measurement: versions and device."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import TypedDict

import jax


class Device(TypedDict):
    """What JAX computes on."""

    platform: str
    """cpu, gpu or tpu."""
    kind: str
    """Its name, as JAX says it."""
    count: int
    """Of devices."""
    cpu_cores: int | None
    """Of the machine, as far as this process may use them."""


def versions() -> dict[str, str]:
    """Return the versions of Python and of what computes."""
    packages = ("gatedrnn", "jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy", "scipy", "scikit-learn")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def device() -> Device:
    """Return what JAX computes on."""
    devices = jax.devices()
    return {
        "platform": devices[0].platform,
        "kind": devices[0].device_kind,
        "count": len(devices),
        "cpu_cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
    }
