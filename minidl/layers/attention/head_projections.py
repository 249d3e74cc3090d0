"""Query, key and value of all heads, from the inputs of multi-head attention: by one product in self-attention, or by three.

The results of `forward` are (batch, other steps ..., heads, attended steps, width).
"""

import functools
import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from minidl import activations
from minidl.config.types import Array, Cache
from minidl.kernels.activations.relu import add_bias
from minidl.kernels.attention import fold, unfold
from minidl.kernels.in_use import in_use
from minidl.kernels.memory import empty
from minidl.kernels.products import matmul
from minidl.kernels.reductions import column_sums
from minidl.layers.attention.projection import Projection

# `attend_backward(out=None)`: the gradients of q, k and v, from that of the heads' results; written to `out` if it is given.
AttendBackward: TypeAlias = Callable[..., tuple[Array, Array, Array]]

_LEAST_ROWS = 512  # to copy three kernels takes less than a twentieth of the time of a product with as many rows


class HeadProjections(ABC):
    """The projections of query, key and value into heads.

    Args:
        query, key, value: built layers.
        axes: the axes over which attention is computed.
    """

    def __init__(self, query: Projection, key: Projection, value: Projection, axes: tuple[int, ...]) -> None:
        self.query, self.key, self.value, self.axes = query, key, value, axes

    @abstractmethod
    def forward(self, inputs: tuple[Array, Array, Array], training: bool) -> tuple[list[Array], Cache]:
        """From query, key and value the heads' q, k and v, and a cache."""

    @abstractmethod
    def backward(self, attend_backward: AttendBackward, cache: Cache, shares: list[int], weights_only: bool) -> list[Array]:
        """Gradients of the layer's inputs; the nth input is `shares[n]` of query, value and key, in that order."""

    def penalty(self, cache: Cache) -> float:
        """What the projections add to the loss."""
        return 0.0


class SeparateProjections(HeadProjections):
    """Three products, each by its own layer.

    Args:
        query, key, value, axes: as in `HeadProjections`.
        groups: number of neighboring query heads that share a head of keys and values.
    """

    def __init__(self, query: Projection, key: Projection, value: Projection, axes: tuple[int, ...], groups: int) -> None:
        super().__init__(query, key, value, axes)
        self.layers, self.groups = (query, key, value), groups

    def forward(self, inputs: tuple[Array, Array, Array], training: bool) -> tuple[list[Array], Cache]:
        results = [layer._forward(x, None, training) for layer, x in zip(self.layers, inputs, strict=True)]
        q, k, v = (fold(y, self.axes) for y, _, _ in results)
        steps = [x.shape[:-1] for x in inputs]
        return [q, self._repeated(k), self._repeated(v)], ([cache for _, cache, _ in results], steps)

    def backward(self, attend_backward: AttendBackward, cache: Cache, shares: list[int], weights_only: bool) -> list[Array]:
        dq, dk, dv = attend_backward()
        gradients = [dq, self._repeated_backward(dk), self._repeated_backward(dv)]
        dquery, dkey, dvalue = (
            layer._backward(unfold(gradient, steps, self.axes), own, weights_only)
            for layer, gradient, own, steps in zip(self.layers, gradients, *cache, strict=True)
        )
        if weights_only:
            return []
        rest = iter((dquery, dvalue, dkey))
        return [functools.reduce(np.add, itertools.islice(rest, share)) for share in shares]

    def penalty(self, cache: Cache) -> float:
        return sum(layer._penalty(own) for layer, own in zip(self.layers, cache[0], strict=True))

    def _repeated(self, heads: Array) -> Array:
        """Heads of keys or values, each repeated for the query heads that share it."""
        return heads if self.groups == 1 else heads.repeat(self.groups, axis=-3)

    def _repeated_backward(self, dheads: Array) -> Array:
        """The gradient of a shared head: the sum over the query heads that share it."""
        if self.groups == 1:
            return dheads
        heads = dheads.shape[-3] // self.groups
        summed: Array = dheads.reshape(*dheads.shape[:-3], heads, self.groups, *dheads.shape[-2:]).sum(axis=-3)
        return summed


