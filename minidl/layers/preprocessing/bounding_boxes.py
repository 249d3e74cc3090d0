"""Bounding boxes (..., 4): their formats, clipped, cropped, padded and transformed.

Written with NumPy functions that tensors have too, so that code with `call` and losses may use them.
"""

import numpy as np

from minidl.config.types import Array, Tensors
from minidl.layers.argument_checks import check_choice

_ABSOLUTE = ("xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw")
FORMATS = (*_ABSOLUTE, "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh")


def convert_format(
    boxes: Tensors, source: str, target: str, height: int | None = None, width: int | None = None, dtype: str = "float32"
) -> Tensors:
    """Convert boxes from one format to another.

    Args:
        boxes: boxes (..., 4), or a dict that holds them as "boxes", of which a new dict is returned.
        source, target: "xyxy" (left, top, right, bottom), "yxyx" (top, left, bottom, right), "xywh" (left, top, width,
            height), "center_xywh", "center_yxhw" (center y, center x, height, width), or "rel_" and one of "xyxy", "yxyx",
            "xywh" and "center_xywh", where width and height of the image are 1.
        height, width: size of the image in pixels, for formats with "rel_".
        dtype: of the result.
    Raises:
        ValueError: a format is unknown, boxes are not (..., 4), or the size of the image is needed.
    Example:
        >>> convert_format([[10, 20, 30, 60]], source="xyxy", target="center_xywh")
        array([[20., 40., 20., 40.]], dtype=float32)
        >>> convert_format([[10, 20, 30, 60]], source="xyxy", target="rel_yxyx", height=100, width=40)
        array([[0.2 , 0.25, 0.6 , 0.75]], dtype=float32)
    """
    source, target = (
        check_choice("convert_format", name, value, FORMATS) for name, value in (("source", source), ("target", target))
    )
    if isinstance(boxes, dict):
        return boxes | {"boxes": convert_format(boxes["boxes"], source, target, height, width, dtype)}
    boxes = (boxes if hasattr(boxes, "astype") else np.asarray(boxes)).astype(dtype)
    if boxes.ndim == 0 or boxes.shape[-1] != 4:
        raise ValueError(f"convert_format expects boxes of shape (..., 4), got shape {tuple(boxes.shape)}")
    relative = [name.startswith("rel_") for name in (source, target)]
    if any(relative) and (height is None or width is None):
        raise ValueError(f"convert_format needs height and width of the image to convert {source!r} to {target!r}")
    left, top, right, bottom = _corners(boxes, source.removeprefix("rel_"))
    if relative[0] != relative[1]:
        across, down = (np.asarray(size, dtype) for size in (width, height))
        scale = np.multiply if relative[0] else np.divide
        left, top, right, bottom = scale(left, across), scale(top, down), scale(right, across), scale(bottom, down)
    return _from_corners(left, top, right, bottom, target.removeprefix("rel_"))


def _corners(boxes: Array, form: str) -> tuple[Array, Array, Array, Array]:
    """Left, top, right and bottom, (..., 1) each."""
    a, b, c, d = (boxes[..., n : n + 1] for n in range(4))
    if form == "xyxy":
        return a, b, c, d
    if form == "yxyx":
        return b, a, d, c
    if form == "xywh":
        return a, b, a + c, b + d
    x, y, width, height = (a, b, c, d) if form == "center_xywh" else (b, a, d, c)
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _from_corners(left: Array, top: Array, right: Array, bottom: Array, form: str) -> Array:
    width, height = right - left, bottom - top
    x, y = left + width / 2, top + height / 2
    parts = {
        "xyxy": (left, top, right, bottom),
        "yxyx": (top, left, bottom, right),
        "xywh": (left, top, width, height),
        "center_xywh": (x, y, width, height),
        "center_yxhw": (y, x, height, width),
    }
    return np.concatenate(parts[form], axis=-1)


