"""Changes of one image: rotation, shift, shear, zoom, brightness and channels."""

import numpy as np

from minidl.config.types import Array
from minidl.utils.pillow import array_to_img, img_to_array, pillow


def apply_affine_transform(
    x: object,
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
) -> Array:
    """The image at the points `rotation @ shift @ shear @ zoom @ (row, column)`, counted from the center.

    Args:
        x: one image of three axes.
        theta, shear: degrees.
        tx, ty: shift in rows and columns.
        zx, zy: factors of rows and columns; above 1 shows more of the image, smaller.
        row_axis, col_axis, channel_axis: which axes are which.
        fill_mode, cval, order: `mode`, `cval` and `order` of `scipy.ndimage.affine_transform`.
    """
    x = np.asarray(x)
    if x.ndim != 3 or sorted((row_axis, col_axis, channel_axis)) != [0, 1, 2]:
        axes = (row_axis, col_axis, channel_axis)
        raise ValueError(f"apply_affine_transform expects an image of three axes, got shape {x.shape} with the axes {axes}")
    if (theta, tx, ty, shear, zx, zy) == (0, 0, 0, 0, 1, 1):
        return np.asarray(x)
    from scipy import ndimage

    turn, slope = np.deg2rad(theta), np.deg2rad(shear)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    linear = rotation @ np.array([[1, -np.sin(slope)], [0, np.cos(slope)]]) @ np.diag([zx, zy])
    height, width = x.shape[row_axis], x.shape[col_axis]
    center = np.array([height / 2 - 0.5, width / 2 - 0.5])
    offset = center + rotation @ np.array([tx, ty]) - linear @ center
    if col_axis > row_axis:  # the formulas are for (x, y) with x downwards; Keras exchanges both axes
        linear, offset = linear[::-1, ::-1], offset[::-1]
    planes = np.moveaxis(x, channel_axis, 0)
    moved = [ndimage.affine_transform(plane, linear, offset, order=order, mode=fill_mode, cval=cval) for plane in planes]
    return np.asarray(np.moveaxis(np.stack(moved), 0, channel_axis))


def apply_channel_shift(x: object, intensity: float) -> Array:
    """`x + intensity`, within the smallest and largest value of x."""
    x = np.asarray(x)
    return np.asarray(np.clip(x + x.dtype.type(intensity), x.min(), x.max()))


def apply_brightness_shift(x: object, brightness: float, data_format: str = "channels_last") -> Array:
    """The image with its brightness multiplied, in whole steps of 0 ... 255, as Pillow does; needs Pillow."""
    pillow("brightness_range")
    from PIL import ImageEnhance

    x = np.asarray(x)
    low, high = x.min(), x.max()
    outside = bool(low < 0 or high > 255)
    bright = ImageEnhance.Brightness(array_to_img(x, data_format, scale=outside)).enhance(brightness)
    pixels = img_to_array(bright, data_format, x.dtype)
    return np.asarray(pixels / 255 * (high - low) + low) if outside else pixels
