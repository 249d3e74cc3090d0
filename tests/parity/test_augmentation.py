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
    ("RandomSharpness", {"factor": 0.8}),
    ("RandomSharpness", {"factor": (0.2, 0.9), "value_range": (0, 300)}),
    ("RandomGaussianBlur", {"factor": 0.6, "kernel_size": (3, 5), "sigma": (0.4, 0.9)}),
    ("RandomErasing", {"factor": 0.6, "scale": (0.2, 0.6)}),
    ("MixUp", {"alpha": 0.5}),
    ("CutMix", {"factor": 0.8}),
    ("AutoContrast", {"value_range": (0, 300)}),
    ("RandomContrast", {"factor": (0.2, 0.5)}),
    ("Equalization", {"bins": 30}),
    ("Solarization", {"addition_factor": 0.3, "threshold_factor": 0.6}),
    ("Solarization", {"addition_factor": (0.1, 0.3), "threshold_factor": 0.5, "value_range": (0, 300)}),
]


NO_SEED = ("AutoContrast", "Equalization")
MIXING = ("MixUp", "CutMix")


def made(k, name, arguments, **more):
    """The layer, with a seed if it draws random numbers."""
    return getattr(k.layers, name)(**arguments, **more, **({} if name in NO_SEED else {"seed": 3}))


def as_arrays(transformation):
    if isinstance(transformation, dict):
        return {key: np.asarray(value) for key, value in transformation.items()}
    return np.asarray(transformation)


@pytest.mark.parametrize(("name", "arguments"), LAYERS)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_images_are_changed_by_given_numbers_as_in_keras(name, arguments, data_format):
    if data_format == "channels_first" and name in ("RandomErasing", "CutMix", "AutoContrast"):
        return  # Keras's masks have its format; its AutoContrast has the wrong axes
    x = PIXELS if data_format == "channels_last" else np.moveaxis(PIXELS, -1, 1)
    ours, theirs = (made(k, name, arguments, data_format=data_format) for k in (minidl, keras))
    numbers = theirs.get_random_transformation(keras.ops.convert_to_tensor(x), training=True)
    expected = theirs.transform_images(keras.ops.convert_to_tensor(x), numbers, training=True)
    numbers = {} if numbers is None else numbers
    np.testing.assert_allclose(ours.transform_images(x, as_arrays(numbers)), expected, atol=2e-3)
    if name != "AutoContrast":
        np.testing.assert_allclose(ours.transform_images(x, as_arrays(numbers), training=False), x)
    drawn = ours.get_random_transformation(x)
    if isinstance(numbers, dict):
        assert set(drawn) - {"input_shape"} == set(numbers)
    else:
        assert np.shape(drawn) == np.shape(numbers)


@pytest.mark.parametrize(("name", "arguments"), LAYERS)
def test_draws_stay_in_their_range_and_repeat_with_their_seed(name, arguments):
    one, other = (made(minidl, name, arguments) for _ in range(2))
    np.testing.assert_array_equal(one(PIXELS, training=True), other(PIXELS, training=True))
    if name in NO_SEED:
        return
    np.testing.assert_array_equal(one(PIXELS, training=False), PIXELS)
    assert one(PIXELS[0], training=True).shape == PIXELS[0].shape
    theirs = made(keras, name, arguments)
    drawn = [as_arrays(k.get_random_transformation(np.zeros((500, 2, 2, 3)))) for k in (one, theirs)]
    for key in drawn[1] if isinstance(drawn[1], dict) else []:
        ours, expected = (np.asarray(found[key], float) for found in drawn)
        if name != "Solarization" and key != "blur_factor":  # Keras scales one end of its range; two numbers
            assert abs(ours.mean() - expected.mean()) < 0.15 * (expected.std() + 1e-6) + 1e-6, key
            assert abs(ours.std() - expected.std()) < 0.15 * expected.std() + 1e-6, key


@pytest.mark.parametrize(("name", "arguments"), LAYERS)
def test_a_dict_is_changed_where_it_holds_images(name, arguments):
    if name in MIXING:
        return
    data = {"images": PIXELS, "labels": np.arange(4), "segmentation_masks": np.ones((4, 5, 6, 1))}
    data["bounding_boxes"] = {"boxes": np.ones((4, 2, 4)), "labels": np.ones((4, 2))}
    changed = made(minidl, name, arguments, bounding_box_format="xyxy")(data, training=True)
    np.testing.assert_array_equal(changed["images"], made(minidl, name, arguments)(PIXELS, training=True))
    for key in ("labels", "segmentation_masks"):
        assert changed[key] is data[key]
    for key, value in data["bounding_boxes"].items():
        np.testing.assert_array_equal(changed["bounding_boxes"][key], value)
    with pytest.raises(ValueError, match="needs bounding_box_format"):
        made(minidl, name, arguments)(data, training=True)


