"""Layers that merge several inputs elementwise: `Add`, `Subtract`, `Multiply`, `Average`, `Maximum`, `Minimum`."""

import functools
import math
from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.autodiff.tensor import Tensor
from minidl.config.types import Array, Shape, Tensors
from minidl.layers.merging.merge import Merge
from minidl.layers.options import LayerOptions


class Add(Merge):
    """Sum of several inputs: `y = x[0] + x[1] + ...`.

    Shapes:
        x a list of arrays (batch, ...) that broadcast to one shape -> y (batch, ...).
    Raises:
        ValueError: a single input, or inputs that do not broadcast.
    Example:
        >>> Add()([np.ones((2, 3)), np.ones((2, 3))])
        array([[2., 2., 2.],
               [2., 2., 2.]], dtype=float32)
    """

    def forward(self, x: list[Array], training: bool = False) -> tuple[Array, list[tuple[int, ...]]]:
        """`y = x[0] + x[1] + ...`."""
        first, *others = self.align(x)
        y = first
        for other in others:
            y = y + other
        return y, [one.shape for one in x]

    def backward(self, dy: Array, cache: list[tuple[int, ...]]) -> list[Array]:
        """Each input's gradient is dy, summed over its broadcast axes."""
        return [self.reduce_to(shape, dy) for shape in cache]


class Subtract(Merge):
    """Difference of two inputs: `y = x[0] - x[1]`.

    Shapes:
        x a list of two arrays (batch, ...) that broadcast to one shape -> y (batch, ...).
    Raises:
        ValueError: not two inputs, or inputs that do not broadcast.
    Example:
        >>> Subtract()([np.ones((1, 2)), np.ones((1, 2))])
        array([[0., 0.]], dtype=float32)
    """

    def forward(self, x: list[Array], training: bool = False) -> tuple[Array, list[tuple[int, ...]]]:
        """`y = x[0] - x[1]`."""
        one, other = self.align(x)
        return one - other, [one.shape for one in x]

    def backward(self, dy: Array, cache: list[tuple[int, ...]]) -> list[Array]:
        """`dy` for the first input, `-dy` for the second, summed over broadcast axes."""
        first, second = cache
        return [self.reduce_to(first, dy), self.reduce_to(second, -dy)]

    def check_input(self, shape: Shape | list[Shape]) -> None:
        super().check_input(shape)
        if len(shape) != 2:
            raise ValueError(f"{self.title} expects exactly two inputs, got {len(shape)}, of shapes {list(shape)}")


class Multiply(Merge):
    """Product of several inputs: `y = x[0] * x[1] * ...`.

    Shapes:
        x a list of arrays (batch, ...) that broadcast to one shape -> y (batch, ...).
    Raises:
        ValueError: a single input, or inputs that do not broadcast.
    Example:
        >>> Multiply()([np.full((1, 2), 3.0), np.full((1, 2), 2.0)])
        array([[6., 6.]], dtype=float32)
    """

    def forward(self, x: list[Array], training: bool = False) -> tuple[Array, list[Array]]:
        """`y = x[0] * x[1] * ...`."""
        y = math.prod(self.align(x)[1:], start=self.align(x)[0])
        return y, x

    def backward(self, dy: Array, cache: list[Array]) -> list[Array]:
        """Each input's gradient is dy times the other inputs."""
        factors = self.align(cache)
        return [
            self.reduce_to(one.shape, math.prod(factors[:place] + factors[place + 1 :], start=dy))
            for place, one in enumerate(cache)
        ]


class Average(Merge):
    """Mean of several inputs: `y = (x[0] + x[1] + ...) / n`.

    Shapes:
        x a list of arrays (batch, ...) that broadcast to one shape -> y (batch, ...).
    Raises:
        ValueError: a single input, or inputs that do not broadcast.
    Example:
        >>> Average()([np.full((1, 2), 3.0), np.full((1, 2), 2.0)])
        array([[2.5, 2.5]], dtype=float32)
    """

    def forward(self, x: list[Array], training: bool = False) -> tuple[Array, list[tuple[int, ...]]]:
        """`y = (x[0] + x[1] + ...) / n`."""
        first, *others = self.align(x)
        return sum(others, start=first) / first.dtype.type(len(x)), [one.shape for one in x]

    def backward(self, dy: Array, cache: list[tuple[int, ...]]) -> list[Array]:
        """Each input's gradient is `dy / n`."""
        share = dy / dy.dtype.type(len(cache))
        return [self.reduce_to(shape, share) for shape in cache]


