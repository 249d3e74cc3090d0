"""Noise keeps the mean and has the variance it announces, in training alone."""

import numpy as np
import pytest

from minidl.layers import GaussianDropout, GaussianNoise

ONES = np.ones((400, 250), "float32")


@pytest.mark.parametrize(("layer", "stddev"), [(GaussianNoise(0.3), 0.3), (GaussianDropout(0.2), 0.5)])
def test_noise_has_its_mean_and_its_spread_in_training_alone(layer, stddev):
    y = layer(ONES, training=True)
    assert y.dtype == "float32"
    assert abs(y.mean() - 1.0) < 0.01
    assert abs(y.std() - stddev) < 0.01
    np.testing.assert_array_equal(layer(ONES), ONES)


@pytest.mark.parametrize("make", [lambda seed: GaussianNoise(0.3, seed=seed), lambda seed: GaussianDropout(0.3, seed=seed)])
def test_the_same_seed_draws_the_same_noise(make):
    one, again, other = (make(seed)(ONES, training=True) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_rates_outside_their_range_are_refused():
    with pytest.raises(ValueError, match=r"GaussianDropout expects rate to be a number in \[0, 1\), got 1"):
        GaussianDropout(1.0)
    with pytest.raises(ValueError, match="GaussianNoise expects stddev"):
        GaussianNoise(-1.0)
