"""`Merge`: base class of layers that merge several inputs elementwise."""

import itertools
from collections.abc import Sequence

import numpy as np

from minidl.config.types import AnyShapes, Array, Shape, Tensors
from minidl.layers.layer import Layer


class Merge(Layer):
    """Base class of layers that merge a list of inputs elementwise: shapes, masks and broadcasting.

    As in Keras, inputs with fewer axes get axes of size 1 after the batch axis, axes of size 1 are broadcast, and a step is
    masked in the output if it is masked in every input.
    """

    supports_masking = True

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        batches = {shape[0] for shape in input_shape} - {None}
        batch = batches.pop() if len(batches) == 1 else None
        backwards = itertools.zip_longest(*(shape[:0:-1] for shape in input_shape), fillvalue=1)
        return (batch, *(_merged_size(sizes) for sizes in reversed(list(backwards))))

    def compute_mask(self, inputs: list[Array], mask: Array | None = None) -> Tensors:
        """True where at least one input's mask is True; `None` if an input has no mask."""
        check_masks(self.title, inputs, mask)
        if mask is None or any(one is None for one in mask):
            return None
        return np.logical_or.reduce(np.broadcast_arrays(*mask))

    def check_input(self, shape: AnyShapes) -> None:
        if type(shape) is list and shape and shape[0] and shape.count(shape[0]) == len(shape):
            return  # the shapes are equal
        check_several(self.title, shape)
        if any(len(one) < 1 for one in shape):
            raise ValueError(f"{self.title} expects a list of arrays with a batch axis, got shapes {list(shape)}")
        if len({one[0] for one in shape} - {None}) > 1:
            raise ValueError(f"{self.title} expects inputs with the same number of rows, got shapes {list(shape)}")
        if -1 in self.compute_output_shape(shape):
            raise ValueError(
                f"{self.title} expects inputs of one shape, or with size 1 where they differ, got shapes {list(shape)}; "
                f"give them one shape first, with Dense or Reshape"
            )

    @staticmethod
    def align(inputs: list[Array]) -> list[Array]:
        """The inputs with axes of size 1 inserted after the batch axis, so that all have the same number of axes."""
        rank = max(x.ndim for x in inputs)
        return [x.reshape(x.shape[:1] + (1,) * (rank - x.ndim) + x.shape[1:]) for x in inputs]

    @staticmethod
    def reduce_to(shape: tuple[int, ...], dy: Array) -> Array:
        """The gradient of an input of that shape: dy summed over the broadcast axes."""
        sizes = shape[:1] + (1,) * (dy.ndim - len(shape)) + shape[1:]
        repeated = tuple(axis for axis, size in enumerate(sizes) if size != dy.shape[axis])
        return dy.sum(axis=repeated, keepdims=True).reshape(shape) if repeated else dy.reshape(shape)


def check_several(title: str, shape: AnyShapes, expected: str = "a list of inputs") -> None:
    """Raise ValueError unless there are several inputs; `shape` is one shape, or a list of them."""
    if not shape or shape == (0,):
        raise ValueError(f"{title} expects {expected}, got an empty one; call it on [a, b]")
    if not isinstance(shape, list) and not (isinstance(shape, tuple) and isinstance(shape[0], tuple)):
        raise ValueError(f"{title} expects {expected}, got one of shape {shape}; call it on [a, b]")
    if None in shape:
        raise ValueError(f"{title} expects {expected}, got None as one of them; leave it out")


def check_masks(title: str, inputs: list[Array], mask: Array | list[Array | None] | None) -> None:
    """Raise ValueError unless masks are given as a list with one for each input, `None` for an input without a mask."""
    if mask is None:
        return
    if not all(isinstance(one, (list, tuple)) for one in (inputs, mask)) or len(inputs) != len(mask):
        given = f"a list of {len(mask)}" if isinstance(mask, (list, tuple)) else f"a {type(mask).__name__}"
        raise ValueError(f"{title} expects a list of inputs and a list with a mask for each of them, got {given} as masks")


def _merged_size(sizes: tuple[int | None, ...]) -> int | None:
    """The size of an axis that broadcasts from these; -1 where they do not fit.

    Keras's rule for unknown sizes: `None`, even next to a known one.
    """
    known = {size for size in sizes if size not in (None, 1)}
    if len(known) > 1:
        return -1
    if None in sizes:
        return None
    return known.pop() if known else 1
