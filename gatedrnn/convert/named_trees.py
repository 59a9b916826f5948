"""Cells of Flax's and Haiku's among the arrays of a file: names in nested trees are joined by dots or slashes."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from gatedrnn.convert.flax_trees import ENDS
from gatedrnn.convert.found import Found
from gatedrnn.convert.haiku import from_haiku
from gatedrnn.convert.linen import from_linen
from gatedrnn.convert.nnx import from_nnx
from gatedrnn.convert.orders import ORDERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np

MAPS = (
    {f"h{gate}" for gate in "ifgo"},
    {f"h{gate}" for gate in "rzn"},
    {"if", "hf", "hn"},
    {"i", "h"},
    {"dense_i", "dense_h"},
)
"""Linear maps by which Flax's cells are told: LSTMs, GRU, MGU, SimpleCell, and nnx's with gates side by side."""
NNX = {"dense_h", "if_"}
"""Names that only nnx has."""
FLAX = re.compile(r"(?P<cell>.*?)(?P<map>[ih][a-z]?_?|dense_[ih])(?P<leaf>[./](kernel|bias))")
HAIKU = re.compile(r"(?P<module>.*?)[./](?P<leaf>w|b|w_i|w_h)")
CORES = re.compile(r"(?P<core>(.*[./])?(lstm|vanilla_rnn)(_\d+)?)[./]linear(_1)?")


def of_flax(arrays: Mapping[str, np.ndarray]) -> Iterator[Found]:
    """Yield the cells of flax.linen and flax.nnx, both directions together.

    Args:
        arrays: the arrays of a file, which have their names there for keys.
    """
    cells: dict[str, dict[str, dict[str, str]]] = {}
    for name in arrays:
        match = FLAX.fullmatch(name)
        if match and (not match["cell"] or match["cell"][-1] in "./"):
            maps = cells.setdefault(match["cell"], {})
            maps.setdefault(match["map"], {})[match["leaf"][1:]] = name
    cells = {cell: maps for cell, maps in cells.items() if any(wanted <= maps.keys() for wanted in MAPS)}
    for cell, maps in cells.items():
        both = [cell, cell.replace(ENDS[0], ENDS[1])] if ENDS[0] in cell else [cell]
        if ENDS[1] in cell and cell.replace(ENDS[1], ENDS[0]) in cells:
            continue
        found = [cells[one] for one in both if one in cells]
        names = [name for each in found for leaves in each.values() for name in leaves.values()]
        trees = [
            {end: {k: arrays[name] for k, name in leaves.items()} for end, leaves in each.items()} for each in found
        ]
        tree: Any = dict(zip(ENDS, trees, strict=True)) if len(trees) > 1 else trees[0]
        is_nnx = not NNX.isdisjoint(maps)
        weights = {name: arrays[name] for name in names}
        has_bias = any(name.endswith("bias") for name in names)
        convention = ORDERS["nnx" if is_nnx else "linen"]
        yield Found(cell, convention, weights, has_bias, partial(from_nnx if is_nnx else from_linen, tree))


def of_haiku(arrays: Mapping[str, np.ndarray]) -> Iterator[Found]:
    """Yield the cores of Haiku's: a GRU by its weights, an LSTM and a VanillaRNN by the names of their modules too.

    Args:
        arrays: the arrays of a file, which have their names there for keys.
    """
    modules: dict[str, dict[str, str]] = {}
    for name in arrays:
        if match := HAIKU.fullmatch(name):
            modules.setdefault(match["module"], {})[match["leaf"]] = name
    cores: dict[str, list[str]] = {}
    for module, leaves in modules.items():
        core = CORES.fullmatch(module)
        if core or {"w_i", "w_h"} <= leaves.keys():
            cores.setdefault(core["core"] if core else module, []).append(module)
    for core, names in cores.items():
        tree = {module: {leaf: arrays[name] for leaf, name in modules[module].items()} for module in names}
        weights = {name: arrays[name] for module in names for name in modules[module].values()}
        has_bias = any("b" in leaves for leaves in tree.values())
        yield Found(core, ORDERS["haiku"], weights, has_bias, partial(from_haiku, tree))
