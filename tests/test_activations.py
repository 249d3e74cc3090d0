"""Activation functions as objects: called, found by name, copied, pickled, and made by the user."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import minidl
from minidl import activations, ops
from minidl.activations import ActivationFunction
from minidl.config.public_names import PACKAGES
from minidl.config.settings import set_floatx
from minidl.kernels.activations import elu, gelu, glu, hard, relu, shrink, smooth, softmax
from minidl.layers import Activation, Conv1D, Dense, SimpleRNN
from tests.table.layers.common import NEEDED

NAMES = PACKAGES["activations"]
KERNELS = {key: item for module in (elu, gelu, glu, hard, relu, shrink, smooth, softmax) for key, item in vars(module).items()}


class Cube:
    """A callable object of a user, with a derivative."""

    def __call__(self, x):
        return x**3

    def backward(self, dy, x, y):
        return 3 * x**2 * dy


class LayerLike:
    """Something callable whose backward is a layer's, with a cache."""

    def __call__(self, x):
        return x

    def backward(self, dy, cache):
        return dy


def double(x):
    return 2 * x


def double_backward(dy, x, y):
    return 2 * dy


doubled = ActivationFunction(double, double_backward)


@pytest.mark.parametrize("name", NAMES)
def test_every_registered_name_is_an_activation_function_with_both_kernels(name):
    function = getattr(activations, name)
    assert isinstance(function, ActivationFunction)
    assert (function.__name__, function.__module__) == (name, "minidl.activations")
    assert function.forward is KERNELS[name]
    assert function.backward is KERNELS[f"{name}_backward"]
    assert function.__doc__
    assert repr(function) == f"<activation {name}>"
    assert inspect.signature(function) == inspect.signature(function.forward)


@pytest.mark.parametrize("name", NAMES)
def test_names_copies_pickles_and_configs_give_the_same_object(name):
    function = getattr(activations, name)
    if name not in NEEDED:
        assert activations.get(name) is function
        assert activations.get(function) is function
        assert activations.get(activations.serialize(function)) is function
    assert copy.copy(function) is function
    assert copy.deepcopy([function])[0] is function
    assert pickle.loads(pickle.dumps(function)) is function
    assert activations.deserialize(activations.serialize(function)) is function
    assert activations.deserialize(name) is function


def test_none_is_linear_and_swish_is_silu():
    assert activations.get(None) is activations.linear
    assert activations.get("hard_swish") is activations.hard_swish is activations.hard_silu
    assert activations.get("swish") is activations.swish is activations.silu
    assert activations.get("ReLU") is activations.relu


def test_calls_accept_lists_integers_and_arrays():
    np.testing.assert_array_equal(activations.relu([-1, 2]), [0, 2])
    assert activations.relu([-1, 2]).dtype == "float32"
    assert activations.sigmoid([0.5]).dtype == "float32"
    assert activations.sigmoid(np.float64([0.5])).dtype == "float64"
    assert activations.sigmoid(np.arange(3)).dtype == "float32"
    assert activations.tanh(0.5).shape == ()
    np.testing.assert_array_equal(activations.relu([-1.0, 5.0], max_value=2), [0, 2])
    np.testing.assert_array_equal(activations.relu([-1.0, 5.0], 0.5), [-0.5, 5.0])


def test_plain_numbers_become_floatx():
    set_floatx("float64")
    try:
        assert activations.relu([1.5]).dtype == "float64"
    finally:
        set_floatx("float32")


def test_text_raises_an_error():
    with pytest.raises(TypeError, match="relu expects numbers, got an array of type <U1"):
        activations.relu(["a"])


def test_the_error_for_an_unknown_name_suggests_the_nearest():
    with pytest.raises(ValueError, match="unknown activation 'rellu': did you mean 'relu'"):
        activations.get("rellu")


def test_a_custom_object_with_a_derivative_is_accepted():
    function = activations.get(Cube())
    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(function.forward(x), [1, 8])
    np.testing.assert_array_equal(function.backward(np.ones(2), x, function(x)), [3, 12])
    assert function.__name__ == "Cube"
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(function))(x), [1, 8])
    assert activations.get(Cube)(2.0) == 8  # the class will do


@pytest.mark.parametrize("wrong", [3, {"name": "relu"}])
def test_anything_but_a_function_raises_an_error(wrong):
    with pytest.raises(ValueError, match="an activation is a name, such as 'relu', or a function of x"):
        activations.get(wrong)


@pytest.mark.parametrize(
    "function",
    [double, lambda x: x * ops.sigmoid(x), lambda x: ops.tanh(x), lambda x: np.where(x > 0, x, 0.1 * x)],
    ids=["plain", "ops", "operation", "where"],
)
def test_a_plain_function_is_differentiated_by_recording_it(function):
    minidl.testing.check_layer(lambda: Dense(3, activation=function), (4, 5))
    minidl.testing.check_layer(lambda: Activation(function), (4, 5))


def test_a_layer_may_be_an_activation():
    minidl.testing.check_layer(lambda: Dense(3, activation=minidl.layers.LeakyReLU(0.1)), (4, 5))


