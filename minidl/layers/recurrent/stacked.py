"""`StackedRNNCells`: a stack of cells, used as one cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from minidl.config.types import Array, Cache, Shape, T, Tensors
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions
from minidl.layers.recurrent.cell import Cell
from minidl.layers.recurrent.cell_loop import (
    StateSize,
    backward_steps,
    build_cell,
    draw_dropout,
    flat_sizes,
    forward_steps,
    initial_states,
    output_size,
    penalty_of_steps,
)


class StackedRNNCells(Cell):
    """Several cells as one: each takes the output of the one below it as its input.

    Its states are those of all cells in one flat list; in Keras they are nested.

    Args:
        cells: a list of cells, the lowest first; see `RNN` for what a cell is.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        inputs (batch, features), states (batch, ...) -> output of the last cell (batch, ...), states (batch, ...).
    Raises:
        TypeError: there is no cell, or one of them is not a layer with a `state_size`.
    Example:
        >>> from minidl.layers import GRUCell, LSTMCell
        >>> stack = StackedRNNCells([LSTMCell(4), GRUCell(3)])
        >>> stack.state_size, stack.output_size
        ([[4, 4], 3], 3)
    """

    def __init__(self, cells: Sequence[Layer], **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        if not isinstance(cells, (list, tuple)) or not cells:
            raise TypeError(f"StackedRNNCells expects a list of cells, got {cells!r}")
        for cell in cells:
            check_cell("StackedRNNCells", cell)
        self.cells: list[Layer] = list(cells)

    @property
    def state_size(self) -> list[StateSize]:
        """The sizes of every cell's states."""
        return [getattr(cell, "state_size", None) for cell in self.cells]

    @property
    def output_size(self) -> int:
        """The width of the last cell's output."""
        return output_size(self.cells[-1])

    def add_weights(self, shape: Shape) -> None:
        """Build every cell for the output of the one below it."""
        for cell in self.cells:
            build_cell(cell, shape[0], shape[1:])
            shape = (shape[0], output_size(cell))

    def get_initial_state(self, batch_size: int) -> list[Array]:
        return [state for cell in self.cells for state in initial_states(cell, batch_size)]

    def draw_dropout(self, batch: int) -> list[object]:
        """Each cell's dropout masks for a whole batch of sequences."""
        return [draw_dropout(cell, batch) for cell in self.cells]

    def forward_steps(
        self, steps: Array, states: list[Array], mask: Array | None, drawn: Cache, training: bool
    ) -> tuple[Array, list[Array], object]:
        """Each cell runs over all steps, then the next over its outputs; the mask is the same for all of them."""
        ends, caches = [], []
        for cell, own, dropout in zip(self.cells, self._by_cell(states), drawn or [None] * len(self.cells), strict=True):
            steps, new, cache = forward_steps(cell, steps, own, mask, dropout, training)
            ends += new
            caches.append(cache)
        return steps, ends, caches

    def backward_steps(
        self, dy: Tensors, dstates: list[Array | None], cache: Cache, needs_dx: bool = True
    ) -> tuple[Array | None, list[Array]]:
        """The last cell first; the gradient of its inputs is that of the outputs below it."""
        dstarts: list[Array] = []
        for cell, own, cell_cache in reversed(list(zip(self.cells, self._by_cell(dstates), cache, strict=True))):
            dy, new = backward_steps(cell, dy, own, cell_cache, needs_dx or cell is not self.cells[0])
            dstarts = [*new, *dstarts]
        return dy, dstarts

    def penalty(self, cache: Cache) -> float:
        """What the cells add to the loss."""
        return sum(penalty_of_steps(cell, one) for cell, one in zip(self.cells, cache, strict=True))

    @property
    def has_penalty(self) -> bool:
        return self.activity_regularizer is not None or any(cell.has_penalty for cell in self.cells)

    def _by_cell(self, states: list[T]) -> list[list[T]]:
        """The states in one list for each cell."""
        parts, start = [], 0
        for size in self.state_size:
            count = len(flat_sizes(size))
            parts.append(states[start : start + count])
            start += count
        return parts


def check_cell(owner: str, cell: object) -> None:
    """Raise TypeError for anything but a cell."""
    if not isinstance(cell, Layer) or not hasattr(cell, "state_size"):
        raise TypeError(
            f"{owner} expects cells, layers with a state_size and a call(inputs, states) that returns "
            f"(output, new_states), got {cell!r}"
        )
