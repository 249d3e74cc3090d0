"""LBFGS compared with SciPy's, in fit, and errors."""

from itertools import pairwise

import numpy as np
import pytest
import scipy.optimize

from minidl import Input, Sequential, Variable, optimizers
from minidl.layers import BatchNormalization, Dense, Dropout, Layer
from minidl.optimizers import LBFGS
from minidl.variable import allocate

X = np.random.default_rng(0).normal(size=(60, 4))
Y = np.tanh(X @ np.array([[1.0], [-2.0], [0.5], [0.0]]) + 0.3)


def network(dtype="float64", optimizer=None, **options):
    model = Sequential([Input((4,), dtype=dtype), Dense(6, "tanh", dtype=dtype, **options), Dense(1, dtype=dtype)])
    model.compile(LBFGS() if optimizer is None else optimizer, "mse")
    return model


def rosenbrock(*parts):
    """Loss and gradient of SciPy's function of all parts together."""
    point = np.concatenate([part.value for part in parts])
    gradient = scipy.optimize.rosen_der(point)
    for part in parts:
        part.grad, gradient = gradient[: part.size], gradient[part.size :]
    return float(scipy.optimize.rosen(point))


def test_the_minimum_of_rosenbrocks_function_is_found_as_fast_as_scipy_finds_it():
    start = np.array([1.3, 0.7, 0.8, 1.9])
    looks = []
    parts = [Variable(start[:2], dtype="float64"), Variable(start[2:], dtype="float64")]

    def evaluate():
        looks.append(1)
        return rosenbrock(*parts)

    optimizer = LBFGS()
    while rosenbrock(*parts) > 1e-12 and optimizer.iterations < 200:
        optimizer.minimize(evaluate, parts)
    theirs = scipy.optimize.minimize(scipy.optimize.rosen, start, jac=scipy.optimize.rosen_der, method="L-BFGS-B", tol=1e-14)
    assert theirs.fun < 1e-10
    np.testing.assert_allclose(np.concatenate([part.value for part in parts]), 1, atol=1e-5)
    assert optimizer.iterations < 1.5 * theirs.nit
    assert len(looks) < 4 * theirs.nfev


def inverse_by_its_formula(pairs, scale):
    """BFGS's matrix, made pair by pair, oldest first."""
    size = len(pairs[0][0])
    h = scale * np.eye(size)
    for s, y in pairs:
        rho = 1 / (s @ y)
        left = np.eye(size) - rho * np.outer(s, y)
        h = left @ h @ left.T + rho * np.outer(s, s)
    return h


@pytest.mark.parametrize("history", [2, 10])
def test_the_two_loops_multiply_by_the_matrix_of_bfgs(history):
    random = np.random.default_rng(0)
    bowl = np.diag([1.0, 2.0, 5.0, 9.0])
    made = [Variable(random.normal(size=3), dtype="float64"), Variable(random.normal(size=1), dtype="float64")]
    allocate(made[:1])  # two blocks, two runs

    def evaluate():
        point = np.concatenate([part.value for part in made])
        gradient = bowl @ point + point**3
        made[0].grad, made[1].grad = gradient[:3], gradient[3:]
        return float(point @ bowl @ point / 2 + (point**4).sum() / 4)

    optimizer, points, gradients = LBFGS(history), [], []
    for _ in range(5):
        evaluate()
        points.append(np.concatenate([part.value for part in made]))
        gradients.append(np.concatenate([part.grad for part in made]))
        optimizer.minimize(evaluate, made)
    evaluate()
    points.append(np.concatenate([part.value for part in made]))
    gradients.append(np.concatenate([part.grad for part in made]))
    pairs = list(zip(np.diff(points, axis=0), np.diff(gradients, axis=0), strict=True))[-history:]
    s, y = pairs[-1]
    runs = optimizer._find_slices(tuple(made))
    direction = np.concatenate(optimizer._direction(runs, [run.grad.copy() for run in runs]))
    np.testing.assert_allclose(direction, -inverse_by_its_formula(pairs, (s @ y) / (y @ y)) @ gradients[-1], rtol=1e-8)


def test_the_loss_falls_every_epoch_and_ends_lower_than_with_adam():
    model = network()
    history = model.fit(X, Y, epochs=80, verbose=0).history["loss"]
    assert all(later <= earlier for earlier, later in pairwise(history))
    rival = network(optimizer=optimizers.Adam(0.01))
    assert history[-1] < 1e-2 * rival.fit(X, Y, epochs=80, verbose=0).history["loss"][-1]
    assert model.optimizer.iterations == 80


def test_at_the_minimum_in_float32_it_stops():
    model = Sequential([Input((4,)), Dense(1)])
    model.compile(LBFGS(), "mse")
    model.fit(X, X @ np.ones((4, 1)), epochs=30, verbose=0)
    assert model.evaluate(X, X @ np.ones((4, 1)), verbose=0) < 1e-10
    model.fit(X, X @ np.ones((4, 1)), epochs=30, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], 1, atol=1e-5)


def test_a_gradient_of_zero_changes_nothing():
    w = Variable([1.0], dtype="float64")

    def evaluate():
        w.grad = [0.0]
        return 3.0

    optimizer = LBFGS()
    optimizer.minimize(evaluate, [w])
    assert (w.value[0], optimizer.iterations) == (1.0, 1)


def test_an_unbounded_or_infinite_loss_does_not_break_it():
    w = Variable([1.0], dtype="float64")

    def evaluate():
        with np.errstate(all="ignore"):
            w.grad = 1 - 1 / w.value
            return float(w.value[0] - np.log(w.value[0])) if w.value[0] > 0 else float("nan")

    w.assign([50.0])
    optimizer = LBFGS()
    for _ in range(20):
        optimizer.minimize(evaluate, [w])
    assert w.value[0] == pytest.approx(1.0, abs=1e-6)


