"""Which rows of a table are proven in every `make test`: one of each kind. The others are proven in `make verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable


def quick_rows(rows: Iterable[Any], quick: Iterable[Any]) -> list[Any]:
    """Return rows as parameters of a test; those that are not in ``quick`` are marked ``verify``.

    A row that is a tuple gives several arguments.
    """
    every, kept = ([row if isinstance(row, tuple) else (row,) for row in some] for some in (rows, quick))
    assert all(row in every for row in kept), f"{kept}: expected rows of {every}"
    return [pytest.param(*row, marks=() if row in kept else pytest.mark.verify) for row in every]
