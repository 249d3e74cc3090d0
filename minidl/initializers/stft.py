"""`STFT`: kernels of a convolution that computes the short-time Fourier transform."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minidl.config.types import Array, ArrayLike, DTypeLike
from minidl.initializers.initializer import Initializer


class STFT(Initializer):
    """Cosines or sines times a window: kernels whose convolution is the short-time Fourier transform.

    `kernel[t, 0, k] = window[t] * cos(-2 * pi * t * k / fft_length) / scale`, with `sin` for the imaginary part.

    Args:
        side: "real" for cosines, "imag" for sines.
        window: name of a window of `scipy.signal.get_window`, an array with one number for each step, or `None` for ones.
        scaling: "density" divides by the root of the window's sum of squares, "spectrum" by its sum, `None` by nothing.
        periodic: whether a window given by name is periodic instead of symmetric.
    Shapes:
        (frame_length, 1, fft_length / 2 + 1).
    Raises:
        ValueError: an unknown side, window or scaling; the window has another length than the frames.
    Example:
        >>> STFT("real", None)((2, 1, 2)).round(3)[:, 0]
        array([[ 1.,  1.],
               [ 1., -1.]], dtype=float32)
    """

    def __init__(
        self, side: str = "real", window: ArrayLike | None = "hann", scaling: str | None = "density", periodic: bool = False
    ) -> None:
        if side not in ("real", "imag"):
            raise ValueError(f"STFT expects side to be 'real' or 'imag', got {side!r}")
        if scaling not in ("density", "spectrum", None):
            raise ValueError(f"STFT expects scaling to be 'density', 'spectrum' or None, got {scaling!r}")
        if isinstance(window, str):
            window_of(window, 1, periodic)  # raises an error for an unknown name
        self.side, self.window, self.scaling, self.periodic = side, window, scaling, periodic

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Array:
        shape, dtype = self.resolve(shape, dtype)
        if len(shape) != 3 or shape[1] != 1 or shape[2] < 2:
            raise ValueError(f"STFT expects a shape (frame_length, 1, fft_length / 2 + 1), got {tuple(shape)}")
        length, _, bins = shape
        angle = -2 * np.pi / (2 * (bins - 1)) * np.outer(np.arange(length), np.arange(bins))
        kernel = np.cos(angle) if self.side == "real" else np.sin(angle)
        if self.window is not None:
            window = window_of(self.window, length, self.periodic)
            scales = {"density": np.sqrt(np.sum(window**2)), "spectrum": np.sum(np.abs(window)), None: 1.0}
            kernel = kernel * window[:, np.newaxis] / scales[self.scaling]
        made: Array = kernel[:, np.newaxis].astype(dtype)
        return made


def window_of(window: object, length: int, periodic: bool) -> Array:
    """A window by name, or its values, checked."""
    if isinstance(window, str):
        from scipy.signal import get_window

        values: Array = get_window(window, length, periodic)
        return values
    values = np.asarray(window, np.float64)
    if values.shape != (length,):
        raise ValueError(f"STFT expects a window of {length} numbers, one for each step, got shape {values.shape}")
    return values
