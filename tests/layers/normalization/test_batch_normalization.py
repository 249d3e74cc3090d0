"""`BatchNormalization`: statistics, gradients, masks, freezing."""

import numpy as np
import pytest

from minidl.layers import BatchNormalization


def _randomize(layer, shape, rng):
    layer.build_for(shape)
    layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.weights])
    return layer


@pytest.mark.parametrize("axis", [-1, 1])
def test_training_gives_each_channel_mean_zero_and_variance_one(axis, rng):
    y = BatchNormalization(axis, epsilon=0)(rng.normal(5, 3, (20, 4, 6)), training=True)
    rest = (0, 1) if axis == -1 else (0, 2)
    np.testing.assert_allclose(y.mean(axis=rest), 0, atol=1e-5)
    np.testing.assert_allclose(y.var(axis=rest), 1, rtol=1e-4)


def test_moving_averages_follow_and_inference_uses_them(rng):
    layer = BatchNormalization(momentum=0.9, dtype="float64")
    x = rng.normal(2, 3, (50, 3))
    layer(x, training=True)
    np.testing.assert_allclose(layer.moving_mean.value, 0.1 * x.mean(axis=0))
    np.testing.assert_allclose(layer.moving_variance.value, 0.9 + 0.1 * x.var(axis=0))
    expected = (x - 0.1 * x.mean(axis=0)) / np.sqrt(0.9 + 0.1 * x.var(axis=0) + 1e-3)
    np.testing.assert_allclose(layer(x), expected)
    np.testing.assert_allclose(layer.forward(x)[0], expected)
    assert [weight.name for weight in layer.weights] == ["gamma", "beta", "moving_mean", "moving_variance"]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("options", [{}, {"center": False}, {"scale": False}, {"axis": 1}, {"trainable": False}])
def test_gradients_are_the_numeric_ones(options, training, rng, check_gradients):
    layer = _randomize(BatchNormalization(dtype="float64", **options), (4, 3, 5), rng)
    check_gradients(layer, rng.normal(1, 2, (4, 3, 5)), training=training)


@pytest.mark.parametrize("axis", [-1, 1])
def test_gradients_under_a_mask_are_the_numeric_ones(axis, rng, check_gradients):
    layer = _randomize(BatchNormalization(axis, dtype="float64"), (4, 3, 5), rng)
    check_gradients(layer, rng.normal(1, 2, (4, 3, 5)), rng.random((4, 3)) > 0.4)


def test_masked_steps_do_not_change_the_statistics(rng):
    x, mask = rng.standard_normal((4, 3, 2)), rng.random((4, 3)) > 0.4
    layer, other = BatchNormalization(momentum=0, dtype="float64"), BatchNormalization(momentum=0, dtype="float64")
    layer(x, mask=mask, training=True)
    other(np.where(mask[..., np.newaxis], x, 1e6), mask=mask, training=True)
    np.testing.assert_array_equal(layer.moving_mean.value, other.moving_mean.value)
    np.testing.assert_allclose(layer.moving_mean.value, x[mask].mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(layer.moving_variance.value, x[mask].var(axis=0), rtol=1e-6)


def test_a_frozen_layer_runs_in_inference_mode_and_keeps_its_state(rng):
    x = rng.standard_normal((4, 3)).astype("float32")
    layer = _randomize(BatchNormalization(), (4, 3), rng)
    layer.trainable = False
    before = layer.get_weights()
    np.testing.assert_allclose(layer(x, training=True), layer(x), rtol=1e-5, atol=1e-6)
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("shape", [(64, 3), (5000, 3), (8, 40, 40, 2)])
def test_float32_far_from_zero_keeps_the_statistics_precise(shape, rng):
    x = (rng.standard_normal(shape) + 10_000).astype("float32")
    layer = BatchNormalization(momentum=0)
    y = layer(x, training=True)
    exact, axes = x.astype("float64"), tuple(range(len(shape) - 1))
    np.testing.assert_allclose(layer.moving_mean.value, exact.mean(axis=axes), atol=1e-3)
    np.testing.assert_allclose(layer.moving_variance.value, exact.var(axis=axes), rtol=1e-3)
    np.testing.assert_allclose(y.mean(axis=axes, dtype="float64"), 0, atol=1e-5)


def test_a_single_row_becomes_beta():
    np.testing.assert_array_equal(BatchNormalization()(np.full((1, 2), 7.0), training=True), np.zeros((1, 2)))


@pytest.mark.parametrize(("shape", "message"), [((4,), "has an axis"), ((4, 5), "expects 3 channels on axis -1")])
def test_other_shapes_raise_an_error(shape, message, rng):
    with pytest.raises(ValueError, match=message):
        _randomize(BatchNormalization(), (4, 3), rng)(np.ones(shape))


@pytest.mark.parametrize("options", [{"momentum": 1.5}, {"epsilon": -1}, {"axis": "last"}])
def test_arguments_out_of_range_raise_an_error(options):
    with pytest.raises(ValueError, match=f"BatchNormalization expects {next(iter(options))}"):
        BatchNormalization(**options)
