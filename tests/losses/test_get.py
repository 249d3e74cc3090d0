import json

import numpy as np
import pytest

from minidl import losses


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        ("mse", "MeanSquaredError"),
        ("MSE", "MeanSquaredError"),
        ("mean_squared_error", "MeanSquaredError"),
        ("MeanSquaredError", "MeanSquaredError"),
        ("bce", "BinaryCrossentropy"),
        ("BCE", "BinaryCrossentropy"),
        ("binary_crossentropy", "BinaryCrossentropy"),
        ("categorical_crossentropy", "CategoricalCrossentropy"),
        ("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"),
        (losses.mean_squared_error, "MeanSquaredError"),
        (losses.sparse_categorical_crossentropy, "SparseCategoricalCrossentropy"),
        (losses.CategoricalCrossentropy, "CategoricalCrossentropy"),
        (losses.BinaryCrossentropy(from_logits=True), "BinaryCrossentropy"),
    ],
)
def test_a_loss_is_found_by_name_function_class_or_object(identifier, name):
    assert type(losses.get(identifier)).__name__ == name


def test_none_stays_none():
    assert losses.get(None) is None


def test_a_plain_function_becomes_a_loss_of_its_name():
    def distance(y_true, y_pred):
        return abs(y_true - y_pred)

    loss = losses.get(distance)
    assert loss.name == "distance"
    assert loss(np.array([1.0, 2.0]), np.array([2.0, 4.0])) == 1.5


def test_an_unknown_name_is_refused_with_the_nearest():
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


def test_a_name_is_deserialized_too():
    assert isinstance(losses.deserialize("mse"), losses.MeanSquaredError)
