"""What an engine must offer, and what it is given: every engine stands on this file alone."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, runtime_checkable

from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.layers.sequence import Steps
    from gatedrnn.types import Carry, Params


class ScanPlan(NamedTuple):
    """What is static in a scan, for any engine."""

    cell: Any
    reverse: bool
    """Whether the last step is consumed first."""
    unroll: int
    """Steps in one iteration of the compiled loop."""
    axes: int
    """How many axes of time and batch lead in all inputs."""


class EngineRefusal(InputError):
    """What an engine says of the arguments of a call that it can't serve, though it serves the cell."""


@runtime_checkable
class Engine(Protocol):
    """A way to run a cell along time, with the values and gradients of the reference engine.

    A new one is a file with an object of this kind, and a row in ``table.py``. It need not inherit from this class.
    """

    name: ClassVar[str]
    """What ``gr.scan(cell, engine=name)`` calls it."""
    automatic: ClassVar[bool]
    """Whether ``engine="auto"`` may choose it, for any cell that it does not refuse."""

    def refuses(self, cell: Any) -> str | None:
        """Return why it can't serve this cell, whatever a call brings, as an error goes on after "engine: "; else None.

        It is asked where a layer is made, before anything runs.
        """
        ...

    def refuses_call(self, start: Carry, steps: Steps) -> str | None:
        """Return why it can't serve this call on this machine, for a cell that it does not refuse; else None.

        It is asked where a program is traced, so it sees types and shapes.
        """
        ...

    def variants(self, cell: Any) -> tuple[Hashable, ...]:
        """Return other values of ``engine`` in ``gr.scan`` that run this cell in another way, for tests to compare."""
        ...

    def run(self, plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Carry, Array]:
        """Scan ``plan.cell`` over ``steps``, and return the final carry and the outputs ``[T, *B, O]``.

        Args:
            plan: the cell, and how it is scanned.
            params: parameters of the cell, as its ``prepare`` returned them.
            start: the carry before the first step, of the type that one step gives it.
            initial: the carry that a reset puts in the place of the carried one, of the same type.
            steps: prepared inputs, which of them exist, and where the carry is reset. Padded inputs are zero already;
                the outputs of padded steps must be.
        """
        ...
