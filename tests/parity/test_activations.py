"""Every activation beside Keras's, with each of its options: values to 1e-5, gradients to 1e-4, also where it saturates."""

import jax
import keras
import numpy as np
import pytest

from minidl import activations
from minidl.catalogue import ROOMS
from tests.parity.beside import assert_close

OPTIONS = {
    "elu": [{"alpha": 0.5}, {"alpha": 2.0}],
    "gelu": [{"approximate": True}],
    "leaky_relu": [{"negative_slope": 0.1}, {"negative_slope": 1.5}, {"negative_slope": 0.0}],
    "relu": [
        {"negative_slope": 0.1},
        {"max_value": 0.8},
        {"threshold": 0.4},
        {"negative_slope": 0.3, "max_value": 0.9, "threshold": 0.2},
        {"negative_slope": 1.5, "threshold": 0.1},
    ],
    "softmax": [{"axis": 0}, {"axis": (0, 1)}],
}
FORMS = [(name, options) for name in ROOMS["activations"] for options in [{}, *OPTIONS.get(name, [])]]


@pytest.mark.parametrize(("name", "options"), FORMS, ids=str)
def test_values_and_gradients_are_those_of_keras(name, options):
    generator = np.random.default_rng(0)
    ours, theirs = getattr(activations, name), getattr(keras.activations, name)
    for scale in (1.0, 30.0):
        x, dy = (generator.normal(size=(6, 7)).astype("float32") for _ in range(2))
        x *= np.float32(scale)
        y, pull = jax.vjp(lambda given: theirs(given, **options), x)
        assert_close(ours(x, **options), y, 1e-5, "value")
        assert_close(ours.backward(dy, x, ours(x, **options), **options), pull(dy)[0], 1e-4, "gradient")


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "sigmoid", "tanh"])
def test_the_slope_at_zero_is_that_of_keras(name):
    ours, theirs = getattr(activations, name), getattr(keras.activations, name)
    x, one = np.zeros((1, 1), "float32"), np.ones((1, 1), "float32")
    assert_close(ours.backward(one, x, ours(x)), jax.grad(lambda given: theirs(given).sum())(x))


@pytest.mark.parametrize("name", [*ROOMS["activations"], "swish"])
def test_names_mean_what_they_mean_in_keras(name):
    assert activations.get(name).__name__ == keras.activations.get(name).__name__
    assert activations.get(None) is activations.linear
