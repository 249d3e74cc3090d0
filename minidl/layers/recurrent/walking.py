"""The walk of a cell over the steps of sequences, and back: at once where the cell knows how, else step by step."""

from typing import Any

import numpy as np

from minidl.config.types import Array, Shape


def flat_sizes(state_size: Any) -> list[int]:
    """The sizes of a cell's states, from an integer or lists of them of any depth."""
    if not isinstance(state_size, (list, tuple)):
        return [state_size]
    return [size for part in state_size for size in flat_sizes(part)]


def output_size(cell: Any) -> int:
    """The width of a cell's output: that of its first state, unless it says another."""
    size: int | None = getattr(cell, "output_size", None)
    return flat_sizes(cell.state_size)[0] if size is None else size


def first_states(cell: Any, batch: int) -> list[Array]:
    """The states before the first step: what `cell.get_initial_state(batch)` gives, zeros where it has none."""
    if not hasattr(cell, "get_initial_state"):
        return [np.zeros((batch, size), cell.dtype) for size in flat_sizes(cell.state_size)]
    states = cell.get_initial_state(batch)
    return list(states) if isinstance(states, (list, tuple)) else [states]


def build_cell(cell: Any, batch: int | None, step: Shape) -> None:
    """Build a cell for steps of this shape, as a call on inputs and states would."""
    cell.build_for([(batch, *step), *((batch, size) for size in flat_sizes(cell.state_size))])


def draw_for(cell: Any, batch: int) -> Any:
    """What a cell's dropout draws for the whole of a batch of sequences, `None` where it draws nothing."""
    return cell.draw_dropout(batch) if hasattr(cell, "draw_dropout") else None


def walk(
    cell: Any, steps: Array, states: list[Array], keep: Array | None, drawn: Any, training: bool
) -> tuple[Array, list[Array], Any]:
    """Walk forward.

    Args:
        cell: a cell, as `RNN` describes it.
        steps: (time, batch, ...), in the order in which they are computed.
        states: those before the first step.
        keep: booleans (time, batch, 1): at `False` the states stay, and the output before is repeated; or `None`.
        drawn: what `draw_for` gave, or `None` outside training.
        training: handed to the cell.
    Returns:
        Outputs of all steps, (time, batch, ...); the last states; and a cache.
    """
    if _walks(cell):
        found: tuple[Array, list[Array], Any] = cell.walk(steps, states, keep, drawn, training)
        return found
    options = {} if drawn is None else {"drawn": drawn}
    outputs, caches = [], []
    before = states[0] if states[0].shape[1:] == (output_size(cell),) else np.zeros((len(states[0]), output_size(cell)))
    for t, x in enumerate(steps):
        (output, *new), cache, _ = cell._forward([x, *states], None, training, **options)
        _check_made(cell, output, new)
        if keep is not None:
            output = np.where(keep[t], output, before).astype(steps.dtype, copy=False)
            new = [np.where(keep[t], one, old) for one, old in zip(new, states, strict=True)]
        before, states = output, new
        outputs.append(output)
        caches.append(cache)
    return np.stack(outputs), states, (caches, keep, steps)


def walk_back(
    cell: Any, dy: Array, dstates: list[Array | None], cache: Any, needs_dx: bool = True
) -> tuple[Array | None, list[Array]]:
    """Walk back.

    Args:
        cell: the cell that walked.
        dy: gradients of the outputs of the last len(dy) steps.
        dstates: gradients of the last states, `None` where one was not used.
        cache: what `walk` left.
        needs_dx: whether the gradient of the steps is wanted.
    Returns:
        Gradients of the steps and of the first states.
    """
    if _walks(cell):
        found: tuple[Array | None, list[Array]] = cell.walk_back(dy, dstates, cache, needs_dx)
        return found
    caches, keep, steps = cache
    dx, unused = np.empty_like(steps), len(steps) - len(dy)
    repeated: Array | None = None  # gradient of an output, from the masked steps behind it
    for t in reversed(range(len(steps))):
        here = _add(dy[t - unused] if t >= unused else None, repeated)
        waiting: list[Array | None] = [None] * len(dstates)
        if keep is not None:
            repeated, here = _split(here, keep[t])
            parts = [_split(one, keep[t]) for one in dstates]
            waiting, dstates = [part[0] for part in parts], [part[1] for part in parts]
        if here is None and all(one is None for one in dstates):
            dx[t] = 0
            continue
        dx[t], *before = cell._backward((here, *dstates), caches[t])
        dstates = [_add(one, wait) for one, wait in zip(before, waiting, strict=True)]
    sizes = flat_sizes(cell.state_size)
    if sizes[0] == output_size(cell):
        dstates[0] = _add(dstates[0], repeated)
    zeros = np.zeros((steps.shape[1], 1), steps.dtype)
    return dx, [np.repeat(zeros, size, axis=1) if one is None else one for one, size in zip(dstates, sizes, strict=True)]


def walk_penalty(cell: Any, cache: Any) -> float:
    """What the steps of a walk add to the loss."""
    return 0.0 if _walks(cell) else sum(cell._penalty(one) for one in cache[0])


def _walks(cell: Any) -> bool:
    """Whether a cell walks by itself; one that adds to the loss does so at every step."""
    return hasattr(cell, "walk") and not cell.has_penalty


def _check_made(cell: Any, output: Array, states: list[Array]) -> None:
    """Refuse what is not of the widths that the cell announced."""
    announced, made = [output_size(cell), *flat_sizes(cell.state_size)], [one.shape[-1] for one in (output, *states)]
    if announced != made:
        raise ValueError(
            f"{cell.title} says that its output has {announced[0]} features and its states {announced[1:]}, and forward made "
            f"{made[0]} and {made[1:]}; forward returns ((output, *states), cache), of the sizes output_size and state_size"
        )


def _add(one: Array | None, other: Array | None) -> Array | None:
    if one is None or other is None:
        return other if one is None else one
    return one + other


def _split(gradient: Array | None, keep: Array) -> tuple[Array | None, Array | None]:
    """What goes past a masked step, and what goes into the step."""
    return (None, None) if gradient is None else (gradient * ~keep, gradient * keep)
