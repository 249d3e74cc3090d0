"""Objects rebuild themselves from their constructor arguments, with nothing written per class."""

import copy
import json
import pickle

import numpy as np
import pytest

from minidl import activations, initializers, layers, metrics
from minidl.config import custom_objects, registry
from minidl.config.configurable import Configurable
from minidl.config.public_names import PACKAGES


class Base(Configurable):
    def __init__(self, name=None, **kwargs):
        self.name = name
        self.extra = kwargs


class Child(Base):
    def __init__(self, size, *, shape=(1, 2), inner=None, **kwargs):
        super().__init__(**kwargs)
        self.size = size * 2  # not what was passed: the argument counts
        self.shape = shape
        self.inner = inner


class Grandchild(Child):
    pass


def test_every_argument_defaults_included_is_in_the_config():
    assert Child(3).get_config() == {"size": 3, "shape": [1, 2], "inner": None, "name": None}
    assert Child(3, name="a").get_config() == {"size": 3, "shape": [1, 2], "inner": None, "name": "a"}


class SetsTheName(Base):
    def __init__(self, size, **kwargs):
        super().__init__("fixed", **kwargs)
        self.size = size


class Closed(Child):
    def __init__(self, depth=1):
        super().__init__(2 * depth)
        self.depth = depth


def test_an_argument_that_the_child_sets_or_does_not_pass_on_is_not_an_argument_of_it():
    assert SetsTheName(3).get_config() == {"size": 3}
    assert Closed(2).get_config() == {"depth": 2}
    assert Closed.from_config(Closed(2).get_config()).size == 8


def test_the_outermost_constructor_counts_and_a_child_without_one_inherits():
    assert Grandchild(3).get_config()["size"] == 3
    assert type(Grandchild.from_config(Grandchild(3).get_config())) is Grandchild


def test_an_attribute_that_was_changed_is_in_the_config():
    made = Child(3)
    made.shape = (5,)
    assert made.get_config()["shape"] == [5]


def test_objects_strings_and_types_are_written_as_plain_values():
    layer = layers.Dense(np.int64(3), activation=activations.relu, kernel_initializer="zeros", kernel_regularizer="l2")
    config = layer.get_config()
    assert config["units"] == 3
    assert (config["activation"], config["dtype"]) == ("relu", "float32")
    assert config["kernel_regularizer"] == {
        "module": "minidl.regularizers",
        "class_name": "L2",
        "config": {"l2": 0.01},
        "registered_name": None,
    }
    assert config["kernel_initializer"]["class_name"] == "Zeros"
    assert layers.Dense(3, dtype=np.float64).get_config()["dtype"] == "float64"
    assert json.loads(json.dumps(config)) == config


def test_from_config_takes_objects_names_and_dicts():
    for given in (
        initializers.Constant(2.0),
        {"class_name": "Constant", "config": {"value": 2.0}},
        {"module": "keras.initializers", "class_name": "Constant", "config": {"value": 2.0}, "registered_name": None},
    ):
        layer = layers.Dense.from_config({"units": 1, "kernel_initializer": given, "activation": "relu"})
        assert layer([[1.0]]) == [[2.0]]
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float64"}, "registered_name": None}
    assert layers.Dense.from_config({"units": 1, "dtype": policy}).dtype == "float64"


def test_a_config_is_written_the_same_a_second_time():
    written = registry.serialize(layers.Bidirectional(layers.LSTM(2, kernel_regularizer="l2")))
    assert registry.serialize(written) == written


def test_arguments_changed_make_a_new_object():
    def close(y_true, y_pred):
        return abs(y_true - y_pred) < 0.1

    metric = metrics.MeanMetricWrapper(close, name="close")
    other = metric.with_arguments(name="other")
    assert (other.name, other.fn, metric.name) == ("other", close, "close")


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda item: pickle.loads(pickle.dumps(item))])
def test_copies_have_the_same_config(way):
    made = Child(3, inner=Base("x"))
    assert repr(way(made)) == repr(made)


def test_repr_shows_what_is_not_the_default():
    assert repr(Child(3)) == "Child(size=3)"
    assert repr(Child(3, shape=(2,), inner=Base("x"))) == "Child(size=3, shape=(2,), inner=Base(name='x'))"


def test_serializing_keeps_arrays_numbers_nested_objects_and_tuples_in_dicts():
    made = Child(np.int64(3), shape=(np.float32(0.5), None), inner=[Base("x"), {"a": np.arange(3.0), 2: None}])
    written = registry.serialize(made)
    known = {"Child": Child, "Base": Base}
    again = registry.deserialize(json.loads(json.dumps(written)), known)
    assert registry.serialize(again) == written
    assert again.shape == [0.5, None]
    np.testing.assert_array_equal(again.inner[1]["a"], [0.0, 1.0, 2.0])
    assert list(again.inner[1]) == ["a", 2]
    assert registry.deserialize(json.loads(json.dumps(registry.serialize({"axis": (0, 1)})))) == {"axis": (0, 1)}


def test_an_error_names_what_cannot_be_serialized():
    with pytest.raises(TypeError, match="cannot write"):
        registry.serialize(Child(1, inner=object()))


def test_the_table_of_public_names_names_only_what_exists():
    for package, names in PACKAGES.items():
        for name in names:
            named = registry.reference(registry.public(package, name))
            assert named["module"] == f"minidl.{package}"
            assert registry.find(named) is registry.public(package, name)


def test_a_class_of_the_user_does_not_replace_a_public_one_of_the_same_name():
    @custom_objects.register_keras_serializable(package="shop")
    class Dense(layers.Dense):
        pass

    assert type(layers.deserialize(layers.serialize(layers.Dense(1)))) is layers.Dense
    assert type(layers.deserialize(layers.serialize(Dense(1)))) is Dense
    assert type(layers.deserialize(layers.serialize(layers.Dense(1)), {"Dense": Dense})) is Dense
