"""How many values operations that compute sizes return at most, or as long as how many they take, each by its formula."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import index
from typing import Any

import numpy as np

from minidl.config.types import Sizes

Shapes = list[Any]
Options = Mapping[str, Any]


def _window(sizes: Any, rank: int) -> int:
    """The number of values in a window, from one size for all axes or a size for each."""
    return math.prod(map(index, sizes)) if isinstance(sizes, (list, tuple)) else int(sizes or 1) ** rank


_PRODUCTS = 256  # multiplications that take as long as one value of another operation
_LOOPS = 32  # the same in windows that are moved one by one
_PIECE = 1000  # values that take as long as one more output


def _convolved(x: Sequence[int], kernel: Sequence[int], filters: int) -> int:
    """A value for each position and filter, and the multiplications of the window."""
    values = math.prod(x) // max(1, kernel[-2]) * filters
    return int(values + values * math.prod(kernel[:-1]) // _PRODUCTS)


def _separable(shapes: Shapes, options: Options) -> int:
    """A depthwise convolution, and one with windows of 1 where there is a second kernel."""
    x, kernel, *pointwise = shapes
    depthwise = _convolved(x, (*kernel[:-2], 1, 1), kernel[-1]) if kernel[-2] else 0
    return int(depthwise + sum(math.prod(x) // max(1, kernel[-2]) * one[-1] * (1 + one[-2] // _PRODUCTS) for one in pointwise))


def _transposed(shapes: Shapes, options: Options) -> int:
    """Each value becomes a window of every filter, `strides` apart."""
    x, kernel = shapes
    rank = len(kernel) - 2
    window = math.prod(kernel[:-2]) * _window(options["strides"], rank) * _window(options["dilation_rate"], rank)
    further = math.prod(1 + abs(extra) for extra in integers(options.get("output_padding")))
    return int(math.prod(x) // max(1, kernel[-1]) * window * kernel[-2] * further)


def _attention(shapes: Shapes, options: Options) -> int:
    """The scores: (batch, heads, queries, keys)."""
    (batch, queries, heads, _), keys = shapes[0], shapes[1]
    return int(batch * heads * queries * keys[1])


def _einsum(shapes: Shapes, options: Options) -> int:
    """The letters of the result, and the products of all letters; with more than two tensors all letters."""
    inputs, _, result = str(options["subscripts"]).replace(" ", "").partition("->")
    sizes: dict[str, int] = {}
    for name, shape in zip(inputs.split(","), shapes, strict=True):
        front, dots, back = name.partition("...")
        inner = shape[len(front) : len(shape) - len(back)]
        axes = [*zip(front, shape, strict=False), *zip(back[::-1], shape[::-1], strict=False)]
        for letter, size in [*axes, ("...", math.prod(inner))] if dots else axes:
            sizes[letter] = max(sizes.get(letter, 1), size)
    products = math.prod(sizes.values())
    if len(shapes) > 2 or not result:
        return products
    kept = math.prod(size for letter, size in sizes.items() if letter in result)
    return kept + products // _PRODUCTS


def _square(shapes: Shapes, options: Options) -> int:
    """A matrix of as many rows as there are values."""
    side = math.prod(shapes[0]) if shapes else 1
    sides = [side + abs(one) for one in (1, *integers(options))]
    return max(sides) * (max(sides) if len(sides) < 3 else sides[1] * sides[2])


def _resized(shapes: Shapes, options: Options) -> int:
    """The image is resized along one axis after the other."""
    height, width = options["size"]
    channels = shapes[0][-3 if options.get("data_format") == "channels_first" else -1]
    grown = abs(height) * abs(width) * math.prod(shapes[0][:-3]) * channels
    return int(math.prod(shapes[0]) + 3 * grown)


def _frames(shapes: Shapes, options: Options) -> int:
    """Windows of a sequence, each as long as the window or its transform."""
    rows, length = math.prod(shapes[0][:-1]), shapes[0][-1]
    longest = max(int(options["sequence_length"]), int(options.get("fft_length") or 1))
    return int(rows * (length // max(1, int(options["sequence_stride"])) + 2) * longest)


def _taken(shapes: Shapes, options: Options) -> int:
    """For each index what the other axes hold."""
    x, chosen = shapes[0], math.prod(shapes[1])
    axis = options.get("axis")
    return int(chosen if axis is None else chosen * math.prod(x) // max(1, x[axis]))


def _pad(shapes: Shapes, options: Options) -> int:
    widths = np.broadcast_to(np.asarray(options["pad_width"], dtype=object), (len(shapes[0]), 2))
    return math.prod(size + abs(int(before)) + abs(int(after)) for size, (before, after) in zip(shapes[0], widths, strict=True))


def _patches(shapes: Shapes, options: Options) -> int:
    x, rank = shapes[0], len(shapes[0]) - 2
    extent = _each(options["size"], rank)
    steps = extent if options["strides"] is None else _each(options["strides"], rank)
    inner = x[2:] if options.get("data_format") == "channels_first" else x[1:-1]
    count = math.prod(size // max(1, step) + 1 for size, step in zip(inner, steps, strict=True))
    return int(count * math.prod(extent) * math.prod(x) // max(1, math.prod(inner)))


def _similarity(shapes: Shapes, options: Options) -> int:
    """A window at each place; such products take longer than those of matrices."""
    window = options["filter_size"] ** 2
    return int(window + math.prod(shapes[0]) * (1 + window // _LOOPS))


def _elastic(shapes: Shapes, options: Options) -> int:
    """Two random numbers for each place, each of them smoothed by a window."""
    window = (int(6 * options["sigma"]) | 1) ** 2
    return int(math.prod(shapes[0]) + window + 2 * math.prod(shapes[0][:-1]) * (1 + window // _LOOPS))


def _adaptive(shapes: Shapes, options: Options) -> int:
    """Each window along an axis is taken by itself, and their results are joined."""
    return int(4 * math.prod(shapes[0]) + _PIECE * sum(_each(options["output_size"], len(shapes[0]) - 2)))


def _split(shapes: Shapes, options: Options) -> int:
    """Each piece is an output of its own, which takes as long as many values."""
    given = options["indices_or_sections"]
    return int(_PIECE * (abs(given) if isinstance(given, int) else np.size(given) + 1))


def _each(value: Sizes, rank: int) -> tuple[int, ...]:
    given = (value,) * rank if isinstance(value, (int, type(None))) else tuple(value)
    return tuple(abs(int(one or 0)) for one in given)


def integers(options: object) -> Iterator[int]:
    """Every integer in options, also in nested ones; numbers of axes are not sizes."""
    if isinstance(options, Mapping):
        for name, value in options.items():
            if name not in ("axis", "axes", "dtype"):
                yield from integers(value)
    elif isinstance(options, (list, tuple)):
        for value in options:
            yield from integers(value)
    elif isinstance(options, (int, np.integer)) and not isinstance(options, bool):
        yield int(options)
    elif isinstance(options, np.ndarray) and options.dtype.kind in "iu":
        yield from integers(options.ravel().tolist())


FORMULAS: dict[str, Callable[[Shapes, Options], int]] = {
    **dict.fromkeys(("adaptive_average_pool", "adaptive_max_pool"), _adaptive),
    **dict.fromkeys(("array_split", "dsplit", "hsplit", "split", "vsplit"), _split),
    "average_pool": lambda shapes, options: math.prod(shapes[0]) * _window(options["pool_size"], max(1, len(shapes[0]) - 2)),
    "conv": lambda shapes, options: _convolved(shapes[0], shapes[1], shapes[1][-1]),
    "conv_transpose": _transposed,
    "depthwise_conv": _separable,
    "diag": _square,
    "diagflat": _square,
    "dot_product_attention": _attention,
    "einsum": _einsum,
    "eye": _square,
    "extract_sequences": _frames,
    "identity": _square,
    "image.elastic_transform": _elastic,
    "image.extract_patches": _patches,
    "image.extract_patches_3d": _patches,
    "image.resize": _resized,
    "image.ssim": _similarity,
    "max_pool": lambda shapes, options: math.prod(shapes[0]) * _window(options["pool_size"], max(1, len(shapes[0]) - 2)),
    "pad": _pad,
    "separable_conv": _separable,
    "stft": _frames,
    "take": _taken,
    "tri": _square,
    "vander": _square,
}
