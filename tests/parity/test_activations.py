"""Every activation compared with Keras's, with each of its options: values to 1e-5, gradients to 1e-4."""

import jax
import keras
import numpy as np
import pytest

from minidl import activations
from minidl.config.public_names import PACKAGES
from tests.parity.comparing import assert_close, both
from tests.table.layers.common import ACTIVATIONS, NEEDED, OURS_ALONE, WRONG_IN_KERAS

OPTIONS = {
    "celu": [{"alpha": 0.5}, {"alpha": 2.0}],
    "elu": [{"alpha": 0.5}, {"alpha": 2.0}],
    "gelu": [{"approximate": True}],
    "glu": [{"axis": 0}, {"axis": -2}],
    "hard_shrink": [{"threshold": 0.0}, {"threshold": 1.2}],
    "leaky_relu": [{"negative_slope": 0.1}, {"negative_slope": 1.5}, {"negative_slope": 0.0}],
    "relu": [
        {"negative_slope": 0.1},
        {"max_value": 0.8},
        {"threshold": 0.4},
        {"negative_slope": 0.3, "max_value": 0.9, "threshold": 0.2},
        {"negative_slope": 1.5, "threshold": 0.1},
    ],
    "log_softmax": [{"axis": 0}, {"axis": 1}],
    "soft_shrink": [{"threshold": 0.0}, {"threshold": 1.2}],
    "softmax": [{"axis": 0}, {"axis": (0, 1)}],
    "squareplus": [{"b": 1}, {"b": 0.3}],
    "threshold": [{"threshold": -0.2, "default_value": 0.5}],
}
OF_KERAS_3 = [name for name in PACKAGES["activations"] if name not in OURS_ALONE]
FORMS = [
    (name, options)
    for name in OF_KERAS_3
    if name not in WRONG_IN_KERAS
    for options in [NEEDED.get(name, {}), *OPTIONS.get(name, [])]
]


@pytest.mark.parametrize(("name", "options"), FORMS, ids=str)
def test_values_and_gradients_are_those_of_keras(name, options):
    generator = np.random.default_rng(0)
    ours, theirs = getattr(activations, name), getattr(keras.activations, name)
    for scale in (1.0, 30.0):
        x = generator.normal(size=(6, 8)).astype("float32") * np.float32(scale)
        dy = generator.normal(size=ours(x, **options).shape).astype("float32")
        y, pull = jax.vjp(lambda given: theirs(given, **options), x)
        assert_close(ours(x, **options), y, 1e-5, "value")
        assert_close(ours.backward(dy, x, ours(x, **options), **options), pull(dy)[0], 1e-4, "gradient")


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name not in WRONG_IN_KERAS | OURS_ALONE])
def test_values_and_derivatives_at_zero_and_at_all_kinks_are_those_of_keras(name):
    ours, theirs = getattr(activations, name), getattr(keras.activations, name)
    corners = [0.0] if name == "sparse_sigmoid" else [0.0, 0.5, -0.5, 1.0, -1.0, 3.0, -3.0, 6.0]
    x = np.array([[corner] * 2 for corner in corners], "float32")
    one = np.ones_like(ours(x))
    y, pull = jax.vjp(theirs, x)
    assert_close(ours(x), y)
    assert_close(ours.backward(one, x, ours(x)), pull(one)[0])


def test_the_derivative_at_the_ends_of_sparse_sigmoid_is_zero_where_keras_on_jax_takes_the_mean():
    x, one = np.array([-1.0, 1.0], "float32"), np.ones(2, "float32")
    np.testing.assert_array_equal(activations.sparse_sigmoid.backward(one, x, activations.sparse_sigmoid(x)), [0, 0])
    np.testing.assert_array_equal(jax.grad(lambda given: keras.activations.sparse_sigmoid(given).sum())(x), [0.25, 0.25])


@pytest.mark.parametrize("axis", [-1, 0])
def test_sparsemax_sums_to_one_where_keras_is_right_only_for_rows_with_one_nonzero_element(axis):
    generator = np.random.default_rng(0)
    ours, theirs = both(lambda k: k.activations.sparsemax)
    x = generator.normal(size=(6, 6)).astype("float32")
    won = (x + 10 * np.eye(6)).astype("float32")
    dy = generator.normal(size=x.shape).astype("float32")
    y, pull = jax.vjp(lambda given: theirs(given, axis=axis), won)
    assert_close(ours(won, axis=axis), y)
    assert_close(ours.backward(dy, won, ours(won, axis=axis), axis=axis), pull(dy)[0])
    np.testing.assert_allclose(ours(x, axis=axis).sum(axis=axis), 1.0, rtol=1e-6)
    assert np.abs(np.asarray(theirs(x, axis=axis)).sum(axis=axis) - 1.0).max() > 0.4


def test_dense_and_activation_report_half_the_width_with_glu_where_keras_reports_all():
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    ours, theirs = both(lambda k: k.layers.Dense(6, "glu"))
    for layer in (ours, theirs):
        layer.build((None, 4))
    theirs.set_weights(ours.get_weights())
    dy = np.random.default_rng(1).normal(size=(5, 3)).astype("float32")
    y, cache = ours.forward(x)
    its_y, pull = jax.vjp(theirs, x)
    assert_close(y, its_y)
    assert_close(ours.backward(dy, cache), pull(dy)[0], 1e-4)
    activation, its = both(lambda k: k.layers.Activation("glu"))
    assert_close(activation(x), its(x))
    assert [layer.compute_output_shape((None, 4)) for layer in (ours, theirs)] == [(None, 3), (None, 6)]
    assert [layer.compute_output_shape((None, 4)) for layer in (activation, its)] == [(None, 2), (None, 4)]


def test_get_raises_an_error_for_threshold_where_keras_fails_in_the_call():
    with pytest.raises(TypeError, match="threshold needs threshold and default_value besides x"):
        activations.get("threshold")
    with pytest.raises(TypeError, match="missing 2 required positional arguments"):
        keras.layers.Dense(3, "threshold")(np.ones((2, 3)))


def test_every_activation_of_keras_is_here():
    theirs = {item.__name__ for name, item in vars(keras.activations).items() if callable(item)}
    assert theirs - {"get", "serialize", "deserialize"} == set(OF_KERAS_3)


@pytest.mark.parametrize("name", [*(name for name in ACTIVATIONS if name not in OURS_ALONE), "swish", "hard_swish"])
def test_names_mean_what_they_mean_in_keras(name):
    assert activations.get(name).__name__ == keras.activations.get(name).__name__
    assert activations.get(None) is activations.linear
