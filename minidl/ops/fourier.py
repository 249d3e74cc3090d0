"""Fourier transforms; complex numbers are pairs (real part, imaginary part), as in Keras.

They are linear, so a gradient is the transposed transform of `dy`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minidl.autodiff import composed, operation
from minidl.autodiff.tensor import TensorLike
from minidl.config.types import Array, ArrayLike
from minidl.ops.indexing import extract_sequences
from minidl.ops.repetition import pad
from minidl.ops.segments import segment_sum
from minidl.ops.shapes import or_zeros, reshape, shape, transpose

__all__ = ["fft", "fft2", "ifft2", "irfft", "istft", "rfft", "stft"]


def _pair(z: Array, like: Array) -> tuple[Array, Array]:
    """Real and imaginary part, with the float type of another array."""
    return z.real.astype(like.dtype), z.imag.astype(like.dtype)


def _complex(dy: Sequence[Array | None], y: Sequence[Array]) -> Array:
    """The gradients of both parts as one complex array."""
    real, imaginary = or_zeros(dy, y)
    return np.asarray(real + 1j * imaginary)


@operation(lambda dy, y, *x: _pair(np.fft.ifft(_complex(dy, y)) * y[0].shape[-1], y[0]), several=True)
def fft(x: list[Array]) -> tuple[Array, Array]:
    """The discrete Fourier transform of the last axis, of and as (real part, imaginary part).

    `y[k] = sum over n of x[n] * exp(-2 * pi * i * k * n / size)`.

    Example:
        >>> real, imaginary = fft((np.ones(4), np.zeros(4)))
        >>> real
        array([4., 0., 0., 0.])
    """
    return _pair(np.fft.fft(x[0] + 1j * x[1]), x[0])


@operation(lambda dy, y, *x: _pair(np.fft.ifft2(_complex(dy, y)) * np.prod(y[0].shape[-2:]), y[0]), several=True)
def fft2(x: list[Array]) -> tuple[Array, Array]:
    """The discrete Fourier transform of the last two axes, of and as (real part, imaginary part).

    `y[k, l] = sum over m of sum over n of x[m, n] * exp(-2 * pi * i * (k * m / rows + l * n / columns))`.

    Example:
        >>> real, imaginary = fft2((np.ones((2, 2)), np.zeros((2, 2))))
        >>> real
        array([[4., 0.],
               [0., 0.]])
    """
    return _pair(np.fft.fft2(x[0] + 1j * x[1]), x[0])


@operation(lambda dy, y, *x: _pair(np.fft.fft2(_complex(dy, y)) / np.prod(y[0].shape[-2:]), y[0]), several=True)
def ifft2(x: list[Array]) -> tuple[Array, Array]:
    """The inverse of `fft2`.

    Example:
        >>> x = np.ones((2, 2)), np.zeros((2, 2))
        >>> ifft2(fft2(x))[0].round(2)
        array([[1., 1.],
               [1., 1.]])
    """
    return _pair(np.fft.ifft2(x[0] + 1j * x[1]), x[0])


@operation(lambda dy, y, x, fft_length: _rfft_backward(_complex(dy, y), x, fft_length or x.shape[-1]))
def rfft(x: Array, fft_length: int | None = None) -> tuple[Array, Array]:
    """The first half of the Fourier transform of real numbers along the last axis, cut or padded to `fft_length`.

    `y[k] = sum over n of x[n] * exp(-2 * pi * i * k * n / fft_length)`.

    Example:
        >>> real, imaginary = rfft([1.0, 0.0, -1.0, 0.0])
        >>> real
        array([0., 2., 0.], dtype=float32)
    """
    return _pair(np.fft.rfft(x, fft_length), x)


def _rfft_backward(dy: Array, x: Array, length: int) -> Array:
    """`dx[j] = real(sum over k of dy[k] * exp(2 pi i j k / length))`, for the elements that were read."""
    dx = np.zeros_like(x)
    read = min(length, x.shape[-1])
    dx[..., :read] = (np.fft.ifft(dy, length).real * length)[..., :read]
    return dx


@operation(lambda dy, y, *x, fft_length: _irfft_backward(dy, x[0]), several=True)
def irfft(x: list[Array], fft_length: int | None = None) -> Array:
    """The inverse of `rfft`, `rfft(y) = x`, from (real part, imaginary part); `fft_length` is `2 * (size - 1)` by default.

    Example:
        >>> irfft(rfft([1.0, 2.0, 3.0, 4.0])).round(2)
        array([1., 2., 3., 4.], dtype=float32)
    """
    return np.fft.irfft(x[0] + 1j * x[1], fft_length).astype(x[0].dtype)


def _irfft_backward(dy: Array, real: Array) -> list[Array]:
    """`rfft(dy) / length`, twice for all frequencies that have a mirrored one."""
    length = dy.shape[-1]
    spectrum = np.fft.rfft(dy)
    double = np.full(spectrum.shape[-1], 2.0)
    double[0] = 1
    if length % 2 == 0:
        double[-1] = 1
    whole = np.zeros(real.shape, spectrum.dtype)
    read = min(real.shape[-1], spectrum.shape[-1])
    whole[..., :read] = (spectrum * double / length)[..., :read]
    return list(_pair(whole, real))


def _window(window: object, sequence_length: int, fft_length: int) -> Array:
    """A window by name or its values, with zeros around it; ones for `None`."""
    if window is None:
        return np.ones(fft_length)
    if isinstance(window, str):
        if window not in ("hann", "hamming"):
            raise ValueError(f"window is 'hann', 'hamming', None or {sequence_length} numbers, got {window!r}")
        periodic = np.hanning if window == "hann" else np.hamming
        window = periodic(sequence_length + 1)[:-1]
    values = np.asarray(window, float)
    if values.shape != (sequence_length,):
        raise ValueError(f"window expects one number for each of {sequence_length} samples, got shape {values.shape}")
    before = (fft_length - sequence_length) // 2
    return np.pad(values, (before, fft_length - sequence_length - before))


@composed()
def stft(
    x: Array,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: ArrayLike | None = "hann",
    center: bool = True,
) -> Array:
    """Short-time Fourier transform: `rfft` of windows of the last axis, (..., time) -> 2 times (..., windows, frequencies).

    `y[t, k] = sum over n of window[n] * x[t * sequence_stride + n] * exp(-2 * pi * i * k * n / fft_length)`.

    Args:
        sequence_length, sequence_stride: length of a window, and steps from one to the next.
        fft_length: length of the transform, at least that of a window.
        window: "hann", "hamming", `None`, or its values.
        center: whether the signal is reflected at its ends, so that each window is centered at its step.
    Example:
        >>> real, imaginary = stft(np.ones(16), sequence_length=4, sequence_stride=4, fft_length=4)
        >>> real.shape
        (5, 3)
    """
    if fft_length < sequence_length:
        raise ValueError(f"stft expects fft_length of at least sequence_length {sequence_length}, got {fft_length}")
    if center:
        half = fft_length // 2
        x = pad(x, [*[(0, 0)] * (len(shape(x)) - 1), (half, half)], "reflect")
    frames = extract_sequences(x, fft_length, sequence_stride)
    return rfft(frames * _window(window, sequence_length, fft_length).astype(np.dtype(x.dtype)))


def istft(
    x: tuple[TensorLike, TensorLike],
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: ArrayLike = "hann",
    center: bool = True,
) -> Array:
    """The inverse of `stft`: overlapping windows are added and divided by the sum of their squared weights.

    Example:
        >>> x = np.arange(16.0)
        >>> parts = stft(x, sequence_length=8, sequence_stride=2, fft_length=8)
        >>> bool(np.allclose(istft(parts, sequence_length=8, sequence_stride=2, fft_length=8), x))
        True
    """
    weights = _window(window, sequence_length, fft_length)
    frames = irfft(x, fft_length)
    return _overlap_add(frames, tuple(weights.tolist()), sequence_stride, length, center)


@composed(name="istft")
def _overlap_add(
    frames: Array,
    weights: tuple[float, float, float, float, float, float, float, float],
    sequence_stride: int,
    length: int | None,
    center: bool,
) -> Array:
    """Windows (..., windows, samples) added where they overlap: (..., time)."""
    *batch, count, size = shape(frames)
    window = np.asarray(weights, np.dtype(frames.dtype))
    places = np.arange(count)[:, np.newaxis] * sequence_stride + np.arange(size)
    total = size + sequence_stride * (count - 1)
    squares = np.bincount(places.ravel(), np.tile(window * window, count), total).astype(window.dtype)
    rows = reshape(frames * window, (-1, count * size))
    y = transpose(segment_sum(transpose(rows), places.ravel(), total)) / np.where(squares > 1e-10, squares, 1)
    start = size // 2 if center else 0
    end = start + length if length is not None else total - size // 2 if center else total
    return reshape(y[:, start:end], [*batch, -1])
