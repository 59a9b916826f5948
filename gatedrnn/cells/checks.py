"""Messages for input that a cell can't take, raised when a program is traced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jax import Array


def positive(name: str, value: Any) -> None:
    """Raise ``ValueError`` unless ``value`` is a whole number above 0."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{name}: expected a positive int, got {value!r}")


def features(x: Array, weight: Array) -> None:
    """Raise ``ValueError`` unless the last axis of ``x`` is what ``weight [I, ...]`` takes."""
    if x.ndim == 0 or x.shape[-1] != weight.shape[0]:
        raise ValueError(f"x: expected [..., {weight.shape[0]}] as in init, got shape {x.shape}")