def clip_to_image_size(
    bounding_boxes: dict[str, Array], height: int | None = None, width: int | None = None, bounding_box_format: str = "xyxy"
) -> dict[str, Array]:
    """Clip boxes to the image; the labels of those that are outside become -1.

    Args:
        bounding_boxes: a dict of "boxes" (..., boxes, 4) and "labels" (..., boxes), of which a new one is returned.
        height, width: size of the image in pixels, for "xyxy".
        bounding_box_format: "xyxy" or "rel_xyxy".
    Raises:
        ValueError: another format, or "xyxy" without a size.
    Example:
        >>> boxes = {"boxes": np.array([[-10, -20, 150, 60], [150, 40, 170, 80]]), "labels": np.array([0, 1])}
        >>> clip_to_image_size(boxes, height=100, width=120)
        {'boxes': array([[  0,   0, 120,  60],
               [120,  40, 120,  80]]), 'labels': array([ 0, -1])}
    """
    check_choice("clip_to_image_size", "bounding_box_format", bounding_box_format, ("xyxy", "rel_xyxy"))
    if bounding_box_format == "rel_xyxy":
        height = width = 1
    elif height is None or width is None:
        raise ValueError("clip_to_image_size needs height and width of the image for the format 'xyxy'")
    boxes = _clipped(bounding_boxes["boxes"], height, width)
    clipped = bounding_boxes | {"boxes": boxes}
    if bounding_boxes.get("labels") is not None:
        labels = np.asarray(bounding_boxes["labels"])
        inside = (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1]) > 0
        clipped["labels"] = np.where(inside[..., np.newaxis] if labels.ndim == boxes.ndim else inside, labels, -1)
    return clipped


def crop(boxes: Array, top: int, left: int, height: int, width: int, bounding_box_format: str = "xyxy") -> Array:
    """Boxes (..., 4) in an image of which `height` rows from `top` and `width` columns from `left` are cut out.

    Raises:
        ValueError: the format is not "xyxy".
    Example:
        >>> crop(np.array([[10, 20, 50, 60]]), top=10, left=20, height=40, width=50)
        array([[ 0, 10, 30, 40]])
    """
    return _clipped(pad(boxes, -top, -left, bounding_box_format=bounding_box_format), height, width)


def pad(
    boxes: Array, top: int, left: int, height: object = None, width: object = None, bounding_box_format: str = "xyxy"
) -> Array:
    """Boxes (..., 4) in an image with `top` more rows above and `left` more columns on the left.

    Args:
        height, width: accepted for compatibility with Keras.
    Raises:
        ValueError: the format is not "xyxy".
    Example:
        >>> pad(np.array([[10, 20, 50, 60]]), top=1, left=2)
        array([[12, 21, 52, 61]])
    """
    check_choice("bounding_boxes", "bounding_box_format", bounding_box_format, ("xyxy",))
    boxes = boxes if hasattr(boxes, "shape") else np.asarray(boxes)
    parts = [boxes[..., n : n + 1] + shift for n, shift in enumerate((left, top, left, top))]
    return np.concatenate(parts, axis=-1)


