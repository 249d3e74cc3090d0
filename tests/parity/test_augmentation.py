"""Image layers change images by given random numbers as Keras's do, alone and in dicts."""

import keras
import numpy as np
import pytest

import minidl
from minidl import layers

PIXELS = np.random.default_rng(4).uniform(0, 255, (4, 5, 6, 3)).astype("float32")
LAYERS = [
    ("RandomBrightness", {"factor": 0.5}),
    ("RandomBrightness", {"factor": (0.1, 0.9), "value_range": (0, 300)}),
    ("RandomColorDegeneration", {"factor": 0.8}),
    ("RandomGrayscale", {"factor": 0.5}),
    ("RandomHue", {"factor": 0.7}),
    ("RandomHue", {"factor": (0.2, 0.3), "value_range": (0, 300)}),
    ("RandomInvert", {"factor": 0.6}),
    ("RandomPosterization", {"factor": (2, 7)}),
    ("RandomSaturation", {"factor": (0.2, 0.8)}),
    ("Solarization", {"addition_factor": 0.3, "threshold_factor": 0.6}),
    ("Solarization", {"addition_factor": (0.1, 0.3), "threshold_factor": 0.5, "value_range": (0, 300)}),
]


def as_arrays(transformation):
    if isinstance(transformation, dict):
        return {key: np.asarray(value) for key, value in transformation.items()}
    return np.asarray(transformation)


@pytest.mark.parametrize(("name", "arguments"), LAYERS)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_images_are_changed_by_given_numbers_as_in_keras(name, arguments, data_format):
    x = PIXELS if data_format == "channels_last" else np.moveaxis(PIXELS, -1, 1)
    ours, theirs = (getattr(k.layers, name)(**arguments, data_format=data_format, seed=3) for k in (minidl, keras))
    numbers = theirs.get_random_transformation(keras.ops.convert_to_tensor(x), training=True)
    expected = theirs.transform_images(keras.ops.convert_to_tensor(x), numbers, training=True)
    np.testing.assert_allclose(ours.transform_images(x, as_arrays(numbers)), expected, atol=2e-3)
    np.testing.assert_allclose(ours.transform_images(x, as_arrays(numbers), training=False), x)
    drawn = ours.get_random_transformation(x)
    if isinstance(numbers, dict):
        assert {key: np.shape(value) for key, value in drawn.items()} == {k: np.shape(v) for k, v in numbers.items()}
    else:
        assert np.shape(drawn) == np.shape(numbers)


@pytest.mark.parametrize(("name", "arguments"), LAYERS)
def test_draws_stay_in_their_range_and_repeat_with_their_seed(name, arguments):
    one, other = (getattr(layers, name)(**arguments, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one(PIXELS, training=True), other(PIXELS, training=True))
    np.testing.assert_array_equal(one(PIXELS), PIXELS)
    assert one(PIXELS[0], training=True).shape == PIXELS[0].shape
    theirs = getattr(keras.layers, name)(**arguments, seed=3)
    drawn = [as_arrays(k.get_random_transformation(np.zeros((500, 2, 2, 3)))) for k in (one, theirs)]
    for key in drawn[0] if isinstance(drawn[0], dict) else []:
        ours, expected = (np.asarray(found[key], float) for found in drawn)
        if name != "Solarization":  # Keras scales only the upper end of its range
            assert abs(ours.mean() - expected.mean()) < 0.15 * (expected.std() + 1e-6) + 1e-6, key
            assert abs(ours.std() - expected.std()) < 0.15 * expected.std() + 1e-6, key


@pytest.mark.parametrize(("name", "arguments"), LAYERS)
def test_a_dict_is_changed_where_it_holds_images(name, arguments):
    data = {"images": PIXELS, "labels": np.arange(4), "segmentation_masks": np.ones((4, 5, 6, 1))}
    data["bounding_boxes"] = {"boxes": np.ones((4, 2, 4)), "labels": np.ones((4, 2))}
    make = getattr(layers, name)
    changed = make(**arguments, seed=3, bounding_box_format="xyxy")(data, training=True)
    np.testing.assert_array_equal(changed["images"], make(**arguments, seed=3)(PIXELS, training=True))
    for key in ("labels", "segmentation_masks", "bounding_boxes"):
        assert changed[key] is data[key]
    with pytest.raises(ValueError, match="needs bounding_box_format"):
        make(**arguments)(data, training=True)


def test_colors_are_converted_and_back_as_in_keras():
    from minidl.kernels.colors import grayscale, hsv_to_rgb, rgb_to_hsv

    x = np.concatenate([PIXELS / 255, np.zeros((1, 5, 6, 3)), np.ones((1, 5, 6, 3))]).astype("float32")
    hsv = np.stack(rgb_to_hsv(x), axis=-1)
    np.testing.assert_allclose(hsv, keras.ops.image.rgb_to_hsv(x), atol=1e-5)
    np.testing.assert_allclose(hsv_to_rgb(*rgb_to_hsv(x)), x, atol=1e-5)
    np.testing.assert_allclose(grayscale(x), keras.ops.image.rgb_to_grayscale(x), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("RandomBrightness", {"factor": 2}),
        ("RandomHue", {"factor": -0.5}),
        ("RandomInvert", {"factor": (0, 2)}),
        ("RandomPosterization", {"factor": 9}),
        ("RandomSaturation", {"factor": "a"}),
        ("RandomGrayscale", {"factor": 1.5}),
        ("RandomBrightness", {"factor": 0.1, "value_range": 3}),
        ("Solarization", {"addition_factor": -1}),
    ],
)
def test_bad_factors_are_refused_as_in_keras(name, arguments):
    with pytest.raises(ValueError, match=f"{name} expects"):
        getattr(layers, name)(**arguments)
