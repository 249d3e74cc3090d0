"""Preprocessing layers of numbers, categories and images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minidl.config.settings import epsilon
from minidl.config.types import Array
from minidl.interop.onnx.builder import Builder, Tensor, element_type, known
from minidl.interop.onnx.convolution import order_of, sizes_of
from minidl.interop.onnx.resizing import resize
from minidl.layers.layer import Layer
from minidl.layers.preprocessing.base_lookup import Lookup
from minidl.layers.preprocessing.category_encoding import CategoryEncoding
from minidl.layers.preprocessing.clahe import ContrastLimitedAdaptiveHistogramEqualization
from minidl.layers.preprocessing.contrast_curves import AutoContrast
from minidl.layers.preprocessing.cropping import CenterCrop, RandomCrop
from minidl.layers.preprocessing.discretization import Discretization
from minidl.layers.preprocessing.fixed_size import FixedSize
from minidl.layers.preprocessing.hashing import HashedCrossing, Hashing
from minidl.layers.preprocessing.lookup import IntegerLookup, StringLookup
from minidl.layers.preprocessing.max_num_bounding_boxes import MaxNumBoundingBoxes
from minidl.layers.preprocessing.normalization import Normalization
from minidl.layers.preprocessing.rescaling import Rescaling
from minidl.layers.preprocessing.resizing import Resizing
from minidl.layers.preprocessing.term_index import DROPPED
from minidl.layers.preprocessing.text_vectorization import TextVectorization


def normalization(g: Builder, layer: Normalization, x: Tensor, mask: Tensor | None) -> str:
    """`(x - mean) / deviation`, or its inverse."""
    layer._warn_unless_adapted()
    mean, variance = layer._statistics(x.rank)
    deviation = np.maximum(np.sqrt(variance), np.asarray(epsilon(), variance.dtype))
    names = [g.weight("mean", mean), g.weight("deviation", deviation)]
    if layer.invert:
        return g.op("Add", g.op("Mul", g.plain(x), names[1]), names[0])
    return g.op("Div", g.op("Sub", g.plain(x), names[0]), names[1])


def rescaling(g: Builder, layer: Rescaling, x: Tensor, mask: Tensor | None) -> str:
    """`x * scale + offset`."""
    y = g.op("Mul", g.plain(x), g.weight("scale", np.asarray(layer.scale, x.dtype)))
    return g.op("Add", y, g.weight("offset", np.asarray(layer.offset, x.dtype))) if np.any(layer.offset) else y


def encoded(g: Builder, ids: Tensor, mode: str, depth: int, dtype: str) -> Tensor:
    """Rows of `depth` numbers for integers: "one_hot", or for the last axis together "multi_hot" or "count"."""
    name, shape = g.plain(ids), ids.shape
    if mode == "one_hot" and ids.rank > 1 and shape[-1] == 1:
        name, shape = g.op("Squeeze", name, g.integers(-1)), shape[:-1]
    if mode != "one_hot" and ids.rank == 1:
        raise ValueError(f"{g.scope} cannot be exported to ONNX for a single row of integers, shape {shape}")
    found = g.op("Equal", g.expand_dims(name, -1), g.constant(np.arange(depth)))
    rows = g.op("Cast", found, to=element_type(dtype))
    if mode != "one_hot":
        rows = g.op("ReduceMax" if mode == "multi_hot" else "ReduceSum", rows, g.integers(-2), keepdims=0)
        shape = shape[:-1]
    return g.tensor(rows, (*shape, depth), dtype)


def category_encoding(g: Builder, layer: CategoryEncoding, x: Tensor, mask: Tensor | None) -> Tensor:
    """`CategoryEncoding`."""
    return encoded(g, g.cast(x, "int64"), layer.output_mode, layer.num_tokens, layer.dtype)


def discretization(g: Builder, layer: Discretization, x: Tensor, mask: Tensor | None) -> Tensor:
    """The number of boundaries that are not above x."""
    if layer.bin_boundaries is None:
        raise ValueError(f"{layer.title} has no boundaries yet; call adapt(data) before the model is exported")
    boundaries = g.weight("boundaries", np.asarray(layer.bin_boundaries, x.dtype))
    reached = g.op("Not", g.op("Less", g.expand_dims(g.plain(x), -1), boundaries))
    kind = "int32" if layer.output_mode == "int" else "int64"
    bins = g.op("ReduceSum", g.op("Cast", reached, to=element_type(kind)), g.integers(-1), keepdims=0)
    ids = g.tensor(bins, x.shape, kind)
    return ids if layer.output_mode == "int" else encoded(g, ids, layer.output_mode, layer._bins(), layer.dtype)


def lookup(g: Builder, layer: Lookup, x: Tensor, mask: Array | None) -> Tensor:
    """`StringLookup` and `IntegerLookup`: a LabelEncoder of ONNX's operators for machine learning."""
    strings = isinstance(layer, StringLookup)
    if layer.vocabulary is None:
        raise ValueError(f"{layer.title} has no vocabulary yet: adapt it to data, or give it one, before the model is exported")
    terms, front = layer.get_vocabulary(), len(layer._reserved)
    if layer.invert:
        ids = g.cast(x, "int64")
        kind = "strings" if strings else "int64s"
        default = {"default_string": layer.oov_token} if strings else {"default_int64": int(layer.oov_token)}
        found = _label(g, g.plain(ids), keys_int64s=list(range(len(terms))), **{f"values_{kind}": terms}, **default)
        return g.tensor(found, x.shape, "string" if strings else "int64")
    if layer.num_oov_indices > 1 and not (isinstance(layer, IntegerLookup) and layer.oov_method == "floormod"):
        raise ValueError(f"{layer.title} cannot be exported to ONNX: unknown terms are hashed to several indices")
    masked = [] if layer.mask_token is None else [layer.mask_token]
    places = [*[0 if layer.output_mode == "int" else DROPPED] * len(masked), *range(front, len(terms))]
    keys = [*masked, *terms[front:]]
    first = front - layer.num_oov_indices if layer.num_oov_indices else -1
    values = {"values_int64s": places, "default_int64": first if layer.num_oov_indices < 2 else -1}
    given = x if strings else g.cast(x, "int64")
    found = _label(g, g.plain(given), **{"keys_strings" if strings else "keys_int64s": keys}, **values)
    if layer.num_oov_indices > 1:
        bucket = g.op("Mod", g.plain(given), g.constant(layer.num_oov_indices, "int64"))
        unknown = g.op("Equal", found, g.constant(-1, "int64"))
        found = g.op("Where", unknown, g.op("Add", bucket, g.constant(first, "int64")), found)
    ids = g.tensor(found, x.shape, "int64")
    if layer.output_mode == "int":
        return ids
    if x.rank == 1:
        ids = g.tensor(g.expand_dims(found, -1), (*x.shape, 1), "int64")
    rows = encoded(g, ids, layer._encoding, layer._depth, layer.dtype)
    if layer.idf_weights is None:
        return rows
    weights = np.zeros(layer._depth, layer.dtype)
    weights[: len(layer.idf_weights)] = layer.idf_weights
    return g.tensor(g.op("Mul", g.plain(rows), g.weight("idf_weights", weights)), rows.shape, rows.dtype)