def affine_transform(
    boxes: Array,
    angle: Array,
    translate_x: Array,
    translate_y: Array,
    scale: Array,
    shear_x: Array,
    shear_y: Array,
    height: int,
    width: int,
    center_x: float | Array | None = None,
    center_y: float | Array | None = None,
    bounding_box_format: str = "xyxy",
) -> Array:
    """The boxes around boxes (batch, boxes, 4) that are turned, shifted, scaled and sheared, one transform for each image.

    A point p goes to `scale * M (p - center + shift) + center`, where M rotates and shears.

    Args:
        angle: of the rotation, counterclockwise, in degrees, (batch,).
        translate_x, translate_y: shift as a fraction of the width minus 1 and the height minus 1, (batch,).
        scale: factor of the size, (batch,).
        shear_x, shear_y: angles of the shears in degrees, (batch,).
        height, width: size of the image in pixels.
        center_x, center_y: center of the rotation as a fraction of the size, 0.5 by default.
    Raises:
        ValueError: the format is not "xyxy".
    Example:
        >>> one, none = np.ones(1), np.zeros(1)
        >>> affine_transform(np.array([[[0.0, 0.0, 2.0, 1.0]]]), 90 * one, none, none, one, none, none, 5, 5).round(3)
        array([[[0., 2., 1., 4.]]])
    """
    check_choice("affine_transform", "bounding_box_format", bounding_box_format, ("xyxy",))
    turn, across, down = (-np.radians(np.asarray(degrees, "float64")) for degrees in (angle, shear_x, shear_y))
    a, c = np.cos(turn - down) / np.cos(down), -np.sin(turn - down) / np.cos(down)
    b, d = a * np.tan(across) + np.sin(turn), np.cos(turn) - c * np.tan(across)
    x, y = (0.5 if center_x is None else center_x) * (width - 1), (0.5 if center_y is None else center_y) * (height - 1)
    right, low = np.asarray(translate_x) * (width - 1) - x, np.asarray(translate_y) * (height - 1) - y
    scale = np.asarray(scale)
    first = [scale * d, -scale * b, scale * (d * right - b * low) + x]
    second = [-scale * c, scale * a, scale * (-c * right + a * low) + y]
    rows = np.broadcast_arrays(*first, *second, 0.0, 0.0, 1.0)
    return moved_boxes(boxes, np.stack(rows, axis=-1).reshape(-1, 3, 3))


def moved_boxes(boxes: Array, matrices: Array) -> Array:
    """The boxes around the corners of boxes (batch, boxes, 4) that matrices (batch, 3, 3) of homogeneous coordinates move."""
    left, top, right, bottom = np.moveaxis(np.asarray(boxes), -1, 0)
    corners = np.stack([[left, right, left, right], [top, top, bottom, bottom], np.ones((4, *left.shape))])
    x, y, k = np.einsum("bij,jcbn->icbn", matrices, corners)  # (batch, 3, 3), (3, 4, batch, boxes)
    x, y = x / k, y / k
    return np.stack([x.min(axis=0), y.min(axis=0), x.max(axis=0), y.max(axis=0)], axis=-1)


def dense_boxes(bounding_boxes: object) -> dict[str, Array]:
    """A dict of bounding boxes as arrays; lists of different lengths are filled up with boxes of 0 and labels of -1.

    Raises:
        ValueError: "boxes" or "labels" are missing, or their shapes do not belong together.
    """
    if not isinstance(bounding_boxes, dict) or not {"boxes", "labels"} <= set(bounding_boxes):
        raise ValueError(f'bounding boxes are a dict with "boxes" and "labels", got {bounding_boxes!r}')
    boxes, labels = bounding_boxes["boxes"], bounding_boxes["labels"]
    if isinstance(boxes, list) and len({len(rows) for rows in boxes}) > 1:
        most = max(map(len, boxes))
        boxes = [[*rows, *[[0, 0, 0, 0]] * (most - len(rows))] for rows in boxes]
        labels = [[*row, *[-1] * (most - len(row))] for row in labels]
    boxes, labels = np.asarray(boxes), np.asarray(labels)
    if boxes.ndim not in (2, 3) or boxes.shape[-1] != 4 or labels.ndim not in (boxes.ndim - 1, boxes.ndim):
        raise ValueError(
            "bounding boxes have boxes of shape (batch, boxes, 4) and labels of shape (batch, boxes), both without batch for "
            f"one image, got shapes {boxes.shape} and {labels.shape}"
        )
    return bounding_boxes | {"boxes": boxes, "labels": labels}


def _clipped(boxes: Array, height: int, width: int) -> Array:
    """Boxes (..., 4) with left and right between 0 and the width, top and bottom between 0 and the height."""
    parts = [np.clip(boxes[..., n : n + 1], 0, size) for n, size in enumerate((width, height, width, height))]
    return np.concatenate(parts, axis=-1)
