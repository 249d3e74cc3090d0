"""Layers that move, repeat, cut or pad elements."""

from collections.abc import Callable

from minidl import layers
from minidl.interop.onnx.builder import END, Builder, Tensor, known, product
from minidl.interop.onnx.convolution import order_of, sizes_of
from minidl.interop.onnx.resizing import resize
from minidl.layers.reshaping.cropping import Cropping
from minidl.layers.reshaping.flatten import Flatten
from minidl.layers.reshaping.permute import Permute
from minidl.layers.reshaping.repeat_vector import RepeatVector
from minidl.layers.reshaping.reshape import Reshape
from minidl.layers.reshaping.up_sampling import UpSampling
from minidl.layers.reshaping.zero_padding import ZeroPadding


def flatten(g: Builder, layer: Flatten, x: Tensor, mask: Tensor | None) -> Tensor:
    """One row of features, channels last, as minidl and Keras flatten them."""
    order = (0, *range(2, x.rank), 1) if layer._moves_channels(x.rank) else tuple(range(x.rank))
    shape = (x.shape[0], product(x.shape[1:]))
    if x.rank == 1:
        return g.tensor(g.expand_dims(g.plain(x), 1), (x.shape[0], 1), x.dtype)
    return g.tensor(g.op("Flatten", g.view(x, order), axis=1), shape, x.dtype)


def reshape(g: Builder, layer: Reshape, x: Tensor, mask: Tensor | None) -> Tensor:
    """The same elements with another shape."""
    shape = (x.shape[0], *layer.compute_output_shape(x.shape)[1:])
    if shape[0] is not None or 0 in layer.target_shape:
        return g.tensor(g.reshape(g.plain(x), shape), shape, x.dtype)
    return g.tensor(g.op("Reshape", g.plain(x), g.integers(0, *layer.target_shape)), shape, x.dtype)


def permute(g: Builder, layer: Permute, x: Tensor, mask: Tensor | None) -> Tensor:
    """The axes in another order: only noted, and moved where a layer needs it."""
    order = (0, *layer.dims)
    views = {tuple(order.index(axis) for axis in view): name for view, name in x.views.items()}
    return Tensor(tuple(x.shape[axis] for axis in order), x.dtype, views)


def repeat_vector(g: Builder, layer: RepeatVector, x: Tensor, mask: Tensor | None) -> str:
    """Each row `n` times, as steps."""
    return g.op("Tile", g.expand_dims(g.plain(x), 1), g.integers(1, layer.n, 1))


def crop(g: Builder, layer: Cropping, x: Tensor, mask: Tensor | None) -> Tensor:
    """A Slice along the cropped axes."""
    order, name = next(iter(x.views.items()))
    cut = [(axis, *pair) for axis, pair in zip(order_of(layer, x)[2:], layer.cropping, strict=True) if any(pair)]
    if cut:
        axes, starts, stops = zip(*((order.index(axis), before, -after or END) for axis, before, after in cut), strict=True)
        name = g.slice(name, starts, stops, axes)
    return g.tensor(name, layer.compute_output_shape(x.shape), x.dtype, order)


def pad(g: Builder, layer: ZeroPadding, x: Tensor, mask: Tensor | None) -> Tensor:
    """Zeros around the data."""
    order, name = next(iter(x.views.items()))
    pads = [0] * (2 * x.rank)
    for axis, (before, after) in zip(order_of(layer, x)[2:], layer.padding, strict=True):
        pads[order.index(axis)], pads[x.rank + order.index(axis)] = before, after
    y = g.op("Pad", name, g.integers(*pads))
    return g.tensor(y, layer.compute_output_shape(x.shape), x.dtype, order)


def up_sample(g: Builder, layer: UpSampling, x: Tensor, mask: Tensor | None) -> Tensor:
    """Repeat elements, or interpolate between them."""
    order, shape = order_of(layer, x), layer.compute_output_shape(x.shape)
    if layer.interpolation != "nearest":
        sizes = known(layer.title, *sizes_of(order, x))
        targets = [size * times for size, times in zip(sizes, layer.size, strict=True)]
        y = resize(g, g.view(x, order), order, x.dtype, list(sizes), targets, layer.interpolation, False)
    else:
        scales = g.constant([1.0, 1.0, *map(float, layer.size)], "float32")
        near = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        y = g.op("Resize", g.view(x, order), "", scales, **near)
    return g.tensor(y, shape, x.dtype, order)


LAYERS: dict[type, Callable[..., object]] = {
    **dict.fromkeys((layers.Cropping1D, layers.Cropping2D, layers.Cropping3D), crop),
    **dict.fromkeys((layers.UpSampling1D, layers.UpSampling2D, layers.UpSampling3D), up_sample),
    **dict.fromkeys((layers.ZeroPadding1D, layers.ZeroPadding2D, layers.ZeroPadding3D), pad),
    Flatten: flatten,
    Permute: permute,
    RepeatVector: repeat_vector,
    Reshape: reshape,
}
