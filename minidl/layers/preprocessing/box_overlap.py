"""Overlap of bounding boxes: the intersection over union (IoU), and its complete form for losses."""

import math
from collections.abc import Sequence

import numpy as np

from minidl.config.settings import epsilon
from minidl.config.types import Array, ArrayLike, Tensors
from minidl.layers.preprocessing.bounding_boxes import convert_format


def compute_iou(
    boxes1: ArrayLike,
    boxes2: ArrayLike,
    bounding_box_format: str,
    use_masking: bool = False,
    mask_val: float = -1,
    image_shape: Sequence[int] | None = None,
) -> Tensors:
    """`intersection / union` of the areas of each of n boxes with each of m others.

    Args:
        boxes1, boxes2: (n, 4) and (m, 4), each also with a batch in front.
        bounding_box_format: format of both, see `convert_format`.
        use_masking: whether pairs with a box whose numbers are all negative get `mask_val`.
        mask_val: the value of such pairs.
        image_shape: (height, width, channels), for formats with "rel_".
    Shapes:
        (n, 4), (m, 4) -> (n, m); (batch, n, 4), (batch, m, 4) -> (batch, n, m).
    Raises:
        ValueError: boxes of another rank, or a relative format without the image's shape.
    Example:
        >>> compute_iou([[0, 0, 2, 2]], [[1, 0, 3, 2], [4, 4, 5, 5]], "xyxy").round(3)
        array([[0.333, 0.   ]], dtype=float32)
    """
    one, other = (_as_corners(boxes, bounding_box_format, image_shape) for boxes in (boxes1, boxes2))
    if one.ndim not in (2, 3) or other.ndim not in (2, 3):
        raise ValueError(f"compute_iou expects boxes of shape (n, 4) or (batch, n, 4), got {one.shape} and {other.shape}")
    one, other = one[..., :, np.newaxis, :], other[..., np.newaxis, :, :]  # (..., n, 1, 4) and (..., 1, m, 4)
    shared = _intersection(one, other)
    iou = shared / (_area(one) + _area(other) - shared + epsilon())
    if not use_masking:
        return iou
    return np.where((np.max(one, axis=-1) < 0) | (np.max(other, axis=-1) < 0), mask_val, iou).astype(iou.dtype)


def compute_ciou(
    boxes1: ArrayLike, boxes2: ArrayLike, bounding_box_format: str, image_shape: Sequence[int] | None = None
) -> Tensors:
    """The complete IoU of pairs of boxes: `iou - distance^2 / diagonal^2 - alpha * v`, which grows as a box approaches another.

    `distance` is that of the centers, `diagonal` that of the smallest box around both, `v` compares the aspect ratios, and
    `alpha = v / (v - iou + 1)`.

    Args:
        boxes1, boxes2: (..., 4) each.
        bounding_box_format: format of both, see `convert_format`.
        image_shape: (height, width, channels), for formats with "rel_".
    Shapes:
        (..., 4), (..., 4) -> (...).
    Raises:
        ValueError: a relative format without the image's shape.
    Source: Zheng et al. 2020.
    Example:
        >>> compute_ciou([[0, 0, 2, 2]], [[1, 0, 3, 2]], "xyxy").round(3)
        array([0.256], dtype=float32)
    """
    one, other = (_as_corners(boxes, bounding_box_format, image_shape) for boxes in (boxes1, boxes2))
    small = epsilon()
    (wide1, high1), (wide2, high2) = _sizes(one), _sizes(other)
    high1, high2 = high1 + small, high2 + small
    shared = _intersection(one, other)
    iou = shared / (wide1 * high1 + wide2 * high2 - shared + 2 * small)
    around = np.maximum(one[..., 2:], other[..., 2:]) - np.minimum(one[..., :2], other[..., :2])
    diagonal = np.sum(np.square(around), axis=-1) + small
    apart = (one[..., :2] + one[..., 2:] - other[..., :2] - other[..., 2:]) / 2
    distance = np.sum(np.square(apart), axis=-1)
    v = 4 / math.pi**2 * np.square(np.arctan(wide2 / high2) - np.arctan(wide1 / high1))
    alpha = v / (v - iou + (1 + small))
    return iou - (distance / diagonal + v * alpha)


def _as_corners(boxes: ArrayLike, bounding_box_format: str, image_shape: Sequence[int] | None) -> Tensors:
    height, width = (None, None) if image_shape is None else image_shape[:2]
    return convert_format(boxes, bounding_box_format, "xyxy", height, width)


def _sizes(boxes: Array) -> tuple[Array, Array]:
    """Widths and heights of boxes (left, top, right, bottom)."""
    return boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]


def _area(boxes: Array) -> Array:
    width, height = _sizes(boxes)
    return width * height


def _intersection(one: Array, other: Array) -> Tensors:
    width = np.minimum(one[..., 2], other[..., 2]) - np.maximum(one[..., 0], other[..., 0])
    height = np.minimum(one[..., 3], other[..., 3]) - np.maximum(one[..., 1], other[..., 1])
    return np.maximum(width, 0.0) * np.maximum(height, 0.0)
