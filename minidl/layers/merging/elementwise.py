"""Layers that merge several inputs element by element: sums, products, means, the largest and the smallest."""

import functools
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from minidl.config.types import Array
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers.merging.merge import Merge


class Add(Merge):
    """Sum of several inputs: `y = x[0] + x[1] + ...`.

    Args:
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x a list of at least two arrays (batch, ...), of one shape or broadcasting to it -> y (batch, ...).
    Raises:
        ValueError: one input alone, or inputs that do not broadcast.
    Example:
        >>> Add()([np.ones((2, 3)), np.ones((2, 3))])
        array([[2., 2., 2.],
               [2., 2., 2.]], dtype=float32)
    """

    def forward(self, x: Any, training: bool = False) -> tuple[Array, Any]:
        """`y = x[0] + x[1] + ...`."""
        first, *others = self.align(x)
        y = first
        for other in others:
            y = y + other
        return y, [one.shape for one in x]

    def backward(self, dy: Array, cache: Any) -> list[Array]:
        """Each input's gradient is dy, summed over the axes along which that input was repeated."""
        return [self.reduce_to(shape, dy) for shape in cache]


class Average(Merge):
    """Mean of several inputs: `y = (x[0] + x[1] + ...) / n`.

    Args:
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x a list of at least two arrays (batch, ...), of one shape or broadcasting to it -> y (batch, ...).
    Raises:
        ValueError: one input alone, or inputs that do not broadcast.
    Example:
        >>> Average()([np.ones((1, 2)), np.full((1, 2), 4.0)])
        array([[2.5, 2.5]], dtype=float32)
    """

    def forward(self, x: Any, training: bool = False) -> tuple[Array, Any]:
        """`y = (x[0] + x[1] + ...) / n`."""
        return functools.reduce(np.add, self.align(x)) / len(x), [one.shape for one in x]

    def backward(self, dy: Array, cache: Any) -> list[Array]:
        """Each input's gradient is `dy / n`, summed over the axes along which that input was repeated."""
        return [self.reduce_to(shape, dy / len(cache)) for shape in cache]


class Subtract(Merge):
    """Difference of two inputs: `y = x[0] - x[1]`.

    Args:
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x a list of two arrays (batch, ...), of one shape or broadcasting to it -> y (batch, ...).
    Raises:
        ValueError: not two inputs, or inputs that do not broadcast.
    Example:
        >>> Subtract()([np.full((1, 2), 3.0), np.ones((1, 2))])
        array([[2., 2.]], dtype=float32)
    """

    def forward(self, x: Any, training: bool = False) -> tuple[Array, Any]:
        """`y = x[0] - x[1]`."""
        one, other = self.align(x)
        return one - other, [part.shape for part in x]

    def backward(self, dy: Array, cache: Any) -> list[Array]:
        """`dx = [dy, -dy]`, each summed over the axes along which that input was repeated."""
        one, other = cache
        return [self.reduce_to(one, dy), self.reduce_to(other, -dy)]

    def check_input(self, shape: Any) -> None:
        """Refuse anything but two inputs that broadcast to one another."""
        super().check_input(shape)
        if len(shape) != 2:
            raise ValueError(f"{self.title} expects exactly two inputs, got {len(shape)}, of shapes {list(shape)}")


class Multiply(Merge):
    """Product of several inputs: `y = x[0] * x[1] * ...`.

    Args:
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x a list of at least two arrays (batch, ...), of one shape or broadcasting to it -> y (batch, ...).
    Raises:
        ValueError: one input alone, or inputs that do not broadcast.
    Example:
        >>> Multiply()([np.full((1, 2), 3.0), np.full((1, 2), 2.0)])
        array([[6., 6.]], dtype=float32)
    """

    def forward(self, x: Any, training: bool = False) -> tuple[Array, Any]:
        """`y = x[0] * x[1] * ...`."""
        return functools.reduce(np.multiply, self.align(x)), x

    def backward(self, dy: Array, cache: Any) -> list[Array]:
        """Each input's gradient is dy times the product of the other inputs, found without dividing by what may be 0."""
        x = self.align(cache)
        after = [dy]  # dy times the product of the inputs behind each place, from the last place to the first
        for factor in x[:0:-1]:
            after.append(after[-1] * factor)
        gradients, before = [after.pop()], x[0]
        for factor in x[1:]:
            gradients.append(before * after.pop())
            before = before * factor
        return [self.reduce_to(one.shape, gradient) for one, gradient in zip(cache, gradients, strict=True)]


