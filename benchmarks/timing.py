"""How every benchmark measures: interleaved rounds, paired ratios with an interval, and where and with what it ran."""

from __future__ import annotations

import datetime
import json
import os
import platform
import random
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from numpy.typing import NDArray
from scipy import stats

RESULTS = Path(__file__).parent / "results"
PACKAGES = (
    *("gatedrnn", "jax", "jaxlib", "flax", "equinox", "dm-haiku", "keras", "torch", "onnxruntime", "onnx"),
    *("numpy", "scipy"),
)
SHORT_MS = 20.0
TURN_MS = 10.0

Call = Callable[[], Any]
"""Runs a compiled program on its inputs and returns when the result is there."""


class Spread(NamedTuple):
    """Median and quartiles of a sample, and an interval that covers the median of what it was drawn from."""

    median: float
    quartiles: tuple[float, float]
    interval: tuple[float, float] | None
    """None where the sample is too small for one."""

    def __str__(self) -> str:
        """Return the median, and the interval in brackets."""
        return f"{self.median:.2f}" + ("" if self.interval is None else " [{:.2f}, {:.2f}]".format(*self.interval))

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers, to five digits, for JSON."""
        return {name: value if value is None else rounded(value) for name, value in self._asdict().items()}


def rounded(value: Any) -> Any:
    """Return a number, or several, to five significant digits."""
    return float(f"{value:.5g}") if np.isscalar(value) else [rounded(v) for v in value]


def median_interval(values: NDArray[Any], level: float = 0.95) -> tuple[float, float] | None:
    """Return an interval for the median that assumes nothing about the distribution.

    The number of values below the median is Binomial(n, 1/2), so the k-th smallest and the k-th largest value
    enclose it with probability ``1 - 2 P(Binomial(n, 1/2) < k)``; k is the largest that keeps ``level``. Below
    six values there is none at 0.95.
    """
    ordered, n = np.sort(values), len(values)
    k = int(np.sum(stats.binom.cdf(np.arange(n), n, 0.5) <= (1 - level) / 2))
    return None if k == 0 else (float(ordered[k - 1]), float(ordered[n - k]))


def spread(values: NDArray[Any]) -> Spread:
    """Return median, quartiles and interval of a sample."""
    low, median, high = (float(v) for v in np.quantile(values, (0.25, 0.5, 0.75)))
    return Spread(median, (low, high), median_interval(values))


def paired_ratio(times: NDArray[Any], reference: NDArray[Any]) -> Spread:
    """Return the spread of the ratios of times taken in the same rounds."""
    return spread(times / reference)


def milliseconds(call: Call, repeats: int = 1) -> float:
    """Return how long one call takes, as the mean of ``repeats``."""
    started = time.perf_counter()
    for _ in range(repeats):
        call()
    return 1e3 * (time.perf_counter() - started) / repeats


class Turn(NamedTuple):
    """One contestant's turn in a round: ``repeats`` timed calls, after an untimed one where calls are short."""

    call: Call
    repeats: int
    lead_in: bool

    def take(self) -> float:
        """Return milliseconds of a call."""
        if self.lead_in:
            self.call()
        return milliseconds(self.call, self.repeats)


def turns(calls: Mapping[str, Call]) -> tuple[dict[str, Turn], float]:
    """Run each call twice; return how its turns go, and how many milliseconds a round of all of them takes.

    What is timed is the state that a training loop is in: short calls are repeated, and the first of a turn is not
    timed, for it meets its predecessor's data in the caches and its threads still waiting for work.
    """
    made, a_round = {}, 0.0
    for name, call in calls.items():
        call()
        once = milliseconds(call)
        made[name] = Turn(call, max(1, round(TURN_MS / once)), once < SHORT_MS)
        a_round += once * (made[name].repeats + made[name].lead_in)
    return made, a_round


def measure(
    calls: Mapping[str, Call], rounds: int | None = None, *, seconds: float = 10.0, seed: int = 0, least: int = 9
) -> dict[str, NDArray[Any]]:
    """Return milliseconds ``[rounds]`` of each call; a round gives each its turn, every time in another order.

    Without ``rounds``, as many as fit into ``seconds``, from ``least`` to 40. From 9 on the interval of level 0.95 is
    narrower than minimum to maximum; below 6 there is none.
    """
    made, a_round = turns(calls)
    if rounds is None:
        rounds = int(np.clip(1e3 * seconds / a_round, least, 40))
    times: dict[str, list[float]] = {name: [] for name in calls}
    order, rng = list(calls), random.Random(seed)
    for _ in range(rounds):
        rng.shuffle(order)
        for name in order:
            times[name].append(made[name].take())
    return {name: np.array(values) for name, values in times.items()}


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def device_label() -> str:
    """Return the device's name as part of a file's name."""
    kind = jax.devices()[0].device_kind
    return f"cpu-{cores()}-cores" if kind == "cpu" else re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-")


def provenance() -> dict[str, Any]:
    """Return what is needed to redo a measurement: device, cores, versions, allocator, flags, date, commit."""
    return {
        "device": jax.devices()[0].device_kind,
        "devices": len(jax.devices()),
        "cpu": _cpu_model(),
        "cores": cores(),
        "versions": {"python": platform.python_version()} | {name: v for name in PACKAGES if (v := _version(name))},
        "allocator": os.environ.get("GLIBC_TUNABLES", "default"),
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "commit": _git("rev-parse", "HEAD"),
        "changed_since_commit": bool(_git("status", "--porcelain", "--untracked-files=no", "--", ":/gatedrnn")),
    }


def headline(found: dict[str, Any]) -> str:
    """Return a provenance as one line."""
    versions = ", ".join(f"{name} {v}" for name, v in found["versions"].items())
    changed = " with changes" if found["changed_since_commit"] else ""
    commit = (found["commit"] or "unknown")[:9] + changed
    return (
        f"{found['device']} ({found['cpu']}), {found['cores']} cores, allocator {found['allocator']}, "
        f"commit {commit}, {found['date']}; {versions}"
    )


def write_results(path: Path | None, results: list[dict[str, Any]], **about: Any) -> None:
    """Write a benchmark's records atomically as JSON, one record a line; without a path, write nothing."""
    if path is None:
        return
    from gatedrnn.files import write_text

    head = json.dumps({"provenance": provenance(), **about}, indent=1, allow_nan=False)
    records = ",\n  ".join(json.dumps(record, allow_nan=False) for record in results)
    write_text(path, f'{head.removesuffix("}").rstrip()},\n "results": [\n  {records}\n ]\n}}\n')


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", info.read_text(), re.MULTILINE) if info.exists() else None
    return found[1] if found else platform.machine()


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=RESULTS.parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
