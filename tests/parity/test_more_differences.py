"""Deliberate differences of penalties, clones, random layers and losses."""

import keras
import numpy as np

import minidl
from tests.parity.comparing import both

X = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")


def test_call_function_is_not_called_for_operations_where_keras_calls_it():
    def called(k):
        x = k.Input((3,))
        seen = []

        def call(layer, *args, **kwargs):
            seen.append(type(layer).__name__)
            return layer(*args, **kwargs)

        def clone(layer):
            return type(layer).from_config(layer.get_config())

        k.models.clone_model(k.Model(x, k.layers.Dense(1)(x * 2) + 1), call_function=call, clone_function=clone)
        return seen

    assert both(called) == (["Dense"], ["Multiply", "Dense", "Add"])


def losses_of(make):
    def count(k):
        layer = make(k.layers)
        layer(X)
        return len(layer.losses)

    return both(count)


def test_an_activity_regularizer_inside_bidirectional_is_one_loss_of_its_layer_here():
    assert losses_of(lambda k: k.Bidirectional(k.SimpleRNN(2, activity_regularizer="l2"))) == (1, 0)
    assert losses_of(lambda k: k.Bidirectional(k.LSTM(2, activity_regularizer="l2"))) == (1, 2)
    assert losses_of(lambda k: k.Bidirectional(k.LSTM(2, kernel_regularizer="l2"))) == (2, 2)


def test_an_activity_regularizer_inside_time_distributed_is_among_its_losses_here():
    assert losses_of(lambda k: k.TimeDistributed(k.Dense(2, activity_regularizer="l2"))) == (1, 0)
    assert losses_of(lambda k: k.TimeDistributed(k.Dense(2, kernel_regularizer="l2"))) == (1, 1)


def test_num_samples_of_r2_score_counts_rows_where_keras_counts_rows_times_outputs():
    def counted(k):
        metric = k.metrics.R2Score()
        metric.update_state(np.ones((4, 2)), np.zeros((4, 2)))
        return {variable.name: float(np.asarray(variable)) for variable in metric.variables if variable.name == "num_samples"}

    assert both(counted) == ({"num_samples": 4.0}, {"num_samples": 8.0})


def test_a_loss_of_float64_arrays_is_float64_where_keras_has_floatx():
    ours, theirs = both(lambda k: np.asarray(k.losses.MeanSquaredError()(np.ones(3), np.zeros(3))).dtype)
    assert (ours, theirs) == (np.float64, np.float32)
    assert minidl.losses.mean_squared_error(np.ones((3, 2)), np.zeros((3, 2))).dtype == np.float64
    assert np.asarray(keras.losses.mean_squared_error(np.ones((3, 2)), np.zeros((3, 2)))).dtype == np.float32
