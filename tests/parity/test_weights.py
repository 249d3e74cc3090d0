"""What weights are made with, compared with Keras's: initializers by their distribution, regularizers, constraints."""

import jax
import numpy as np
import pytest

import minidl
from minidl.config.public_names import PACKAGES
from tests.parity.comparing import assert_close, both

FIXED = [
    ("Zeros", {}),
    ("Ones", {}),
    ("Constant", {}),
    ("Constant", {"value": 2.5}),
    ("Constant", {"value": [1.0, 2.0, 3.0]}),
]
RANDOM = [
    ("RandomNormal", {}),
    ("RandomNormal", {"mean": 1.0, "stddev": 0.3}),
    ("RandomUniform", {}),
    ("RandomUniform", {"minval": -1.0, "maxval": 3.0}),
    ("TruncatedNormal", {}),
    ("TruncatedNormal", {"mean": 1.0, "stddev": 0.3}),
    ("VarianceScaling", {}),
    ("VarianceScaling", {"scale": 2.0, "mode": "fan_out", "distribution": "untruncated_normal"}),
    ("VarianceScaling", {"mode": "fan_avg", "distribution": "uniform"}),
    ("VarianceScaling", {"input_axes": [-1], "output_axes": [0]}),
    *((name, {}) for name in ("GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform")),
]
SHAPES = [(200, 300), (300, 200), (60000,), (3, 5, 40, 100)]


@pytest.mark.parametrize(("name", "arguments"), FIXED, ids=str)
def test_fixed_values_are_those_of_keras(name, arguments):
    ours, theirs = both(lambda k: getattr(k.initializers, name)(**arguments))
    for shape in ((3,), (2, 3)):
        assert_close(ours(shape), theirs(shape), 0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("name", "arguments"), RANDOM, ids=str)
def test_random_values_have_keras_s_distribution(name, arguments, shape):
    ours, theirs = both(lambda k: np.asarray(getattr(k.initializers, name)(**arguments, seed=3)(shape)).ravel())
    assert ours.dtype == theirs.dtype
    spread = theirs.std()
    assert abs(ours.mean() - theirs.mean()) < 5 * spread * (2 / ours.size) ** 0.5  # five standard errors
    assert abs(ours.std() / spread - 1) < 0.015
    assert abs(np.abs(ours).max() / np.abs(theirs).max() - 1) < (
        0.25 if name == "RandomNormal" or "untruncated_normal" in arguments.values() else 0.01
    )  # where it is cut off
    quantiles = np.linspace(0.05, 0.95, 19)
    np.testing.assert_allclose(np.quantile(ours, quantiles), np.quantile(theirs, quantiles), atol=0.04 * spread)


@pytest.mark.parametrize("arguments", [{}, {"gain": 2.0}])
@pytest.mark.parametrize("shape", [(6, 6), (8, 3), (3, 8), (2, 3, 4)])
def test_orthogonal_matrices_are_orthogonal_in_keras_s_way(arguments, shape):
    def gram(made):
        matrix = np.asarray(made(shape)).reshape(-1, shape[-1])
        return matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T

    ours, theirs = both(lambda k: gram(k.initializers.Orthogonal(**arguments, seed=1)))
    assert_close(ours, theirs, 1e-5)


@pytest.mark.parametrize("arguments", [{}, {"gain": 2.5}])
@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2)])
def test_identities_are_those_of_keras(arguments, shape):
    assert_close(*both(lambda k: k.initializers.Identity(**arguments)(shape)), 0)


def test_normal_means_truncated_normal_as_in_keras():
    ours, theirs = both(lambda k: k.initializers.VarianceScaling(distribution="normal").distribution)
    assert ours == theirs == "truncated_normal"


@pytest.mark.parametrize("name", sorted({*PACKAGES["initializers"]} - {"Constant"}))  # Keras 3.15 fails on that name
def test_initializers_have_keras_s_names(name):
    snake = minidl.config.naming.snake_case(name)
    for alias in (name, snake, snake.replace("random_", "")):
        ours, theirs = both(lambda k, alias=alias: type(k.initializers.get(alias)).__name__)
        assert ours == theirs


