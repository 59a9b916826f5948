"""Contents of JSON files as somebody makes them who reckons digests anew: the same ones for a seed."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gatedrnn.experiment import manifest

NEVER_VALID = ("huge", "not finite", "extra")
"""Kinds of change after which no entry is as a schema says; others may leave a value that is valid, such as another
score, or scores by fewer metrics."""


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of every value inside a JSON value."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*at, key)
        yield from places(inner, (*at, key))


def doctored(value: Any, rng: random.Random) -> tuple[str, Any]:
    """Return a kind of change, and the value with it at a place drawn by chance, each depth as likely."""
    by_depth: dict[int, list[tuple[Any, ...]]] = {}
    for place in places(value):
        by_depth.setdefault(len(place), []).append(place)
    if not by_depth:
        return "other type", rng.choice(["text", 3, {"a": 1}])
    place = rng.choice(by_depth[rng.choice(list(by_depth))])
    changed = copy.deepcopy(value)
    holder = changed
    for key in place[:-1]:
        holder = holder[key]
    kinds = CHANGES if isinstance(holder, dict) else {k: v for k, v in CHANGES.items() if k not in ("extra", "nested")}
    kind = rng.choice(list(kinds))
    kinds[kind](holder, place[-1], rng)
    return kind, changed


def _other_type(holder: Any, key: Any, rng: random.Random) -> None:
    others = ["text", True, 3, -0.5, None, [], {}, [[]], {"a": "../b"}, ""]
    holder[key] = rng.choice([one for one in others if type(one) is not type(holder[key])])


def _negative(holder: Any, key: Any, rng: random.Random) -> None:
    old = holder[key]
    holder[key] = -old - 1 if type(old) in (int, float) else -1


def _missing(holder: Any, key: Any, rng: random.Random) -> None:
    del holder[key]


def _longer(holder: Any, key: Any, rng: random.Random) -> None:
    if isinstance(holder, list):
        holder.append(copy.deepcopy(holder[-1]))
    else:
        _extra(holder, key, rng)


def _extra(holder: Any, key: Any, rng: random.Random) -> None:
    holder["another"] = {"deeper": [[]]}


def _put(*values: Any) -> Callable[[Any, Any, random.Random], None]:
    def put(holder: Any, key: Any, rng: random.Random) -> None:
        holder[key] = rng.choice(values)

    return put


def _named(*names: str) -> Callable[[Any, Any, random.Random], None]:
    def name(holder: Any, key: Any, rng: random.Random) -> None:
        holder[rng.choice(names)] = holder.pop(key)

    return name


CHANGES: dict[str, Callable[[Any, Any, random.Random], None]] = {
    "other type": _other_type,
    "negative": _negative,
    "huge": _put(10**30, -(10**400), 1.7e308 * 10),
    "not finite": _put(float("nan"), float("inf"), -float("inf")),
    "missing": _missing,
    "extra": _extra,
    "longer": _longer,
    "nested": _named("../../etc", "a/b", "/tmp/x", "", "..", "\x1b[31m", "os:system"),
}


def write(run: Path, name: str, value: Any) -> None:
    """Put a value in the place of a run's file, and its digest in that of the run's."""
    path = run / name
    path.write_text(json.dumps(value), encoding="utf-8")
    redo(run, name)


def redo(run: Path, name: str) -> None:
    """Reckon the digest of a run's file anew."""
    noted = manifest.known(run)
    noted[name] = [manifest.digest(run / name)]
    lines = [f"{one}  {key}\n" for key in sorted(noted) for one in noted[key]]
    (run / manifest.NAME).write_text(f"{manifest.HEAD}\n{''.join(lines)}", encoding="utf-8")