class _Extreme(Merge):
    """The base of `Maximum` and `Minimum`: the gradient goes to the input that was chosen."""

    _choose: ClassVar[Callable[..., Array]]

    def forward(self, x: Any, training: bool = False) -> tuple[Array, Any]:
        """`y`: at each place the input that is chosen."""
        y: Array = functools.reduce(type(self)._choose, self.align(x))
        return y, (x, y)

    def backward(self, dy: Array, cache: Any) -> list[Array]:
        """Each input's gradient is dy where that input was chosen; equal ones share it."""
        x, y = cache
        chosen = [one == y for one in self.align(x)]
        share = dy / np.maximum(functools.reduce(np.add, chosen, np.zeros(y.shape, y.dtype)), 1)
        return [self.reduce_to(one.shape, share * its) for one, its in zip(x, chosen, strict=True)]


class Maximum(_Extreme):
    """The largest of several inputs at each place: `y = max(x[0], x[1], ...)`.

    Equal inputs share the gradient evenly, as two do in Keras on JAX.

    Args:
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x a list of at least two arrays (batch, ...), of one shape or broadcasting to it -> y (batch, ...).
    Raises:
        ValueError: one input alone, or inputs that do not broadcast.
    Source: Goodfellow et al. 2013 (maxout).
    Example:
        >>> Maximum()([np.array([[1.0, 5.0]]), np.array([[3.0, 2.0]])])
        array([[3., 5.]], dtype=float32)
    """

    _choose = np.maximum


class Minimum(_Extreme):
    """The smallest of several inputs at each place: `y = min(x[0], x[1], ...)`.

    Equal inputs share the gradient evenly, as two do in Keras on JAX.

    Args:
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x a list of at least two arrays (batch, ...), of one shape or broadcasting to it -> y (batch, ...).
    Raises:
        ValueError: one input alone, or inputs that do not broadcast.
    Example:
        >>> Minimum()([np.array([[1.0, 5.0]]), np.array([[3.0, 2.0]])])
        array([[1., 2.]], dtype=float32)
    """

    _choose = np.minimum


def add(inputs: list[Any], **kwargs: Any) -> Array | SymbolicTensor:
    """The sum of several arrays or symbolic tensors: `Add(**kwargs)(inputs)`.

    Example:
        >>> add([np.ones((1, 2)), np.ones((1, 2))])
        array([[2., 2.]], dtype=float32)
    """
    total: Array | SymbolicTensor = Add(**kwargs)(inputs)
    return total


def average(inputs: list[Any], **kwargs: Any) -> Array | SymbolicTensor:
    """The mean of several arrays or symbolic tensors: `Average(**kwargs)(inputs)`.

    Example:
        >>> average([np.zeros((1, 2)), np.ones((1, 2))])
        array([[0.5, 0.5]], dtype=float32)
    """
    mean: Array | SymbolicTensor = Average(**kwargs)(inputs)
    return mean


def subtract(inputs: list[Any], **kwargs: Any) -> Array | SymbolicTensor:
    """The difference of two arrays or symbolic tensors: `Subtract(**kwargs)(inputs)`.

    Example:
        >>> subtract([np.zeros((1, 2)), np.ones((1, 2))])
        array([[-1., -1.]], dtype=float32)
    """
    difference: Array | SymbolicTensor = Subtract(**kwargs)(inputs)
    return difference


def multiply(inputs: list[Any], **kwargs: Any) -> Array | SymbolicTensor:
    """The product of several arrays or symbolic tensors: `Multiply(**kwargs)(inputs)`.

    Example:
        >>> multiply([np.ones((1, 2)), np.full((1, 2), 3.0)])
        array([[3., 3.]], dtype=float32)
    """
    product: Array | SymbolicTensor = Multiply(**kwargs)(inputs)
    return product


def maximum(inputs: list[Any], **kwargs: Any) -> Array | SymbolicTensor:
    """The largest of several arrays or symbolic tensors: `Maximum(**kwargs)(inputs)`.

    Example:
        >>> maximum([np.zeros((1, 2)), np.ones((1, 2))])
        array([[1., 1.]], dtype=float32)
    """
    largest: Array | SymbolicTensor = Maximum(**kwargs)(inputs)
    return largest


def minimum(inputs: list[Any], **kwargs: Any) -> Array | SymbolicTensor:
    """The smallest of several arrays or symbolic tensors: `Minimum(**kwargs)(inputs)`.

    Example:
        >>> minimum([np.zeros((1, 2)), np.ones((1, 2))])
        array([[0., 0.]], dtype=float32)
    """
    smallest: Array | SymbolicTensor = Minimum(**kwargs)(inputs)
    return smallest
