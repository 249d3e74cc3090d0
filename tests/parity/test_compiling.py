"""What `compile` takes and what a model makes of it, compared with the real Keras."""

import numpy as np
import pytest

import minidl
from tests.parity.comparing import both

X = np.arange(12.0, dtype="float32").reshape(4, 3) / 8 - 0.5
ZEROS, ONES = np.zeros((4, 1), "float32"), np.ones((4, 1), "float32")


def dense(k, name=None, units=1, **options):
    return k.layers.Dense(units, kernel_initializer="ones", name=name, **options)


def one_output(k, kind=None, **compiled):
    i = k.Input((3,))
    model = (kind or k.Model)(i, dense(k, "a")(i))
    model.compile(k.optimizers.SGD(0.125), **compiled)
    return model


def logs(history):
    return {key: np.round(values, 4).tolist() for key, values in sorted(history.history.items())}


def same(function):
    mine, its = both(function)
    assert mine == its


# Metrics computed by the model.


def test_an_overridden_compute_metrics_writes_the_logs_of_training_and_evaluation():
    def run(k):
        class Own(k.Model):
            def compute_metrics(self, x, y, y_pred, sample_weight=None):
                found = super().compute_metrics(x, y, y_pred, sample_weight)
                return {**found, "rows": 4.0 * x.shape[-1]}

        model = one_output(k, Own, loss="mse", metrics=["mae"], weighted_metrics=["mse"])
        weights = np.array([1.0, 2.0, 0.0, 1.0])
        found = logs(model.fit(X, ONES, sample_weight=weights, epochs=2, verbose=0, validation_data=(X, ZEROS)))
        return found, {key: round(float(v), 4) for key, v in model.evaluate(X, ONES, verbose=0, return_dict=True).items()}

    same(run)


def test_compute_metrics_updates_the_compiled_metrics_and_not_the_loss():
    def run(k):
        model = one_output(k, loss="mse", metrics=["mae"])
        model.fit(X, ONES, verbose=0)
        model.reset_metrics()
        first = model.compute_metrics(X, ZEROS, ZEROS + 2.0)
        again = model.compute_metrics(X, ZEROS, ZEROS + 4.0, None)
        return [{key: float(value) for key, value in found.items()} for found in (first, again)]

    same(run)


def test_a_metric_that_only_compute_metrics_updates():
    def run(k):
        class Own(k.Model):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.largest = k.metrics.Mean(name="largest")

            def compute_metrics(self, x, y, y_pred, sample_weight=None):
                self.largest.update_state(k.ops.max(y_pred))
                return self.get_metrics_result()

        return logs(one_output(k, Own, loss="mse").fit(X, ONES, epochs=2, verbose=0))

    same(run)


def test_masked_steps_do_not_count_in_metrics_that_compute_metrics_updates():
    class Own(minidl.Sequential):
        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            return super().compute_metrics(x, y, y_pred, sample_weight)

    found = []
    x = np.array([[[1.0], [2.0], [0.0]], [[3.0], [0.0], [0.0]]])
    for kind in (minidl.Sequential, Own):
        model = kind([minidl.Input((3, 1)), minidl.layers.Masking(), dense(minidl)])
        model.compile("sgd", "mse", metrics=["mae"])
        found.append(model.evaluate(x, np.full((2, 3, 1), 5.0), verbose=0))
        assert model.compute_metrics(x, np.ones((1, 1)), np.ones((1, 1)))["loss"] == found[0][0]  # no mask is kept
    assert found[0] == found[1]
    assert found[0][1] == pytest.approx((4 + 3 + 2) / 3)


def test_settings_without_a_meaning_here_can_be_read_and_set():
    def run(k):
        model = one_output(k, loss="mse", run_eagerly=True, jit_compile=False, steps_per_execution=2)
        found = [model.run_eagerly, model.jit_compile, model.steps_per_execution]
        model.run_eagerly = False
        model.jit_compile = True
        return [*found, model.run_eagerly, model.jit_compile, k.Model(model.inputs, model.outputs).run_eagerly]

    same(run)
