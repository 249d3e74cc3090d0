"""Activation functions as objects: called, found by name, copied, pickled, and made by the user."""

import copy
import inspect
import pickle

import numpy as np
import pytest

from minidl import activations
from minidl.activations import ActivationFunction
from minidl.catalogue import ROOMS
from minidl.config.settings import set_floatx
from minidl.kernels import elementwise

NAMES = ROOMS["activations"]


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
    assert function.forward is getattr(elementwise, name)
    assert function.backward is getattr(elementwise, f"{name}_backward")
    assert function.__doc__
    assert repr(function) == f"<activation {name}>"
    assert inspect.signature(function) == inspect.signature(function.forward)


@pytest.mark.parametrize("name", NAMES)
def test_names_copies_pickles_and_configs_all_lead_to_the_same_object(name):
    function = getattr(activations, name)
    assert activations.get(name) is function
    assert activations.get(function) is function
    assert copy.copy(function) is function
    assert copy.deepcopy([function])[0] is function
    assert pickle.loads(pickle.dumps(function)) is function
    assert activations.deserialize(activations.serialize(function)) is function
    assert activations.get(activations.serialize(function)) is function
    assert activations.deserialize(name) is function


def test_none_is_linear_and_swish_is_silu():
    assert activations.get(None) is activations.linear
    assert activations.get("swish") is activations.swish is activations.silu
    assert activations.get("ReLU") is activations.relu


def test_calling_takes_lists_integers_and_arrays():
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


def test_text_is_refused():
    with pytest.raises(TypeError, match="relu expects numbers, got an array of type <U1"):
        activations.relu(["a"])


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match="unknown activation 'rellu': did you mean 'relu'"):
        activations.get("rellu")


def test_a_users_object_with_a_derivative_is_taken():
    function = activations.get(Cube())
    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(function.forward(x), [1, 8])
    np.testing.assert_array_equal(function.backward(np.ones(2), x, function(x)), [3, 12])
    assert function.__name__ == "Cube"
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(function))(x), [1, 8])
    assert activations.get(Cube)(2.0) == 8  # the class will do


@pytest.mark.parametrize("wrong", [double, LayerLike(), 3, {"name": "relu"}])
def test_what_has_no_derivative_is_refused_with_the_way_to_give_it_one(wrong):
    with pytest.raises(TypeError, match=r"give it one by minidl\.activations\.ActivationFunction\(forward, backward\)"):
        activations.get(wrong)


def test_an_activation_function_is_refused_without_two_functions():
    for forward, backward in ((double, None), (None, double_backward), (double, lambda dy, cache: dy)):
        with pytest.raises(TypeError, match=r"backward\(dy, x, y\) -> dx"):
            ActivationFunction(forward, backward)


def test_a_users_function_made_of_two_survives_copying_pickling_and_saving():
    assert activations.get(doubled) is doubled
    assert copy.deepcopy(doubled) is doubled
    assert doubled.__name__ == "double"
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(doubled))([1.0]), [2.0])
    config = activations.serialize(doubled)
    assert activations.deserialize(config, {"double": doubled}) is doubled
    with pytest.raises(ValueError, match="unknown class 'double'"):
        activations.deserialize(config)
