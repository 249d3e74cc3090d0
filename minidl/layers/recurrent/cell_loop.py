"""The loop of a cell over the steps of sequences, forward and backward.

Our own cells compute all steps in one call (`forward_steps`, `backward_steps`); any other cell is called step by step.
"""

from typing import Any, TypeAlias

import numpy as np

from minidl.config.nest import is_structure
from minidl.config.types import Array, Cache, Masks, Options, Shape, Tensors
from minidl.graph.shapes import holds_tensors
from minidl.layers.layer import Layer

StateSize: TypeAlias = Any  # the width of a state, or a list of those of several, which may be nested
CellLike: TypeAlias = Any  # a layer, also of the user, with the attribute `state_size`, and perhaps further methods


class Steps:
    """What a recurrence defines, and a recurrent layer or a cell of ours runs: all steps of sequences at once."""

    @property
    def state_size(self) -> int | list[int]:
        """Width of the state, or a list of the widths of several."""
        raise TypeError(f"{type(self).__name__} defines no state_size")

    def add_weights(self, shape: Shape) -> None:
        """Create the weights for inputs of one step of this shape, (batch, ...)."""
        raise TypeError(f"{type(self).__name__} defines no add_weights")

    def forward_steps(
        self, steps: Array, states: list[Array], mask: Array | None, drawn: object, training: bool
    ) -> tuple[Array, list[Array], object]:
        """All steps, (time, batch, ...); see the function `forward_steps`."""
        raise TypeError(f"{type(self).__name__} defines no forward_steps")

    def backward_steps(
        self, dy: Array, dstates: list[Array | None], cache: object, needs_dx: bool = True
    ) -> tuple[Array | None, list[Array]]:
        """Backward through all steps; see the function `backward_steps`."""
        raise TypeError(f"{type(self).__name__} defines no backward_steps")


class SequenceCall:
    """What a recurrent layer and `Bidirectional` share: the call on sequences and initial states, and masks of steps."""

    def bind_call(
        self,
        sequences: Tensors,
        initial_state: Tensors = None,
        mask: Masks = None,
        training: bool | None = None,
        **options: Any,
    ) -> tuple[Tensors, Options]:
        """`[sequences, *initial_state]`, or the sequences alone, which start from zeros or a stateful layer's states.

        Args:
            sequences: (batch, time, ...).
            initial_state: the state before the first step, or a list of several; of two directions the forward ones first.
            mask: booleans (batch, time), False at steps to skip.
            training: whether dropout is applied.
        """
        return with_states(sequences, initial_state), {"mask": mask, "training": training, **options}

    def expected_mask_shape(self, mask_shape: Shape, input_shape: Shape) -> Shape:
        """`(batch, time)`."""
        return tuple(input_shape[:2])

    def reset_state(self) -> None:
        """Start the next batch with the initial states (stateful layers)."""
        raise TypeError(f"{type(self).__name__} defines no reset_state")

    def reset_states(self) -> None:
        """The same as `reset_state`, under Keras's other name."""
        self.reset_state()


def with_states(inputs: Array, states: list[Array] | None) -> list[Array] | Array:
    """The arguments of a call as `forward` takes them: `inputs` alone, or `[inputs, *states]`."""
    several = [] if states is None else flat_states(states)
    if not several:
        return inputs
    return [*(inputs if is_structure(inputs) and holds_tensors(inputs) else [inputs]), *several]


def flat_sizes(state_size: StateSize) -> list[int]:
    """The sizes of a cell's states as a flat list, from an integer or nested lists of integers."""
    if not isinstance(state_size, (list, tuple)):
        return [state_size]
    return [size for part in state_size for size in flat_sizes(part)]


def output_size(cell: CellLike) -> int:
    """The width of a cell's output: its `output_size`, or that of its first state."""
    size: int | None = getattr(cell, "output_size", None)
    return flat_sizes(cell.state_size)[0] if size is None else size


def initial_states(cell: CellLike, batch: int) -> list[Array]:
    """The states before the first step: the result of `cell.get_initial_state(batch)`, or zeros if the cell has none."""
    if not hasattr(cell, "get_initial_state"):
        return [np.zeros((batch, size), cell.dtype) for size in flat_sizes(cell.state_size)]
    return flat_states(cell.get_initial_state(batch))


def packed_states(sizes: list[int] | int, states: list[object]) -> Tensors:
    """A flat list of states in the structure of the cell's `state_size`."""
    remaining = iter(states)

    def pack(size: list[int] | int) -> Tensors:
        return [pack(one) for one in size] if isinstance(size, (list, tuple)) else next(remaining)

    return pack(sizes)


def flat_states(states: list[Array] | Array) -> list[Array]:
    """The states of a cell, one alone or nested lists of them, as a flat list."""
    if not isinstance(states, (list, tuple)):
        return [states]
    return [state for part in states for state in flat_states(part)]


def build_cell(cell: CellLike, batch: int | None, step: Shape) -> None:
    """Build a cell for steps of this shape, as a call on inputs and states would."""
    if not cell._defines_call:
        cell.build_for([(batch, *step), *((batch, size) for size in flat_sizes(cell.state_size))])
    elif not cell.built:
        cell.build((batch, *step))
        x = [np.zeros([1, *(size or 1 for size in step)], cell.dtype), *initial_states(cell, 1)]
        with cell.preserved_state(), np.errstate(all="ignore"):
            cell._infer(x, None, **call_options(cell))  # builds the layers that call uses


