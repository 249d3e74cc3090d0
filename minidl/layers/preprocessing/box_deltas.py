"""Bounding boxes as differences from anchors, which object detectors predict, and back."""

from collections.abc import Sequence

import numpy as np

from minidl.config.settings import epsilon
from minidl.config.types import Array, ArrayLike, Tensors
from minidl.layers.argument_checks import check_choice
from minidl.layers.preprocessing.bounding_boxes import convert_format


def encode_box_to_deltas(
    anchors: ArrayLike,
    boxes: ArrayLike,
    anchor_format: str,
    box_format: str,
    encoding_format: str = "center_yxhw",
    variance: object = None,
    image_shape: Sequence[int] | None = None,
) -> Array:
    """`(center - anchor center) / anchor size` and `log(size / anchor size)`, divided by `variance`.

    Args:
        anchors: boxes (n, 4) that the others are compared with.
        boxes: (n, 4) or (batch, n, 4).
        anchor_format, box_format: their formats, see `convert_format`.
        encoding_format: order of the deltas, "center_yxhw" or "center_xywh".
        variance: four numbers.
        image_shape: (height, width, channels), for formats with "rel_".
    Raises:
        ValueError: the encoding format is another, or `variance` is not four numbers.
    Example:
        >>> encode_box_to_deltas([[0, 0, 4, 2]], [[1, 0, 5, 4]], "xyxy", "xyxy").round(3)
        array([[0.5  , 0.25 , 0.693, 0.   ]], dtype=float32)
    """
    size = _image_size(image_shape)
    scale = _checked("encode_box_to_deltas", "encoding_format", encoding_format, variance)
    anchor = convert_format(anchors, anchor_format, encoding_format, *size)
    box = convert_format(boxes, box_format, encoding_format, *size)
    anchor_size, box_size = np.maximum(anchor[..., 2:], epsilon()), np.maximum(box[..., 2:], epsilon())
    deltas = [(box[..., :2] - anchor[..., :2]) / anchor_size, np.log(box_size / anchor_size)]
    return np.concatenate(deltas, axis=-1) / scale


def decode_deltas_to_boxes(
    anchors: Array,
    boxes_delta: Array,
    anchor_format: str,
    box_format: str,
    encoded_format: str = "center_yxhw",
    variance: object = None,
    image_shape: Sequence[int] | None = None,
) -> Tensors:
    """The boxes of deltas, the inverse of `encode_box_to_deltas`.

    Args:
        anchors: boxes (n, 4), or a dict of them, one for each level.
        boxes_delta: (n, 4) or (batch, n, 4), or a dict with the same keys.
        anchor_format, box_format: format of the anchors, and of the result.
        encoded_format: order of the deltas, "center_yxhw" or "center_xywh".
        variance: four numbers.
        image_shape: (height, width, channels), for formats with "rel_".
    Raises:
        ValueError: the encoded format is another, or `variance` is not four numbers.
    Example:
        >>> decode_deltas_to_boxes([[0, 0, 4, 2]], np.array([[0.5, 0.25, np.log(2), 0.0]]), "xyxy", "xyxy").round(3)
        array([[1., 0., 5., 4.]], dtype=float32)
    """
    if isinstance(anchors, dict) and isinstance(boxes_delta, dict):
        options = (anchor_format, box_format, encoded_format, variance, image_shape)
        return {level: decode_deltas_to_boxes(anchors[level], boxes_delta[level], *options) for level in anchors}
    size = _image_size(image_shape)
    deltas = boxes_delta * _checked("decode_deltas_to_boxes", "encoded_format", encoded_format, variance)
    anchor = convert_format(anchors, anchor_format, encoded_format, *size)
    center = deltas[..., :2] * anchor[..., 2:] + anchor[..., :2]
    boxes = np.concatenate([center, np.exp(deltas[..., 2:]) * anchor[..., 2:]], axis=-1)
    return convert_format(boxes, encoded_format, box_format, *size)


def _image_size(image_shape: Sequence[int] | None) -> tuple[int | None, int | None]:
    return (None, None) if image_shape is None else (image_shape[0], image_shape[1])


def _checked(owner: str, argument: str, form: str, variance: object) -> Array:
    """The variance as an array, 1 for `None`; the format must be one with centers."""
    check_choice(owner, argument, form, ("center_xywh", "center_yxhw"))
    scale = np.ones(4, "float32") if variance is None else np.asarray(variance, "float32")
    if scale.shape[-1:] != (4,):
        raise ValueError(f"{owner} expects variance to be four numbers, got {variance!r}")
    return scale