@pytest.mark.parametrize("function", [ops.tanh, np.tanh])
def test_an_operation_and_a_numpy_function_may_be_an_activation(function):
    x, dy = np.linspace(-1, 1, 6).reshape(2, 3), np.ones((2, 3))
    found = activations.get(function)
    np.testing.assert_allclose(found.forward(x), np.tanh(x))
    np.testing.assert_allclose(found.backward(dy, x, found.forward(x)), 1 - np.tanh(x) ** 2)


def test_activation_functions_train_inside_call_and_compute_on_symbolic_tensors():
    class Own(minidl.Layer):
        def call(self, x):
            return activations.mish(x) + activations.relu(x, negative_slope=0.1)

    minidl.testing.check_layer(Own, (4, 5))
    start = minidl.Input((5,))
    x = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
    np.testing.assert_allclose(minidl.Model(start, activations.mish(start)).predict(x), activations.mish(x), rtol=1e-6)


def test_an_activation_function_raises_an_error_without_two_functions():
    for forward, backward in ((double, None), (None, double_backward), (double, lambda dy, cache: dy)):
        with pytest.raises(TypeError, match=r"backward\(dy, x, y\) -> dx"):
            ActivationFunction(forward, backward)


def test_a_custom_activation_function_survives_copying_pickling_and_saving():
    assert activations.get(doubled) is doubled
    assert copy.deepcopy(doubled) is doubled
    assert doubled.__name__ == "double"
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(doubled))([1.0]), [2.0])
    config = activations.serialize(doubled)
    assert activations.deserialize(config, {"double": doubled}) is doubled
    with pytest.raises(ValueError, match="unknown function 'double'"):
        activations.deserialize(config)


@pytest.mark.parametrize("given", ["threshold", activations.threshold])
def test_a_function_that_needs_more_than_x_raises_an_error_with_the_way_to_fix_it(given):
    with pytest.raises(TypeError, match=r"threshold needs threshold and default_value besides x, .* in a function of x alone"):
        Dense(3, given)
    cut = ActivationFunction(
        lambda x: activations.threshold.forward(x, 0.3, -1.0),
        lambda dy, x, y: activations.threshold.backward(dy, x, y, 0.3, -1.0),
    )
    np.testing.assert_array_equal(Activation(cut)([[0.2, 0.5]]), np.float32([[-1.0, 0.5]]))


# Functions that change the shape.


def test_glu_halves_the_output_shape_and_the_next_input():
    x = np.random.default_rng(0).normal(size=(5, 6)).astype("float32")
    model = minidl.Sequential([minidl.Input((6,)), Dense(8, "glu"), Activation("glu"), Dense(3)])
    assert [layer.compute_output_shape((None, 8)) for layer in model.layers[:2]] == [(None, 4), (None, 4)]
    assert model.layers[2].kernel.shape == (2, 3)
    model.fit(x, np.zeros((5, 3)), verbose=0)
    assert model.predict(x).shape == (5, 3)


def test_a_convolution_with_glu_reports_half_its_channels():
    x = np.random.default_rng(0).normal(size=(2, 4, 5)).astype("float32")
    for layer, expected in ((Conv1D(6, 2, activation="glu"), (3, 3)), (Conv1D(6, 2, activation="glu", strides=2), (2, 3))):
        assert layer(x).shape == layer.compute_output_shape(x.shape) == (2, *expected)
    with pytest.raises(ValueError, match=r'Conv1D "c" cannot take halves of an axis of 3'):
        Conv1D(3, 2, activation="glu", name="c").compute_output_shape((None, 4, 5))


def test_an_odd_size_with_glu_raises_an_error_with_the_layer_s_name():
    with pytest.raises(
        ValueError, match=r'Dense "d" cannot take halves of an axis of 3, got shape \(None, 3\); glu needs an even'
    ):
        Dense(3, "glu", name="d")
    with pytest.raises(ValueError, match=r'Activation "a" cannot take halves of an axis of 5, got shape \(2, 5\)'):
        Activation("glu", name="a")(np.ones((2, 5)))
    with pytest.raises(ValueError, match=r"glu cannot take halves of axis 2, which shape \(2, 4\) does not have"):
        activations.glu(np.ones((2, 4)), axis=2)


def test_a_recurrent_layer_raises_an_error_for_an_activation_that_changes_the_shape():
    with pytest.raises(ValueError, match="SimpleRNN expects an activation that keeps the shape of its input, got glu"):
        SimpleRNN(2, activation="glu")
    assert activations.get_keeping_shape("SimpleRNN", "sparsemax") is activations.sparsemax


def first_of_two(shape, owner):
    return (*shape[:-1], 1)


def test_a_users_function_may_change_the_shape_too_and_keeps_that_when_pickled():
    first = ActivationFunction(first_column, first_column_backward, output_shape=first_of_two)
    for function in (first, pickle.loads(pickle.dumps(first))):
        layer = Dense(2, function)
        assert layer(np.ones((3, 4))).shape == layer.compute_output_shape((3, 4)) == (3, 1)


def first_column(x):
    return x[..., :1]


def first_column_backward(dy, x, y):
    return np.concatenate([dy, np.zeros_like(dy)], axis=-1)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sparsemax"])
@pytest.mark.parametrize("shape", [(2, 3, 0), (0, 3)])
def test_a_softmax_of_no_classes_or_no_rows_is_empty(name, shape):
    function, x = activations.get(name), np.zeros(shape, "float32")
    assert function(x).shape == shape
    assert function.backward(x, x, x).shape == shape