def call_options(cell: CellLike) -> Options:
    """How `[inputs, *states]` is passed to a cell: `forward` gets this list, `call` the inputs and a list of states."""
    if not cell._defines_call:
        return {}
    count = len(flat_sizes(cell.state_size))
    states = packed_states(cell.state_size, [{"tensor": number} for number in range(1, 1 + count)])
    return {"arguments": {"args": [{"tensor": 0}, states if isinstance(states, list) else [states]], "kwargs": {}}}


def draw_dropout(cell: Layer, batch: int) -> object:
    """A cell's dropout masks for a whole batch of sequences; `None` if it has no dropout."""
    return cell.draw_dropout(batch) if hasattr(cell, "draw_dropout") else None


def forward_steps(
    cell: CellLike, steps: Array, states: list[Array], mask: Array | None, drawn: object, training: bool
) -> tuple[Array, list[Array], object]:
    """Run a cell over all steps.

    Args:
        cell: a cell, as `RNN` describes it.
        steps: (time, batch, ...), in the order in which they are computed.
        states: those before the first step.
        mask: booleans (time, batch, 1): at False the states stay, and the previous output is repeated; or `None`.
        drawn: the dropout masks from `draw_dropout`, or `None` outside training.
        training: passed to the cell.
    Returns:
        Outputs of all steps, (time, batch, ...); the last states; and a cache.
    """
    if _computes_all_steps(cell):
        results: tuple[Array, list[Array], object] = cell.forward_steps(steps, states, mask, drawn, training)
        return results
    options = call_options(cell) if drawn is None else {"drawn": drawn}
    outputs, caches = [], []
    before = states[0] if states[0].shape[1:] == (output_size(cell),) else np.zeros((len(states[0]), output_size(cell)))
    for t, x in enumerate(steps):
        (output, *new), cache, _ = cell._forward([x, *states], None, training, **options)
        _check_sizes(cell, output, new)
        if mask is not None:
            output = np.where(mask[t], output, before).astype(steps.dtype, copy=False)
            new = [np.where(mask[t], one, old) for one, old in zip(new, states, strict=True)]
        before, states = output, new
        outputs.append(output)
        caches.append(cache)
    return np.stack(outputs), states, (caches, mask, steps)


def backward_steps(
    cell: CellLike, dy: Array, dstates: list[Array | None], cache: Cache, needs_dx: bool = True
) -> tuple[Array | None, list[Array]]:
    """Backward through all steps.

    Args:
        cell: the cell that ran forward.
        dy: gradients of the outputs of the last len(dy) steps.
        dstates: gradients of the last states, `None` for one that was not used.
        cache: as `forward_steps` returned it.
        needs_dx: whether the gradient of the steps is needed.
    Returns:
        Gradients of the steps and of the initial states.
    """
    if _computes_all_steps(cell):
        results: tuple[Array | None, list[Array]] = cell.backward_steps(dy, dstates, cache, needs_dx)
        return results
    caches, mask, steps = cache
    dx, unused = np.empty_like(steps), len(steps) - len(dy)
    repeated: Array | None = None  # gradient of an output that the masked steps after it repeat
    for t in reversed(range(len(steps))):
        dy_t = _add(dy[t - unused] if t >= unused else None, repeated)
        unchanged: list[Array | None] = [None] * len(dstates)
        if mask is not None:
            repeated, dy_t = _split(dy_t, mask[t])
            parts = [_split(one, mask[t]) for one in dstates]
            unchanged, dstates = [part[0] for part in parts], [part[1] for part in parts]
        if dy_t is None and all(one is None for one in dstates):
            dx[t] = 0
            continue
        dx[t], *before = cell._backward((dy_t, *dstates), caches[t])
        dstates = [_add(one, other) for one, other in zip(before, unchanged, strict=True)]
    sizes = flat_sizes(cell.state_size)
    if sizes[0] == output_size(cell):
        dstates[0] = _add(dstates[0], repeated)
    zeros = np.zeros((steps.shape[1], 1), steps.dtype)
    return dx, [np.repeat(zeros, size, axis=1) if one is None else one for one, size in zip(dstates, sizes, strict=True)]


def penalty_of_steps(cell: Layer, cache: Cache) -> float:
    """The sum of the penalties of all steps."""
    return 0.0 if _computes_all_steps(cell) else sum(cell._penalty(one) for one in cache[0])


def _computes_all_steps(cell: Layer) -> bool:
    """Whether a cell computes all steps in one call; a penalty needs a call for each step."""
    return hasattr(cell, "forward_steps") and not cell.has_penalty


def _check_sizes(cell: CellLike, output: Array, states: list[Array]) -> None:
    """Raise ValueError if output and states do not have the sizes that the cell declares."""
    expected, actual = [output_size(cell), *flat_sizes(cell.state_size)], [one.shape[-1] for one in (output, *states)]
    if expected != actual:
        raise ValueError(
            f"{cell.title} says that its output has {expected[0]} features and its states {expected[1:]}, but forward returned "
            f"{actual[0]} and {actual[1:]}; forward returns ((output, *states), cache), of the sizes output_size and state_size"
        )


def _add(one: Array | None, other: Array | None) -> Array | None:
    if one is None or other is None:
        return other if one is None else one
    return one + other


def _split(gradient: Array | None, mask: Array) -> tuple[Array | None, Array | None]:
    """The rows of a gradient that pass a masked step unchanged, and the rows that enter the step."""
    return (None, None) if gradient is None else (gradient * ~mask, gradient * mask)
