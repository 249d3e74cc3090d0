"""Images from strokes, preprocessed as the training data: cropped, deslanted, scaled and centered. Used by draw_digits.py."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Strokes: TypeAlias = list[Floats]  # each of shape (points, 2): x to the right, y down


@dataclass
class Drawing:
    """The input image made from strokes, and the map from their coordinates to its pixels.

    Attributes:
        image: gray values from 0 to 1.
        matrix, shift: `matrix @ point + shift` is a point's position in the image, in pixels.
    """

    image: npt.NDArray[np.float32]
    matrix: Floats
    shift: Floats


def draw_as_mnist(strokes: Strokes) -> Drawing:
    """28x28 pixels as in MNIST: scaled into 20x20, the center of mass in the middle."""
    width = 2.6
    low, high = _box(strokes)
    matrix = np.eye(2) * (20 - width) / _at_least(max(high - low))
    shift = 14 - matrix @ (low + high) / 2
    image = _ink(_moved(strokes, matrix, shift), 28, width)
    steps = np.arange(28) + 0.5
    center = np.array([image.sum(axis=0) @ steps, image.sum(axis=1) @ steps]) / image.sum()
    shift = shift + 14 - center
    return Drawing(_ink(_moved(strokes, matrix, shift), 28, width).astype("float32"), matrix, shift)


def draw_as_digits(strokes: Strokes) -> Drawing:
    """8x8 pixels as in the digits data set: upright, 32 dots high and at most 24 wide, the dots of 4x4 counted."""
    width = 5.0
    slant = np.array([[1.0, -_slant(strokes)], [0.0, 1.0]])
    low, high = _box(_moved(strokes, slant, np.zeros(2)))
    wide, tall = high - low
    scale = (32 - width) / _at_least(max(wide, tall))
    matrix = np.diag([min(scale, (24 - width) / _at_least(wide)), scale]) @ slant
    shift = 16 - matrix @ np.linalg.inv(slant) @ (low + high) / 2
    dots = _ink(_moved(strokes, matrix, shift), 32, width)
    image = dots.reshape(8, 4, 8, 4).mean(axis=(1, 3))
    return Drawing(image.astype("float32"), matrix / 4, shift / 4)


def _slant(strokes: Strokes) -> float:
    """How far the lines move to the right for each step down, by least squares."""
    x, y = (np.concatenate(strokes) - np.concatenate(strokes).mean(axis=0)).T
    return float(np.clip(x @ y / _at_least(y @ y), -0.6, 0.6))


def _box(strokes: Strokes) -> tuple[Floats, Floats]:
    points = np.concatenate(strokes)
    return points.min(axis=0), points.max(axis=0)


def _at_least(number: float) -> float:
    """A divisor that is not 0, for a drawing of one point or one straight line."""
    return max(float(number), 1e-3)


def _moved(strokes: Strokes, matrix: Floats, shift: Floats) -> Strokes:
    return [stroke @ matrix.T + shift for stroke in strokes]


def _ink(strokes: Strokes, size: int, width: float) -> Floats:
    """Anti-aliased lines of that width: 1 inside, 0 outside, and in between within half a pixel of their edges."""
    starts = np.concatenate([stroke[: max(len(stroke) - 1, 1)] for stroke in strokes])
    ends = np.concatenate([stroke[min(len(stroke) - 1, 1) :] for stroke in strokes])
    columns, rows = np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5)
    pixels = np.stack([columns, rows], axis=-1)[:, :, np.newaxis]
    nearest = np.full((size, size), np.inf)
    for first in range(0, len(starts), 256):  # so that a long drawing takes no more memory than a short one
        a, line = starts[first : first + 256], ends[first : first + 256] - starts[first : first + 256]
        along = np.clip(((pixels - a) * line).sum(axis=-1) / np.maximum((line**2).sum(axis=-1), 1e-9), 0, 1)
        apart = pixels - a - along[..., np.newaxis] * line
        nearest = np.minimum(nearest, np.sqrt((apart**2).sum(axis=-1)).min(axis=-1))
    return np.clip(width / 2 + 0.5 - nearest, 0, 1)


def _arc(x: float, y: float, across: float, down: float, begin: float, end: float) -> Floats:
    """Part of an ellipse; angles as fractions of a full turn, 0 on the right, 1/4 at the bottom."""
    turn = 2 * np.pi * np.linspace(begin, end, 24)
    return np.stack([x + across * np.cos(turn), y + down * np.sin(turn)], axis=1)


# Ten digits drawn by formulas, in a square from 0 to 1: used by --quick and --plot.
EXAMPLES: list[Strokes] = [
    [_arc(0.5, 0.5, 0.2, 0.32, -0.25, 0.75)],
    [np.array([[0.42, 0.28], [0.54, 0.18], [0.54, 0.82]])],
    [np.concatenate([_arc(0.5, 0.36, 0.2, 0.18, -0.5, 0.1), [[0.3, 0.82], [0.72, 0.82]]])],
    [np.concatenate([_arc(0.48, 0.34, 0.19, 0.16, -0.45, 0.25), _arc(0.48, 0.66, 0.22, 0.17, -0.25, 0.45)])],
    [np.array([[0.5, 0.16], [0.3, 0.56], [0.74, 0.56]]), np.array([[0.6, 0.36], [0.6, 0.84]])],
    [np.concatenate([[[0.68, 0.18], [0.38, 0.18], [0.35, 0.46]], _arc(0.48, 0.63, 0.21, 0.19, -0.35, 0.4)])],
    [np.concatenate([[[0.6, 0.16], [0.4, 0.4]], _arc(0.5, 0.64, 0.17, 0.18, 0.55, 1.55)])],
    [np.array([[0.3, 0.18], [0.7, 0.18], [0.48, 0.84]]), np.array([[0.42, 0.5], [0.68, 0.5]])],
    [np.concatenate([_arc(0.5, 0.34, 0.16, 0.16, 0.25, -0.75), _arc(0.5, 0.67, 0.19, 0.17, -0.25, 0.75)])],
    [np.concatenate([_arc(0.5, 0.36, 0.17, 0.18, 0.0, -1.0), [[0.67, 0.36], [0.62, 0.84]]])],
]
