"""Batches in `fit`, `evaluate` and `predict`: iterators of unbuilt models, numbers of steps, stops, class weights."""

import keras
import numpy as np
import pytest

import minidl
from tests.parity.comparing import assert_close, both

LIBRARIES = pytest.mark.parametrize("k", [minidl, keras], ids=["minidl", "keras"])
pytestmark = [pytest.mark.filterwarnings("ignore:.*shuffle=True:UserWarning")]
X = np.random.default_rng(0).normal(size=(80, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True) + 1


def pairs(number=None):
    """The same batch again and again, for Keras drops a generator's first batches to build a model."""
    step = 0
    while number is None or step < number:
        yield X[:4], Y[:4]
        step += 1


def sequential(k, **options):
    return k.Sequential([k.layers.Dense(1, kernel_initializer="ones")])


def subclassed(k):
    class Mine(k.Model):
        def __init__(self):
            super().__init__()
            self.dense = k.layers.Dense(1, kernel_initializer="ones")

        def call(self, x):
            return self.dense(x)

    return Mine()


@pytest.mark.parametrize("make", [sequential, subclassed])
def test_an_iterator_trains_a_model_that_was_never_built(make):
    def run(k):
        found = []
        for work in (
            lambda model: model.fit(pairs(), steps_per_epoch=3, epochs=2, verbose=0).history["loss"],
            lambda model: model.evaluate(pairs(), steps=2, verbose=0),
            lambda model: model.predict(pairs(), steps=2, verbose=0),
            lambda model: model.fit(
                pairs(), steps_per_epoch=2, validation_data=pairs(), validation_steps=2, epochs=2, verbose=0
            ).history["val_loss"],
        ):
            model = make(k)
            model.compile("sgd", "mse")
            found.append(work(model))
        return found

    for ours, theirs in zip(*both(run), strict=True):
        assert_close(ours, theirs)


def test_no_batch_is_lost_by_looking_at_the_first():
    model = sequential(minidl)
    batches = pairs(3)
    model.fit(batches, verbose=0)  # chooses the loss, and builds the model
    assert int(model.optimizer.iterations) == 3
    with pytest.raises(ValueError, match="the data gave no batch"):
        sequential(minidl).fit(batches, verbose=0)


def counted(k, **options):
    model = k.Sequential([k.layers.Input((3,)), k.layers.Dense(1, kernel_initializer="ones")])
    model.compile(k.optimizers.SGD(0.01), "mse")
    counts = {"train": 0, "test": 0, "predict": 0}

    class Count(k.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            counts["train"] += 1

        def on_test_batch_end(self, batch, logs=None):
            counts["test"] += 1

        def on_predict_batch_end(self, batch, logs=None):
            counts["predict"] += 1

    return model, counts, Count()


@pytest.mark.filterwarnings("ignore:(the data ended|Your input ran out of data):UserWarning")
@pytest.mark.parametrize("steps", [5, 7, 9, 10, 11])
def test_steps_that_do_not_fit_the_data_end_the_epoch_as_in_keras(steps):
    def run(k):
        model, counts, count = counted(k)
        options = {"batch_size": 8, "shuffle": False, "verbose": 0, "callbacks": [count]}
        history = model.fit(X, Y, epochs=4, steps_per_epoch=steps, **options).history["loss"]
        validated = model.fit(X, Y, validation_data=(X, Y), validation_steps=steps, **options).history["val_loss"]
        judged = model.evaluate(X, Y, batch_size=8, steps=steps, verbose=0, callbacks=[count])
        shape = model.predict(X, batch_size=8, steps=steps, verbose=0, callbacks=[count]).shape
        return history, validated, judged, list(shape), list(counts.values())

    for ours, theirs in zip(*both(run), strict=True):
        assert_close(ours, theirs)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@LIBRARIES
def test_too_few_batches_give_a_warning(k):
    model, _, _ = counted(k)
    for work in (
        lambda: model.fit(X, Y, batch_size=40, steps_per_epoch=3, verbose=0),
        lambda: model.evaluate(X, Y, batch_size=40, steps=3, verbose=0),
        lambda: model.predict(X, batch_size=40, steps=3, verbose=0),
    ):
        with pytest.warns(UserWarning, match="the data ended after 2 of the 3|ran out of data"):
            work()


@LIBRARIES
def test_a_callback_stops_evaluation_and_prediction(k):
    class Stop(k.callbacks.Callback):
        def on_test_batch_end(self, batch, logs=None):
            self.model.stop_evaluating = batch == 1

        def on_predict_batch_end(self, batch, logs=None):
            self.model.stop_predicting = batch == 1

    model, counts, count = counted(k)
    model.evaluate(pairs(), verbose=0, callbacks=[count, Stop()])
    assert model.predict(pairs(), verbose=0, callbacks=[count, Stop()]).shape == (8, 1)
    assert model.predict(X, batch_size=8, verbose=0, callbacks=[count, Stop()]).shape == (16, 1)
    assert list(counts.values()) == [0, 2, 4]
    assert model.predict(X, batch_size=8, verbose=0).shape == (80, 1)


def test_rows_that_are_not_a_multiple_of_a_fixed_batch_size_are_handled_as_in_keras():
    def run(k):
        model = k.Sequential([k.layers.Input(batch_shape=(4, 3)), k.layers.Dense(1, kernel_initializer="ones")])
        model.compile("sgd", "mse")
        options = {"batch_size": 4, "verbose": 0}
        history = model.fit(X[:10], Y[:10], validation_data=(X[:6], Y[:6]), shuffle=False, **options).history
        return history["loss"], history["val_loss"], model.evaluate(X[:7], Y[:7], **options), model.predict(X[:7], **options)

    for ours, theirs in zip(*both(run), strict=True):
        assert_close(ours, theirs)


@pytest.mark.parametrize("rows", [np.zeros((4, 3)), np.array([[0.1, 0.8, 0.1], [0.5, 0.4, 0.1], [0, 0, 1], [0.3, 0.3, 0.4]])])
def test_class_weights_of_dense_targets_follow_the_largest(rows):
    def run(k):
        model = k.Sequential([k.layers.Input((3,)), k.layers.Dense(3, kernel_initializer="zeros", bias_initializer="ones")])
        model.compile(k.optimizers.SGD(0.0), "mse")
        return model.train_on_batch(X[:4], rows, class_weight={0: 0.2, 1: 0.3})

    assert_close(*both(run))
