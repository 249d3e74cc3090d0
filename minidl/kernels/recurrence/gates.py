"""`Gates`: the activations of several gates whose columns are neighbors, and `MatrixProduct`, their part of a state."""

from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.kernels.activations.smooth import sigmoid, tanh
from minidl.kernels.products import matmul


class Gates:
    """Applies one activation to each group of `units` columns.

    The formula is `y[:, k] = activation[k](z[:, k])` and `dz[:, k] = dy[:, k] * activation[k]'(z[:, k])`. Where every
    activation is tanh or sigmoid, all columns go through a single tanh, as `sigmoid(z) = (1 + tanh(z / 2)) / 2`, and the
    slope of both is `(1 - y) * (y - lowest)`, with `lowest` -1 for tanh and 0 for sigmoid.

    Args:
        activations: one for each gate, objects with `forward(z)` and `backward(dy, z, y)`.
        like: an array of the shape and type of one gate, (batch, units).
    Attributes:
        in_place: whether `backward` needs no `z`, so that y may overwrite it.
        names: of the activations, such as "sigmoid tanh"; empty unless all are one of these two.
    """

    def __init__(self, activations: list[Any], like: Array) -> None:
        functions = [activation.forward for activation in activations]
        batch, self.units = like.shape
        self.activations = activations
        self.in_place = all(function in (tanh, sigmoid) for function in functions)
        is_sigmoid = [function is sigmoid for function in functions]
        self.names = " ".join(function.__name__ for function in functions) if self.in_place else ""
        self.only_tanh = not any(is_sigmoid)
        self.factor = _per_column(is_sigmoid, like, 0.5, 1)  # y = factor * tanh(factor * z) + shift
        self.shift = _per_column(is_sigmoid, like, 0.5, 0)
        self.minus_lowest = _per_column(is_sigmoid, like, 0, 1)
        self.buffer = np.empty((2, batch, self.units * len(functions)), like.dtype) if self.in_place else None

    def forward(self, z: Array, y: Array) -> None:
        """Write the activations of z to y, both (batch, gates * units); they may be one array where `in_place`."""
        if not self.in_place:
            for columns, activation in self._columns():
                y[:, columns] = activation.forward(z[:, columns])
        elif self.only_tanh:
            np.tanh(z, out=y)
        else:
            np.multiply(z, self.factor, out=y)
            np.tanh(y, out=y)
            y *= self.factor
            y += self.shift

    def backward(self, dy: Array, z: Array, y: Array) -> None:
        """Turn the gradient of y into that of z, in place."""
        if self.buffer is None:
            for columns, activation in self._columns():
                dy[:, columns] = activation.backward(dy[:, columns], z[:, columns], y[:, columns])
        else:
            one, other = self.buffer
            dy *= np.subtract(1, y, out=one)
            dy *= np.add(y, self.minus_lowest, out=other)

    def _columns(self) -> list[tuple[slice, Any]]:
        starts = range(0, self.units * len(self.activations), self.units)
        return [(slice(start, start + self.units), one) for start, one in zip(starts, self.activations, strict=True)]


def _per_column(is_sigmoid: list[bool], like: Array, of_sigmoid: float, of_tanh: float) -> Array | float:
    """One number if all activations are the same, else an array of z's full shape, twice as fast as broadcasting a row."""
    numbers = [of_sigmoid if one else of_tanh for one in is_sigmoid]
    if len(set(numbers)) == 1:
        return numbers[0]
    return np.tile(np.repeat(np.array(numbers, like.dtype), like.shape[1]), (len(like), 1))


class MatrixProduct:
    """`product(x, out)` writes `x @ kernel` to `out`: (batch, units) @ (units, columns) -> (batch, columns)."""

    def __init__(self, kernel: Array) -> None:
        self.kernel = kernel

    def __call__(self, x: Array, out: Array) -> Array:
        return matmul(x, self.kernel, out=out)


def recurrent_kernel_gradient(h: Array, dropout: Array | None, dz: Array) -> Array:
    """`sum over t of (dropout * h[t - 1]).T @ dz[t]`, as one product over all steps: (units, gates * units)."""
    h = h if dropout is None else h * dropout
    return matmul(h.reshape(-1, h.shape[-1]).T, dz.reshape(-1, dz.shape[-1]))


def keep_masked(mask: Array, new: Array, old: Array) -> None:
    """`new = where(mask, new, old)`: a masked step leaves the state as it was."""
    np.copyto(new, old, where=~mask)


def split_masked(mask: Array, *gradients: Array) -> list[Array]:
    """The rows of gradients that pass a masked step unchanged; those rows become 0 in `gradients`, so the step sees none."""
    unchanged = [gradient * ~mask for gradient in gradients]
    for gradient in gradients:
        gradient *= mask
    return unchanged
