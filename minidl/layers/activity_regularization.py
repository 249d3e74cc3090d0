"""The penalty of an `activity_regularizer` on a layer's output: a mean over the rows, as in Keras."""

from minidl.config.nest import flatten, rebuild
from minidl.config.types import Array, Tensors
from minidl.regularizers import Regularizer


def activity_terms(regularizer: Regularizer, y: Array | tuple[Array, Array]) -> list[float]:
    """For each of a layer's outputs `regularizer(y) / batch`."""
    return [float(regularizer(output)) / max(len(output), 1) for output in flatten(y)]


def add_activity_gradient(regularizer: Regularizer, y: object, dy: Array) -> Tensors:
    """`dy` with the penalty's gradient added, output by output; `None` for an output that is not used."""
    gradients = [regularizer.gradient(output) / max(len(output), 1) for output in flatten(y)]
    return rebuild(y, [own if above is None else above + own for own, above in zip(gradients, flatten(dy), strict=True)])
