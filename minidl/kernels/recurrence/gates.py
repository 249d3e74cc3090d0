"""`Gates`: the activations of several gates whose columns are neighbors, and `MatrixProduct`, their part of a state."""

from functools import cached_property
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
        self.like, self.units, self.activations = like, like.shape[1], activations
        self.in_place = all(function in (tanh, sigmoid) for function in functions)
        self.is_sigmoid = [function is sigmoid for function in functions]
        self.names = " ".join(function.__name__ for function in functions) if self.in_place else ""

    def forward(self, z: Array, y: Array) -> None:
        """Write the activations of z to y, both (batch, gates * units); they may be one array where `in_place`."""
        if not self.in_place:
            for columns, activation in self._columns():
                y[:, columns] = activation.forward(z[:, columns])
        elif not any(self.is_sigmoid):
            np.tanh(z, out=y)
        else:
            factor, shift = self._scale
            np.multiply(z, factor, out=y)
            np.tanh(y, out=y)
            y *= factor
            y += shift

    def backward(self, dy: Array, z: Array, y: Array) -> None:
        """Turn the gradient of y into that of z, in place."""
        if not self.in_place:
            for columns, activation in self._columns():
                dy[:, columns] = activation.backward(dy[:, columns], z[:, columns], y[:, columns])
        else:
            minus_lowest, one, other = self._slope
            dy *= np.subtract(1, y, out=one)
            dy *= np.add(y, minus_lowest, out=other)

    @cached_property
    def _scale(self) -> tuple[Array | float, Array | float]:
        """`y = factor * tanh(factor * z) + shift`; made when needed, as compiled loops do without."""
        return self._per_column(0.5, 1), self._per_column(0.5, 0)

    @cached_property
    def _slope(self) -> tuple[Array | float, Array, Array]:
        """`-lowest`, and memory for its two factors."""
        shape = len(self.like), self.units * len(self.activations)
        return self._per_column(0, 1), np.empty(shape, self.like.dtype), np.empty(shape, self.like.dtype)

    def _per_column(self, of_sigmoid: float, of_tanh: float) -> Array | float:
        """One number if all activations are the same, else an array of z's shape, twice as fast as broadcasting a row."""
        numbers = [of_sigmoid if one else of_tanh for one in self.is_sigmoid]
        if len(set(numbers)) == 1:
            return numbers[0]
        return np.tile(np.repeat(np.array(numbers, self.like.dtype), self.units), (len(self.like), 1))

    def _columns(self) -> list[tuple[slice, Any]]:
        starts = range(0, self.units * len(self.activations), self.units)
        return [(slice(start, start + self.units), one) for start, one in zip(starts, self.activations, strict=True)]


class MatrixProduct:
    """`product(x, out)` writes `x @ kernel + bias` to `out`: (batch, units) @ (units, columns) -> (batch, columns)."""

    def __init__(self, kernel: Array, bias: Array | None = None) -> None:
        self.kernel, self.bias = kernel, bias

    def __call__(self, x: Array, out: Array) -> Array:
        matmul(x, self.kernel, out=out)
        if self.bias is not None:
            out += self.bias
        return out


def transposed(kernel: Array) -> Array:
    """`kernel.T` in a new array: products with it are faster; copied a few rows at a time, so that lines stay in the cache."""
    copy = np.empty(kernel.shape[::-1], kernel.dtype)
    for start in range(0, len(kernel), 16):
        copy[:, start : start + 16] = kernel[start : start + 16].T
    return copy


def gradient_factors(h: Array, dropout: Array | None, dz: Array) -> tuple[Array, Array]:
    """Two matrices whose product is the gradient of the recurrent kernel, `sum over t of (dropout * h[t - 1]).T @ dz[t]`."""
    h = h if dropout is None else h * dropout
    return h.reshape(-1, h.shape[-1]).T, dz.reshape(-1, dz.shape[-1])


def keep_masked(mask: Array, new: Array, old: Array) -> None:
    """`new = where(mask, new, old)`: a masked step leaves the state as it was."""
    np.copyto(new, old, where=~mask)


def split_masked(mask: Array, *gradients: Array) -> list[Array]:
    """The rows of gradients that pass a masked step unchanged; those rows become 0 in `gradients`, so the step sees none."""
    unchanged = [gradient * ~mask for gradient in gradients]
    for gradient in gradients:
        gradient *= mask
    return unchanged