@pytest.mark.parametrize(("name", "arguments"), [("MixUp", {"alpha": 0.5}), ("CutMix", {"factor": 0.8})])
def test_labels_are_mixed_by_given_numbers_as_in_keras(name, arguments):
    ours, theirs = (made(k, name, arguments) for k in (minidl, keras))
    labels = np.eye(4, dtype="float32")
    numbers = theirs.get_random_transformation(keras.ops.convert_to_tensor(PIXELS), training=True)
    expected = theirs.transform_labels(keras.ops.convert_to_tensor(labels), numbers)
    np.testing.assert_allclose(ours.transform_labels(labels, as_arrays(numbers)), expected, atol=1e-6)
    changed = ours({"images": PIXELS, "labels": labels, "segmentation_masks": PIXELS}, training=True)
    np.testing.assert_array_equal(changed["images"], changed["segmentation_masks"])
    np.testing.assert_allclose(changed["labels"].sum(axis=1), 1, rtol=1e-6)
    with pytest.raises(ValueError, match="use to_categorical first"):
        ours({"images": PIXELS, "labels": np.arange(4)}, training=True)


def test_boxes_are_mixed_cut_padded_or_raise_an_error():
    boxes = {"boxes": np.arange(32.0).reshape(4, 2, 4), "labels": np.arange(8).reshape(4, 2)}
    data = {"images": PIXELS, "bounding_boxes": boxes}
    mixed = layers.MixUp(bounding_box_format="xyxy")(data, training=True)["bounding_boxes"]
    assert mixed["boxes"].shape == (4, 4, 4)
    assert mixed["labels"].shape == (4, 4)
    np.testing.assert_array_equal(mixed["boxes"][:, :2], boxes["boxes"])
    single = {"images": PIXELS[0], "bounding_boxes": {key: value[0] for key, value in boxes.items()}}
    mixed = layers.MixUp(bounding_box_format="xyxy")(single, training=True)["bounding_boxes"]
    np.testing.assert_array_equal(mixed["labels"], [0, 1, 0, 1])
    with pytest.raises(ValueError, match="takes no bounding boxes"):
        layers.CutMix(bounding_box_format="xyxy")(data, training=True)
    for number in (1, 3):
        ours, theirs = (k.layers.MaxNumBoundingBoxes(number, bounding_box_format="xyxy") for k in (minidl, keras))
        expected = theirs({"images": PIXELS, "bounding_boxes": {k: v.copy() for k, v in boxes.items()}})["bounding_boxes"]
        for key, value in ours(data)["bounding_boxes"].items():
            np.testing.assert_array_equal(value, expected[key])


def test_a_pipeline_takes_a_dict_to_every_layer():
    layer = layers.Pipeline([layers.RandomInvert((1.0, 1.0)), layers.RandomBrightness((0.1, 0.1))])
    changed = layer({"images": PIXELS, "labels": np.arange(4)}, training=True)
    np.testing.assert_allclose(changed["images"], np.clip(255 - PIXELS + 25.5, 0, 255), rtol=1e-5)
    np.testing.assert_allclose(changed["images"], layer(PIXELS, training=True))
    assert layers.Pipeline.from_config(layer.get_config())(PIXELS).shape == PIXELS.shape


MOVING = [
    ("RandomFlip", {}),
    ("RandomRotation", {"factor": 0.3}),
    ("RandomZoom", {"height_factor": 0.3}),
    ("RandomTranslation", {"height_factor": 0.3, "width_factor": 0.2}),
    ("RandomShear", {"x_factor": 0.3, "y_factor": 0.2}),
    ("RandomPerspective", {"factor": (0.5, 1.0)}),
    ("RandomElasticTransform", {}),
    ("RandomCrop", {"height": 2, "width": 3}),
    ("CenterCrop", {"height": 2, "width": 3}),
    ("Resizing", {"height": 3, "width": 7}),
]


@pytest.mark.parametrize(("name", "arguments"), MOVING)
def test_masks_of_a_dict_are_moved_like_its_images(name, arguments):
    masks = (PIXELS[..., :1] > 128).astype("float32")
    options = {} if name in ("CenterCrop", "Resizing") else {"seed": 3}
    make = getattr(layers, name)
    nearest = {"interpolation": "nearest"} if "interpolation" in make(**arguments).get_config() else {}
    changed = make(**arguments, **options)({"images": PIXELS, "labels": 7, "segmentation_masks": masks}, training=True)
    np.testing.assert_array_equal(changed["images"], make(**arguments, **options)(PIXELS, training=True))
    if name not in ("CenterCrop", "RandomCrop"):
        moved = make(**arguments, **options, **nearest)(masks, training=True)
        np.testing.assert_array_equal(changed["segmentation_masks"], moved)
    assert set(np.unique(changed["segmentation_masks"])) <= {0, 1}
    assert changed["labels"] == 7
    with pytest.raises(ValueError, match="needs bounding_box_format"):
        make(**arguments)({"images": PIXELS, "bounding_boxes": {}})


def test_contrast_leaves_the_masks_of_a_dict():
    data = {"images": PIXELS, "segmentation_masks": PIXELS}
    changed = layers.RandomContrast(0.5)(data, training=True)
    assert changed["segmentation_masks"] is PIXELS
    assert not np.array_equal(changed["images"], PIXELS)


def test_the_size_of_images_in_a_dict_is_changed_as_in_keras():
    ours, theirs = (k.layers.CenterCrop(2, 2)({"images": PIXELS})["images"] for k in (minidl, keras))
    np.testing.assert_allclose(ours, theirs)


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
def test_bad_factors_raise_an_error_as_in_keras(name, arguments):
    with pytest.raises(ValueError, match=f"{name} expects"):
        getattr(layers, name)(**arguments)
