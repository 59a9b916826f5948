"""What a whole model of Keras's says of its recurrent layers besides weights: activations, and how they read."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any, NamedTuple

from gatedrnn.archives import content
from gatedrnn.convert.hdf5 import opened
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

KINDS = ("LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU")
EXPECTED = {"recurrent_activation": ("sigmoid",), "go_backwards": (False,), "merge_mode": ("concat", None)}
"""What ``from_keras`` takes a layer to be; Keras before 2.3 had the gates of its LSTM and GRU piecewise linear."""


class Settings(NamedTuple):
    """What a file says of recurrent layers."""

    by_layer: Mapping[str, Mapping[str, Any]]
    """The arguments of each recurrent layer, or of its cell, by its name."""
    names: Mapping[str, str]
    """The names of layers by the groups that hold their arrays, where groups are called otherwise."""

    def of(self, start: str) -> Mapping[str, Any] | None:
        """Return the arguments of the layer whose arrays' paths begin so; None where the file does not have them."""
        groups = start.strip("/").split("/")
        for depth, group in enumerate(groups):
            name = self.names.get("/".join(groups[: depth + 1]), group)
            # Keras 2 gives the layers inside Bidirectional their names when they are made.
            for known in (name, name.removeprefix("forward_")):
                if known in self.by_layer:
                    return self.by_layer[known]
        return None


def settings(path: Path) -> Settings:
    """Return what a file of Keras's says of its recurrent layers; nothing where it holds weights alone.

    Args:
        path: a file that ends in ``.keras``, ``.h5`` or ``.hdf5``.

    Raises:
        InputError: where it is no such file.
    """
    with opened(path) as file:
        text = file.attrs.get("model_config", "")
        names: dict[str, str] = {}

        def take(group: str, item: Any) -> None:
            if group.endswith("/vars") and isinstance(item.attrs.get("name"), str):
                names[group.removesuffix("/vars")] = item.attrs["name"]

        file.visititems(take)
        if path.suffix.lower() == ".keras":
            with zipfile.ZipFile(path) as archive:  # what it refuses is named by ``opened``
                text = content(archive, "config.json") if "config.json" in archive.namelist() else ""
    try:
        config = json.loads(text) if isinstance(text, str | bytes) else None
    except (ValueError, RecursionError):
        config = None
    found: dict[str, dict[str, Any]] = {}
    several: set[str] = set()
    for name, given in _layers(config):
        if found.setdefault(name, given) != given:  # of models inside models: their paths do not tell which
            several.add(name)
    return Settings({name: given for name, given in found.items() if name not in several}, names)


def _layers(config: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the arguments of each recurrent layer, or cell, anywhere in a model's configuration."""
    waiting = [(config, {})]
    while waiting:
        one, around = waiting.pop()
        if isinstance(one, list):
            waiting += [(inner, around) for inner in one]
        if not isinstance(one, dict):
            continue
        given = one.get("config")
        if isinstance(given, dict):
            merge = {"merge_mode": given["merge_mode"]} if "merge_mode" in given else {}
            if str(one.get("class_name")).removesuffix("Cell") in KINDS and isinstance(given.get("name"), str):
                yield given["name"], {**given, **around}
            around = {**around, **merge}
        waiting += [(inner, around) for inner in one.values()]


def activation_of(given: Mapping[str, Any]) -> Any:
    """Return the activation among a layer's arguments: tanh where there is none, as in cuDNN's layers.

    Raises:
        InputError: where the layer computes something else than ``from_keras`` makes of its weights.
    """
    for name, allowed in EXPECTED.items():
        value = given.get(name, allowed[0])
        if not any(value is one or (isinstance(one, str) and value == one) for one in allowed):
            raise InputError(f"{name}: expected {allowed[0]}, which from_keras has; got {value!r} in the file")
    return given.get("activation", "tanh")
