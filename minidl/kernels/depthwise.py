"""Depthwise convolutions, each channel with its own kernel, forward and backward; arrays are (batch, ..., channels)."""

import numpy as np

from minidl.config.types import Array
from minidl.kernels.geometry import Geometry


def convolve_depthwise(x: Array, kernel: Array, geometry: Geometry) -> Array:
    """Depthwise: `y[p] = sum over k of x[p * strides + k * dilation - before] * kernel[k]`; kernel (..., channels)."""
    padded = _padded(x, geometry)
    y = np.zeros((len(x), *geometry.outputs, x.shape[-1]), x.dtype)
    product = np.empty_like(y)
    for place, slices in geometry.offsets():
        y += np.multiply(padded[(slice(None), *slices)], kernel[place], out=product)
    return y


def convolve_depthwise_backward(
    dy: Array, x: Array, kernel: Array, geometry: Geometry, needs_dx: bool = True
) -> tuple[Array | None, Array]:
    """`(dx, dkernel)` of `convolve_depthwise`."""
    padded, gradient = _padded(x, geometry), np.empty(kernel.shape, dy.dtype)
    sizes = x.shape[1:-1]
    dx = np.zeros(padded.shape, dy.dtype) if needs_dx else None
    product = np.empty_like(dy)
    for place, slices in geometry.offsets():
        seen = (slice(None), *slices)
        gradient[place] = np.multiply(dy, padded[seen], out=product).reshape(-1, dy.shape[-1]).sum(axis=0)
        if dx is not None:
            dx[seen] += np.multiply(dy, kernel[place], out=product)
    if dx is None:
        return None, gradient
    part = dx[(slice(None), *(slice(b, b + size) for b, size in zip(geometry.before, sizes, strict=True)))]
    if part.shape == x.shape:
        return part, gradient
    whole = np.zeros(x.shape, dy.dtype)
    whole[tuple(slice(0, size) for size in part.shape)] = part  # the last elements belong to no window
    return whole, gradient


def _padded(x: Array, geometry: Geometry) -> Array:
    """`x` padded with zeros exactly as far as the windows reach."""
    sizes = x.shape[1:-1]
    after = [need - b - size for need, b, size in zip(geometry.needed, geometry.before, sizes, strict=True)]
    if any(geometry.before) or any(a > 0 for a in after):
        x = np.pad(x, [(0, 0), *((b, max(a, 0)) for b, a in zip(geometry.before, after, strict=True)), (0, 0)])
    return x[(slice(None), *(slice(need) for need in geometry.needed))]
