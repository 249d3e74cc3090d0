"""How many values operations that compute sizes return at most, each by its formula."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Shapes = list[tuple[int, ...]]
Options = Mapping[str, Any]


def _pad(shapes: Shapes, options: Options) -> int:
    widths = np.broadcast_to(np.asarray(options["pad_width"], dtype=object), (len(shapes[0]), 2))
    return math.prod(size + abs(int(before)) + abs(int(after)) for size, (before, after) in zip(shapes[0], widths, strict=True))


def _resize(shapes: Shapes, options: Options) -> int:
    height, width = options["size"]
    channels = shapes[0][-3 if options.get("data_format") == "channels_first" else -1]
    grown = abs(height) * abs(width) * math.prod(shapes[0][:-3]) * channels
    return int(math.prod(shapes[0]) + 3 * grown)  # it resizes one axis after the other


def _take(shapes: Shapes, options: Options) -> int:
    axis, count = options["axis"], math.prod(shapes[1])
    return count * math.prod(shapes[0]) // max(1, 1 if axis is None else shapes[0][axis]) if axis is not None else count


def _attention(shapes: Shapes, options: Options) -> int:
    (batch, queries, heads, size), keys = shapes[0], shapes[1][1]
    return batch * heads * queries * (keys + size) + sum(map(math.prod, shapes))


def _transposed(shapes: Shapes, options: Options) -> int:
    x, kernel = shapes[:2]
    inner = x[2:] if options.get("data_format") == "channels_first" else x[1:-1]
    rank = len(inner)
    steps, spread, more = (_each(options[name], rank) for name in ("strides", "dilation_rate", "output_padding"))
    sizes = zip(inner, kernel[:rank], steps, spread, more, strict=True)
    return x[0] * kernel[rank] * math.prod(size * step + extent * apart + extra for size, extent, step, apart, extra in sizes)


def _separable(shapes: Shapes, options: Options) -> int:
    x, depthwise, pointwise = shapes[:3]
    channels = x[1] if options.get("data_format") == "channels_first" else x[-1]
    return math.prod(x) // max(1, channels) * max(depthwise[-2] * depthwise[-1], pointwise[-1]) + math.prod(x)


def _patches(shapes: Shapes, options: Options) -> int:
    x, rank = shapes[0], len(shapes[0]) - 2
    extent = _each(options["size"], rank)
    steps = extent if options["strides"] is None else _each(options["strides"], rank)
    inner = x[2:] if options.get("data_format") == "channels_first" else x[1:-1]
    count = math.prod(size // max(1, step) + 1 for size, step in zip(inner, steps, strict=True))
    return count * math.prod(extent) * math.prod(x) // max(1, math.prod(inner))


def _sequences(shapes: Shapes, options: Options) -> int:
    length = options.get("fft_length", options["sequence_length"])
    count = (shapes[0][-1] + abs(length)) // max(1, options["sequence_stride"]) + 1
    return int(2 * math.prod(shapes[0][:-1]) * count * abs(length))


def _einsum(shapes: Shapes, options: Options) -> int:
    """Every label once: no step of the sum is larger."""
    terms = options["subscripts"].replace(" ", "").split("->")[0].split(",")
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        sizes |= {label: max(size, sizes.get(label, 1)) for label, size in zip(term, shape, strict=True)}
    return math.prod(sizes.values())


def _each(value: Any, rank: int) -> tuple[int, ...]:
    given = (value,) * rank if isinstance(value, (int, type(None))) else tuple(value)
    return tuple(abs(int(one or 0)) for one in given)


FORMULAS: dict[str, Callable[[Shapes, Options], int]] = {
    "conv_transpose": _transposed,
    "dot_product_attention": _attention,
    "einsum": _einsum,
    "extract_sequences": _sequences,
    "image.extract_patches": _patches,
    "image.extract_patches_3d": _patches,
    "image.resize": _resize,
    "pad": _pad,
    "separable_conv": _separable,
    "stft": _sequences,
    "take": _take,
}
