"""Equal budgets: the hidden sizes at which cells have as many parameters, or as many FLOPs, as each other."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

from gatedrnn.cells import checks
from gatedrnn.costs.counting import forward_flops, parameters
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from gatedrnn.types import Cell, Layer

Make: TypeAlias = "Callable[[int], Cell | Layer]"
"""A function from a hidden size to a cell, or to all recurrent layers of a network as one."""
Budget: TypeAlias = Literal["parameters", "width", "flops", "time"]

BUDGETS = ("parameters", "width", "flops", "time")
"""What may be made equal."""


@dataclasses.dataclass(frozen=True)
class Match:
    """One cell's hidden size, and what it costs; made by ``match``.

    Attributes:
        hidden: H, the number of hidden units.
        recurrent: parameters (or FLOPs) of the cell, or of all recurrent layers.
        head: parameters of the dense layer on the cell's outputs, ``H O + O``; 0 without a head.
        mismatch: the total against the first cell's, relative: 0.01 is one percent more.
    """

    hidden: int
    recurrent: int
    head: int
    mismatch: float

    @property
    def total(self) -> int:
        """Cell and head together: what is made equal."""
        return self.recurrent + self.head


def match(
    cells: Mapping[str, Make],
    in_dim: int,
    out_dim: int | None,
    hidden: int | Mapping[str, int],
    *,
    by: Budget = "parameters",
    window: int | None = None,
) -> dict[str, Match]:
    """Solve for hidden sizes that give all cells the same budget, the dense head on top included.

    The first cell's size is searched within ``hidden ± window``; each other cell then takes the integer whose total
    comes nearest. Chosen is the solution with the smallest largest mismatch, of equal ones the one nearest to
    ``hidden``. A cell's budget has to grow with its hidden size.

    Args:
        cells: functions from a hidden size to a cell, or to layers of such cells as one, by name; the first is the one
            that others are compared with.
        in_dim: I, features of the input.
        out_dim: O, features of the dense head; None counts no head.
        hidden: the size asked for; or the explicit size of every cell, for which nothing is solved.
        by: "parameters"; "flops" of the matrix products in one forward step; or "width", where all get ``hidden``
            and the mismatch is that of parameters.
        window: how far the first cell's size may move; None is a sixteenth of ``hidden``, at least 1, at most 8.

    Raises:
        InputError: where an argument is none of these, or an explicit size is missing.

    Example:
        >>> import gatedrnn as gr
        >>> both = match({"LSTM": gr.LSTM, "GRU": gr.GRU}, in_dim=12, out_dim=24, hidden=32, window=0)
        >>> {name: (m.hidden, m.total) for name, m in both.items()}
        {'LSTM': (32, 6552), 'GRU': (37, 6499)}
        >>> f"{both['GRU'].mismatch:.1%}"
        '-0.8%'
    """
    _check(cells, in_dim, out_dim, hidden, by, window)
    price = {name: _price(make, in_dim, out_dim, by) for name, make in cells.items()}
    if isinstance(hidden, Mapping):
        return _report(price, {name: hidden[name] for name in cells})
    if by == "width":
        return _report(price, dict.fromkeys(cells, hidden))
    if window is None:
        window = min(max(1, hidden // 16), 8)
    first, *others = price
    sizes = dict.fromkeys(cells, max(1, hidden - window))
    solutions = []
    for size in range(sizes[first], hidden + window + 1):
        target = sum(price[first](size))
        sizes = {first: size, **{name: _nearest(price[name], target, sizes[name]) for name in others}}
        solutions.append(sizes)

    def badness(sizes: dict[str, int]) -> tuple[float, int]:
        worst = max(abs(m.mismatch) for m in _report(price, sizes).values())
        return worst, abs(sizes[first] - hidden)

    return _report(price, min(solutions, key=badness))


Price: TypeAlias = "Callable[[int], tuple[int, int]]"


def _price(make: Make, in_dim: int, out_dim: int | None, by: Budget) -> Price:
    """Return the function from a hidden size to the budget that cell and head take, each size traced once."""

    def count(layer: Cell | Layer, features: int) -> int:
        return forward_flops(layer, features) if by == "flops" else sum(parameters(layer, features).values())

    def head(features: int) -> int:  # what ``count(dense(out_dim), features)`` is, which takes as long as the rest
        return (2 * features if by == "flops" else features + 1) * (out_dim or 0)

    @functools.cache
    def price(hidden: int) -> tuple[int, int]:
        body = make(hidden)
        return count(body, in_dim), head(body.out_dim or in_dim)

    return price


def _nearest(price: Price, target: int, guess: int) -> int:
    """Return the hidden size whose total is nearest to ``target``, the smaller of two equally near ones."""
    # Budgets grow somewhere between linearly and with the square of the size: this lands near, a search does the rest.
    guess = max(1, round(guess * math.sqrt(target / sum(price(guess)))))
    low, high, reach = guess - 1, guess, 1
    while sum(price(high)) < target:
        low, high, reach = high, high + reach, 2 * reach
    while low > 0 and sum(price(low)) >= target:
        low, high, reach = max(0, low - reach), low, 2 * reach
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if sum(price(middle)) < target else (low, middle)
    around = [size for size in (low, high) if size > 0]
    return min(around, key=lambda size: abs(sum(price(size)) - target))


def _report(price: Mapping[str, Price], sizes: Mapping[str, int]) -> dict[str, Match]:
    totals = {name: sum(price[name](size)) for name, size in sizes.items()}
    first = next(iter(totals.values()))
    return {name: Match(size, *price[name](size), mismatch=totals[name] / first - 1) for name, size in sizes.items()}


def _check(
    cells: Mapping[str, Make],
    in_dim: int,
    out_dim: int | None,
    hidden: int | Mapping[str, int],
    by: str,
    window: int | None,
) -> None:
    if not cells:
        raise InputError("cells: expected at least one, got none")
    checks.positive("in_dim", in_dim)
    if out_dim is not None:
        checks.positive("out_dim", out_dim)
    # Time is measured, not counted: matching_time.py.
    if by not in ("parameters", "flops", "width"):
        raise InputError(f'by: expected "parameters", "flops" or "width", got {by!r}')
    if isinstance(hidden, Mapping):
        if set(hidden) != set(cells):
            raise InputError(f"hidden: expected a size for each of {sorted(cells)}, got {dict(hidden)}")
        for name, size in hidden.items():
            checks.positive(f"hidden[{name!r}]", size)
    else:
        checks.positive("hidden", hidden)
    if window is not None and (not isinstance(window, int) or window < 0):
        raise InputError(f"window: expected an int of 0 or more, got {window!r}")
