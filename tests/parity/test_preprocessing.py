"""Preprocessing compared with Keras's: what is adapted, what Keras draws itself, and where we differ."""

import keras
import numpy as np
import pytest

import minidl
from minidl.layers import RandomCrop, Resizing
from tests.parity.comparing import assert_close, both

X = np.random.default_rng(0).normal(2.0, 3.0, size=(40, 5)).astype("float32")
IMAGES = np.random.default_rng(0).normal(size=(6, 5, 7, 2)).astype("float32")


def called(layers, x, **call):
    return tuple(np.asarray(layer(x, **call)) for layer in layers)


@pytest.mark.parametrize("shape", [(40, 5), (10, 4, 5), (10, 4, 5, 1)])
@pytest.mark.parametrize("axis", [-1, 1, None, (1, -1)])
def test_adapting_learns_keras_s_mean_and_variance(axis, shape):
    x = X.reshape(shape)
    axis = (-1,) if axis == (1, -1) and len(shape) == 2 else axis  # there they are one
    ours, theirs = both(lambda k: k.layers.Normalization(axis))
    ours.adapt(x)
    theirs.adapt(x)
    assert [v.name for v in ours.weights] == [v.name for v in theirs.weights]
    for mine, its in zip(ours.weights[:2], theirs.weights[:2], strict=True):
        assert_close(mine.value, its, 1e-5, mine.name)
    assert (int(ours.count.value), int(theirs.count)) == (x.size // max(1, ours.adapt_mean.size), 0)
    assert_close(np.broadcast_to(ours.mean, x.shape), np.broadcast_to(theirs.mean, x.shape))
    assert_close(*called((ours, theirs), x))


def test_the_weights_of_an_adapted_normalization_of_keras_s_are_taken():
    ours, theirs = both(lambda k: k.layers.Normalization())
    theirs.adapt(X)
    ours.build(X.shape)
    ours.set_weights(theirs.get_weights())
    assert_close(*called((ours, theirs), X))


@pytest.mark.parametrize("epsilon", [0.01, 0.03, 0.2])
@pytest.mark.parametrize("num_bins", [1, 2, 5, 10])
@pytest.mark.parametrize("batches", [[X], np.split(X, 4), [X[:1]]], ids=["one", "four", "few"])
def test_adapting_learns_keras_s_bins(batches, num_bins, epsilon):
    ours, theirs = both(lambda k: k.layers.Discretization(num_bins=num_bins, epsilon=epsilon))
    ours.adapt(batches)
    for batch in batches:  # its adapt itself asks for TensorFlow
        theirs.update_state(batch)
    theirs.finalize_state()
    assert_close(ours.bin_boundaries, theirs.bin_boundaries)
    assert ours.get_config()["bin_boundaries"] == ours.bin_boundaries
    assert_close(*called((ours, theirs), X + 0.01), 0)  # not the boundaries themselves, which are rounded otherwise


@pytest.mark.parametrize("shape", [(4, 3), (4, 1), (3,)])
def test_weighted_counts_are_those_of_keras(shape):
    generator = np.random.default_rng(0)
    ids, weights = generator.integers(0, 4, shape), generator.random(shape).astype("float32")
    layers = both(lambda k: k.layers.CategoryEncoding(5, "count"))
    assert_close(*called(layers, ids, count_weights=weights))


@pytest.mark.parametrize("mode", ["horizontal", "vertical", "horizontal_and_vertical"])
def test_an_image_is_mirrored_as_keras_mirrors_it_or_not_at_all(mode):
    ours, theirs = (
        np.asarray(y) for y in called(both(lambda k: k.layers.RandomFlip(mode, seed=1)), IMAGES[[0] * 30], training=True)
    )
    for y in (ours, theirs):
        assert len(np.unique(y.reshape(30, -1), axis=0)) == 2
    assert_close(np.unique(ours.reshape(30, -1), axis=0), np.unique(theirs.reshape(30, -1), axis=0), 0)


def test_a_random_crop_is_one_of_the_windows_that_keras_may_take():
    def windows(layer):
        return {np.asarray(layer(IMAGES, training=True)).tobytes() for _ in range(150)}

    ours, theirs = both(lambda k: windows(k.layers.RandomCrop(4, 5, seed=1)))
    assert ours == theirs
    assert len(ours) == 2 * 3


@pytest.mark.parametrize("arguments", [{}, {"axis": None}, {"invert": True}])
@pytest.mark.filterwarnings("ignore::minidl.utils.ModelWarning")
def test_a_normalization_that_was_never_adapted_returns_x(arguments):
    ours, theirs = both(lambda k: k.layers.Normalization(**arguments))
    assert_close(X, theirs(X))
    assert_close(X, ours(X))


def test_an_unknown_category_raises_an_error_where_keras_gives_zeros():
    ours, theirs = both(lambda k: k.layers.CategoryEncoding(3))
    assert not np.asarray(theirs(np.array([[3]]))).any()
    with pytest.raises(ValueError, match="expects ids from 0 to 2, got 3"):
        ours(np.array([[3]]))


@pytest.mark.parametrize("mode", ["multi_hot", "count"])
def test_ids_of_three_axes_are_combined_over_the_last_as_keras_documents_but_does_not_do(mode):
    ids = np.arange(24).reshape(2, 3, 4)
    ours, theirs = both(lambda k: k.layers.CategoryEncoding(24, mode))
    assert ours(ids).shape == ours.compute_output_shape(ids.shape) == theirs.compute_output_shape(ids.shape) == (2, 3, 24)
    assert theirs(ids).shape == (2, 4, 24)


def test_49_bins_are_49_where_keras_makes_50():
    values = np.arange(1000.0)
    ours, theirs = both(lambda k: k.layers.Discretization(num_bins=49))
    ours.adapt(values)
    theirs.update_state(values)
    theirs.finalize_state()
    assert (len(ours.bin_boundaries) + 1, len(theirs.bin_boundaries) + 1) == (49, 50)


def test_whole_numbers_are_resized_to_floats_where_keras_rounds():
    images = np.random.default_rng(0).integers(0, 256, (2, 5, 4, 1), "uint8")
    ours, theirs = called(both(lambda k: k.layers.Resizing(3, 3)), images)
    assert (ours.dtype, theirs.dtype) == (np.float32, np.uint8)
    assert_close(np.round(ours), theirs)


def functional(k, layer):
    images = k.Input(IMAGES.shape[1:])
    return k.Model(images, layer(images))


@pytest.mark.parametrize("name", ["RandomRotation", "RandomBrightness"])
@pytest.mark.parametrize(
    "wrapped",
    [
        lambda k, layer: layer,
        lambda k, layer: k.Sequential([layer]),
        functional,
        lambda k, layer: k.Sequential([k.Sequential([layer]), k.layers.Dropout(0.9)]),
    ],
)
def test_a_direct_call_changes_images_randomly_unless_it_says_that_it_does_not_train(name, wrapped):
    pair = both(lambda k: wrapped(k, getattr(k.layers, name)((0.1, 0.1))))
    ours, theirs = called(pair, IMAGES)
    assert_close(ours, theirs)
    assert not np.allclose(ours, IMAGES)
    assert_close(called(pair, IMAGES, training=False)[0], IMAGES, 0)


def test_predict_changes_no_images_where_keras_does_in_a_call_without_training():
    def without_training(k):
        class Own(k.Model):
            def __init__(self):
                super().__init__()
                self.layer = k.layers.RandomRotation((0.1, 0.1))

            def call(self, x):
                return self.layer(x)

        return Own()

    ours, theirs = (model.predict(IMAGES, verbose=0) for model in both(without_training))
    assert_close(ours, IMAGES, 0)
    assert_close(theirs, minidl.layers.RandomRotation((0.1, 0.1))(IMAGES))


def test_one_contrast_factor_applies_to_both_sides_where_keras_ignores_the_lower():
    x = np.tile(np.array([100.0, 140.0], "float32").reshape(1, 1, 2, 1), (200, 1, 1, 1))
    ours, theirs = called(both(lambda k: k.layers.RandomContrast(0.5, seed=1)), x, training=True)
    for y, least in ((ours, 0.5), (theirs, 1.0)):
        contrast = (y[:, 0, 1, 0] - y[:, 0, 0, 0]) / 40
        assert least - 1e-5 <= contrast.min() < least + 0.05
        assert 1.45 < contrast.max() <= 1.5 + 1e-5
    ours, theirs = called(both(lambda k: k.layers.RandomContrast((0.5, 0.5), seed=1)), x, training=True)
    for y in (ours, theirs):  # with a pair they agree
        contrast = (y[:, 0, 1, 0] - y[:, 0, 0, 0]) / 40
        assert contrast.min() < 0.55 < 1.45 < contrast.max()


def test_a_random_crop_is_the_largest_window_in_inference_as_keras_documents_but_does_not_do():
    ours, theirs = both(lambda k: k.layers.RandomCrop(3, 3))
    assert ours.compute_output_shape(IMAGES.shape) == theirs.compute_output_shape(IMAGES.shape) == (6, 3, 3, 2)
    assert theirs(IMAGES, training=False).shape == IMAGES.shape
    largest = keras.layers.Resizing(3, 3, crop_to_aspect_ratio=True)(IMAGES)
    assert_close(ours(IMAGES, training=False), largest)
    small = Resizing(9, 9, crop_to_aspect_ratio=True)(IMAGES)
    assert_close(RandomCrop(9, 9)(IMAGES, training=True), small)
    assert np.abs(np.asarray(keras.layers.RandomCrop(9, 9)(IMAGES, training=True)) - small).max() > 0.1


def test_a_crop_of_the_full_height_is_random_across_where_keras_takes_the_middle():
    def places(layer):
        row = np.arange(7.0).reshape(1, 1, 7, 1)
        return {float(np.asarray(layer(row, training=True))[0, 0, 0, 0]) for _ in range(60)}

    ours, theirs = both(lambda k: places(k.layers.RandomCrop(1, 3, seed=1)))
    assert (ours, theirs) == ({0.0, 1.0, 2.0, 3.0, 4.0}, {2.0})