def test_a_shared_initializer_starts_two_weights_differently_here():
    ours, theirs = both(lambda k: k.initializers.GlorotUniform())
    assert not np.array_equal(ours((2, 3)), ours((2, 3)))
    np.testing.assert_array_equal(theirs((2, 3)), theirs((2, 3)))


REGULARIZERS = [
    ("L1", {}),
    ("L1", {"l1": 0.3}),
    ("L2", {}),
    ("L2", {"l2": 0.3}),
    ("L1L2", {}),
    ("L1L2", {"l1": 0.2}),
    ("L1L2", {"l1": 0.2, "l2": 0.3}),
    ("OrthogonalRegularizer", {}),
    ("OrthogonalRegularizer", {"factor": 0.3}),
    ("OrthogonalRegularizer", {"factor": 0.3, "mode": "columns"}),
]


@pytest.mark.parametrize(("name", "arguments"), REGULARIZERS, ids=str)
def test_penalties_and_their_gradients_are_those_of_keras(name, arguments):
    ours, theirs = both(lambda k: getattr(k.regularizers, name)(**arguments))
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    x[0, 0] = 0
    x = jax.numpy.asarray(x)  # Keras's orthogonal columns take no other
    assert_close(np.float32(ours(np.asarray(x))), theirs(x))
    gradient = np.array(jax.grad(lambda w: theirs(w))(x))
    if name != "OrthogonalRegularizer":
        gradient[0, 0] = 0  # for JAX the slope of |x| at 0 is 1, here 0, as in TensorFlow and PyTorch
    assert_close(ours.gradient(np.asarray(x)), gradient, 1e-4)


def test_a_single_row_has_no_penalty_where_keras_divides_by_zero():
    ours, theirs = both(lambda k: k.regularizers.OrthogonalRegularizer()(np.ones((1, 3), "float32")))
    assert ours == 0
    assert np.isnan(theirs)


@pytest.mark.parametrize("name", ["l1", "l2", "l1l2", "orthogonal_regularizer", *PACKAGES["regularizers"]])
def test_regularizers_have_keras_s_names(name):
    ours, theirs = both(lambda k: k.regularizers.get(name))
    assert type(ours).__name__ == type(theirs).__name__
    x = np.arange(6, dtype="float32").reshape(2, 3)
    assert_close(np.float32(ours(x)), theirs(x))


@pytest.mark.parametrize(
    "arguments", [{}, {"max_value": 0.5}, {"max_value": 1.0, "axis": 1}, {"max_value": 1.0, "axis": (0, 1)}, {"axis": [0, 1]}]
)
def test_max_norm_gives_keras_s_weights(arguments):
    ours, theirs = both(lambda k: k.constraints.MaxNorm(**arguments))
    w = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")
    w[:, 0] = 0
    assert_close(ours(w), theirs(w))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("NonNeg", {}),
        ("UnitNorm", {}),
        ("UnitNorm", {"axis": 1}),
        ("UnitNorm", {"axis": [0, 1]}),
        ("MinMaxNorm", {}),
        ("MinMaxNorm", {"min_value": 1.0, "max_value": 2.0}),
        ("MinMaxNorm", {"min_value": 3.0, "max_value": 4.0, "rate": 0.3, "axis": 1}),
    ],
    ids=str,
)
def test_constraints_give_keras_s_weights(name, arguments):
    ours, theirs = both(lambda k: getattr(k.constraints, name)(**arguments))
    w = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")
    w[:, 0] = 0
    assert_close(ours(w), theirs(w))


@pytest.mark.parametrize("name", ["max_norm", "min_max_norm", "non_neg", "unit_norm", *PACKAGES["constraints"]])
def test_constraints_have_keras_s_names(name):
    ours, theirs = both(lambda k: k.constraints.get(name))
    assert ours.get_config() == theirs.get_config()
