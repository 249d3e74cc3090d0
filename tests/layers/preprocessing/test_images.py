"""Resizing and crops of images, one or many, and errors."""

import numpy as np
import pytest

from minidl import Input, Sequential
from minidl.layers import CenterCrop, Dense, Flatten, RandomCrop, RandomFlip, Resizing

X = np.random.default_rng(0).normal(size=(4, 6, 8, 2)).astype("float32")
LAYERS = [
    lambda **k: Resizing(3, 4, **k),
    lambda **k: Resizing(3, 4, crop_to_aspect_ratio=True, **k),
    lambda **k: Resizing(5, 3, pad_to_aspect_ratio=True, fill_value=2.0, **k),
    lambda **k: CenterCrop(3, 4, **k),
    lambda **k: CenterCrop(7, 4, **k),
    lambda **k: RandomCrop(3, 4, **k),
]


@pytest.mark.parametrize("make", LAYERS)
def test_a_single_image_and_channels_first_give_the_same(make):
    expected = make()(X, training=False)
    np.testing.assert_array_equal(make()(X[1], training=False), expected[1])
    first = make(data_format="channels_first")
    np.testing.assert_array_equal(first(np.moveaxis(X, -1, 1), training=False), np.moveaxis(expected, -1, 1))
    np.testing.assert_array_equal(first(np.moveaxis(X[1], -1, 0), training=False), np.moveaxis(expected[1], -1, 0))
    assert make().compute_output_shape(X[1].shape) == expected[1].shape
    assert make().compute_output_shape((None, None, None, 2)) == (None, *expected.shape[1:])


@pytest.mark.parametrize("make", LAYERS)
def test_gradients_of_a_single_image_are_right(make, check_gradients):
    check_gradients(make(dtype="float64"), X[1].astype("float64"))


def test_whole_numbers_become_floats():
    assert Resizing(3, 4)((X * 100).astype("uint8")).dtype == np.float32


def test_padding_keeps_the_aspect_ratio():
    y = Resizing(6, 12, interpolation="nearest", pad_to_aspect_ratio=True, fill_value=9.0)(X)
    np.testing.assert_array_equal(y[:, :, 2:10], X)
    assert (y[:, :, [0, 1, 10, 11]] == 9.0).all()


def test_the_center_is_cropped_rounded_towards_the_start():
    np.testing.assert_array_equal(CenterCrop(3, 5)(X), X[:, 1:4, 1:6])


def test_random_crops_are_at_every_position_and_the_same_for_a_batch():
    numbered = np.arange(48.0).reshape(1, 6, 8, 1).repeat(3, axis=0)
    layer, corners = RandomCrop(4, 6, seed=0), set()
    for _ in range(200):
        y = layer(numbered, training=True)
        top, left = divmod(int(y[0, 0, 0, 0]), 8)
        np.testing.assert_array_equal(y, numbered[:, top : top + 4, left : left + 6])
        corners.add((top, left))
    assert corners == {(top, left) for top in range(3) for left in range(3)}


def test_a_crop_as_wide_as_the_image_still_moves_vertically():
    layer = RandomCrop(2, 8, seed=0)
    tops = {float(layer(np.arange(48.0).reshape(1, 6, 8, 1), training=True)[0, 0, 0, 0]) / 8 for _ in range(60)}
    assert tops == {0.0, 1.0, 2.0, 3.0, 4.0}


def test_a_crop_has_one_size_in_training_and_inference_so_that_a_model_can_be_built_on_it():
    model = Sequential([Input((6, 8, 2)), RandomCrop(3, 3), Flatten(), Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    model.fit(X, np.ones((4, 1)), verbose=0)
    assert model.predict(X).shape == (4, 1)


@pytest.mark.parametrize("layer", [Resizing(2, 2, name="l"), CenterCrop(2, 2, name="l"), RandomFlip(name="l")])
def test_anything_but_an_image_raises_an_error(layer):
    with pytest.raises(ValueError, match=r'"l" expects images of shape \(batch, height, width, channels\), or one .* \(4, 6\)'):
        layer(np.ones((4, 6)))
    with pytest.raises(ValueError, match=r"give images of one channel as x\[..., np.newaxis\]"):
        Sequential([Input((28, 28)), layer])
    with pytest.raises(ValueError, match="at least one pixel"):
        layer(np.ones((2, 0, 3, 1)))


def test_invalid_arguments_raise_an_error():
    with pytest.raises(ValueError, match="Resizing expects height to be a positive integer, got 0"):
        Resizing(0, 2)
    with pytest.raises(ValueError, match="interpolation to be one of"):
        Resizing(2, 2, "cubic")
    with pytest.raises(ValueError, match="by crop_to_aspect_ratio or by pad_to_aspect_ratio, got both"):
        Resizing(2, 2, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True)
    with pytest.raises(ValueError, match="fill_mode to be one of 'constant', got 'reflect'"):
        Resizing(2, 2, fill_mode="reflect")
    with pytest.raises(ValueError, match="CenterCrop expects width to be a positive integer, got 2.5"):
        CenterCrop(2, 2.5)
    with pytest.raises(ValueError, match="RandomCrop expects data_format"):
        RandomCrop(2, 2, data_format="last")