class Maximum(Merge):
    """Elementwise maximum of several inputs: `y = max(x[0], x[1], ...)`.

    Shapes:
        x a list of arrays (batch, ...) that broadcast to one shape -> y (batch, ...).
    Raises:
        ValueError: a single input, or inputs that do not broadcast.
    Example:
        >>> Maximum()([np.array([[1.0, 5.0]]), np.array([[4.0, 2.0]])])
        array([[4., 5.]], dtype=float32)
    """

    def forward(self, x: list[Array], training: bool = False) -> tuple[Array, tuple[list[Array], Array]]:
        """`y = max(x[0], x[1], ...)`."""
        y = functools.reduce(np.maximum, self.align(x))
        return y, (x, y)

    def backward(self, dy: Array, cache: tuple[list[Array], Array]) -> list[Array]:
        """`dy` for the selected input; ties share it equally."""
        return _to_the_selected(dy, *cache)


class Minimum(Merge):
    """Elementwise minimum of several inputs: `y = min(x[0], x[1], ...)`.

    Shapes:
        x a list of arrays (batch, ...) that broadcast to one shape -> y (batch, ...).
    Raises:
        ValueError: a single input, or inputs that do not broadcast.
    Example:
        >>> Minimum()([np.array([[1.0, 5.0]]), np.array([[4.0, 2.0]])])
        array([[1., 2.]], dtype=float32)
    """

    def forward(self, x: list[Array], training: bool = False) -> tuple[Array, tuple[list[Array], Array]]:
        """`y = min(x[0], x[1], ...)`."""
        y = functools.reduce(np.minimum, self.align(x))
        return y, (x, y)

    def backward(self, dy: Array, cache: tuple[list[Array], Array]) -> list[Array]:
        """`dy` for the selected input; ties share it equally."""
        return _to_the_selected(dy, *cache)


def _to_the_selected(dy: Array, x: list[Array], y: Array) -> list[Array]:
    won = [one == y for one in Merge.align(x)]
    share = dy / np.sum(won, axis=0, dtype=dy.dtype)
    return [Merge.reduce_to(one.shape, share * here) for one, here in zip(x, won, strict=True)]


def add(inputs: Sequence[Array | Tensor], **kwargs: Unpack[LayerOptions]) -> Tensors:
    """The sum of several arrays or symbolic tensors: `Add(**kwargs)(inputs)`.

    Example:
        >>> add([np.ones((1, 2)), np.ones((1, 2))])
        array([[2., 2.]], dtype=float32)
    """
    return Add(**kwargs)(inputs)


def subtract(inputs: Sequence[Array | Tensor], **kwargs: Unpack[LayerOptions]) -> Tensors:
    """The difference of two arrays or symbolic tensors: `Subtract(**kwargs)(inputs)`.

    Example:
        >>> subtract([np.full((1, 2), 3.0), np.ones((1, 2))])
        array([[2., 2.]], dtype=float32)
    """
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Sequence[Array | Tensor], **kwargs: Unpack[LayerOptions]) -> Tensors:
    """The product of several arrays or symbolic tensors: `Multiply(**kwargs)(inputs)`.

    Example:
        >>> multiply([np.full((1, 2), 3.0), np.full((1, 2), 2.0)])
        array([[6., 6.]], dtype=float32)
    """
    return Multiply(**kwargs)(inputs)


def average(inputs: Sequence[Array | Tensor], **kwargs: Unpack[LayerOptions]) -> Tensors:
    """The mean of several arrays or symbolic tensors: `Average(**kwargs)(inputs)`.

    Example:
        >>> average([np.full((1, 2), 3.0), np.full((1, 2), 2.0)])
        array([[2.5, 2.5]], dtype=float32)
    """
    return Average(**kwargs)(inputs)


def maximum(inputs: Sequence[Array | Tensor], **kwargs: Unpack[LayerOptions]) -> Tensors:
    """The elementwise maximum of several arrays or symbolic tensors: `Maximum(**kwargs)(inputs)`.

    Example:
        >>> maximum([np.array([[1.0, 5.0]]), np.array([[4.0, 2.0]])])
        array([[4., 5.]], dtype=float32)
    """
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Sequence[Array | Tensor], **kwargs: Unpack[LayerOptions]) -> Tensors:
    """The elementwise minimum of several arrays or symbolic tensors: `Minimum(**kwargs)(inputs)`.

    Example:
        >>> minimum([np.array([[1.0, 5.0]]), np.array([[4.0, 2.0]])])
        array([[1., 2.]], dtype=float32)
    """
    return Minimum(**kwargs)(inputs)
