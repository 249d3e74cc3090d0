"""`ProgbarLogger`: shows what is shown without it, once."""

import re

import numpy as np
import pytest

from minidl import Input, Sequential
from minidl.callbacks import Callback, CallbackList, ProgbarLogger
from minidl.layers import Dense
from tests.printed import printed_lines

X = np.ones((8, 2))


class Speaks(Callback):
    def on_epoch_end(self, epoch, logs=None):
        print("spoken")

    def on_test_end(self, logs=None):
        print("tested")


@pytest.fixture
def model():
    made = Sequential([Input((2,)), Dense(1)])
    made.compile("sgd", "mse")
    return made


def shown(capsys):
    return [re.sub(r"\d+\.\d+", "n", line) for line in printed_lines(capsys)]


@pytest.mark.parametrize("wrapped", [False, True])
def test_it_replaces_the_usual_lines_at_its_place_in_the_list(capsys, model, wrapped):
    given = [ProgbarLogger(), Speaks()]
    model.fit(X, X[:, 0], epochs=2, verbose=2, callbacks=[CallbackList(given)] if wrapped else given)
    assert shown(capsys) == ["Epoch 1/2 - ns - loss: n", "spoken", "Epoch 2/2 - ns - loss: n", "spoken"]
    model.fit(X, X[:, 0], verbose=2, callbacks=[Speaks()])
    assert shown(capsys) == ["spoken", "Epoch 1/1 - ns - loss: n"]


def test_validation_is_silent_and_evaluate_and_predict_are_shown(capsys, model):
    logger = ProgbarLogger()
    model.fit(X, X[:, 0], verbose=2, callbacks=[logger], validation_data=(X, X[:, 0]))
    assert shown(capsys) == ["Epoch 1/1 - ns - loss: n - val_loss: n"]
    model.evaluate(X, X[:, 0], verbose=2, callbacks=[logger, Speaks()])
    assert shown(capsys) == ["1/1 - ns - loss: n", "tested"]
    model.predict(X, verbose=2, callbacks=[logger])
    assert shown(capsys) == ["1/1 - ns"]


def test_verbose_0_is_silent(capsys, model):
    model.fit(X, X[:, 0], verbose=0, callbacks=[ProgbarLogger()])
    model.predict(X, verbose=0, callbacks=[ProgbarLogger()])
    assert shown(capsys) == []
