"""Colors of images (..., 3): grayscale, and red-green-blue to hue-saturation-value and back.

Written with NumPy functions that tensors have too, so that code with `call` may use them.
"""

import numpy as np

from minidl.config.types import Array

GRAY = (0.2989, 0.5870, 0.1140)  # weights of red, green and blue in the brightness


def grayscale(rgb: Array) -> Array:
    """The brightness `0.2989 r + 0.5870 g + 0.1140 b`, (..., 1); images of one channel are returned unchanged."""
    if rgb.shape[-1] == 1:
        return rgb
    red, green, blue = (weight * rgb[..., n : n + 1] for n, weight in enumerate(GRAY))
    return red + green + blue


def rgb_to_hsv(rgb: Array) -> tuple[Array, Array, Array]:
    """Hue in [0, 1), saturation in [0, 1] and value, (...) each.

    With `largest` and `smallest` of the three channels and `chroma = largest - smallest`: `value = largest`,
    `saturation = chroma / largest`, and the hue is the angle on the color circle, where red is 0, green 1/3 and blue 2/3.
    """
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    largest, smallest = np.maximum(np.maximum(r, g), b), np.minimum(np.minimum(r, g), b)
    chroma = largest - smallest
    step = 1.0 / (6.0 * np.where(chroma > 0, chroma, 1.0))
    saturation = np.where(largest > 0, chroma / np.where(largest > 0, largest, 1.0), 0.0)
    hue = np.where(np.equal(largest, g), step * (b - r) + 2.0 / 6.0, step * (r - g) + 4.0 / 6.0)
    hue = np.where(np.equal(largest, r), step * (g - b), hue)
    hue = np.where(hue < 0, hue + 1.0, hue)
    return np.where(chroma > 0, hue, 0.0), saturation, largest


def hsv_to_rgb(hue: Array, saturation: Array, value: Array) -> Array:
    """The inverse of `rgb_to_hsv`: images (..., 3)."""
    angle = (hue - np.floor(hue)) * 6.0
    red = np.clip(np.abs(angle - 3.0) - 1.0, 0.0, 1.0)
    green = np.clip(2.0 - np.abs(angle - 2.0), 0.0, 1.0)
    blue = np.clip(2.0 - np.abs(angle - 4.0), 0.0, 1.0)
    return np.stack([value * (1.0 - saturation + saturation * share) for share in (red, green, blue)], axis=-1)