def test_constraints_hold_after_each_iteration():
    model = network(kernel_constraint="non_neg")
    model.fit(X, Y, epochs=5, verbose=0)
    assert model.layers[0].kernel.value.min() >= 0


def test_during_a_line_search_dropout_is_fixed_and_moving_means_are_updated_once():
    model = Sequential([Input((4,)), Dense(8, "relu"), BatchNormalization(momentum=0.9), Dropout(0.5), Dense(1)])
    model.compile(LBFGS(), "mse")
    drawn = []
    dropout, minimize = model.layers[2], model.optimizer.minimize

    def watched(evaluate, variables):
        def look():
            loss = evaluate()
            drawn.append(str(dropout.generators[0].bit_generator.state))
            return loss

        minimize(look, variables)

    model.optimizer.minimize = watched
    model.fit(X, Y, epochs=1, verbose=0)
    assert len(drawn) >= 2
    assert len(set(drawn)) == 1  # each look begins with the same state, and so ends with the same
    kernel, bias = model.layers[0].get_weights()
    batch = np.maximum(X @ kernel + bias, 0)  # where the weights have come to
    np.testing.assert_allclose(model.layers[1].moving_mean.value, 0.1 * batch.mean(axis=0), rtol=1e-4, atol=1e-6)


def test_regularizers_and_sample_weights_count():
    weight = np.random.default_rng(1).uniform(0.5, 2, len(X))
    model = Sequential([Input((4,), dtype="float64"), Dense(1, dtype="float64", use_bias=False, kernel_regularizer="l2")])
    model.compile(LBFGS(), "mse")
    model.fit(X, Y, sample_weight=weight, epochs=30, verbose=0)
    weighted = X.T * weight
    best = np.linalg.solve(weighted @ X / len(X) + 0.01 * np.eye(4), weighted @ Y / len(X))
    np.testing.assert_allclose(model.get_weights()[0], best, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (
            {"batch_size": 20},
            "LBFGS runs a line search on all the data at once, but batches of 20 are not all 60 rows; give",
        ),
        ({"steps_per_epoch": 3}, "an epoch of 3 batches is not one"),
    ],
)
def test_batches_smaller_than_the_data_raise_an_error_before_anything_happens(options, match):
    model = network()
    before = model.get_weights()
    with pytest.raises(ValueError, match=match):
        model.fit(X, Y, verbose=0, **options)
    for weight, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


def test_iterables_may_give_one_batch_per_epoch():
    model, same = network(), network()
    same.set_weights(model.get_weights())
    whole = model.fit([(X, Y)], epochs=3, verbose=0).history["loss"]
    np.testing.assert_allclose(whole, same.fit(X, Y, epochs=3, shuffle=False, verbose=0).history["loss"], rtol=1e-12)
    with pytest.raises(ValueError, match="an epoch of 2 batches is not one"):
        model.fit([(X[:30], Y[:30]), (X[30:], Y[30:])], verbose=0)

    class Unsized:
        def __iter__(self):
            return iter([(X[:30], Y[:30]), (X[30:], Y[30:])])

    before = model.get_weights()
    with pytest.raises(ValueError, match="it got a second batch in one epoch"):
        model.fit(Unsized(), verbose=0)
    for weight, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)  # refused before anything happened


def test_a_stream_of_unknown_length_may_give_one_batch_per_epoch():
    class Whole:
        def __iter__(self):
            return iter([(X, Y)])

    model, same = network(), network()
    same.set_weights(model.get_weights())
    losses = model.fit(Whole(), epochs=3, verbose=0).history["loss"]
    np.testing.assert_array_equal(losses, same.fit([(X, Y)], epochs=3, verbose=0).history["loss"])


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_aborted_line_search_restores_the_initial_weights(error):
    class Breaking(Layer):
        left = 0

        def forward(self, x, training=False):
            self.left -= training
            if training and self.left == 0:
                raise error
            return x, None

        def backward(self, dy, cache):
            return dy

    breaking = Breaking()
    model = Sequential([Input((4,)), Dense(8, "tanh"), BatchNormalization(), Dropout(0.5), Dense(1), breaking])
    model.compile(LBFGS(), "mse")
    model.fit(X, Y, epochs=3, verbose=0)

    def standing():
        generators = [str(generator.bit_generator.state) for generator in model.layers[2].generators]
        return [value.tolist() for value in model.get_weights()], generators

    before, looks = standing(), 0
    for looks in (1, 2, 3):
        breaking.left = looks
        with pytest.raises(error):
            model.train_on_batch(X * 30, Y * 100)  # on other data the first trial is far from the last
        assert standing() == before


def test_one_gradient_alone_raises_an_error():
    with pytest.raises(TypeError, match=r"LBFGS evaluates the loss several times per step: train with fit, or call minimize"):
        LBFGS().apply([np.ones(1)], [Variable([1.0])])
    with pytest.raises(ValueError, match="LBFGS expects history_size to be a positive integer, got 0"):
        LBFGS(0)
    with pytest.raises(TypeError, match="LBFGS has no argument 'clipnorm': it takes history_size, name"):
        LBFGS(clipnorm=1.0)


def test_a_loss_that_is_not_finite_stops_it_before_any_weight_changes():
    model = network()
    model.layers[0].kernel.assign(np.full((4, 6), 1e308))
    model.layers[1].kernel.assign(np.full((6, 1), 1e308))
    before = model.get_weights()
    with pytest.raises(FloatingPointError, match="the loss became"), np.errstate(all="ignore"):
        model.fit(X, Y, verbose=0)
    for weight, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)
