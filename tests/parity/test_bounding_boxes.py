"""Functions of bounding boxes give Keras's numbers."""

import itertools

import keras
import numpy as np
import pytest

from minidl.layers.preprocessing.bounding_boxes import FORMATS
from minidl.utils import bounding_boxes as ours

theirs = keras.utils.bounding_boxes
BOXES = np.array([[[1, 2, 8, 5], [0, 0, 3, 9], [4, 4, 4, 6]], [[5, 1, 7, 2], [-2, -3, 20, 30], [-1, -1, -1, -1]]], "float32")
ANCHORS = np.array([[0, 0, 4, 2], [3, 1, 9, 9], [2, 2, 3, 8]], "float32")
LABELS = np.array([[1, 2, 3], [4, 5, 6]])


def assert_close(actual, expected, **tolerance):
    expected = np.asarray(expected)
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, **({"rtol": 1e-5, "atol": 1e-5} | tolerance))


def test_boxes_are_converted_between_all_formats():
    for source, target in itertools.product(FORMATS, repeat=2):
        arguments = {"source": source, "target": target, "height": 10, "width": 12}
        expected = theirs.convert_format(BOXES, **arguments)
        assert_close(ours.convert_format(BOXES, **arguments), expected)
        assert_close(ours.convert_format(BOXES[0], **arguments), expected[0])
    found = ours.convert_format({"boxes": BOXES, "labels": 1}, "XYXY", "xywh")
    assert found["labels"] == 1
    assert_close(found["boxes"], theirs.convert_format(BOXES, "xyxy", "xywh"))


@pytest.mark.parametrize("form", ["xyxy", "rel_xyxy"])
def test_boxes_are_clipped_and_those_outside_get_the_label_minus_1(form):
    boxes = BOXES if form == "xyxy" else BOXES / 10
    found, expected = (
        k.clip_to_image_size({"boxes": boxes.copy(), "labels": LABELS}, height=6, width=7, bounding_box_format=form)
        for k in (ours, theirs)
    )
    assert_close(found["boxes"], expected["boxes"])
    np.testing.assert_array_equal(found["labels"], expected["labels"])


def test_boxes_are_cropped_and_padded():
    assert_close(ours.crop(BOXES, 1, 2, 5, 4), theirs.crop(BOXES, 1, 2, 5, 4))
    assert_close(ours.pad(BOXES, 1, 2), theirs.pad(BOXES, 1, 2))


@pytest.mark.parametrize("center", [{}, {"center_x": 0.1, "center_y": 0.7}])
def test_boxes_are_transformed(center):
    draw = np.random.default_rng(0).uniform
    numbers = [draw(-90, 90, 2), draw(-0.3, 0.3, 2), draw(-0.3, 0.3, 2), draw(0.5, 2, 2), draw(-40, 40, 2), draw(-40, 40, 2)]
    numbers = [number.astype("float32") for number in numbers]
    found, expected = (k.affine_transform(BOXES, *numbers, 10, 12, **center) for k in (ours, theirs))
    assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("form", ["center_yxhw", "center_xywh"])
@pytest.mark.parametrize("variance", [None, [0.1, 0.1, 0.2, 0.2]])
def test_boxes_are_encoded_as_deltas_from_anchors_and_back(form, variance):
    boxes = BOXES[:1] + np.array([0, 0, 1, 1], "float32")
    options = {"encoding_format": form, "variance": variance, "image_shape": (10, 12, 3)}
    deltas, expected = (k.encode_box_to_deltas(ANCHORS, boxes, "xyxy", "xywh", **options) for k in (ours, theirs))
    assert_close(deltas, expected)
    options = {"encoded_format": form, "variance": variance, "image_shape": (10, 12, 3)}
    back, expected = (k.decode_deltas_to_boxes(ANCHORS, deltas, "xyxy", "xywh", **options) for k in (ours, theirs))
    assert_close(back, expected)
    assert_close(back, boxes)
    levels = ours.decode_deltas_to_boxes({"a": ANCHORS}, {"a": deltas}, "xyxy", "xywh", **options)
    assert_close(levels["a"], back)


@pytest.mark.parametrize(("first", "second"), [(BOXES, BOXES), (BOXES, ANCHORS), (ANCHORS, BOXES[0]), (ANCHORS, BOXES)])
def test_the_overlap_of_boxes(first, second):
    form = "rel_xywh" if first.ndim == 3 else "center_xywh"
    options = {"bounding_box_format": form, "image_shape": (10, 12, 3)}
    assert_close(ours.compute_iou(first, second, **options), theirs.compute_iou(first, second, **options))
    if first.ndim == second.ndim:  # Keras transposes the second mask by the rank of the first boxes
        masked = options | {"use_masking": True, "mask_val": -2}
        assert_close(ours.compute_iou(first, second, **masked), theirs.compute_iou(first, second, **masked))


@pytest.mark.parametrize("form", ["xyxy", "yxyx", "center_xywh"])
def test_the_complete_overlap_of_boxes(form):
    first, second = BOXES[:1] + np.array([0, 0, 1, 1], "float32"), ANCHORS
    found, expected = (k.compute_ciou(first, second, form) for k in (ours, theirs))
    assert_close(found, expected)


def test_the_complete_overlap_of_relative_boxes_is_computed_where_keras_always_rejects_them():
    options = {"bounding_box_format": "rel_xyxy", "image_shape": (10, 12, 3)}
    with pytest.raises(ValueError, match="must be provided"):
        theirs.compute_ciou(ANCHORS / 12, ANCHORS[::-1] / 12, **options)
    scale = np.array([12, 10, 12, 10], "float32")
    expected = theirs.compute_ciou(ANCHORS, ANCHORS[::-1], "xyxy")
    assert_close(ours.compute_ciou(ANCHORS / scale, ANCHORS[::-1] / scale, **options), expected)
