"""Pooling layers."""

from collections.abc import Callable

import numpy as np

from minidl import layers
from minidl.interop.onnx.builder import Builder, Masked, Tensor, known
from minidl.interop.onnx.convolution import order_of, padding_of, sizes_of
from minidl.layers.pooling.adaptive_pooling import AdaptivePooling
from minidl.layers.pooling.global_pooling import GlobalPooling
from minidl.layers.pooling.pooling import Pooling


def pool(operator: str) -> Callable[..., Tensor]:
    """`MaxPooling1D` ... `AveragePooling3D`: padding counts in neither the maximum nor the mean."""

    def add(g: Builder, layer: Pooling, x: Tensor, mask: Tensor | None) -> Tensor:
        order = order_of(layer, x)
        pads = padding_of(sizes_of(order, x), layer.pool_size, layer.strides, layer.padding, (1,) * layer.rank)
        y = g.op(operator, g.view(x, order), kernel_shape=layer.pool_size, strides=layer.strides, **pads)
        return g.tensor(y, layer.compute_output_shape(x.shape), x.dtype, order)

    return add


def pool_all(operator: str) -> Callable[..., object]:
    """`GlobalMaxPooling1D` ... `GlobalAveragePooling3D`."""

    def add(g: Builder, layer: GlobalPooling, x: Tensor, mask: Tensor | None) -> Masked:
        order, name = next(iter(x.views.items()))
        places = range(1, x.rank - 1) if layer.data_format == "channels_last" else range(2, x.rank)
        axes = g.integers(*sorted(order.index(axis) for axis in places))
        if mask is None:
            y = g.op(operator, name, axes, keepdims=int(layer.keepdims))
        else:
            y = _masked_mean(g, name, g.plain(mask), order, axes, x.dtype, layer.keepdims)
        kept = order if layer.keepdims else tuple(np.argsort(np.argsort([axis for axis in order if axis not in places])))
        return Masked(g.tensor(y, layer.compute_output_shape(x.shape), x.dtype, tuple(map(int, kept))), None)

    return add


def _masked_mean(g: Builder, x: str, mask: str, order: tuple[int, ...], axes: str, dtype: str, keepdims: bool) -> str:
    """`sum(mask * x) / max(sum(mask), 1)` over the steps of sequences."""
    channels = 2 if order == (0, 1, 2) else 1
    kept = g.op("CastLike", g.expand_dims(mask, channels), x)
    total = g.op("ReduceSum", g.op("Mul", x, kept), axes, keepdims=int(keepdims))
    count = g.op("ReduceSum", kept, axes, keepdims=int(keepdims))
    return g.op("Div", total, g.op("Max", count, g.constant(1.0, dtype)))


def adaptive(kind: str) -> Callable[..., Tensor]:
    """`AdaptiveAveragePooling1D` ...: one axis after another; windows of one size become a plain pooling node."""

    def add(g: Builder, layer: AdaptivePooling, x: Tensor, mask: Tensor | None) -> Tensor:
        order = order_of(layer, x)
        sizes, name = known(layer.title, *sizes_of(order, x)), g.view(x, order)
        if all(size % count == 0 for size, count in zip(sizes, layer.output_size, strict=True)):
            window = [size // count for size, count in zip(sizes, layer.output_size, strict=True)]
            operator = "AveragePool" if kind == "mean" else "MaxPool"
            name = g.op(operator, name, kernel_shape=window, strides=window)
        else:
            for axis, (size, count) in enumerate(zip(sizes, layer.output_size, strict=True), start=2):
                name = _adaptive_axis(g, kind, name, axis, size, count)
        return g.tensor(name, layer.compute_output_shape(x.shape), x.dtype, order)

    return add


def _adaptive_axis(g: Builder, kind: str, x: str, axis: int, size: int, count: int) -> str:
    """Pool one axis to `count` windows from `n * size // count` to `ceil((n + 1) * size / count)`."""
    parts = []
    for n in range(count):
        start, stop = n * size // count, -(-(n + 1) * size // count)
        window = g.slice(x, [start], [stop], [axis])
        parts.append(g.op("ReduceMean" if kind == "mean" else "ReduceMax", window, g.integers(axis), keepdims=1))
    return g.op("Concat", *parts, axis=axis)


LAYERS: dict[type, Callable[..., object]] = {
    **dict.fromkeys((layers.MaxPooling1D, layers.MaxPooling2D, layers.MaxPooling3D), pool("MaxPool")),
    **dict.fromkeys((layers.AveragePooling1D, layers.AveragePooling2D, layers.AveragePooling3D), pool("AveragePool")),
    **dict.fromkeys((layers.GlobalMaxPooling1D, layers.GlobalMaxPooling2D, layers.GlobalMaxPooling3D), pool_all("ReduceMax")),
    **dict.fromkeys(
        (layers.GlobalAveragePooling1D, layers.GlobalAveragePooling2D, layers.GlobalAveragePooling3D), pool_all("ReduceMean")
    ),
    **dict.fromkeys((layers.AdaptiveMaxPooling1D, layers.AdaptiveMaxPooling2D, layers.AdaptiveMaxPooling3D), adaptive("max")),
    **dict.fromkeys(
        (layers.AdaptiveAveragePooling1D, layers.AdaptiveAveragePooling2D, layers.AdaptiveAveragePooling3D), adaptive("mean")
    ),
}
