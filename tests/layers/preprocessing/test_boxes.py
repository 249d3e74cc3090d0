"""Boxes and masks stay where the object is: the pixels of a rectangle, moved by each layer, fill their box."""

import numpy as np
import pytest

from minidl import Input, Model, Sequential, layers

SIZE = (48, 64)
RECTANGLES = [(10, 8, 30, 26), (33, 20, 41, 44), (20, 16, 44, 32)]  # left, top, right, bottom
CONSTANT = {"interpolation": "nearest", "fill_mode": "constant"}
LAYERS = [
    lambda **k: layers.RandomFlip(**k),
    lambda **k: layers.RandomFlip("horizontal", **k),
    lambda **k: layers.RandomRotation(0.5, **CONSTANT, **k),
    lambda **k: layers.RandomZoom(0.4, 0.3, **CONSTANT, **k),
    lambda **k: layers.RandomTranslation(0.3, 0.3, **CONSTANT, **k),
    lambda **k: layers.RandomShear(0.4, 0.3, **CONSTANT, **k),
    lambda **k: layers.RandomPerspective(interpolation="nearest", scale=0.6, **k),
    lambda **k: layers.RandomCrop(30, 50, **k),
    lambda **k: layers.RandomCrop(90, 30, **k),
    lambda **k: layers.CenterCrop(30, 50, **k),
    lambda **k: layers.CenterCrop(60, 50, **k),
    lambda **k: layers.Resizing(70, 50, interpolation="nearest", **k),
    lambda **k: layers.Resizing(31, 57, interpolation="nearest", crop_to_aspect_ratio=True, **k),
    lambda **k: layers.Resizing(90, 50, interpolation="nearest", pad_to_aspect_ratio=True, **k),
]


def drawn_boxes():
    images = np.zeros((3, *SIZE, 1), "float32")
    for image, (left, top, right, bottom) in zip(images, RECTANGLES, strict=True):
        image[top:bottom, left:right] = 1.0
    return images, {"boxes": np.array(RECTANGLES, "float32")[:, np.newaxis], "labels": np.ones((3, 1), int)}


def seeded(make, **options):
    try:
        return make(seed=2, **options)
    except TypeError:  # it draws nothing
        return make(**options)


@pytest.mark.parametrize("make", LAYERS)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_a_box_is_around_the_pixels_of_its_object(make, data_format):
    images, boxes = drawn_boxes()
    if data_format == "channels_first":
        images = np.moveaxis(images, -1, 1)
    data = {"images": images, "bounding_boxes": boxes, "segmentation_masks": images}
    changed = seeded(make, bounding_box_format="xyxy", data_format=data_format)(data, training=True)
    masks = changed["segmentation_masks"]
    masks = masks if data_format == "channels_last" else np.moveaxis(masks, 1, -1)
    assert set(np.unique(masks)) <= {0, 1}
    for mask, box, label in zip(masks, changed["bounding_boxes"]["boxes"], changed["bounding_boxes"]["labels"], strict=True):
        rows, columns = np.nonzero(mask[..., 0])
        if label == -1:
            assert len(rows) < 100
        else:
            extent = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            np.testing.assert_allclose(box[0], extent, atol=2.6)


@pytest.mark.parametrize("make", LAYERS)
def test_a_single_image_and_every_format_give_the_same(make):
    from minidl.utils.bounding_boxes import convert_format

    images, boxes = drawn_boxes()
    first = {"images": images[:1], "bounding_boxes": {key: value[:1] for key, value in boxes.items()}, "labels": [7]}
    expected = seeded(make, bounding_box_format="xyxy")(first, training=True)
    size = expected["images"].shape[1:3]
    for form in ("rel_xyxy", "xywh", "center_yxhw"):
        own = {"boxes": convert_format(boxes["boxes"][0], "xyxy", form, *SIZE), "labels": boxes["labels"][0]}
        data = {"images": images[0], "bounding_boxes": own, "labels": 7}
        found = seeded(make, bounding_box_format=form)(data, training=True)
        np.testing.assert_allclose(found["images"], expected["images"][0])
        back = convert_format(found["bounding_boxes"]["boxes"], form, "xyxy", *size)
        np.testing.assert_allclose(back, expected["bounding_boxes"]["boxes"][0], atol=1e-4)
        assert found["labels"] == 7


def test_boxes_and_masks_follow_every_chosen_augmentation_in_its_order():
    images, boxes = drawn_boxes()
    layer = layers.RandAugment(num_ops=3, factor=0.2, seed=0, bounding_box_format="xyxy")
    numbers = layer.get_random_transformation(images)
    order = ["random_rotation", "random_translation", "random_rotation"]
    numbers["layer_idxes"] = [list(layer.steps).index(name) for name in order]
    x, masks, moved = images, images, boxes
    for name in order:
        step, given = layer.steps[name], numbers["transforms"][name]
        x, masks = step.transform_images(x, given), step.transform_segmentation_masks(masks, given)
        moved = step.transform_bounding_boxes(moved, given)
    np.testing.assert_array_equal(layer.transform_images(images, numbers), x)
    np.testing.assert_array_equal(layer.transform_segmentation_masks(images, numbers), masks)
    np.testing.assert_array_equal(layer.transform_bounding_boxes(boxes, numbers)["boxes"], moved["boxes"])