class JointCache(NamedTuple):
    """Cache of `JointProjection`: x as (rows, features), its shape, and the kernels side by side, (features, columns)."""

    rows: Array
    x_shape: tuple[int, ...]
    kernel: Array


class JointProjection(HeadProjections):
    """`z = x @ [kernel, ...] + [bias, ...]`: one large product takes less time than three. See `can_project_jointly`."""

    def __init__(self, query: Projection, key: Projection, value: Projection, axes: tuple[int, ...]) -> None:
        super().__init__(query, key, value, axes)
        self.layers = query, value, key  # so that the columns of an input that is value and key are neighbors
        self.ends = list(itertools.accumulate(layer.matrix().shape[1] for layer in self.layers))

    def forward(self, inputs: tuple[Array, Array, Array], training: bool) -> tuple[list[Array], JointCache]:
        """q, k and v are views of one array."""
        x = inputs[0]
        rows, kernel = x.reshape(-1, x.shape[-1]), np.concatenate([layer.matrix() for layer in self.layers], axis=1)
        z = matmul(rows, kernel).reshape(*x.shape[:-1], kernel.shape[1])  # (rows, features) @ (features, columns)
        if self.query.use_bias:
            in_use[add_bias](z, np.concatenate([layer.bias.value.ravel() for layer in self.layers]))
        q, v, k = (fold(part, self.axes) for part in self._parts(z))
        return [q, k, v], JointCache(rows, x.shape, kernel)

    def backward(
        self, attend_backward: AttendBackward, cache: JointCache, shares: list[int], weights_only: bool
    ) -> list[Array]:
        """`dkernel = x.T @ dz`, `dbias = sum(dz)`, `dx = dz @ kernel.T`."""
        rows, x_shape, kernel = cache
        dz = empty((len(rows), kernel.shape[1]), kernel.dtype)
        dq, dv, dk = (fold(part, self.axes) for part in self._parts(dz.reshape(*x_shape[:-1], kernel.shape[1])))
        attend_backward(out=(dq, dk, dv))  # fills dz, of which these are views
        dkernel = matmul(rows.T, dz)  # (features, rows) @ (rows, columns)
        for layer, part in zip(self.layers, self._parts(dkernel), strict=True):
            layer.kernel.grad += part
        if self.query.use_bias:
            for layer, part in zip(self.layers, self._parts(column_sums(dz)), strict=True):
                layer.bias.grad += part
        if weights_only:
            return []
        of_inputs = _slices([self.ends[number - 1] for number in itertools.accumulate(shares)])
        # (rows, columns) @ (columns, features)
        return [matmul(dz[:, columns], kernel[:, columns].T).reshape(x_shape) for columns in of_inputs]

    def _parts(self, z: Array) -> list[Array]:
        """Each layer's columns of (..., columns), as views (..., heads, width)."""
        owned = zip(self.layers, _slices(self.ends), strict=True)
        return [z[..., columns].reshape(*z.shape[:-1], *layer.output_axes) for layer, columns in owned]


def can_project_jointly(layers: tuple[Projection, ...], inputs: tuple[Array, Array, Array], axes: tuple[int, ...]) -> bool:
    """Whether `JointProjection` gives the same results as the layers themselves, in less time."""
    query, key, value = inputs
    is_plain = all(
        type(layer) is Projection and layer.activation is activations.linear and layer.activity_regularizer is None
        for layer in layers
    )
    is_large = math.prod(query.shape[:-1]) >= _LEAST_ROWS
    return query is value is key and is_large and is_plain and len(axes) == len({layer.use_bias for layer in layers}) == 1


def _slices(stops: list[int]) -> list[slice]:
    """Adjacent slices that end at `stops`."""
    return [slice(start, stop) for start, stop in itertools.pairwise([0, *stops])]
