"""Crop, pad, resize and scale images; extract patches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minidl.autodiff import composed, operation
from minidl.autodiff.tensor import Tensor, TensorLike
from minidl.config.types import Array, MaybeNone, Sizes, Tensors
from minidl.kernels import resizing
from minidl.kernels.crop import largest_box, padding_around
from minidl.kernels.geometry import window_geometry
from minidl.ops.convolution import channels_back, channels_last, sizes_of
from minidl.ops.elements import get_item, take
from minidl.ops.image.formats import as_float, in_batches
from minidl.ops.products import tensordot
from minidl.ops.repetition import pad
from minidl.ops.shapes import expand_dims, moveaxis, ndim, reshape, shape, squeeze, transpose

__all__ = ["crop_images", "extract_patches", "extract_patches_3d", "pad_images", "resize", "scale_and_translate"]


@operation(
    lambda dy, y, x, height, width, interpolation, antialias: resizing.resize_backward(
        dy, x.shape[1], x.shape[2], interpolation, antialias
    ),
    name="image.resample",
)
def resample(x: Array, height: int, width: int, interpolation: str, antialias: bool) -> Array:
    """Images (batch, height, width, channels) in another size."""
    return resizing.resize(x, height, width, interpolation, antialias)


@composed(name="image.resize")
def resize(
    images: Array,
    size: Sequence[int],
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Array:
    """Resize images to (height, width).

    Args:
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        antialias: whether downsampling widens the filter.
        crop_to_aspect_ratio: whether the largest centered part with the new aspect ratio is resized.
        pad_to_aspect_ratio: whether the image is padded to the new aspect ratio first, with `fill_value`.
        fill_mode: "constant".
    Example:
        >>> resize(np.ones((4, 6, 3)), (8, 9)).shape
        (8, 9, 3)
    """
    height, width = (int(one) for one in size)
    if interpolation not in resizing.INTERPOLATIONS:
        raise ValueError(f"interpolation is one of {resizing.INTERPOLATIONS}, got {interpolation!r}")
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("resize either crops or pads to the aspect ratio, got crop_to_aspect_ratio and pad_to_aspect_ratio")
    if fill_mode != "constant":
        raise ValueError(f"resize expects fill_mode='constant', got {fill_mode!r}")

    def resized(x: TensorLike) -> Array:
        _, old_height, old_width, _ = shape(x)
        if crop_to_aspect_ratio:
            x = get_item(x, largest_box(old_height, old_width, height, width).inside)
        if pad_to_aspect_ratio:
            rows, columns = padding_around(old_height, old_width, height, width)
            x = pad(x, ((0, 0), (rows, rows), (columns, columns), (0, 0)), "constant", fill_value)
        return resample(x, height=height, width=width, interpolation=interpolation, antialias=antialias)

    return in_batches(resized, images, data_format)


def _missing(
    size: int, before: int | MaybeNone, after: int | MaybeNone, target: int | MaybeNone, sign: int, name: str
) -> tuple[int, int]:
    """The two borders of an axis, two of (before, after, target) being given: `target = size + sign * (before + after)`."""
    if sum(one is not None for one in (before, after, target)) != 2:
        raise ValueError(f"{name} expects two of the two borders and the target size of each axis")
    if target is not None:
        both = sign * (target - size)
        before, after = (both - after, after) if before is None else (before, both - before)
    if before < 0 or after < 0:
        raise ValueError(f"{name} cannot make an axis of {size} into {target}: its borders would be {before} and {after}")
    return int(before), int(after)


@composed(name="image.crop_images")
def crop_images(
    images: TensorLike,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Array:
    """Remove borders; of the two borders and the target size of each axis two are given.

    Example:
        >>> crop_images(np.ones((4, 6, 3)), top_cropping=1, left_cropping=0, target_height=2, target_width=5).shape
        (2, 5, 3)
    """

    def cropped(x: TensorLike) -> Array:
        _, height, width, _ = shape(x)
        top, bottom = _missing(height, top_cropping, bottom_cropping, target_height, -1, "crop_images")
        left, right = _missing(width, left_cropping, right_cropping, target_width, -1, "crop_images")
        return get_item(x, (slice(None), slice(top, height - bottom), slice(left, width - right)))

    return in_batches(cropped, images, data_format)


@composed(name="image.pad_images")
def pad_images(
    images: TensorLike,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Array:
    """Add borders of zeros; of the two borders and the target size of each axis two are given.

    Example:
        >>> pad_images(np.ones((4, 6, 3)), top_padding=1, left_padding=0, target_height=8, target_width=9).shape
        (8, 9, 3)
    """

    def padded(x: TensorLike) -> Array:
        _, height, width, _ = shape(x)
        rows = _missing(height, top_padding, bottom_padding, target_height, 1, "pad_images")
        columns = _missing(width, left_padding, right_padding, target_width, 1, "pad_images")
        return pad(x, ((0, 0), rows, columns, (0, 0)))

    return in_batches(padded, images, data_format)


def _patches(
    x: Array | Tensor,
    size: Sizes,
    strides: Sizes | None,
    dilation_rate: Sizes,
    padding: str,
    data_format: str | None,
    rank: int,
) -> Array:
    """Windows of (batch, sizes ..., channels) as (batch, outputs ..., window * channels)."""
    single = ndim(x) == rank + 1
    x = channels_last(expand_dims(x, 0) if single else x, data_format)
    window, dilation = sizes_of(size, rank), sizes_of(dilation_rate, rank)
    steps = window if strides is None else sizes_of(strides, rank)
    sizes, channels = tuple(shape(x)[1:-1]), shape(x)[-1]
    geometry = window_geometry(sizes, window, steps, padding, dilation)
    after = [max(need - b - n, 0) for need, b, n in zip(geometry.needed, geometry.before, sizes, strict=True)]
    x = pad(x, ((0, 0), *zip(geometry.before, after, strict=True), (0, 0)))
    for axis in range(rank):  # each axis becomes two: window, element
        starts = np.arange(geometry.outputs[axis])[:, np.newaxis] * steps[axis]
        x = take(x, starts + np.arange(window[axis]) * dilation[axis], axis=1 + 2 * axis)
    order = [0, *range(1, 2 * rank + 1, 2), *range(2, 2 * rank + 1, 2), 2 * rank + 1]
    y = reshape(transpose(x, order), (-1, *geometry.outputs, int(np.prod(window)) * channels))
    y = channels_back(y, data_format)
    return squeeze(y, 0) if single else y


@composed(name="image.extract_patches")
def extract_patches(
    images: Array,
    size: Sizes,
    strides: Sizes | None = None,
    dilation_rate: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensors:
    """Windows of images as (batch, rows, columns, height * width * channels); side by side by default.

    Example:
        >>> extract_patches(np.ones((1, 4, 6, 3)), size=2).shape
        (1, 2, 3, 12)
    """
    return _patches(images, size, strides, dilation_rate, padding, data_format, 2)


@composed(name="image.extract_patches_3d")
def extract_patches_3d(
    volumes: Array,
    size: Sizes,
    strides: Sizes | None = None,
    dilation_rate: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensors:
    """Windows of volumes (batch, depth, height, width, channels), as `extract_patches`.

    Example:
        >>> extract_patches_3d(np.ones((1, 4, 6, 8, 1)), size=2).shape
        (1, 2, 3, 4, 8)
    """
    return _patches(volumes, size, strides, dilation_rate, padding, data_format, 3)


_METHODS = {"linear": "bilinear", "trilinear": "bilinear", "triangle": "bilinear", "cubic": "bicubic", "tricubic": "bicubic"}


@composed(name="image.scale_and_translate")
def scale_and_translate(
    images: Array,
    output_shape: Sequence[int],
    scale: Array,
    translation: Array,
    spatial_dims: Sequence[int],
    method: str,
    antialias: bool = True,
) -> Array:
    """Scale and shift along axes: position p of the input goes to `p * scale + translation`; beyond its edge there are zeros.

    Args:
        output_shape: sizes of the whole output.
        scale, translation: one number for each of the axes `spatial_dims`.
        method: "linear", "cubic", "lanczos3" or "lanczos5".
        antialias: whether downsampling widens the filter.
    Example:
        >>> x = np.ones((4, 6, 1))
        >>> scale_and_translate(x, (8, 12, 1), [2.0, 2.0], [0.0, 0.0], (0, 1), "linear").shape
        (8, 12, 1)
    """
    images = as_float(images)
    for axis, factor, shift in zip(spatial_dims, np.ravel(scale), np.ravel(translation), strict=True):
        matrix = resizing.scaling_weights(
            shape(images)[axis], output_shape[axis], float(factor), float(shift), _METHODS.get(method, method), antialias
        )
        y = tensordot(images, matrix.astype(np.dtype(images.dtype)), ([axis], [1]))
        images = moveaxis(y, -1, axis)
    return images
