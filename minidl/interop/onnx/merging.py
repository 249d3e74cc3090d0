"""Layers that merge several inputs."""

from collections.abc import Callable
from typing import Any

from minidl.config.types import Shape
from minidl.interop.onnx.builder import Builder, Masked, Tensor
from minidl.interop.onnx.normalization import unit
from minidl.layers.merging.concatenate import Concatenate
from minidl.layers.merging.dot import Dot
from minidl.layers.merging.elementwise import Add, Average, Maximum, Minimum, Multiply, Subtract


def merge(operator: str) -> Callable[..., Masked]:
    """`Add`, `Multiply` ...; a step is masked where it is masked in every input."""

    def add(g: Builder, layer: Any, x: list[Tensor], mask: list[Tensor] | None) -> Masked:
        shape, order, names = layer.compute_output_shape([one.shape for one in x]), None, []
        common = [view for view in x[0].views if all(view in one.views and one.rank == x[0].rank for one in x)]
        if common:
            order, names = common[0], [one.views[common[0]] for one in x]
        else:
            names = [g.expand_dims(g.plain(one), *range(1, 1 + len(shape) - one.rank)) for one in x]  # after the batch axis
        y = g.op(operator, *names) if operator in ("Max", "Min", "Mean") else names[0]
        for name in names[1:] if operator in ("Add", "Sub", "Mul") else ():
            y = g.op(operator, y, name)
        return Masked(g.tensor(y, shape, x[0].dtype, order), _any_mask(g, mask))

    return add


def _any_mask(g: Builder, masks: list[Tensor] | None) -> Tensor | None:
    if masks is None or any(one is None for one in masks):
        return None
    name = g.plain(masks[0])
    for other in masks[1:]:
        name = g.op("Or", name, g.plain(other))
    return g.tensor(name, masks[0].shape, "bool")


def concatenate(g: Builder, layer: Concatenate, x: list[Tensor], mask: Tensor | None) -> Masked:
    """`Concatenate`, in an order of axes that all inputs have."""
    rank, shape = x[0].rank, layer.compute_output_shape([one.shape for one in x])
    common = [view for view in x[0].views if all(view in one.views for one in x)]
    order = common[0] if common else tuple(range(rank))
    y = g.op("Concat", *(g.view(one, order) for one in x), axis=order.index(layer.axis % rank))
    return Masked(g.tensor(y, shape, x[0].dtype, order), _concatenated_mask(g, layer, x, mask, shape))


def _concatenated_mask(g: Builder, layer: Concatenate, x: list[Tensor], masks: Any, shape: Shape) -> Tensor | None:
    """True where any element of the last axis is unmasked; inputs without a mask are unmasked everywhere."""
    if masks is None or all(one is None for one in masks):
        return None
    parts = []
    for one, its in zip(x, masks, strict=True):
        whole = g.op("Shape", g.plain(one))
        if its is None:
            parts.append(g.op("Expand", g.constant(True), whole))
        else:
            parts.append(g.op("Expand", g.expand_dims(g.plain(its), *range(its.rank, one.rank)), whole))
    together = g.op("Cast", g.op("Concat", *parts, axis=layer.axis % x[0].rank), to=6)
    found = g.op("ReduceMax", together, g.integers(-1), keepdims=0)
    return g.tensor(g.op("Cast", found, to=9), shape[:-1], "bool")


def dot(g: Builder, layer: Dot, x: list[Tensor], mask: Tensor | None) -> Masked:
    """`Dot`: products summed over one axis of each input."""
    a, b = x
    names = [g.plain(a), g.plain(b)]
    if layer.normalize:
        axes = layer._axes(a.rank, b.rank)
        names = [unit(g, name, (axis,), a.dtype, 1e-7) for name, axis in zip(names, axes, strict=True)]
    left, right, result = layer._letters(a.rank, b.rank)
    y = g.op("Einsum", *names, equation=f"{left},{right}->{result}")
    y = g.expand_dims(y, 1) if len(result) == 1 else y
    return Masked(g.tensor(y, layer.compute_output_shape([a.shape, b.shape]), a.dtype), None)


LAYERS: dict[type, Callable[..., object]] = {
    Add: merge("Add"),
    Average: merge("Mean"),
    Concatenate: concatenate,
    Dot: dot,
    Maximum: merge("Max"),
    Minimum: merge("Min"),
    Multiply: merge("Mul"),
    Subtract: merge("Sub"),
}
