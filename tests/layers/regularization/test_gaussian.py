"""Noise keeps the mean and has the documented variance, in training alone."""

import numpy as np
import pytest

from minidl.layers import Dropout, GaussianDropout, GaussianNoise

ONES = np.ones((400, 250), "float32")


@pytest.mark.parametrize(("layer", "stddev"), [(GaussianNoise(0.3), 0.3), (GaussianDropout(0.2), 0.5)])
def test_noise_has_its_mean_and_variance_in_training_only(layer, stddev):
    y = layer(ONES, training=True)
    assert y.dtype == "float32"
    assert abs(y.mean() - 1.0) < 0.01
    assert abs(y.std() - stddev) < 0.01
    np.testing.assert_array_equal(layer(ONES), ONES)


@pytest.mark.parametrize("rate", [0.2, 0.6])
def test_gaussian_dropout_has_the_mean_and_variance_of_dropout(rate, rng):
    x = (0.5 + 2.0 * rng.standard_normal((600, 700))).astype("float32")
    gaussian, plain = GaussianDropout(rate, seed=1)(x, training=True), Dropout(rate, seed=1)(x, training=True)
    np.testing.assert_allclose(gaussian.mean(), plain.mean(), atol=0.02)
    np.testing.assert_allclose(gaussian.var(), plain.var(), rtol=0.02)


def test_gaussian_noise_adds_its_variance(rng):
    x = (0.5 + 2.0 * rng.standard_normal((600, 700))).astype("float32")
    np.testing.assert_allclose(GaussianNoise(1.5, seed=1)(x, training=True).var(), 4 + 1.5**2, rtol=0.02)


@pytest.mark.parametrize("make", [lambda seed: GaussianNoise(0.3, seed=seed), lambda seed: GaussianDropout(0.3, seed=seed)])
def test_the_same_seed_draws_the_same_noise(make):
    one, again, other = (make(seed)(ONES, training=True) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_rates_outside_their_range_raise_an_error():
    with pytest.raises(ValueError, match=r"GaussianDropout expects rate to be a number in \[0, 1\), got 1"):
        GaussianDropout(1.0)
    for stddev in (-1.0, None, "little", float("nan")):
        with pytest.raises(ValueError, match=rf"GaussianNoise expects stddev to be a number of at least 0, got {stddev!r}"):
            GaussianNoise(stddev)
