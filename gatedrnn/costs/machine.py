"""How much memory there is on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import jax

CGROUPS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where Linux says how much of the machine's memory this container may use."""


def memory_of_machine() -> int | None:
    """Return bytes that this process may use at most, of the device that JAX computes on; None where none says it."""
    device = jax.local_devices()[0]
    if device.platform != "cpu":
        return (device.memory_stats() or {}).get("bytes_limit")
    found = []
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for path in CGROUPS:
        try:
            said = path.read_text(encoding="ascii").strip()
        except OSError:
            continue
        found += [int(said)] if said.isdigit() else []
    return min(found, default=None)
