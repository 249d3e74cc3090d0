"""Random image layers: possible outputs, their frequency, and the backward pass."""

import numpy as np
import pytest

from minidl import Input, Sequential, layers, ops
from minidl.layers import (
    Dense,
    Flatten,
    RandomContrast,
    RandomCrop,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
)

X = np.random.default_rng(0).normal(size=(4, 5, 6, 2)).astype("float32")
LAYERS = [
    RandomFlip,
    lambda **k: RandomRotation(0.3, **k),
    lambda **k: RandomZoom(0.4, **k),
    lambda **k: RandomTranslation(0.3, 0.2, **k),
    lambda **k: RandomContrast(0.5, (-5.0, 5.0), **k),
]
FLIPS = {"horizontal": np.s_[:, :, ::-1], "vertical": np.s_[:, ::-1], "horizontal_and_vertical": np.s_[:, ::-1, ::-1]}


@pytest.mark.parametrize("make", LAYERS)
def test_inference_changes_nothing_and_draws_nothing(make):
    layer = make()
    before = str(layer.generator.bit_generator.state)
    np.testing.assert_array_equal(layer(X, training=False), X)
    assert str(layer.generator.bit_generator.state) == before


@pytest.mark.parametrize("make", LAYERS)
def test_training_changes_images_each_in_its_own_way_and_the_seed_repeats_it(make):
    one, two, other = make(seed=1), make(seed=1), make(seed=2)
    same = np.repeat(X[:1], 12, axis=0)
    y = one(same, training=True)
    assert len(np.unique(y.reshape(12, -1), axis=0)) > 1
    np.testing.assert_array_equal(two(same, training=True), y)
    assert not np.array_equal(one(same, training=True), y)
    assert not np.array_equal(other(same, training=True), y)


@pytest.mark.parametrize("make", LAYERS)
def test_a_single_image_and_channels_first_draw_the_same(make):
    expected = make(seed=1)(X[:1], training=True)
    np.testing.assert_allclose(make(seed=1)(X[0], training=True), expected[0], rtol=1e-5)
    first = make(seed=1, data_format="channels_first")
    np.testing.assert_allclose(first(np.moveaxis(X[0], -1, 0), training=True), np.moveaxis(expected[0], -1, 0), rtol=1e-5)


@pytest.mark.parametrize("make", LAYERS)
def test_gradients_of_a_single_image_are_right(make, check_gradients):
    check_gradients(make(seed=3, dtype="float64"), X[1].astype("float64"))


@pytest.mark.parametrize("mode", FLIPS)
def test_half_of_the_images_are_flipped(mode):
    many = np.random.default_rng(0).normal(size=(2000, 2, 3, 1)).astype("float32")
    y = RandomFlip(mode, seed=0)(many, training=True)
    mirrored = (y == many[FLIPS[mode]]).all(axis=(1, 2, 3))
    assert (mirrored | (y == many).all(axis=(1, 2, 3))).all()
    assert 0.45 < mirrored.mean() < 0.55


def test_translations_are_drawn_from_their_whole_range():
    spot = np.zeros((3000, 1, 11, 1))
    spot[:, 0, 5] = 1.0
    y = RandomTranslation(0.0, (-0.2, 0.4), "constant", seed=0)(spot, training=True)
    places = (y[:, 0, :, 0] * np.arange(11)).sum(axis=1)  # the spot's centre of mass
    assert places.min() > 5 - 0.2 * 11 - 1e-5
    assert places.max() < 5 + 0.4 * 11 + 1e-5
    np.testing.assert_allclose(np.quantile(places, [0.25, 0.5, 0.75]), 5 + 11 * np.array([-0.05, 0.1, 0.25]), atol=0.3)


def test_one_factor_keeps_the_aspect_ratio_and_two_do_not():
    layer = RandomZoom(0.5, seed=0)
    images = np.zeros((50, 4, 5, 1))
    drawn = layer.get_random_transformation(images)
    down, across = drawn["height_zoom"], drawn["width_zoom"]
    np.testing.assert_array_equal(across, down)
    assert 0.5 <= across.min() < 0.6 < 1.4 < across.max() <= 1.5
    drawn = RandomZoom(0.5, (-0.2, -0.1), seed=0).get_random_transformation(images)
    down, across = drawn["height_zoom"], drawn["width_zoom"]
    assert ((across >= 0.8) & (across <= 0.9)).all()
    assert np.ptp(down) > 0.5


