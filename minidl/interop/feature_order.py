"""The order of features in PyTorch, where feature maps have their channels first.

Flattening a map of shape (H, W, C) lists its values in another order than flattening (C, H, W). So the rows of the next
dense kernel are permuted; and the columns of a dense kernel whose outputs `Reshape` turns into a map.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from minidl.config.nest import flatten
from minidl.config.types import Array, Shape
from minidl.graph.operation_call import GraphFunction, OperationCall
from minidl.graph.shapes import flatten_shapes
from minidl.layers.activations.prelu import PReLU
from minidl.layers.convolution.base_conv import BaseConv
from minidl.layers.dense import Dense
from minidl.layers.layer import Layer
from minidl.layers.merging.concatenate import Concatenate
from minidl.layers.normalization.batch_normalization import BatchNormalization
from minidl.layers.normalization.layer_normalization import LayerNormalization
from minidl.layers.normalization.rms_normalization import RMSNormalization
from minidl.layers.pooling.adaptive_pooling import AdaptivePooling
from minidl.layers.pooling.pooling import Pooling
from minidl.layers.reshaping.cropping import Cropping
from minidl.layers.reshaping.flatten import Flatten
from minidl.layers.reshaping.permute import Permute
from minidl.layers.reshaping.reshape import Reshape
from minidl.layers.reshaping.up_sampling import UpSampling
from minidl.layers.reshaping.zero_padding import ZeroPadding
from minidl.models import Model

_SPATIAL = (BaseConv, Pooling, AdaptivePooling, Cropping, UpSampling, ZeroPadding)


class Features(NamedTuple):
    """What is known of a tensor and of its counterpart in PyTorch.

    Attributes:
        shape: in minidl, with the batch axis.
        channels: "last" or "first", where minidl has the axis that PyTorch has first; "unclear" if it is elsewhere, `None` for
            tensors that are not feature maps.
        order: PyTorch's index of each feature of flat rows; `None` if it is the same.
        dense: the dense layer that made the features, if nothing but their shape has changed since.
        mixed: the layer or operation after which the order of the features in PyTorch is not known, "" if it is known.
    """

    shape: Shape
    channels: str | None = None
    order: Array | None = None
    dense: Layer | None = None
    mixed: str = ""


class FeatureOrders:
    """The features that each layer of a built model reads, and the order of those that a dense layer makes.

    The layers of a model or layer that defines `call` are taken in the order of its attributes.
    """

    def __init__(self, model: Model) -> None:
        self.read: dict[object, Features] = {}
        self.made: dict[object, Array | None] = {}
        for _ in range(2):  # the second time with the dense layers that the first found before a Reshape
            self.read = {}
            self._follow(model, [_unknown(shape) for shape in flatten_shapes(model.build_shape)], None)

    def _follow(self, layer: Any, inputs: list[Features], shape: Shape | None) -> Features:
        """The output of a layer, whose shape is that or the inferred one."""
        self._note(layer, next((one for one in inputs if one.mixed), inputs[0]))
        if isinstance(layer, Model) and layer.network.nodes:
            known = dict(zip(layer.network.inputs, inputs, strict=True))
            features = inputs[0]
            for node in layer.network.nodes:
                sources = [known.get(source) or _unknown(source.shape) for source in node.sources]
                features = self._follow(node.layer, sources, node.outputs[0].shape)
                known.update({output: features._replace(shape=output.shape) for output in node.outputs})
            return features
        features = inputs[0]
        for inner in () if isinstance(layer, GraphFunction) else layer.sublayers():
            features = self._follow(inner, [_if_it_fits(features, inner)], None)
        if isinstance(layer, Model):
            return features
        return self._output(layer, inputs, shape or _output_shape(layer, inputs[0].shape))

    def _note(self, layer: Layer, features: Features) -> None:
        """Note what a layer reads; a shared layer cannot read features in two orders."""
        before = self.read.get(layer)
        if before is None:
            self.read[layer] = features
        elif before.shape == features.shape and not _same_order(before.order, features.order):
            self.read[layer] = before._replace(mixed=features.mixed or before.mixed or f"another call of {layer.title}")
        elif features.order is not None or features.mixed:
            self.read[layer] = features

    def _output(self, layer: Any, inputs: list[Features], shape: Shape) -> Features:
        first = inputs[0]
        if mixed := next((one.mixed for one in inputs if one.mixed), ""):
            return Features(shape, mixed="" if _makes_features(layer) else mixed)
        if isinstance(layer, Dense):
            return Features(shape, first.channels if len(shape) > 3 else None, self.made.get(layer), layer)
        if isinstance(layer, _SPATIAL):
            if first.dense is not None and layer.data_format == "channels_last":
                self.made[first.dense] = _order(first.shape)
            channels = "first" if layer.data_format == "channels_first" else "last"
            return Features(shape, channels if len(shape) > 2 else None)
        if isinstance(layer, Flatten):
            return _flattened(first, shape, layer.data_format, layer.title)
        if isinstance(layer, Concatenate) or getattr(layer, "function", "") == "concatenate":
            return _joined(inputs, shape)
        moves = isinstance(layer, (Permute, Reshape)) or getattr(layer, "function", "") in _MOVING
        if not moves and len(shape) == len(first.shape) and shape[-1] == first.shape[-1]:  # elementwise, normalization, sums
            return _together(inputs, shape, layer.title)
        if isinstance(layer, Reshape) or getattr(layer, "function", "") in ("ravel", "reshape"):
            return self._reshaped(layer, first, shape)
        if isinstance(layer, Permute):
            return _permuted(first, shape, (0, *layer.dims))
        if any(one.order is not None for one in inputs) and not _makes_features(layer):
            return Features(shape, mixed=layer.title)
        if isinstance(layer, OperationCall) and len(inputs) == 1 and first.channels is not None:
            return _moved(layer, first, shape)
        if isinstance(layer, GraphFunction) and all(one.channels is None for one in inputs):
            return Features(shape)
        return _unknown(shape)

    def _reshaped(self, layer: Layer, first: Features, shape: Shape) -> Features:
        if len(shape) == 2:
            return _flattened(first, shape, "channels_last", layer.title)
        made = self.made.get(first.dense)
        if first.order is not None and not (first.order is made and _same_order(made, _order(shape))):  # of another map
            return Features(shape, mixed=layer.title)
        if first.channels is not None and first.shape[-1] != 1:
            kept = first.channels != "first" and shape[-1] == first.shape[-1]
            return Features(shape, first.channels) if kept else Features(shape, mixed=layer.title)
        if len(first.shape) == 2 and len(shape) > 3 and first.dense is not None:
            self.made[first.dense] = _order(shape)
            return Features(shape, "last", dense=first.dense)
        return Features(shape, dense=first.dense)


# Operations that may move channels and features although the shape stays the same.
_MOVING = (
    *("cumprod", "cumsum", "flip", "fliplr", "flipud", "get_item", "moveaxis", "rearrange", "reshape", "roll", "rot90"),
    *("sort", "swapaxes", "take", "transpose"),
)


def _makes_features(layer: Layer) -> bool:
    """Whether a layer has weights that read all features, so that its outputs have an order of their own."""
    return bool(layer.weights) and not isinstance(layer, (BatchNormalization, LayerNormalization, PReLU, RMSNormalization))


def _same_order(one: Array | None, other: Array | None) -> bool:
    return one is other or (one is not None and other is not None and np.array_equal(one, other))


def _together(inputs: list[Features], shape: Shape, title: str) -> Features:
    """Tensors of one shape that are combined elementwise; flat rows must have the same order."""
    known = next((one for one in inputs if one.order is not None), inputs[0])
    others = [one for one in inputs if one.shape[-1] == known.shape[-1] and not _same_order(one.order, known.order)]
    return Features(shape, mixed=title) if others else known._replace(shape=shape)


def _permuted(first: Features, shape: Shape, axes: tuple[int, ...]) -> Features:
    """Maps with their axes in another order; PyTorch has the channels first, wherever they are here."""
    if first.channels in (None, "unclear"):
        return first._replace(shape=shape)
    return _with_channels_at(axes.index(1 if first.channels == "first" else len(axes) - 1), shape)


def _with_channels_at(axis: int, shape: Shape) -> Features:
    if len(shape) == 2:
        return Features(shape)
    return Features(shape, "last" if axis == len(shape) - 1 else "first" if axis == 1 else "unclear")


def _moved(layer: OperationCall, first: Features, shape: Shape) -> Features:
    """What an operation does to the axis of the channels of maps, found by changing one channel after another."""
    if first.channels == "unclear":
        return Features(shape, "unclear") if len(shape) > 2 else Features(shape, mixed=layer.title)
    sizes = [1, *(2 if size is None else size for size in first.shape[1:])]
    axis = 1 if first.channels == "first" else len(sizes) - 1
    if sizes[axis] == 1:  # one channel has no order
        return Features(shape)
    x = np.random.default_rng(0).normal(size=sizes).astype(np.float32)
    places = []
    for channel in (0, sizes[axis] - 1):
        changed = x.copy()
        np.moveaxis(changed, axis, 0)[channel] += 10.0
        outputs = [flatten(layer._forward([one])[0])[0] for one in (x, changed)]
        places.append(np.argwhere(outputs[0] != outputs[1]))
    if not all(len(place) for place in places):  # channels are left out
        return Features(shape, mixed=layer.title)
    fixed = [np.flatnonzero(np.ptp(place, axis=0) == 0) for place in places]
    found = [a for a in fixed[0] if a in fixed[1] and places[0][0, a] != places[1][0, a]]
    if not found:  # every output depends on every channel, or they are mixed with other axes
        everywhere = all(len(place) == outputs[0].size for place in places)
        return Features(shape) if everywhere else Features(shape, mixed=layer.title)
    return _with_channels_at(int(found[0]), shape)


def _unknown(shape: Shape) -> Features:
    """Data of two or three dimensions and channels are maps; rows and sequences are not."""
    return Features(shape, "last" if len(shape) > 3 else None)


def _if_it_fits(features: Features, layer: Layer) -> Features:
    """The features, unless the layer was built for others: then it follows another layer than the one before it."""
    if layer.build_shape is None:
        return features
    shape = flatten_shapes(layer.build_shape)[0]
    pairs = zip(shape[1:], features.shape[1:], strict=False)
    same = len(shape) == len(features.shape) and all(one in (other, None) or other is None for one, other in pairs)
    return features if same else _unknown(tuple(shape))


def _output_shape(layer: Layer, shape: Shape) -> Shape:
    found = flatten_shapes(layer.compute_output_shape(layer.build_shape if layer.build_shape is not None else shape))
    return tuple(found[0])


def _known(shape: Shape) -> list[int]:
    return [size for size in shape[1:] if size is not None]


def _order(shape: Shape) -> Array | None:
    """PyTorch's index of each value of a flattened map, which has the shape (H, W, C) in minidl and (C, H, W) in PyTorch."""
    *sizes, channels = sizes_and_channels = _known(shape)
    if len(sizes_and_channels) < len(shape) - 1:
        return None
    return np.moveaxis(np.arange(math.prod(sizes_and_channels)).reshape(channels, *sizes), 0, -1).ravel()


def _flattened(first: Features, shape: Shape, data_format: str, title: str) -> Features:
    """Flat rows in the order (H, W, C), whose channels PyTorch lists first; in other cases the order is the same."""
    if len(first.shape) == 2:
        return first._replace(shape=shape)
    if first.channels == "unclear":
        return Features(shape, mixed=title)
    if data_format == "channels_first":  # moves the channels to the end before it flattens
        batch, channels, *sizes = first.shape
        return Features(shape, None, _order((batch, *sizes, channels)) if first.channels == "first" else None)
    return Features(shape, None, _order(first.shape) if first.channels == "last" else None)


def _joined(inputs: list[Features], shape: Shape) -> Features:
    """Flat rows side by side: the order of each part, after the features of the parts before it."""
    if len({one.channels for one in inputs}) > 1 and len(shape) > 2:
        return Features(shape, "unclear")
    if len(shape) > 2 or all(one.order is None for one in inputs):
        return inputs[0]._replace(shape=shape, dense=None)
    orders, start = [], 0
    for one in inputs:
        (width,) = _known(one.shape)
        orders.append(start + (np.arange(width) if one.order is None else one.order))
        start += width
    return Features(shape, None, np.concatenate(orders))
