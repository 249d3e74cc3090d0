"""`layer.losses`, `add_loss` and `compute_loss`, compared with the real Keras."""

import keras
import numpy as np
import pytest

import minidl
from tests.parity.comparing import assert_close

X = np.arange(6.0, dtype="float32").reshape(2, 3) / 4
ONES = {"kernel_initializer": "ones"}


def both(function):
    """The results of `function(library)` for minidl and for Keras."""
    return function(minidl), function(keras)


def numbers(terms):
    return [float(term) for term in terms]


def test_losses_of_a_layer_are_those_of_its_last_call_and_the_penalties_on_trainable_weights():
    def run(k):
        layer = k.layers.Dense(2, kernel_regularizer="l2", bias_regularizer="l1", activity_regularizer="l2", **ONES)
        found = [numbers(layer.losses)]
        for rows in (X, X, X[:1]):
            layer(rows)
            found.append(numbers(layer.losses))
        layer(X, training=True)
        layer.trainable = False
        return [*found, numbers(layer.losses)]

    for mine, its in zip(*both(run), strict=True):
        assert_close(mine, its)


@pytest.mark.parametrize("form", ["Sequential", "functional", "subclassed", "nested"])
def test_losses_of_a_model_are_those_of_all_its_layers(form):
    def run(k):
        class Adds(k.layers.Layer):
            def call(self, x):
                self.add_loss(k.ops.sum(x))
                self.add_loss([k.ops.mean(x)])
                return x

        dense = k.layers.Dense(3, kernel_regularizer="l2", activity_regularizer="l1", **ONES)
        stack = [dense, Adds(), k.layers.ActivityRegularization(0.1, 0.2)]

        class Own(k.Model):
            def __init__(self):
                super().__init__()
                self.stack = stack

            def call(self, x):
                for layer in self.stack:
                    x = layer(x)
                self.add_loss(0.5 * k.ops.sum(x))
                return x

        if form == "subclassed":
            model = Own()
        elif form == "Sequential":
            model = k.Sequential(stack)
        else:
            i = k.Input((3,))
            h = k.Sequential(stack)(i) if form == "nested" else stack[2](stack[1](stack[0](dense(i))))
            model = k.Model(i, h)
        model(X)
        before = sorted(numbers(model.losses))
        model(X[1:])
        return before, sorted(numbers(model.losses)), numbers(dense.losses)

    for mine, its in zip(*both(run), strict=True):
        assert_close(mine, its)


def test_predicting_and_training_keep_no_terms():
    def run(k):
        model = k.Sequential([k.Input((3,)), k.layers.Dense(3, activity_regularizer="l2")])
        model.compile("sgd", "mse")
        model.fit(X, X, verbose=0)
        model.predict(X, verbose=0)
        return len(model.losses)

    assert both(run) == (0, 0)


@pytest.mark.parametrize("form", ["Sequential", "functional", "subclassed"])
def test_a_model_may_be_trained_by_add_loss_and_penalties_alone(form):
    def run(k):
        class Adds(k.layers.Layer):
            def call(self, x):
                self.add_loss(k.ops.mean(k.ops.square(x - 1.0)))
                return x

        dense, adds = k.layers.Dense(2, activity_regularizer="l2", **ONES), Adds()

        class Own(k.Model):
            def __init__(self):
                super().__init__()
                self.dense, self.adds = dense, adds

            def call(self, x):
                return self.adds(self.dense(x))

        i = k.Input((3,))
        models = {"Sequential": lambda: k.Sequential([dense, adds]), "functional": lambda: k.Model(i, adds(dense(i)))}
        model = models.get(form, Own)()
        model.compile(k.optimizers.SGD(0.05))
        history = model.fit(X, epochs=3, verbose=0)
        return history.history["loss"], model.evaluate(X, verbose=0), model.get_weights()[0]

    for mine, its in zip(*both(run), strict=True):
        assert_close(mine, its)


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("with_training", [True, False])
def test_compute_loss_gets_the_inputs_and_decides_about_the_penalties(factor, with_training):
    def run(k):
        class Own(k.Sequential):
            if with_training:

                def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
                    return self.judged(x, y, y_pred) + (0.0 if training else 10.0)

            else:

                def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
                    return self.judged(x, y, y_pred)

            def judged(self, x, y, y_pred):
                loss = k.ops.mean(k.ops.square(y_pred - y)) + k.ops.mean(x)
                return loss + factor * sum(self.losses) if factor else loss

        regular = {"kernel_regularizer": "l2", "activity_regularizer": "l2"}
        model = Own([k.Input((3,)), k.layers.Dense(2, **regular, **ONES), k.layers.Dense(1, **regular, **ONES)])
        model.compile(k.optimizers.SGD(0.01))
        y = np.ones((2, 1), "float32")
        history = model.fit(X, y, epochs=3, verbose=0)
        return history.history["loss"], model.evaluate(X, y, verbose=0), *model.get_weights()

    for mine, its in zip(*both(run), strict=True):
        assert_close(mine, its)


def test_the_compute_loss_of_the_parent_contains_the_penalties():
    def run(k):
        class Own(k.Sequential):
            def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
                return 2.0 * super().compute_loss(x, y, y_pred, sample_weight, training)

        model = Own([k.Input((3,)), k.layers.Dense(1, kernel_regularizer="l2", activity_regularizer="l2", **ONES)])
        model.compile(k.optimizers.SGD(0.01), "mse")
        y = np.ones((2, 1), "float32")
        history = model.fit(X, y, epochs=3, verbose=0)
        return history.history["loss"], model.get_weights()[0], float(model.compute_loss(X, y, model(X)))

    for mine, its in zip(*both(run), strict=True):
        assert_close(mine, its)


def test_penalties_with_different_factors_raise_an_error():
    class Own(minidl.Sequential):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            first, second = self.losses
            return first + 3.0 * second

    model = Own([minidl.layers.Dense(1, activity_regularizer="l2"), minidl.layers.Dense(1, activity_regularizer="l2")])
    model.compile("sgd")
    with pytest.raises(ValueError, match="the same factor"):
        model.fit(X, X[:, :1], verbose=0)


def test_a_metric_may_be_updated_in_compute_loss():
    class Own(minidl.Sequential):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            loss = minidl.ops.mean(minidl.ops.square(y_pred - y))
            self.tracker.update_state(loss)
            self.error.update_state(y, y_pred)
            return loss

    model = Own([minidl.layers.Dense(1)])
    model.tracker, model.error = minidl.metrics.Mean(name="tracker"), minidl.metrics.MeanSquaredError(name="error")
    model.compile("sgd")
    loss = model.train_on_batch(X, X[:, :1], return_dict=True)["loss"]
    assert_close(np.float32(model.tracker.result()), np.float32(loss))
    assert_close(np.float32(model.error.result()), np.float32(loss))
