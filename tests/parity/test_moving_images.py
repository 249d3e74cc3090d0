"""Layers that move pixels change images, masks and boxes by given random numbers as Keras's do."""

import keras
import numpy as np
import pytest

import minidl

PIXELS = np.random.default_rng(4).uniform(0, 255, (3, 6, 6, 2)).astype("float32")
BOXES = np.array([[[0, 1, 3, 4], [2, 2, 5, 3]], [[1, 0, 6, 6], [0, 0, 0, 0]], [[4, 3, 5, 6], [1, 2, 2, 5]]], "float32")
LABELS = np.array([[1, 2], [3, -1], [5, 6]])
RANDOM = [
    ("RandomFlip", {}),
    ("RandomFlip", {"mode": "vertical"}),
    ("RandomRotation", {"factor": 0.3}),
    ("RandomTranslation", {"height_factor": 0.3, "width_factor": 0.4, "fill_mode": "wrap"}),
    ("RandomZoom", {"height_factor": 0.3}),
    ("RandomZoom", {"height_factor": 0.3, "width_factor": (-0.4, 0.2), "fill_mode": "nearest"}),
    ("RandomShear", {"x_factor": 0.4}),
    ("RandomShear", {"y_factor": 0.4, "fill_mode": "constant", "fill_value": 3.0}),
    ("RandomPerspective", {"factor": (0.5, 0.9), "scale": 0.6, "fill_value": 3.0}),
]


def tensors(value):
    return {key: keras.ops.convert_to_tensor(part) for key, part in value.items()}


def arrays(numbers):
    return {key: value if isinstance(value, tuple) else np.asarray(value) for key, value in numbers.items()}


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize(("data_format", "interpolation"), [("channels_last", "bilinear"), ("channels_first", "nearest")])
@pytest.mark.parametrize(("name", "arguments"), RANDOM)
def test_images_and_masks_are_moved_by_given_numbers_as_in_keras(name, arguments, data_format, interpolation):
    options = {"seed": 3, "data_format": data_format} | ({} if name == "RandomFlip" else {"interpolation": interpolation})
    x = PIXELS if data_format == "channels_last" else np.moveaxis(PIXELS, -1, 1)
    ours, theirs = (getattr(k.layers, name)(**arguments, **options) for k in (minidl, keras))
    numbers = theirs.get_random_transformation(keras.ops.convert_to_tensor(x), training=True)
    for method in ("transform_images", "transform_segmentation_masks"):
        expected = np.asarray(getattr(theirs, method)(keras.ops.convert_to_tensor(x), numbers))
        found = getattr(ours, method)(x, arrays(numbers))
        far = np.abs(found - expected) > 1e-2
        assert far.mean() < (0.03 if "nearest" in (interpolation, method) or "masks" in method else 1e-9)  # ties of float32
    np.testing.assert_array_equal(ours.transform_images(x, arrays(numbers), training=False), x)
    drawn = ours.get_random_transformation(x)
    assert set(drawn) == set(numbers) | {"input_shape"}
    for key, value in arrays(numbers).items():
        assert np.shape(drawn[key]) == np.shape(value), key


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize(("name", "arguments"), RANDOM)
def test_boxes_are_moved_by_given_numbers_as_in_keras(name, arguments):
    form = "xyxy" if name in ("RandomRotation", "RandomPerspective") else "rel_yxyx"  # Keras's two have this format alone
    convert = minidl.utils.bounding_boxes.convert_format
    boxes = {"boxes": convert(BOXES, "xyxy", form, 6, 6), "labels": LABELS}
    ours, theirs = (getattr(k.layers, name)(**arguments, seed=3, bounding_box_format=form) for k in (minidl, keras))
    numbers = theirs.get_random_transformation(keras.ops.convert_to_tensor(PIXELS), training=True)
    expected = theirs.transform_bounding_boxes(tensors(boxes), numbers)
    found = ours.transform_bounding_boxes(boxes, arrays(numbers) | {"input_shape": PIXELS.shape})
    np.testing.assert_allclose(found["boxes"], expected["boxes"], atol=1e-4)
    sure = np.asarray(found["labels"]) == np.asarray(expected["labels"])
    assert sure.all() or sure.sum() >= sure.size - 1  # the box without area may have an area of 1e-12 in float32