def test_contrast_is_drawn_on_both_sides_of_1_and_stays_in_the_range_of_values():
    x = np.tile(np.array([100.0, 140.0]).reshape(1, 1, 2, 1), (500, 1, 1, 1))
    y = RandomContrast(0.5, seed=0)(x, training=True)[:, 0, :, 0]
    contrast = (y[:, 1] - y[:, 0]) / 40
    assert 0.5 <= contrast.min() < 0.55
    assert 1.45 < contrast.max() <= 1.5
    np.testing.assert_allclose(y.mean(axis=1), 120.0, rtol=1e-6)
    clipped = RandomContrast((-1.0, 1.0), value_range=(0, 150))(x, training=True)
    np.testing.assert_array_equal(clipped[0, 0, :, 0], [80.0, 150.0])


def test_random_layers_at_the_start_of_a_model_work_in_training_and_inference():
    model = Sequential(
        [Input((5, 6, 2)), RandomFlip(), RandomRotation(0.1), RandomZoom(0.1), RandomTranslation(0.1, 0.1), Flatten(), Dense(1)]
    )
    model.compile(optimizer="adam", loss="mse")
    model.fit(X, np.ones((4, 1)), epochs=2, verbose=0)
    np.testing.assert_array_equal(model.predict(X), model.predict(X))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RandomRotation(1.5), r"RandomRotation expects factor to be a number in \[-1, 1\], or a pair of them, got 1.5"),
        (lambda: RandomRotation((0.1, 0.2, 0.3)), "RandomRotation expects factor"),
        (lambda: RandomRotation("much"), "RandomRotation expects factor"),
        (lambda: RandomRotation(0.1, fill_mode="mirror"), "RandomRotation expects fill_mode to be one of"),
        (lambda: RandomRotation(0.1, interpolation="bicubic"), "RandomRotation expects interpolation to be one of"),
        (lambda: RandomZoom((-1.0, 0.0)), r"RandomZoom expects height_factor to be a number in \(-1, 1\]"),
        (lambda: RandomZoom(0.1, 2.0), "RandomZoom expects width_factor"),
        (lambda: RandomTranslation(0.1, (0.0, 1.1)), "RandomTranslation expects width_factor"),
        (lambda: RandomContrast(-0.1), r"RandomContrast expects factor to be a number in \[0, 1\]"),
        (lambda: RandomContrast((-0.5, 0.2)), "leaves nothing in between"),
        (lambda: RandomContrast(0.1, 255), r"value_range to be a pair \(low, high\), got 255"),
        (lambda: RandomContrast(0.1, (1, 0)), r"value_range to be increasing, got \(1, 0\)"),
        (lambda: RandomFlip("diagonal"), "RandomFlip expects mode to be one of"),
        (lambda: RandomCrop(3, -1), "RandomCrop expects width to be a positive integer"),
    ],
)
def test_invalid_arguments_raise_an_error(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "counts"),
    [
        (layers.RandomGrayscale, {1, 3}),
        (lambda: layers.RandomColorDegeneration(0.5), {1, 3}),
        (layers.AugMix, {1, 3}),
        (lambda: layers.AugMix(all_ops=False), {1, 2, 3, 4}),
        (layers.RandAugment, {1, 3}),
        (lambda: layers.RandomHue(0.2), {3}),
        (lambda: layers.RandomSaturation(0.2), {3}),
        (lambda: layers.RandomColorJitter(hue_factor=0.2), {3}),
        (lambda: layers.RandomColorJitter(contrast_factor=0.2), {1, 2, 3, 4}),
    ],
)
def test_layers_that_need_colors_raise_an_error_for_other_numbers_of_channels(make, counts):
    for count in range(1, 5):
        x = np.full((2, 4, 5, count), 99.0, "float32")
        if count in counts:
            assert make()(x, training=True).shape == x.shape
        else:
            with pytest.raises(ValueError, match="3 channels, red, green and blue, got shape"):
                make()(x, training=True)


@pytest.mark.parametrize(("name", "counts"), [("rgb_to_grayscale", {1, 3}), ("rgb_to_hsv", {3}), ("hsv_to_rgb", {3})])
def test_operations_on_colors_raise_an_error_for_other_numbers_of_channels(name, counts):
    for count in {1, 2, 3, 4} - counts:
        with pytest.raises(ValueError, match=f"{name} expects images of .*3 channels, got {count}"):
            getattr(ops.image, name)(np.ones((2, 4, 5, count)))
        with pytest.raises(ValueError, match=f"3 channels, got {count}"):
            getattr(ops.image, name)(np.ones((2, count, 4, 5)), data_format="channels_first")


@pytest.mark.parametrize("name", ["rgb_to_hsv", "hsv_to_rgb"])
def test_hues_of_integers_raise_an_error_as_in_keras(name):
    with pytest.raises(ValueError, match=f"{name} expects images of a float type, got uint8; divide them by 255"):
        getattr(ops.image, name)(np.ones((2, 4, 5, 3), "uint8"))
