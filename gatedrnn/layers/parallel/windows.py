"""How many steps are solved at once where a sequence is too long for all of them."""

from __future__ import annotations

from gatedrnn.layers.blocks import divisor_near

PARTS, LEAST = 16, 512


def window_of(length: int, window: int | None) -> int:
    """Return the number of steps that are solved at once.

    What an iteration needs, products, gates, Jacobians, is some thirty arrays as large as the states; in a window of a
    sixteenth of the steps, together two of them. Windows are no shorter than leaves work for an accelerator.

    Args:
        length: the number of steps.
        window: what was asked for, or None.

    Example:
        >>> window_of(300, None), window_of(10_000, None), window_of(10_000, 2_000)
        (300, 625, 2000)
    """
    if window is not None:
        return min(window, length)
    size = max(LEAST, -(-length // PARTS))
    return length if length <= size else divisor_near(length, size)