@pytest.mark.quick_rows(3)
@pytest.mark.parametrize(("form", "single"), [("rel_xyxy", False), ("center_xywh", True)])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("CenterCrop", {"height": 3, "width": 4}),
        ("CenterCrop", {"height": 9, "width": 3}),
        ("Resizing", {"height": 3, "width": 9}),
        ("Resizing", {"height": 3, "width": 6, "crop_to_aspect_ratio": True}),
        ("Resizing", {"height": 12, "width": 24, "pad_to_aspect_ratio": True}),
    ],
)
def test_boxes_of_images_of_one_size_are_moved_as_in_keras(name, arguments, form, single):
    boxes = {"boxes": minidl.utils.bounding_boxes.convert_format(BOXES, "xyxy", form, 6, 6), "labels": LABELS}
    data = {"images": PIXELS, "bounding_boxes": boxes, "labels": np.arange(3), "segmentation_masks": np.round(PIXELS)}
    if single:
        data["bounding_boxes"] = {key: value[0] for key, value in boxes.items()}
        data |= {key: data[key][0] for key in ("images", "labels", "segmentation_masks")}
    ours, theirs = (getattr(k.layers, name)(**arguments, bounding_box_format=form) for k in (minidl, keras))
    found, expected = ours(data), theirs(data | {"bounding_boxes": dict(data["bounding_boxes"])})
    np.testing.assert_allclose(found["images"], expected["images"], atol=1e-3)
    np.testing.assert_allclose(found["bounding_boxes"]["boxes"], expected["bounding_boxes"]["boxes"], atol=1e-5)
    np.testing.assert_array_equal(found["bounding_boxes"]["labels"], expected["bounding_boxes"]["labels"])
    np.testing.assert_array_equal(found["labels"], expected["labels"])
    assert found["segmentation_masks"].shape == expected["segmentation_masks"].shape


def test_boxes_of_any_format_are_rotated_where_keras_reads_them_as_xyxy():
    boxes = {"boxes": np.array([[[2.0, 1.0, 1.0, 3.0]]]), "labels": np.ones((1, 1))}  # from (2, 1) to (3, 4)
    ours, theirs = (k.layers.RandomRotation((0.5, 0.5), bounding_box_format="xywh") for k in (minidl, keras))
    data = {"images": np.zeros((1, 6, 6, 1)), "bounding_boxes": boxes}
    np.testing.assert_allclose(ours(data)["bounding_boxes"]["boxes"], [[[2, 1, 1, 3]]], atol=1e-5)
    assert np.abs(np.asarray(theirs(data)["bounding_boxes"]["boxes"]) - [[[2, 1, 1, 3]]]).max() > 0.9


def test_boxes_are_cropped_like_the_images_where_keras_swaps_the_axes():
    boxes = {"boxes": np.array([[[3.0, 0.0, 8.0, 2.0]]]), "labels": np.ones((1, 1), int)}
    numbers = {"window": (0, 2, 6, 4), "input_shape": (1, 6, 8, 1)}
    ours, theirs = (k.layers.RandomCrop(6, 4, bounding_box_format="xyxy") for k in (minidl, keras))
    found = ours.transform_bounding_boxes(boxes, numbers)
    np.testing.assert_array_equal(found["boxes"], [[[1, 0, 4, 2]]])
    expected = theirs.transform_bounding_boxes(tensors(boxes), (0, 2))
    np.testing.assert_array_equal(expected["boxes"], [[[3, 0, 8, 0]]])


def test_boxes_of_wide_images_are_sheared_like_the_pixels_where_keras_shears_relative_ones():
    boxes = {"boxes": np.array([[[1.0, 0.0, 2.0, 2.0]]]), "labels": np.ones((1, 1), int)}
    numbers = {"shear_factor": np.array([[-1.0, 0.0]], "float32"), "input_shape": (1, 4, 8, 1)}
    ours, theirs = (k.layers.RandomShear(0.5, bounding_box_format="xyxy") for k in (minidl, keras))
    np.testing.assert_allclose(ours.transform_bounding_boxes(boxes, numbers)["boxes"], [[[1, 0, 4, 2]]])
    expected = theirs.transform_bounding_boxes(tensors(boxes), numbers | {"shear_factor": numbers["shear_factor"]})
    np.testing.assert_allclose(expected["boxes"], [[[1, 0, 6, 2]]])


