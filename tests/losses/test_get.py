import json

import numpy as np
import pytest

from minidl import Input, Sequential, losses
from minidl.layers import Dense


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        ("mse", "mean_squared_error"),
        ("MSE", "mean_squared_error"),
        ("mean_squared_error", "mean_squared_error"),
        ("bce", "binary_crossentropy"),
        ("BCE", "binary_crossentropy"),
        ("kld", "kl_divergence"),
        ("logcosh", "log_cosh"),
        ("categorical_crossentropy", "categorical_crossentropy"),
        ({"class_name": "mean_squared_error", "config": {}}, "mean_squared_error"),
        (losses.serialize(losses.mean_squared_error), "mean_squared_error"),
        (losses.sparse_categorical_crossentropy, "sparse_categorical_crossentropy"),
    ],
)
def test_the_name_of_a_function_gives_the_function(identifier, name):
    for find in (losses.get, losses.deserialize):
        assert find(identifier) is getattr(losses, name)


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        ("MeanSquaredError", "MeanSquaredError"),
        ({"class_name": "Huber", "config": {"delta": 2.0}}, "Huber"),
        (losses.CategoricalCrossentropy, "CategoricalCrossentropy"),
        (losses.BinaryCrossentropy(from_logits=True), "BinaryCrossentropy"),
    ],
)
def test_a_class_its_name_or_config_and_an_object_give_an_object(identifier, name):
    for find in (losses.get, losses.deserialize):
        assert type(find(identifier)).__name__ == name


@pytest.mark.parametrize("name", ["mse", "mean_squared_error", "MeanSquaredError", losses.mean_squared_error])
def test_compile_makes_a_loss_of_every_form(name):
    model = Sequential([Input((2,)), Dense(1)])
    model.compile("sgd", name)
    assert model.loss is name
    assert isinstance(model.output_losses[0], losses.MeanSquaredError)


def test_none_stays_none():
    assert losses.get(None) is None


def test_a_plain_function_stays_itself_and_becomes_a_loss_of_its_name_in_compile():
    def distance(y_true, y_pred):
        return abs(y_true - y_pred)

    assert losses.get(distance) is distance
    loss = losses.as_loss(distance)
    assert loss.name == "distance"
    assert loss(np.array([1.0, 2.0]), np.array([2.0, 4.0])) == 1.5


def test_an_unknown_name_raises_an_error_with_the_nearest():
    with pytest.raises(ValueError, match="unknown loss 'mean_square_error': did you mean 'mean_squared_error'"):
        losses.get("mean_square_error")


@pytest.mark.parametrize(
    "loss",
    [
        losses.MeanSquaredError(reduction="sum", name="error"),
        losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1, axis=1),
        losses.CategoricalCrossentropy(label_smoothing=0.2),
        losses.SparseCategoricalCrossentropy(ignore_class=-1),
    ],
)
def test_a_loss_survives_json(loss):
    again = losses.deserialize(json.loads(json.dumps(losses.serialize(loss))))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()
