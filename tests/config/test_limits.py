"""Limits of epochs and steps."""

import subprocess
import sys

import numpy as np
import pytest

from minidl import Input, Sequential, config, layers

X = np.ones((24, 2))


@pytest.fixture
def model():
    made = Sequential([Input((2,)), layers.Dense(1)])
    made.compile("sgd", "mse")
    yield made
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)


def test_fit_evaluate_and_predict_end_at_the_limits(model):
    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(3)
    assert (config.max_epochs(), config.max_steps_per_epoch()) == (2, 3)
    with pytest.warns(UserWarning, match="is limited to") as warned:
        history = model.fit(X, X[:, 0], batch_size=4, epochs=5, verbose=0)
    assert [str(one.message).split(",")[0] for one in warned] == ["epochs is limited to 2", "steps_per_epoch is limited to 3"]
    assert len(history.history["loss"]) == 2
    assert int(model.optimizer.iterations) == 6
    with pytest.warns(UserWarning, match="steps_per_epoch is limited to 3"):
        assert model.predict(X, batch_size=4, verbose=0).shape == (12, 1)
    with pytest.warns(UserWarning, match="steps_per_epoch is limited to 3"):
        model.evaluate(X, X[:, 0], batch_size=4, verbose=0)


def test_smaller_numbers_are_kept_without_a_warning(model):
    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(3)
    model.fit(X, X[:, 0], batch_size=4, epochs=1, steps_per_epoch=2, verbose=0)
    assert int(model.optimizer.iterations) == 2


def test_the_environment_sets_the_first_limits_and_others_raise_an_error():
    code = "import os; os.environ['KERAS_MAX_EPOCHS'] = '4'; from minidl import config; print(config.max_epochs())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "4\n"
    with pytest.raises(ValueError, match="max_epochs is a positive integer, or None for no limit, got 1.5"):
        config.set_max_epochs(1.5)
