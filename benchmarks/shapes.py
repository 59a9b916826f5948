"""The sizes that the benchmarks measure, from a policy on many small environments to a word-level language model."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias, get_args

ShapeName: TypeAlias = Literal["vowels", "rl_tiny", "small", "b1_long", "longT", "mid", "big", "ptb"]
CellName: TypeAlias = Literal["LSTM", "GRU"]
Pass: TypeAlias = Literal["forward", "training"]
"""``apply`` alone; and ``value_and_grad`` of ``mean(ys ** 2)`` with respect to parameters and inputs."""


class Shape(NamedTuple):
    """Sizes of one recurrent layer and its input ``[T, B, I]``."""

    batch: int
    length: int
    in_dim: int
    hidden: int


SHAPES: dict[ShapeName, Shape] = {
    "vowels": Shape(36, 28, 12, 32),
    "rl_tiny": Shape(256, 16, 32, 64),
    "small": Shape(16, 128, 64, 128),
    "b1_long": Shape(1, 1000, 64, 256),
    "longT": Shape(64, 512, 64, 64),
    "mid": Shape(32, 256, 128, 256),
    "big": Shape(32, 100, 512, 512),
    "ptb": Shape(128, 35, 650, 650),
}
CELLS: tuple[CellName, ...] = get_args(CellName)
PASSES: tuple[Pass, ...] = get_args(Pass)