def _label(g: Builder, x: str, **attributes: object) -> str:
    return g.op("LabelEncoder", x, domain="ai.onnx.ml", **attributes)


def resizing(g: Builder, layer: Resizing, x: Tensor, mask: Array | None) -> Tensor:
    """Padding or cropping to the target's proportions, then the interpolation."""
    sizes = _image_sizes(layer, x)
    order, shape = order_of(layer, x), layer.compute_output_shape(x.shape)
    name = g.view(x, order)
    rows, columns = layer.padding(*sizes)
    if rows or columns:
        name = g.op("Pad", name, g.integers(0, 0, rows, columns, 0, 0, rows, columns), g.constant(layer.fill_value, x.dtype))
        sizes = [sizes[0] + 2 * rows, sizes[1] + 2 * columns]
    window = layer.window(sizes[0], sizes[1])
    y = _cut_and_resized(g, name, order, x.dtype, sizes, window, layer, layer.interpolation, layer.antialias)
    return g.tensor(y, shape, x.dtype, order)


def crop(g: Builder, layer: FixedSize, x: Tensor, mask: Tensor | None) -> Tensor:
    """`CenterCrop`, and `RandomCrop`, which in inference resizes the largest window of the target's proportions."""
    sizes, order = _image_sizes(layer, x), order_of(layer, x)
    window = layer.window(sizes[0], sizes[1])
    y = _cut_and_resized(g, g.view(x, order), order, x.dtype, sizes, window, layer, "bilinear", False)
    return g.tensor(y, layer.compute_output_shape(x.shape), x.dtype, order)


def _image_sizes(layer: Layer, x: Tensor) -> list[int]:
    if x.rank != 4:
        raise ValueError(f"{layer.title} can be exported to ONNX for batches of images only, got inputs of shape {x.shape}")
    return list(known(layer.title, *sizes_of(order_of(layer, x), x)))


def _cut_and_resized(
    g: Builder,
    x: str,
    order: tuple[int, ...],
    dtype: str,
    sizes: list[int],
    window: Any,
    layer: Any,
    interpolation: str,
    antialias: bool,
) -> str:
    top, left, height, width = window
    if [height, width] != sizes:
        x = g.slice(x, [top, left], [top + height, left + width], [2, 3])
    if (height, width) == (layer.height, layer.width):
        return x
    return resize(g, x, order, dtype, [height, width], [layer.height, layer.width], interpolation, antialias)


def auto_contrast(g: Builder, layer: AutoContrast, x: Tensor, mask: Tensor | None) -> Tensor:
    """Each channel of an image stretched to the range of values; one of a single value is unchanged."""
    order, (low, high) = order_of(layer, x), layer.value_range
    name, axes = g.view(x, order), g.integers(*range(2, x.rank))
    smallest = g.op("ReduceMin", name, axes, keepdims=1)
    extent = g.op("Sub", g.op("ReduceMax", name, axes, keepdims=1), smallest)
    varies = g.op("Greater", extent, g.constant(0.0, x.dtype))
    share = g.op("Div", g.op("Sub", name, smallest), g.op("Where", varies, extent, g.constant(1.0, x.dtype)))
    stretched = g.op("Add", g.op("Mul", share, g.constant(high - low, x.dtype)), g.constant(low, x.dtype))
    return g.tensor(g.op("Where", varies, stretched, name), x.shape, x.dtype, order)


LAYERS: dict[type, Callable[..., object]] = {
    AutoContrast: auto_contrast,
    CategoryEncoding: category_encoding,
    CenterCrop: crop,
    Discretization: discretization,
    IntegerLookup: lookup,
    Normalization: normalization,
    RandomCrop: crop,
    Rescaling: rescaling,
    Resizing: resizing,
    StringLookup: lookup,
}
UNSUPPORTED: dict[type, str] = {
    ContrastLimitedAdaptiveHistogramEqualization: "ONNX has no operator that counts values; run it before the model",
    HashedCrossing: "ONNX has no operator that hashes; run it before the model",
    Hashing: "ONNX has no operator that hashes; run it before the model",
    MaxNumBoundingBoxes: "it takes a dict of images and bounding boxes",
    TextVectorization: "ONNX has no operator that strips punctuation and splits texts; run it before the model",
}
