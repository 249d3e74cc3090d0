"""Normalization layers."""

from collections.abc import Callable

import numpy as np

from minidl.interop.onnx.builder import KNOWN_SIZES, Builder, Tensor, channels_first
from minidl.layers.normalization.axes import along_axes, positive_axes
from minidl.layers.normalization.base_normalization import BaseNormalization
from minidl.layers.normalization.batch_normalization import BatchNormalization
from minidl.layers.normalization.group_normalization import GroupNormalization
from minidl.layers.normalization.layer_normalization import LayerNormalization
from minidl.layers.normalization.rms_normalization import RMSNormalization
from minidl.layers.normalization.unit_normalization import UnitNormalization


def batch(g: Builder, layer: BatchNormalization, x: Tensor, mask: Tensor | None) -> Tensor:
    """A BatchNormalization node where the channels are second, otherwise a factor and an offset."""
    mean, variance = layer.moving_mean.value, layer.moving_variance.value
    gamma, beta = layer.gamma_and_beta(mean.size, mean.dtype)
    axis, (order, name) = layer.axis % x.rank, next(iter(x.views.items()))
    if order.index(axis) == 1 and (x.rank == 2 or order in (channels_first(x.rank), tuple(range(x.rank)))):
        values = {"gamma": gamma, "beta": beta, "moving_mean": mean, "moving_variance": variance}
        weights = [g.weight(key, value) for key, value in values.items()]
        y = g.op("BatchNormalization", name, *weights, epsilon=float(layer.epsilon))
    else:
        factor = gamma / np.sqrt(variance + layer.epsilon)
        shape = [1] * x.rank
        shape[order.index(axis)] = -1
        scaled = g.op("Mul", name, g.weight("factor", factor.reshape(shape)))
        y = g.op("Add", scaled, g.weight("offset", (beta - mean * factor).reshape(shape)))
    return g.tensor(y, x.shape, x.dtype, order)


def scale_and_center(g: Builder, layer: BaseNormalization, x: str, rank: int) -> str:
    """`x * gamma + beta`, as far as the layer has them."""
    if layer.gamma is not None:
        x = g.op("Mul", x, g.weight("gamma", along_axes(layer.gamma.value, layer.axis, rank)))
    if layer.beta is not None:
        x = g.op("Add", x, g.weight("beta", along_axes(layer.beta.value, layer.axis, rank)))
    return x


def deviation(g: Builder, variance: str, epsilon: float, dtype: str) -> str:
    """`sqrt(variance + epsilon)`."""
    return g.op("Sqrt", g.op("Add", variance, g.constant(epsilon, dtype)))


def normalized(g: Builder, x: str, axes: str, epsilon: float, dtype: str) -> tuple[str, str]:
    """`(x - mean) / deviation` over some axes, and the deviation."""
    centered = g.op("Sub", x, g.op("ReduceMean", x, axes, keepdims=1))
    variance = g.op("ReduceMean", g.op("Mul", centered, centered), axes, keepdims=1)
    std = deviation(g, variance, epsilon, dtype)
    return g.op("Div", centered, std), std


def layer_normalization(g: Builder, layer: LayerNormalization, x: Tensor, mask: Tensor | None) -> str:
    """A LayerNormalization node over the last axis, otherwise its formula."""
    axes, name = positive_axes(layer.axis, x.rank), g.plain(x)
    if axes == (x.rank - 1,) and not layer.rms_scaling:
        size = x.shape[-1]
        gamma = np.ones(size or 1, x.dtype) if layer.gamma is None else layer.gamma.value
        weights = [g.weight("gamma", gamma)] + ([] if layer.beta is None else [g.weight("beta", layer.beta.value)])
        return g.op("LayerNormalization", name, *weights, axis=-1, epsilon=float(layer.epsilon))
    x_hat, std = normalized(g, name, g.integers(*axes), layer.epsilon, x.dtype)
    return scale_and_center(g, layer, g.op("Div", name, std) if layer.rms_scaling else x_hat, x.rank)


def group_normalization(g: Builder, layer: GroupNormalization, x: Tensor, mask: Tensor | None) -> str:
    """The groups become an axis of their own; the mean is over all others."""
    axis, name = layer.axis % x.rank, g.plain(x)
    channels = x.shape[axis] or 1
    groups = channels if layer.groups == -1 else layer.groups
    front, behind = [0] * axis, x.shape[axis + 1 :]  # a size of 0 stays as it is
    if behind.count(None) > 1:
        raise ValueError(f"{layer.title} cannot be exported to ONNX with several unknown sizes, shape {x.shape}; {KNOWN_SIZES}")
    sizes = [*front, groups, channels // groups, *(-1 if size is None else size for size in behind)]
    grouped = g.op("Reshape", name, g.integers(*sizes))
    axes = [n for n in range(1, x.rank + 1) if n != axis]
    x_hat, _ = normalized(g, grouped, g.integers(*axes), layer.epsilon, x.dtype)
    return scale_and_center(g, layer, g.op("Reshape", x_hat, g.op("Shape", name)), x.rank)


def rms_normalization(g: Builder, layer: RMSNormalization, x: Tensor, mask: Tensor | None) -> str:
    """`scale * x / sqrt(mean(x^2) + epsilon)`."""
    name = g.plain(x)
    axes = g.integers(*positive_axes(layer.axis, x.rank))
    square = g.op("ReduceMean", g.op("Mul", name, name), axes, keepdims=1)
    x_hat = g.op("Div", name, deviation(g, square, layer.epsilon, x.dtype))
    return g.op("Mul", x_hat, g.weight("scale", along_axes(layer.scale.value, layer.axis, x.rank)))


def unit_normalization(g: Builder, layer: UnitNormalization, x: Tensor, mask: Tensor | None) -> str:
    """`x / |x|`."""
    return unit(g, g.plain(x), positive_axes(layer.axis, x.rank), x.dtype, 1e-12)


def unit(g: Builder, x: str, axes: tuple[int, ...], dtype: str, smallest: float) -> str:
    """`x / max(|x|, smallest)`, the length along some axes."""
    length = g.op("ReduceL2", x, g.integers(*axes), keepdims=1)
    return g.op("Div", x, g.op("Max", length, g.constant(smallest, dtype)))


LAYERS: dict[type, Callable[..., object]] = {
    BatchNormalization: batch,
    GroupNormalization: group_normalization,
    LayerNormalization: layer_normalization,
    RMSNormalization: rms_normalization,
    UnitNormalization: unit_normalization,
}
