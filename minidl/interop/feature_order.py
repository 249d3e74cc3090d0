"""The order of features in PyTorch, where feature maps have their channels first.

Flattening a map of shape (H, W, C) lists its values in another order than flattening (C, H, W). So the rows of the next
dense kernel are permuted; and the columns of a dense kernel whose outputs `Reshape` turns into a map.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from minidl.config.types import Array, Shape
from minidl.graph.operation_call import GraphFunction
from minidl.graph.shapes import flatten_shapes
from minidl.layers.convolution.base_conv import BaseConv
from minidl.layers.dense import Dense
from minidl.layers.layer import Layer
from minidl.layers.merging.concatenate import Concatenate
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
        channels: "last" or "first", where minidl has the axis that PyTorch has first; `None` unless it is a feature map.
        order: PyTorch's index of each feature of flat rows; `None` if it is the same.
        dense: the dense layer that made the features, if nothing but their shape has changed since.
    """

    shape: Shape
    channels: str | None = None
    order: Array | None = None
    dense: Layer | None = None


class FeatureOrders:
    """The features that each layer of a built model reads, and the order of those that a dense layer makes.

    The layers of a model or layer that defines `call` are taken in the order of its attributes.
    """

    def __init__(self, model: Model) -> None:
        self.read: dict[Any, Features] = {}
        self.made: dict[Any, Array | None] = {}
        for _ in range(2):  # the second time with the dense layers that the first found before a Reshape
            self._follow(model, [_unknown(shape) for shape in flatten_shapes(model.build_shape)], None)

    def _follow(self, layer: Any, inputs: list[Features], shape: Shape | None) -> Features:
        """The output of a layer, whose shape is that or the announced one."""
        if inputs[0].order is not None or layer not in self.read:
            self.read[layer] = inputs[0]
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

    def _output(self, layer: Any, inputs: list[Features], shape: Shape) -> Features:
        first = inputs[0]
        if isinstance(layer, Dense):
            return Features(shape, first.channels if len(shape) > 3 else None, self.made.get(layer), layer)
        if isinstance(layer, _SPATIAL):
            if first.dense is not None and layer.data_format == "channels_last":
                self.made[first.dense] = _order(first.shape)
            return Features(shape, "first" if layer.data_format == "channels_first" else "last")
        if isinstance(layer, Flatten):
            return _flattened(first, shape, layer.data_format)
        if isinstance(layer, Permute):
            return Features(shape, _permuted(first.channels, layer.dims))
        if isinstance(layer, Concatenate):
            return _joined(inputs, shape)
        if isinstance(layer, Reshape) or (isinstance(layer, GraphFunction) and len(first.shape) != len(shape)):
            return self._reshaped(first, shape)
        if len(shape) == len(first.shape) and shape[-1] == first.shape[-1]:  # activations, normalization, dropout, sums
            known = next((one for one in inputs if one.order is not None), first)
            return known._replace(shape=shape)
        return _unknown(shape)

    def _reshaped(self, first: Features, shape: Shape) -> Features:
        if len(shape) == 2 and math.prod(_known(first.shape)) == math.prod(_known(shape)):
            return _flattened(first, shape, "channels_last")
        if len(first.shape) == 2 and len(shape) > 3 and first.dense is not None:
            self.made[first.dense] = _order(shape)
        return _unknown(shape)._replace(dense=first.dense)


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


def _flattened(first: Features, shape: Shape, data_format: str) -> Features:
    """Flat rows in the order (H, W, C), whose channels PyTorch lists first; in other cases the order is the same."""
    if len(first.shape) == 2:
        return first._replace(shape=shape)
    if data_format == "channels_first":  # moves the channels to the end before it flattens
        batch, channels, *sizes = first.shape
        return Features(shape, None, _order((batch, *sizes, channels)) if first.channels == "first" else None)
    return Features(shape, None, _order(first.shape) if first.channels == "last" else None)


def _permuted(channels: str | None, dims: tuple[int, ...]) -> str | None:
    """The place of the channels after `Permute`, if it moves them from one end to the other."""
    count = len(dims)
    if channels == "last" and dims == (count, *range(1, count)):
        return "first"
    return "last" if channels == "first" and dims == (*range(2, count + 1), 1) else None


def _joined(inputs: list[Features], shape: Shape) -> Features:
    """Flat rows side by side: the order of each part, after the features of the parts before it."""
    if len(shape) > 2 or all(one.order is None for one in inputs):
        return inputs[0]._replace(shape=shape, dense=None)
    orders, start = [], 0
    for one in inputs:
        (width,) = _known(one.shape)
        orders.append(start + (np.arange(width) if one.order is None else one.order))
        start += width
    return Features(shape, None, np.concatenate(orders))
