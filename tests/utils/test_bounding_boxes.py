"""Bounding boxes: gradients, and what raises an error."""

import numpy as np
import pytest

from minidl import Layer
from minidl.layers.preprocessing.bounding_boxes import dense_boxes
from minidl.utils import bounding_boxes

TARGETS = np.array([[0.0, 0.0, 4.0, 2.0], [3.0, 1.0, 9.0, 8.0]])


class Overlap(Layer):
    def call(self, boxes):
        deltas = bounding_boxes.encode_box_to_deltas(TARGETS, boxes, "xyxy", "xywh")
        return bounding_boxes.compute_ciou(boxes, TARGETS, "xywh") + deltas[..., 3]


def test_overlaps_and_deltas_have_gradients():
    layer = Overlap()
    boxes = np.array([[1.0, 0.5, 2.5, 3.0], [2.0, 2.5, 5.0, 4.0]], "float32")
    y, cache = layer.forward(boxes)
    dx, step = layer.backward(np.ones_like(y), cache), np.float32(1e-2)
    for place in np.ndindex(boxes.shape):
        shifted = [boxes.copy(), boxes.copy()]
        shifted[0][place] += step
        shifted[1][place] -= step
        slope = (layer(shifted[0]).sum() - layer(shifted[1]).sum()) / (2 * step)
        np.testing.assert_allclose(dx[place], slope, rtol=2e-2, atol=2e-3)


def test_lists_of_different_lengths_are_filled_up():
    found = dense_boxes({"boxes": [[[1, 2, 3, 4]], [[5, 6, 7, 8], [1, 1, 2, 2]]], "labels": [[7], [8, 9]]})
    np.testing.assert_array_equal(found["boxes"], [[[1, 2, 3, 4], [0, 0, 0, 0]], [[5, 6, 7, 8], [1, 1, 2, 2]]])
    np.testing.assert_array_equal(found["labels"], [[7, -1], [8, 9]])


def test_labels_of_classes_become_minus_1_in_all_columns():
    boxes = {"boxes": np.array([[0.0, 0.0, 2.0, 2.0], [8.0, 8.0, 9.0, 9.0]]), "labels": np.eye(2)}
    clipped = bounding_boxes.clip_to_image_size(boxes, 4, 4)
    np.testing.assert_array_equal(clipped["labels"], [[1, 0], [-1, -1]])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: bounding_boxes.convert_format(TARGETS, "xyxy", "ltrb"), "convert_format expects target to be one of"),
        (lambda: bounding_boxes.convert_format(TARGETS[:, :3], "xyxy", "xywh"), r"expects boxes of shape \(..., 4\)"),
        (lambda: bounding_boxes.convert_format(TARGETS, "xyxy", "rel_xywh"), "needs height and width of the image"),
        (lambda: bounding_boxes.clip_to_image_size({"boxes": TARGETS}), "needs height and width of the image"),
        (lambda: bounding_boxes.crop(TARGETS, 0, 0, 1, 1, "xywh"), "expects bounding_box_format to be one of 'xyxy'"),
        (lambda: bounding_boxes.encode_box_to_deltas(TARGETS, TARGETS, "xyxy", "xyxy", "xywh"), "encoding_format to be one of"),
        (lambda: bounding_boxes.encode_box_to_deltas(TARGETS, TARGETS, "xyxy", "xyxy", variance=[1]), "variance to be four"),
        (lambda: bounding_boxes.compute_iou(TARGETS[0], TARGETS, "xyxy"), r"compute_iou expects boxes of shape \(n, 4\)"),
        (lambda: dense_boxes({"boxes": TARGETS}), 'a dict with "boxes" and "labels"'),
        (lambda: dense_boxes({"boxes": TARGETS, "labels": 3}), "got shapes"),
    ],
)
def test_what_makes_no_sense_raises_an_error(make, message):
    with pytest.raises(ValueError, match=message):
        make()
