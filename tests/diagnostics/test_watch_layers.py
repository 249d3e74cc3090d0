"""`WatchLayers`: its histograms are right, and training is not affected."""

import numpy as np
import pytest

from minidl import Input, Model, Sequential, layers, optimizers
from minidl.callbacks import TerminateOnNaN
from minidl.diagnostics import WatchLayers
from minidl.diagnostics.histogram import Histogram
from minidl.initializers import RandomNormal
from minidl.layers import Dense
from minidl.utils import set_random_seed

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(200, 6)).astype("float32")
Y = (X @ GENERATOR.normal(size=(6, 3))).argmax(axis=1)


def network(optimizer="adam", **arguments):
    set_random_seed(4)
    model = Sequential(
        [
            Input((6,)),
            Dense(16, name="first", **arguments),
            layers.BatchNormalization(name="norm"),
            layers.Activation("relu", name="relu"),
            layers.Dropout(0.4, name="dropout"),
            Dense(3, "softmax", name="out", kernel_regularizer="l2"),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize(
    "optimizer",
    [
        optimizers.Adam,
        lambda: optimizers.SGD(0.1, momentum=0.9, gradient_accumulation_steps=3),
        lambda: optimizers.Adam(use_ema=True),
        optimizers.LBFGS,
    ],
)
def test_training_is_the_same_bit_for_bit_without_the_callback(optimizer):
    runs = []
    for callbacks in ([], [WatchLayers(X, Y)]):
        model = network(optimizer())
        history = model.fit(X, Y, epochs=3, validation_split=0.2, callbacks=callbacks, verbose=0)
        runs.append((model.get_weights(), history.history, [g.bit_generator.state for g in model.generators]))
    (weights, history, draws), (watched, watched_history, watched_draws) = runs
    for one, other in zip(weights, watched, strict=True):
        np.testing.assert_array_equal(one, other)
    assert history == watched_history
    assert repr(draws) == repr(watched_draws)


def test_it_counts_the_outputs_and_gradients_of_every_layer():
    watch = WatchLayers(X, Y, rows=200)
    model = network()
    model.fit(X, Y, epochs=2, callbacks=[watch], verbose=0)
    assert watch.epochs == [0, 1, 2]
    assert list(watch.outputs) == ["first", "norm", "relu", "dropout", "out"]
    assert list(watch.gradients) == ["first", "norm", "out"]
    assert [record.counts.sum() for record in watch.outputs["first"]] == [200 * 16] * 3
    assert [record.counts.sum() + record.left_out * 16 * 7 for record in watch.gradients["first"]] == [16 * 7] * 3


def test_the_counts_are_those_of_the_outputs_and_gradients():
    # Whole numbers, and a mean over 4 * 64 elements: every sum is exact in any order, so also over other batches.
    x, y = GENERATOR.integers(-3, 4, (64, 6)), GENERATOR.integers(-9, 10, (64, 4))
    model = Sequential([Input((6,)), Dense(5, "relu", name="hidden"), Dense(4, name="out")])
    model.set_weights([GENERATOR.integers(-3, 4, weight.shape) for weight in model.get_weights()])
    model.compile(optimizers.SGD(0.0), "mse")
    watch = WatchLayers(x, y)
    model.fit(x, y, epochs=1, callbacks=[watch], verbose=0)
    outputs, last = model.predict(x), watch.outputs["out"][-1]
    np.testing.assert_array_equal(last.counts, np.histogram(outputs, 40)[0])
    assert (last.low, last.high) == (outputs.min(), outputs.max())
    found = model.gradients(x, y)
    expected = Histogram.of_logarithms(np.concatenate([found["out/kernel"].ravel(), found["out/bias"]]), 40)
    assert repr(watch.gradients["out"][-1]) == repr(expected)


def test_vanishing_gradients_are_visible():
    small, he = WatchLayers(X, X[:, :3]), WatchLayers(X, X[:, :3])
    for watch, start in ((small, RandomNormal(stddev=1e-3)), (he, "he_normal")):
        model = Sequential(
            [Input((6,)), *(Dense(20, "tanh", kernel_initializer=start, name=f"h{n}") for n in range(4)), Dense(3)]
        )
        model.compile("sgd", "mse")
        model.fit(X, X[:, :3], epochs=1, callbacks=[watch], verbose=0)
    assert small.gradients["h0"][0].high < -6 < -4 < he.gradients["h0"][0].high


def test_dead_units_are_left_out_of_the_logarithms():
    model = network(bias_initializer="zeros")
    watch = WatchLayers(X, Y)
    model.get_layer("norm").weights[1].value[...] = -100.0  # beta: no unit fires
    model.fit(X, Y, epochs=1, callbacks=[watch], verbose=0)
    assert watch.gradients["first"][0].left_out == 1.0
    assert watch.gradients["first"][0].counts.sum() == 0
    watch.plot()


def test_memory_is_bounded_however_long_the_training():
    watch = WatchLayers(X[:8], Y[:8], limit=6)
    model = network()
    model.fit(X[:32], Y[:32], epochs=40, callbacks=[watch], verbose=0)
    assert watch.epochs == [0, 8, 16, 24, 32, 40]
    assert {len(records) for part in (watch.outputs, watch.gradients) for records in part.values()} == {6}


def test_a_second_fit_starts_new_records():
    watch, model = WatchLayers(X, Y), network()
    for _ in range(2):
        model.fit(X, Y, epochs=2, callbacks=[watch], verbose=0)
    assert watch.epochs == [0, 1, 2]
    assert len(watch.outputs["out"]) == 3


def test_rows_are_evenly_spaced_and_the_rest_is_not_kept():
    watch = WatchLayers(np.arange(1000).reshape(1000, 1), rows=5)
    assert watch.x.ravel().tolist() == [0, 249, 499, 749, 999]
    assert watch.y is None
    assert watch.constructor_arguments()["x"].shape == (5, 1)


def test_without_targets_only_outputs_are_recorded():
    watch, model = WatchLayers(X), network()
    model.fit(X, Y, epochs=1, callbacks=[watch], verbose=0)
    assert watch.gradients == {}
    assert len(watch.plot().axes) == 5


def test_branching_and_nested_models_are_recorded_inside():
    a, b = Input((6,)), Input((6,))
    shared = Sequential([Dense(4, "tanh", name="inner")], name="shared")
    model = Model([a, b], [Dense(1, name="left")(shared(a)), Dense(2, name="right")(shared(b))])
    model.compile("adam", "mse")
    watch = WatchLayers([X, X], [X[:, :1], X[:, :2]], rows=10)
    model.fit([X, X], [X[:, :1], X[:, :2]], callbacks=[watch], verbose=0)
    assert {"inner", "left", "right"} <= set(watch.outputs)
    assert set(watch.gradients) == {"inner", "left", "right"}


def test_a_diverging_training_run_is_recorded_to_its_end():
    watch, model = WatchLayers(X, Y), network(optimizers.SGD(1e30))
    with np.errstate(all="ignore"):
        model.fit(X, Y, epochs=3, callbacks=[watch, TerminateOnNaN()], verbose=0)
    assert watch.epochs[-1] >= 1
    watch.plot()


def test_rows_that_do_not_fit_the_model_raise_an_error_before_training():
    model = network()
    with pytest.raises(ValueError, match="expects rows of shape"):
        model.fit(X, Y, callbacks=[WatchLayers(X[:, :2], Y)], verbose=0)
    assert model.optimizer.batches == 0


@pytest.mark.parametrize(("name", "value"), [("rows", 0), ("bins", -1), ("limit", 3), ("bins", 1.5)])
def test_bad_settings_raise_an_error(name, value):
    with pytest.raises((TypeError, ValueError), match=f"WatchLayers expects {name}"):
        WatchLayers(X, Y, **{name: value})


def test_the_plot_has_a_row_per_layer_and_touches_no_global_state():
    import matplotlib.pyplot as plt

    watch = WatchLayers(X, Y)
    with pytest.raises(ValueError, match="recorded nothing yet"):
        watch.plot()
    network().fit(X, Y, epochs=2, callbacks=[watch], verbose=0)
    figure = watch.plot()
    assert [axes.get_ylabel() for axes in figure.axes[::2]] == ["first", "norm", "relu", "dropout", "out"]
    assert len(figure.axes) == 10
    figure.canvas.draw()
    assert not plt.get_fignums()


# Histograms.


def test_a_histogram_keeps_its_fractions_on_other_edges():
    values = GENERATOR.normal(size=10_000)
    shares = Histogram.of(values, 400).shares(np.linspace(-6, 6, 25))
    np.testing.assert_allclose(shares, np.histogram(values, np.linspace(-6, 6, 25))[0] / 10_000, atol=0.01)
    assert shares.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(("values", "left_out"), [([np.nan, np.inf], 1.0), ([3.0, 3.0], 0.0), ([], 1.0)], ids=str)
def test_histograms_of_empty_constant_and_nonfinite_arrays(values, left_out):
    histogram = Histogram.of(np.array(values), 4)
    assert histogram.left_out == left_out
    assert histogram.counts.sum() == np.isfinite(values).sum()


def test_no_data_raises_an_error() -> None:
    with pytest.raises(ValueError, match="the data is empty: x is None"):
        WatchLayers(None)
