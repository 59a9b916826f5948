"""The three interfaces that everything else is written against, and the names of the axes.

Axes, in the order in which they stand:

| letter | axis |
|---|---|
| T | time, always axis 0 |
| B | batch: any number of axes, none included; written ``*B`` in annotations |
| I | features of the input |
| H | hidden units |
| G | gates of a cell: their blocks lie side by side in ``[I, G*H]`` |
| O | features of the output |

None of these classes needs to be inherited from: an object with the right methods is a cell or a layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool, Int, Key, Shaped

Params: TypeAlias = Any
"""A pytree of arrays: what is trained."""

Carry: TypeAlias = Any
"""A pytree of arrays, each ``[*B, ...]``: what one step hands to the next."""

InDim: TypeAlias = Any
"""Features of the input, I: an int, or for an input of several arrays what the cell's ``init`` takes."""


@runtime_checkable
class Cell(Protocol):
    """One step of a recurrence: ``carry, y = step(params, carry, x)``.

    An input is one array, or several by name, as in a dict, each ``[*B, ...]``, for a cell whose methods take that.

    A cell may also have ``prepare(params, xs, key) -> (params, xs)``, called once for a whole sequence,
    outside the scan and its derivative: it casts types and draws noise (``key`` is None in evaluation).
    The ``xs`` that it returns is the input, or a tuple of the input and the noise that travels with it,
    each ``[T, *B, ...]``; ``step`` then gets a time step of just that. Above the first cell of ``gr.stack`` inputs do
    not exist before the scan: what ``prepare`` makes of them is made in each step, without a key.

    And it may have ``gates``, a ``gatedrnn.cells.gates.Gates``: the names of its blocks, and which gate keeps memory.

    And it may have ``output(carry)``, for ``gr.final``: the output of the step that left this carry. Only a cell needs
    it whose output is no array of its carry, but follows from it.
    """

    @property
    def out_dim(self) -> int:
        """Features of the output, O."""
        ...

    def init(self, key: Key[Array, ""], in_dim: InDim) -> Params:
        """Draw parameters for inputs of ``in_dim`` features."""
        ...

    def initial_carry(self, params: Params, x: Any) -> Carry:
        """Return the carry before the first step, for inputs like ``x [*B, I]``."""
        ...

    def step(self, params: Params, carry: Carry, x: Any) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Consume one input ``[*B, I]``; return the next carry and the output ``[*B, O]``."""
        ...


@runtime_checkable
class GatedCell(Cell, Protocol):
    """A cell that is an elementwise function between linear maps.

    ``step(params, carry, x) = gate(params, project(params, x), recur(params, carry), carry)``

    Output and leaves of the carry may have any shapes ``[*B, ...]``; a leaf without a derivative, such as a counter, is
    handed on as it is. Three more parts are optional:

    - ``emit(params, carry, y) -> (carry, y)``, linear in what ``gate`` gives and called after it: an output map such as
      an LSTM's projection, so that ``step`` is ``emit(params, *gate(...))``.
    - ``diagonal = True`` says that ``recur`` maps each unit to itself alone, so that Jacobians are found unit by unit.
    - ``mixes_units = True`` says that ``gate`` is not elementwise over units, as one that normalises over them. It may
      never mix rows of the batch.
    """

    def project(self, params: Params, x: Any) -> Any:
        """Apply the input maps to ``x [..., I]``: no recurrence, so any number of steps at once."""
        ...

    def recur(self, params: Params, carry: Carry) -> Any:
        """Apply the recurrent linear map to the carried output."""
        ...

    def gate(self, params: Params, z: Any, u: Any, carry: Carry) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Combine both, elementwise over hidden units, to the next carry and the output."""
        ...


@runtime_checkable
class Layer(Protocol):
    """A map from sequences to sequences: a cell in its scan, or something stateless around it."""

    @property
    def out_dim(self) -> int | None:
        """Features of the output, O; None where they are those of the input."""
        ...

    @property
    def causal(self) -> bool:
        """Whether ``step`` exists, and a sequence in two chunks, carry passed on, equals it in one."""
        ...

    def init(self, key: Key[Array, ""], in_dim: InDim) -> Params:
        """Draw parameters for inputs of ``in_dim`` features."""
        ...

    def initial_carry(self, params: Params, x: Any) -> Carry:
        """Return the carry before the first step, for inputs like ``x [*B, I]``."""
        ...

    def step(
        self, params: Params, carry: Carry, x: Any, *, resets: Bool[Array, "*b"] | None = None
    ) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Consume one input in evaluation mode; a layer that is not causal raises ``ValueError``.

        Args:
            params: the parameters that ``init`` drew.
            carry: the carry that the step before returned, or ``initial_carry``.
            x: the input of this step, ``[*B, I]``.
            resets: true for sequences that start anew here, ``[*b]``: their carry is the initial one before the step,
                whatever came.
        """
        ...

    def apply(
        self,
        params: Params,
        xs: Any,
        *,
        carry: Carry | None = None,
        lengths: Int[Array, "*b"] | None = None,
        mask: Bool[Array, "T *b"] | None = None,
        resets: Bool[Array, "T *b"] | None = None,
        key: Key[Array, ""] | None = None,
    ) -> tuple[Carry, Shaped[Array, "T *B O"]]:
        """Map ``xs [T, *B, I]`` to the final carry and ``ys [T, *B, O]``.

        Args:
            params: the parameters that ``init`` drew.
            xs: the input sequences, ``[T, *B, I]``; or several by name, each ``[T, *B, ...]``, where the first layer
                takes them.
            carry: the carry to start from; None is the initial one.
            lengths: how many steps each sequence has, clipped to [0, T].
            mask: true at steps that exist; combined with ``lengths`` by "and".
            resets: true where a new segment starts: the carry is the initial one before that step.
            key: None is evaluation; a key is training, where layers such as dropout draw noise.
        """
        ...