def test_given_transformations_repeat_and_seeds_choose_them():
    images, _ = drawn_boxes()
    for make in LAYERS[:9]:
        layer = seeded(make)
        numbers = layer.get_random_transformation({"images": images}, seed=5)
        np.testing.assert_array_equal(layer.transform_images(images, numbers), layer.transform_images(images, numbers))
        again = seeded(make).get_random_transformation(images, seed=5)
        np.testing.assert_array_equal(layer.transform_images(images, numbers), layer.transform_images(images, again))


def test_chains_are_mixed_by_their_weights():
    images = np.random.default_rng(0).uniform(20, 200, (2, 5, 6, 3))
    layer = layers.AugMix(num_chains=2, chain_depth=2, seed=1)
    numbers = layer.get_random_transformation(images)
    assert np.isclose(numbers["chain_mixing_weights"].sum(), 1)
    assert len(numbers["chain_transforms"]) == 2
    invert = {"layer_name": "random_brightness", "transformation": {"rgb_delta": np.full((2, 1, 1, 1), 10.0)}}
    numbers = {"chain_mixing_weights": [0.25, 0.75], "weight_sample": 0.4, "chain_transforms": [[invert, invert], []]}
    expected = 0.4 * images + 0.6 * (0.25 * (images + 20) + 0.75 * images)
    np.testing.assert_allclose(layer.transform_images(images, numbers), expected, rtol=1e-5)


def test_pixels_without_a_distortion_stay_and_masks_keep_their_classes():
    x = np.random.default_rng(0).integers(0, 9, (3, 20, 20, 1)).astype("float32")
    layer = layers.RandomElasticTransform(value_range=(0, 5), seed=1)
    numbers = layer.get_random_transformation(x) | {"apply_transform": np.array([False, True, False])}
    y, masks = layer.transform_images(x, numbers), layer.transform_segmentation_masks(x, numbers)
    np.testing.assert_array_equal(y[[0, 2]], np.clip(x[[0, 2]], 0, 5))
    np.testing.assert_array_equal(masks[[0, 2]], x[[0, 2]])
    assert not np.array_equal(masks[1], x[1])
    assert set(np.unique(masks)) == set(range(9))


def test_they_train_in_front_of_a_network_and_are_rebuilt_from_a_config():
    x = np.random.default_rng(0).uniform(0, 255, (8, 9, 10, 3))
    steps = [
        layers.RandAugment(),
        layers.AugMix(),
        layers.RandomPerspective(),
        layers.RandomElasticTransform(),
        layers.ContrastLimitedAdaptiveHistogramEqualization(),
    ]
    model = Sequential([Input((9, 10, 3)), *steps, layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, np.zeros(8), epochs=1, verbose=0)
    np.testing.assert_array_equal(model.predict(x), model.predict(x))
    again = Sequential.from_config(model.get_config())
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    inputs = Input((None, None, 3))
    assert Model(inputs, layers.CenterCrop(4, 5)(layers.RandomShear(0.1)(inputs)))(x).shape == (8, 4, 5, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.RandomFlip(bounding_box_format="ltrb"), "RandomFlip expects bounding_box_format to be one of"),
        (lambda: layers.RandomShear(-0.1), r"RandomShear expects x_factor to be a number in \[0, 1\]"),
        (lambda: layers.RandomShear(0.1, (0.0, 2.0)), "RandomShear expects y_factor"),
        (lambda: layers.RandomPerspective(1.5), "RandomPerspective expects factor"),
        (lambda: layers.RandomPerspective(scale=2), r"RandomPerspective expects scale to be a number in \[0, 1\]"),
        (lambda: layers.RandomElasticTransform(fill_mode="edge"), "RandomElasticTransform expects fill_mode to be one of"),
        (lambda: layers.RandAugment(num_ops=-1), "RandAugment expects num_ops to be an integer, at least 0"),
        (lambda: layers.RandAugment(factor=2), "RandAugment expects factor"),
        (lambda: layers.AugMix(alpha=0), "AugMix expects alpha to be positive"),
        (lambda: layers.AugMix(num_chains=0), "AugMix expects num_chains to be a positive integer"),
        (
            lambda: layers.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(0, 2)),
            "expects tile_grid_size to be an integer, or a tuple of 2, at least 1",
        ),
        (lambda: layers.CenterCrop(2, 2)({"labels": 1}), 'takes a dict with "images"'),
    ],
)
def test_invalid_arguments_raise_an_error(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_boxes_of_elastic_transforms_raise_an_error():
    images, boxes = drawn_boxes()
    with pytest.raises(ValueError, match="takes no bounding boxes"):
        layers.RandomElasticTransform(bounding_box_format="xyxy")({"images": images, "bounding_boxes": boxes})
