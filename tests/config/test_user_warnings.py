"""A warning names the user's line, however many functions of minidl lie between."""

import warnings
from pathlib import Path

import numpy as np
import pytest

import minidl
from minidl import Sequential, callbacks, layers

X, Y = np.random.default_rng(0).normal(size=(20, 3)).astype("float32"), np.zeros((20, 1))


def model(*more, **settings):
    made = Sequential([layers.Input((3,)), *more, layers.Dense(1)])
    made.compile(**{"optimizer": "sgd", "loss": "mse"} | settings)
    return made


def frozen():
    made = model()
    made.trainable = False
    made.fit(X, Y, verbose=0)


def mismatched(folder):
    model().save_weights(folder / "a.weights.h5")
    wide = Sequential([layers.Input((3,)), layers.Dense(2)])
    wide.load_weights(folder / "a.weights.h5", skip_mismatch=True)


def perceptron(**settings):
    from minidl.wrappers import MLPClassifier

    MLPClassifier(**{"max_iter": 2} | settings).fit(X, np.arange(20) % 2)


CASES = {
    "nothing to learn": lambda folder: frozen(),
    "data that ends": lambda folder: model().fit(X, Y, batch_size=5, steps_per_epoch=9, epochs=2, verbose=0),
    "a stream that ends": lambda folder: model().evaluate([(X, Y)], steps=3, verbose=0),
    "an unknown metric to stop at": lambda folder: model().fit(
        X, Y, verbose=0, callbacks=[callbacks.EarlyStopping("val_loss")]
    ),
    "an unknown metric to save at": lambda folder: model().fit(
        X, Y, verbose=0, callbacks=[callbacks.ModelCheckpoint(folder / "m.keras", "val_loss", save_best_only=True)]
    ),
    "an unknown mode": lambda folder: callbacks.ReduceLROnPlateau(mode="lower"),
    "a layer that was not adapted": lambda folder: Sequential([layers.Input((3,)), layers.Normalization()]).predict(
        X, verbose=0
    ),
    "weights of other shapes": mismatched,
    "iterations that were too few": lambda folder: perceptron(),
    "L-BFGS iterations that were too few": lambda folder: perceptron(solver="lbfgs"),
    "batches larger than the data": lambda folder: perceptron(batch_size=500, max_iter=1),
}


@pytest.mark.parametrize("cause", CASES.values(), ids=list(CASES))
def test_a_warning_names_the_line_of_the_user(cause, tmp_path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cause(tmp_path)
    assert caught
    assert {warning.filename for warning in caught} == {__file__}


def test_the_package_warns_in_no_other_way():
    own = [path for path in Path(minidl.__file__).parent.rglob("*.py") if path.name != "user_warnings.py"]
    assert [path.name for path in own if "warnings.warn(" in path.read_text(encoding="utf-8")] == []