def test_boxes_are_clipped_after_a_flip_where_keras_clips_relative_ones_to_pixels():
    boxes = {"boxes": np.array([[[-2.0, 1.0, 3.0, 4.0]]]), "labels": np.ones((1, 1), int)}
    numbers = {"flips": np.ones((1, 1, 1, 1), bool), "input_shape": (1, 6, 6, 1)}
    ours, theirs = (k.layers.RandomFlip("horizontal", bounding_box_format="xyxy") for k in (minidl, keras))
    np.testing.assert_allclose(ours.transform_bounding_boxes(boxes, numbers)["boxes"], [[[3, 1, 6, 4]]])
    np.testing.assert_allclose(theirs.transform_bounding_boxes(tensors(boxes), numbers)["boxes"], [[[3, 1, 8, 4]]], atol=1e-5)


def test_masks_of_elastic_transforms_follow_the_images_where_keras_draws_other_shifts():
    x = (np.indices((24, 24)).sum(axis=0)[np.newaxis, ..., np.newaxis] % 7).astype("float32")
    differences = []
    for k in (minidl, keras):
        changed = k.layers.RandomElasticTransform((1.0, 1.0), (1.0, 1.0), "nearest", seed=1)(
            {"images": x, "segmentation_masks": x}
        )
        differences.append(np.abs(np.asarray(changed["images"]) - np.asarray(changed["segmentation_masks"])).max())
        assert np.abs(np.asarray(changed["images"]) - x).max() > 0
    assert differences[0] == 0 < differences[1]


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize(("name", "arguments"), [*RANDOM, ("RandomElasticTransform", {"factor": 0.7, "scale": (0.2, 0.8)})])
def test_random_numbers_have_keras_s_distribution(name, arguments):
    ours, theirs = (getattr(k.layers, name)(**arguments, seed=3) for k in (minidl, keras))
    drawn = [arrays(layer.get_random_transformation(np.zeros((600, 4, 5, 1)))) for layer in (ours, theirs)]
    for key in set(drawn[1]) - {"input_shape", "batch_size", "distortion_factor", "seed"}:
        found, expected = (np.asarray(numbers[key], float).reshape(-1, *np.shape(numbers[key])[1:]) for numbers in drawn)
        assert (np.abs(found.mean(axis=0) - expected.mean(axis=0)) <= 0.2 * expected.std(axis=0) + 1e-5).all(), key
        assert (np.abs(found.std(axis=0) - expected.std(axis=0)) <= 0.2 * expected.std(axis=0) + 1e-5).all(), key


@pytest.mark.thorough
def test_chosen_augmentations_are_applied_and_mixed_as_in_keras():
    def given(value):
        if isinstance(value, dict):
            return {key: given(part) for key, part in value.items()}
        if isinstance(value, list):
            return [given(part) for part in value]
        return value if value is None or isinstance(value, (str, tuple)) else np.asarray(value)

    x = np.concatenate([PIXELS, PIXELS[..., :1]], axis=-1)
    for name, arguments in (("RandAugment", {"num_ops": 4}), ("AugMix", {"factor": 0.4})):
        for seed in range(2):
            ours, theirs = (getattr(k.layers, name)(**arguments, seed=seed) for k in (minidl, keras))
            numbers = theirs.get_random_transformation(keras.ops.convert_to_tensor(x))
            expected = theirs.transform_images(keras.ops.convert_to_tensor(x), numbers)
            np.testing.assert_allclose(ours.transform_images(x, given(numbers)), expected, atol=2e-3)


@pytest.mark.parametrize("fill_mode", ["constant", "nearest", "wrap", "mirror", "reflect"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_values_beyond_the_edge_are_those_of_keras_also_for_axes_of_one_element(fill_mode, size):
    x, places = np.arange(1.0, size + 1, dtype="float32"), np.linspace(-4, 6, 21, dtype="float32")[np.newaxis]
    for order in (0, 1):
        ours, theirs = (k.ops.image.map_coordinates(x, places, order, fill_mode, 7.0) for k in (minidl, keras))
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.thorough
def test_shifts_of_elastic_transforms_are_as_large_as_in_keras():
    slope = np.tile(np.arange(48, dtype="float32")[np.newaxis, np.newaxis, :, np.newaxis], (20, 48, 1, 1))
    spread = []
    for k in (minidl, keras):
        layer = k.layers.RandomElasticTransform((1.0, 1.0), (0.8, 0.8), fill_mode="nearest", seed=1)
        spread.append((np.asarray(layer(slope, training=True)) - slope)[:, 16:32, 16:32].std())
    assert 0.85 < spread[0] / spread[1] < 1.15
