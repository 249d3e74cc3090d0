"""`Augmentation`: base class of the layers that change the values of pixels by a random factor; ranges of such factors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import numpy as np

from minidl.config.checks import is_number
from minidl.config.types import Array
from minidl.layers.options import RandomImageOptions
from minidl.layers.preprocessing.base_image import ImageLayer


class Augmentation(ImageLayer):
    """Base of the layers with a random factor between `bounds`, for images with values in a range."""

    bounds: tuple[float, float] = (-1.0, 1.0)

    def __init__(
        self,
        factor: float | Sequence[float],
        value_range: Sequence[float] = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Unpack[RandomImageOptions],
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = factor_between(type(self).__name__, "factor", factor, *self.bounds)
        self.value_range = check_value_range(type(self).__name__, value_range)


def check_value_range(owner: str, value_range: object) -> tuple[float, float]:
    """The smallest and the largest value of a pixel."""
    if not isinstance(value_range, (tuple, list)) or len(value_range) != 2:
        raise ValueError(f"{owner} expects value_range to be a pair of numbers, got {value_range!r}")
    low, high = sorted(value_range)
    return low, high


def factor_between(
    owner: str, argument: str, factor: object, low: float, high: float, *, from_low: bool = False
) -> tuple[float, float]:
    """The smallest and the largest factor: of a pair, or of one number f, `max(low, -f)` (or `low`) and f."""
    numbers = tuple(factor) if isinstance(factor, (tuple, list)) else (factor,)
    good = all(is_number(number) and low <= number <= high for number in numbers)
    if not good or len(numbers) > 2 or not numbers:
        raise ValueError(f"{owner} expects {argument} to be a number in [{low:g}, {high:g}], or a pair of them, got {factor!r}")
    if len(numbers) == 2:
        return tuple(sorted(numbers))
    return (low if from_low else max(-abs(numbers[0]), low)), abs(numbers[0])


def factor_range(
    owner: str, argument: str, factor: Any, low: float = -1.0, high: float = 1.0, *, open_low: bool = False
) -> tuple[float, float]:
    """The smallest and the largest factor: of a pair, or from `-factor` to `factor`; both between `low` and `high`."""
    is_pair = isinstance(factor, (tuple, list)) and len(factor) == 2
    values = tuple(factor) if is_pair else (factor,)
    good = all(is_number(value) for value in values)
    if not good or not all(low <= value <= high for value in values) or (open_low and low in values):
        interval = f"{'(' if open_low else '['}{low:g}, {high:g}]"
        raise ValueError(f"{owner} expects {argument} to be a number in {interval}, or a pair of them, got {factor!r}")
    if is_pair:
        return float(min(values)), float(max(values))
    return -abs(float(factor)), abs(float(factor))


def over_pixels(reduce: Callable[..., Array], images: Array) -> Array:
    """`reduce(images, axis=(1, 2), keepdims=True)`, one axis after the other: with few channels in a fifth of the time."""
    return reduce(reduce(images, axis=1, keepdims=True), axis=2, keepdims=True)


def rescaled(images: Array, before: tuple[float, float], after: tuple[float, float]) -> Array:
    """Images with values in the range `before`, stretched to the range `after`."""
    if tuple(before) == tuple(after):
        return images
    return (images - before[0]) / (before[1] - before[0]) * (after[1] - after[0]) + after[0]


def drawn(generator: np.random.Generator, factor: tuple[float, float], size: int | tuple[int, ...]) -> Array:
    """Numbers drawn uniformly between the two ends of a factor."""
    low, high = factor
    return generator.uniform(low, high, size)


def each(numbers: object) -> Array:
    """Numbers for each image, (batch,), as (batch, 1, 1, 1)."""
    return np.asarray(numbers).reshape(-1, 1, 1, 1)
