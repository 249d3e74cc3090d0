"""`Builder`: collects the nodes and weights of an ONNX graph, and moves axes only where an operator needs another order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minidl.config.types import Array, DTypeLike, Shape

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

END = 1 << 62  # a place behind the end of every axis
OPSET, ML_OPSET, IR_VERSION = 20, 3, 9  # ONNX 1.15 (October 2023): onnxruntime 1.17 and everything newer reads it


@dataclass(frozen=True, eq=False)
class Tensor:
    """A value of the exported graph, which may exist in several orders of its axes.

    Attributes:
        shape: its sizes in minidl's order of axes, `None` where they are not known.
        dtype: "float32", "int64", "bool", "string" ...
        views: order of the axes -> name in the graph; channels first is `(0, rank - 1, 1, 2 ...)`.
    """

    shape: Shape
    dtype: str
    views: dict[tuple[int, ...], str]

    @property
    def rank(self) -> int:
        """Number of axes."""
        return len(self.shape)


class Masked(NamedTuple):
    """What the function of a layer returns if the layer changes the mask: the output, and its mask or `None`."""

    output: Tensor | tuple[Tensor, ...]
    mask: Tensor | None


def channels_first(rank: int) -> tuple[int, ...]:
    """The order of axes with the last one second."""
    return (0, rank - 1, *range(1, rank - 1)) if rank > 2 else tuple(range(rank))


class Builder:
    """Collects nodes and weights under unique names; `scope` names the layer whose nodes are being added."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.weights: dict[str, Array] = {}
        self.scope = ""
        self._names: set[str] = set()
        self._constants: dict[object, str] = {}
        self._renamed: dict[str, str] = {}

    def unique(self, wanted: str) -> str:
        """The name, or with a number if it is taken."""
        name, number = wanted, 1
        while name in self._names:
            name, number = f"{wanted}_{number}", number + 1
        self._names.add(name)
        return name

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """Name what is added inside after a layer, in the layer that is being added now."""
        with self.inside_only(f"{self.scope}/{name}" if self.scope else name):
            yield

    @contextmanager
    def inside_only(self, scope: str) -> Iterator[None]:
        """Name what is added inside after this scope."""
        before, self.scope = self.scope, scope
        try:
            yield
        finally:
            self.scope = before

    @contextmanager
    def body(self) -> Iterator[list[NodeProto]]:
        """Collect the nodes added inside as the body of a loop."""
        outside, self.nodes = self.nodes, []
        try:
            yield self.nodes
        finally:
            self.nodes = outside

    # Nodes and weights.

    def ops(self, operator: str, inputs: Sequence[str], outputs: int, domain: str = "", **attributes: Any) -> list[str]:
        """Add a node with several outputs; returns their names."""
        from onnx import helper

        name = self.unique(f"{self.scope}/{operator}" if self.scope else operator)
        made = [self.unique(f"{name}:{number}" if number else f"{name}:0") for number in range(outputs)]
        given = {key: value for key, value in attributes.items() if value is not None}
        self.nodes.append(helper.make_node(operator, list(inputs), made, name=name, domain=domain, **given))
        return made

    def op(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output; returns its name."""
        return self.ops(operator, inputs, 1, **attributes)[0]

    def weight(self, name: str, value: Array) -> str:
        """Add a weight of the layer that is being added; a shared layer has its weights once."""
        wanted, array = f"{self.scope}/{name}" if self.scope else name, np.asarray(value)
        there = self.weights.get(wanted)
        if there is not None and there.dtype == array.dtype and np.array_equal(there, array):
            return wanted
        key = self.unique(wanted)
        self.weights[key] = np.ascontiguousarray(array).reshape(array.shape)
        return key

    def constant(self, value: object, dtype: DTypeLike = None) -> str:
        """A constant, added once for all nodes that use it."""
        array = np.asarray(value, dtype)
        key = (array.dtype.str, array.shape, array.tobytes() if array.dtype != object else tuple(array.ravel().tolist()))
        if key not in self._constants:
            digits = "_".join(str(item) for item in array.ravel().tolist()) if array.size < 5 else ""
            name = self.unique(f"constant/{digits}" if digits else "constant")
            self.weights[name] = np.ascontiguousarray(array).reshape(array.shape)
            self._constants[key] = name
        return self._constants[key]

    def integers(self, *values: int) -> str:
        """A constant list of integers, as axes and shapes are given."""
        return self.constant(np.array(values, np.int64))

    def rename(self, name: str, wanted: str) -> str:
        """Give a result its name as an output of the model; an input, a weight or another output is copied to that name."""
        new, name = self.unique(wanted), self._renamed.get(name, name)
        maker = next((node for node in self.nodes if name in node.output), None)
        if maker is None or name in self._renamed.values():
            from onnx import helper

            self.nodes.append(helper.make_node("Identity", [name], [new], name=self.unique(f"{new}/Identity")))
        else:
            for node in self.nodes:
                node.input[:] = [new if one == name else one for one in node.input]
                node.output[:] = [new if one == name else one for one in node.output]
            self._renamed[name] = new
        return new

    def weight_protos(self) -> list[TensorProto]:
        """The weights that nodes use, as ONNX holds them."""
        from onnx import TensorProto, helper, numpy_helper

        protos = []
        for name, value in self.weights.items():
            if value.dtype == object:
                strings: Any = [str(item).encode() for item in value.ravel()]
                protos.append(helper.make_tensor(name, TensorProto.STRING, value.shape, strings))
            else:
                protos.append(numpy_helper.from_array(value, name))
        return protos

    # Tensors.

    def tensor(self, name: str, shape: Shape, dtype: str, order: tuple[int, ...] | None = None) -> Tensor:
        """The tensor that a name of the graph stands for."""
        return Tensor(tuple(shape), dtype, {tuple(range(len(shape))) if order is None else order: name})

    def view(self, x: Tensor, order: tuple[int, ...]) -> str:
        """The name of a tensor in this order of axes; a Transpose is added if it does not exist yet."""
        if order not in x.views:
            there, name = next(iter(x.views.items()))
            x.views[order] = self.op("Transpose", name, perm=[there.index(axis) for axis in order])
        return x.views[order]

    def plain(self, x: Tensor) -> str:
        """The name of a tensor in minidl's order of axes."""
        return self.view(x, tuple(range(x.rank)))

    def first(self, x: Tensor) -> str:
        """The name of a tensor with channels last, moved to channels first."""
        return self.view(x, channels_first(x.rank))

    def elementwise(self, x: Tensor, function: Callable[[str], str], dtype: str | None = None) -> Tensor:
        """Apply an elementwise operator to whichever view exists."""
        order, name = next(iter(x.views.items()))
        return self.tensor(function(name), x.shape, dtype or x.dtype, order)

    def cast(self, x: Tensor, dtype: str) -> Tensor:
        """The tensor in another type."""
        if x.dtype == dtype:
            return x
        return self.elementwise(x, lambda name: self.op("Cast", name, to=element_type(dtype)), dtype)

    def reshape(self, name: str, shape: Shape) -> str:
        """Reshape to sizes of which one may be unknown, besides an unknown first axis that stays as it is."""
        unknown = [axis for axis, size in enumerate(shape) if size is None]
        sizes = [-1 if size is None else int(size) for size in shape]
        if len(unknown) > 1 and unknown[0] == 0:
            sizes[0] = 0
        if sizes.count(-1) > 1:
            raise ValueError(
                f"{self.scope} cannot be exported to ONNX with several unknown sizes, shape {shape}; {KNOWN_SIZES}"
            )
        return self.op("Reshape", name, self.integers(*sizes))

    def expand_dims(self, name: str, *axes: int) -> str:
        """Axes of size 1 at these places of the result."""
        return self.op("Unsqueeze", name, self.integers(*axes)) if axes else name

    def slice(self, name: str, starts: Sequence[int], stops: Sequence[int], axes: Sequence[int], step: int = 1) -> str:
        """The part between places along each of these axes."""
        steps = [] if step == 1 else [self.integers(*[step] * len(axes))]
        return self.op("Slice", name, self.integers(*starts), self.integers(*stops), self.integers(*axes), *steps)

    def reverse(self, name: str, axes: Sequence[int]) -> str:
        """The elements in reverse order along axes."""
        return self.slice(name, [-1] * len(axes), [-END] * len(axes), axes, -1)

    def size(self, name: str, axis: int) -> str:
        """The size of an axis, a list of one integer."""
        return self.op("Shape", name, start=axis, end=axis + 1)


KNOWN_SIZES = "begin the model with Input(shape) that names all sizes, or pass input_signature"


def element_type(dtype: str) -> int:
    """ONNX's number of an element type."""
    from onnx import TensorProto, helper

    return int(TensorProto.STRING if dtype == "string" else helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))


def known(title: str, *sizes: int | None) -> tuple[int, ...]:
    """The sizes; raises ValueError if one is unknown."""
    found = tuple(size for size in sizes if size is not None)
    if len(found) < len(sizes):
        raise ValueError(f"{title} can be exported to ONNX for inputs of known size only; {KNOWN_SIZES}")
    return found


def product(sizes: Sequence[int | None]) -> int | None:
    """The number of elements, `None` if a size is not known."""
    return None if None in sizes else math.prod(size for size in sizes if size is not None)
