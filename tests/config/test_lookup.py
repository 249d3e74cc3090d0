"""`get` and `deserialize` of every package follow one rule."""

import json

import numpy as np
import pytest

from minidl import activations, constraints, initializers, losses, metrics, optimizers, regularizers
from minidl.config import registry

PACKAGES = {
    activations: "relu",
    constraints: "max_norm",
    initializers: "he_normal",
    losses: "mse",
    metrics: "mae",
    optimizers: "adam",
    regularizers: "l2",
}
PACKAGE = pytest.mark.parametrize(("package", "name"), PACKAGES.items(), ids=lambda item: getattr(item, "__name__", item))


@PACKAGE
def test_names_objects_and_configs_give_the_same_object(package, name):
    item = package.get(name)
    assert package.get(item) is item
    written = json.loads(json.dumps(package.serialize(item)))
    for again in (package.get(written), package.deserialize(written)):
        assert type(again) is type(item)
        assert package.serialize(again) == written
    assert type(package.deserialize(name)) is type(item)


@PACKAGE
def test_none_stays_none_except_for_activations(package, name):
    assert package.get(None) is (activations.linear if package is activations else None)


@PACKAGE
def test_a_wrong_name_raises_an_error_with_the_nearest_name(package, name):
    with pytest.raises(ValueError, match=f"unknown .*{name}x.*"):
        package.get(name + "x")


@PACKAGE
def test_a_number_raises_an_error_that_says_what_is_expected(package, name):
    with pytest.raises(ValueError, match=r"^an? \w+ is a name.*, got 3"):
        package.get(3)


def test_functions_and_arrays_are_converted():
    assert isinstance(losses.as_loss(losses.mean_squared_error), losses.MeanSquaredError)
    assert isinstance(metrics.as_metric(lambda y_true, y_pred: abs(y_true - y_pred)), metrics.MeanMetricWrapper)
    assert activations.deserialize(registry.serialize(activations.relu)) is activations.relu
    array = np.ones(2)
    for found in (initializers.get(array), initializers.deserialize(initializers.serialize(array))):
        assert isinstance(found, initializers.Constant)
