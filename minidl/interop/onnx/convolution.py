"""Convolutions: ONNX has channels first, so their results stay in that order until a layer needs another."""

from collections.abc import Callable
from typing import Any

from minidl.config.types import Array, Options
from minidl.interop.onnx.activations import activate
from minidl.interop.onnx.builder import Builder, Tensor, channels_first
from minidl.kernels.geometry import Geometry, window_extent, window_geometry
from minidl.layers.convolution.base_conv import BaseConv
from minidl.layers.convolution.conv import Conv, Conv1D, Conv2D, Conv3D
from minidl.layers.convolution.depthwise import DepthwiseConv, DepthwiseConv1D, DepthwiseConv2D
from minidl.layers.convolution.separable import SeparableConv, SeparableConv1D, SeparableConv2D
from minidl.layers.convolution.transpose import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose


def order_of(layer: Any, x: Tensor) -> tuple[int, ...]:
    """The order of axes in which ONNX has the channels of x second."""
    return channels_first(x.rank) if layer.data_format == "channels_last" else tuple(range(x.rank))


def sizes_of(order: tuple[int, ...], x: Tensor) -> list[int | None]:
    """Sizes of the axes that windows move along."""
    return [x.shape[axis] for axis in order[2:]]


def padding_of(
    sizes: list[int | None], kernel: tuple[int, ...], strides: tuple[int, ...], padding: str, dilation: tuple[int, ...]
) -> dict[str, object]:
    """The attributes of the padding: explicit numbers, except for inputs of unknown size with strides."""
    if padding == "valid":
        return {}
    unknown = any(size is None and stride > 1 for size, stride in zip(sizes, strides, strict=True))
    if padding == "same" and unknown:
        return {"auto_pad": "SAME_UPPER"}
    extent = window_extent(kernel, dilation)
    filled = tuple(1 << 20 if size is None else size for size in sizes)
    geometry = window_geometry(filled, kernel, strides, padding, dilation)
    reached = [(out - 1) * step + reach for out, step, reach in zip(geometry.outputs, strides, extent, strict=True)]
    after = [max(end - size - before, 0) for end, size, before in zip(reached, filled, geometry.before, strict=True)]
    return {"pads": [*geometry.before, *after]} if any((*geometry.before, *after)) else {}


def add_conv(
    g: Builder, layer: Any, x: str, sizes: list[int | None], kernel: Array, groups: int, bias: Array | None, name: str
) -> str:
    """A Conv node; the kernel has the axes (filters, channels / groups, *window)."""
    weights = [g.weight(name, kernel)] + ([] if bias is None else [g.weight("bias", bias)])
    window = kernel.shape[2:]
    pads = padding_of(sizes, window, layer.strides, layer.padding, layer.dilation_rate)
    return g.op(
        "Conv", x, *weights, kernel_shape=window, strides=layer.strides, dilations=layer.dilation_rate, group=groups, **pads
    )


def filters_first(kernel: Array) -> Array:
    """A kernel (*window, channels, filters) as (filters, channels, *window)."""
    rank = kernel.ndim - 2
    return kernel.transpose(rank + 1, rank, *range(rank))


def depthwise_first(kernel: Array) -> Array:
    """A depthwise kernel (*window, channels, multiplier) as (channels * multiplier, 1, *window)."""
    flat = kernel.reshape(*kernel.shape[:-2], 1, -1)
    return filters_first(flat)


def _finish(g: Builder, layer: BaseConv, z: str, x: Tensor, order: tuple[int, ...]) -> Tensor:
    return activate(g, layer.activation, g.tensor(z, layer.compute_output_shape(x.shape), x.dtype, order), layer.title)


def _bias(layer: BaseConv) -> Array | None:
    return layer.bias.value if layer.use_bias else None


def conv(g: Builder, layer: Conv | DepthwiseConv, x: Tensor, mask: Tensor | None) -> Tensor:
    """`Conv1D`, `Conv2D`, `Conv3D`; `DepthwiseConv1D` and `DepthwiseConv2D` with as many groups as channels."""
    order, value = order_of(layer, x), layer.kernel.value
    depthwise = isinstance(layer, DepthwiseConv)
    kernel, groups = (depthwise_first(value), layer.channels) if depthwise else (filters_first(value), layer.groups)
    z = add_conv(g, layer, g.view(x, order), sizes_of(order, x), kernel, groups, _bias(layer), "kernel")
    return _finish(g, layer, z, x, order)


def separable(g: Builder, layer: SeparableConv, x: Tensor, mask: Tensor | None) -> Tensor:
    """`SeparableConv1D`, `SeparableConv2D`: a depthwise convolution, then one with windows of 1."""
    order = order_of(layer, x)
    kernel = depthwise_first(layer.depthwise_kernel.value)
    h = add_conv(g, layer, g.view(x, order), sizes_of(order, x), kernel, layer.channels, None, "depthwise_kernel")
    weights = [g.weight("pointwise_kernel", filters_first(layer.pointwise_kernel.value))]
    weights += [g.weight("bias", layer.bias.value)] if layer.use_bias else []
    return _finish(g, layer, g.op("Conv", h, *weights, kernel_shape=(1,) * layer.rank), x, order)


def transposed_padding(
    geometry: Geometry, outputs: tuple[int, ...], kernel: tuple[int, ...], strides: tuple[int, ...], dilation: tuple[int, ...]
) -> Options:
    """The attributes that cut or extend the result of a ConvTranspose node; geometry and outputs are those of inputs of 8."""
    reached = [7 * stride + reach for stride, reach in zip(strides, window_extent(kernel, dilation), strict=True)]
    after = [end - out - before for end, out, before in zip(reached, outputs, geometry.before, strict=True)]
    extended = [max(-one, 0) for one in after] if min(after) < 0 else None
    return {"pads": [*geometry.before, *(max(one, 0) for one in after)], "output_padding": extended}


def transpose(g: Builder, layer: Any, x: Tensor, mask: Tensor | None) -> Tensor:
    """`Conv1DTranspose` ...: padding cuts the result, `output_padding` extends it."""
    order, rank = order_of(layer, x), layer.rank
    geometry, outputs = layer.geometry((8,) * rank), layer.output_sizes((8,) * rank)
    pads = transposed_padding(geometry, outputs, layer.kernel_size, layer.strides, layer.dilation_rate)
    kernel = layer.kernel.value.transpose(rank + 1, rank, *range(rank))  # (channels, filters, *window)
    weights = [g.weight("kernel", kernel)] + ([g.weight("bias", layer.bias.value)] if layer.use_bias else [])
    z = g.op(
        "ConvTranspose",
        g.view(x, order),
        *weights,
        kernel_shape=layer.kernel_size,
        strides=layer.strides,
        dilations=layer.dilation_rate,
        **pads,
    )
    return _finish(g, layer, z, x, order)


LAYERS: dict[type, Callable[..., object]] = {
    **dict.fromkeys((Conv1D, Conv2D, Conv3D, DepthwiseConv1D, DepthwiseConv2D), conv),
    **dict.fromkeys((Conv1DTranspose, Conv2DTranspose, Conv3DTranspose), transpose),
    **dict.fromkeys((SeparableConv1D, SeparableConv2D), separable),
}
