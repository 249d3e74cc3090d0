"""The learning rate sweep: its suggestion trains well, and nothing is changed."""

import copy

import numpy as np
import pytest

from minidl import Input, Model, Sequential, optimizers
from minidl.config import randomness
from minidl.data import PyDataset
from minidl.datasets import digits
from minidl.diagnostics import LearningRateSweep, find_learning_rate
from minidl.layers import BatchNormalization, Dense, Dropout
from minidl.optimizers import schedules
from minidl.utils import set_random_seed

(IMAGES, LABELS), (TEST_IMAGES, TEST_LABELS) = digits.load_data()
X, X_TEST = (images.reshape(-1, 64).astype("float32") / 16 for images in (IMAGES, TEST_IMAGES))


def shallow():
    return [Dense(32, "tanh"), Dense(10, "softmax")]


def deep():
    return [*(Dense(40, "relu", kernel_initializer="he_normal") for _ in range(4)), Dense(10, "softmax")]


def normalized():
    return [Dense(48), BatchNormalization(), Dropout(0.2), Dense(10, "softmax")]


def classifier(layers, optimizer="adam"):
    set_random_seed(3)
    model = Sequential([Input((64,)), *layers()])
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def loss_after_training(layers, optimizer, rate):
    """On images that were not learned from, after three epochs; infinite where training failed."""
    model = classifier(layers, optimizer(rate))
    with np.errstate(all="ignore"):
        try:
            model.fit(X, LABELS, epochs=3, verbose=0)
        except FloatingPointError:
            return np.inf
        return model.evaluate(X_TEST, TEST_LABELS, verbose=0)[0]


@pytest.mark.parametrize("layers", [shallow, deep, normalized], ids=lambda layers: layers.__name__)
@pytest.mark.parametrize("optimizer", [optimizers.SGD, optimizers.Adam], ids=lambda kind: kind.__name__)
def test_the_suggestion_trains_better_than_far_smaller_and_far_larger_rates(layers, optimizer):
    found = find_learning_rate(classifier(layers, optimizer()), X, LABELS).suggestion
    loss = loss_after_training(layers, optimizer, found)
    assert loss < 0.95
    assert loss < 0.6 * loss_after_training(layers, optimizer, found / 100)
    assert loss < 0.6 * loss_after_training(layers, optimizer, found * 100)


def test_a_regression_on_large_targets_gets_a_rate_that_learns():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(400, 5))
    y = 100 * (x @ generator.normal(size=(5, 1)) + 0.1 * generator.normal(size=(400, 1)))
    model = Sequential([Input((5,)), Dense(1)])
    model.compile(optimizers.SGD(1e-6), "mse")
    before = model.evaluate(x, y, verbose=0)
    model.optimizer.learning_rate = find_learning_rate(model, x, y).suggestion
    model.fit(x, y, epochs=5, verbose=0)
    assert model.evaluate(x, y, verbose=0) < 0.1 * before


# Nothing is left changed.


def everything(model):
    """All bits that training would change."""
    weights = [(v.path, v.value.tobytes(), v.grad.tobytes()) for v in model.weights]
    draws = [generator.bit_generator.state for generator in model.generators]
    optimizer = model.optimizer
    slots = [slot.tobytes() for block in optimizer._slots.values() for slot in block.values()] if optimizer else []
    facts = (optimizer.batches, optimizer.get_config(), optimizer.scalars) if optimizer else ()
    spawned = randomness._source.spawned, randomness._source.entropy
    return weights, draws, slots, facts, spawned, model.built, model.compiled, model.stop_training, model.history


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_model_optimizer_and_generators_are_unchanged_bit_for_bit(optimizer):
    model = classifier(normalized, optimizer)
    model.fit(X[:200], LABELS[:200], verbose=0)
    twin = copy.deepcopy(model)
    before = everything(model)
    find_learning_rate(model, X, LABELS, steps=30)
    after = everything(model)
    assert repr(after) == repr(before)
    for one in (model, twin):
        one.fit(X[:200], LABELS[:200], verbose=0)
    for ours, theirs in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


class Drawn(Dense):
    """Asks for its initializer only when it is built."""

    def build(self, input_shape):
        self.extra = self.add_weight((3,), "random_normal", name="extra")
        super().build(input_shape)


def test_an_unbuilt_model_stays_unbuilt_and_gets_the_same_initial_weights():
    def trained(searching):
        set_random_seed(5)
        model = Sequential([Drawn(16, "relu", name="drawn"), Dropout(0.5), Dense(10, "softmax")])
        if searching:
            sweep = find_learning_rate(model, X, LABELS, steps=10)
            assert not model.built
            assert not model.compiled
            assert "softmax output, integer labels" in str(sweep)
        model.fit(X[:100], LABELS[:100], verbose=0)
        return model.get_weights()

    for one, other in zip(trained(True), trained(False), strict=True):
        np.testing.assert_array_equal(one, other)


def test_two_sweeps_of_one_model_are_equal():
    model = classifier(normalized)
    one, other = (find_learning_rate(model, X, LABELS, steps=20) for _ in range(2))
    np.testing.assert_array_equal(one.losses, other.losses)


def test_an_error_leaves_everything_unchanged():
    model = classifier(normalized)
    before = everything(model)
    with pytest.raises(ValueError, match="same number of rows"):
        find_learning_rate(model, X, LABELS[:-1])
    assert repr(everything(model)) == repr(before)


# The sweep itself.


def test_rates_grow_by_a_constant_ratio_and_the_sweep_ends_where_the_loss_diverges():
    sweep = find_learning_rate(classifier(shallow, "sgd"), X, LABELS, low=1e-4, high=1e6, steps=60)
    assert sweep.diverged
    assert 20 < len(sweep.learning_rates) < 60
    assert len(sweep.losses) == len(sweep.learning_rates) == len(sweep.smoothed)
    ratios = sweep.learning_rates[1:] / sweep.learning_rates[:-1]
    np.testing.assert_allclose(ratios, 1e10 ** (1 / 59))


def test_the_difficulty_of_the_batches_is_subtracted():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(640, 4))
    y = np.repeat(generator.normal(size=20) * 10, 32)[:, np.newaxis] + x[:, :1]  # each batch has targets of another size
    model = Sequential([Input((4,)), Dense(1)])
    model.compile("sgd", "mse")
    sweep = find_learning_rate(model, x, y, shuffle=False, low=1e-9, high=1e-7, steps=20)
    assert np.ptp(sweep.losses) < 1e-3 * sweep.losses.mean()


def test_a_schedule_is_replaced_for_the_sweep_and_named():
    model = classifier(shallow, optimizers.SGD(schedules.CosineDecay(0.1, 100)))
    sweep = find_learning_rate(model, X, LABELS)
    assert 0.01 < sweep.suggestion < 2
    assert "SGD follows CosineDecay" in sweep.advice
    assert model.optimizer.learning_rate == 0.1


def test_gradients_are_accumulated_over_gradient_accumulation_steps_batches():
    plain, twofold = (optimizers.SGD(0.1, gradient_accumulation_steps=each) for each in (None, 2))
    whole = find_learning_rate(classifier(shallow, plain), X, LABELS, 64, shuffle=False, steps=20)
    halves = find_learning_rate(classifier(shallow, twofold), X, LABELS, 32, shuffle=False, steps=20)
    np.testing.assert_allclose(halves.losses, whole.losses, rtol=1e-3)


class Chunks(PyDataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        return X[index * 32 : index * 32 + 32], LABELS[index * 32 : index * 32 + 32]


@pytest.mark.parametrize("batches", [lambda: [(X[:32], LABELS[:32])] * 4, Chunks], ids=["list", "PyDataset"])
def test_data_is_accepted_in_any_form_that_fit_takes(batches):
    sweep = find_learning_rate(classifier(shallow), batches(), steps=25)
    assert 1e-4 < sweep.suggestion < 1


def test_several_inputs_outputs_and_sample_weights_work():
    a, b = Input((4,)), Input((3,))
    model = Model([a, b], [Dense(1)(a), Dense(2)(b)])
    model.compile("adam", ["mse", "mae"])
    generator = np.random.default_rng(0)
    x = [generator.normal(size=(200, n)) for n in (4, 3)]
    y = [x[0][:, :1], x[1][:, :2]]
    sweep = find_learning_rate(model, x, y, sample_weight=np.ones(200))
    assert 1e-3 < sweep.suggestion < 10


def test_a_custom_train_step_is_used():
    class Twice(Sequential):
        def train_step(self, data):
            super().train_step(data)
            return super().train_step(data)

    set_random_seed(3)
    model = Twice([Input((64,)), Dense(32, "tanh"), Dense(10, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    once = find_learning_rate(classifier(shallow, "sgd"), X, LABELS, shuffle=False, steps=40)
    twice = find_learning_rate(model, X, LABELS, shuffle=False, steps=40)
    assert twice.losses[25] < once.losses[25]


# What cannot be swept.


def test_an_optimizer_without_a_learning_rate_raises_an_error():
    model = classifier(shallow, optimizers.LBFGS())
    with pytest.raises(ValueError, match='LBFGS chooses its step size itself .* such as "adam"'):
        find_learning_rate(model, X, LABELS)


def test_a_model_that_cannot_learn_raises_an_error():
    model = classifier(shallow)
    model.trainable = False
    with pytest.raises(ValueError, match="no trainable weights"):
        find_learning_rate(model, X, LABELS)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"low": 0.0}, "low to be above 0, got 0.0"),
        ({"low": 1.0, "high": 0.1}, "low to be below high, got low=1.0 and high=0.1"),
        ({"steps": 2}, "at least 5 steps"),
        ({"high": "much"}, "high to be a number"),
    ],
    ids=str,
)
def test_bad_arguments_raise_an_error(arguments, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        find_learning_rate(classifier(shallow), X, LABELS, **arguments)


def test_too_few_batches_raise_an_error():
    with pytest.raises(ValueError, match="got 3 batches, too few"):
        find_learning_rate(classifier(shallow), iter([(X[:32], LABELS[:32])] * 3))


def test_a_loss_that_is_nan_from_the_start_raises_an_error_that_names_the_layer():
    model = classifier(shallow)
    model.layers[0].weights[0].value[0, 0] = np.nan
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="Dense"):
        find_learning_rate(model, X + 1, LABELS)


# What it says.


def test_without_a_suggestion_the_advice_says_why():
    model = classifier(shallow, "sgd")
    low = find_learning_rate(model, X, LABELS, low=1e-9, high=1e-7, steps=30)
    assert low.suggestion is None
    assert "the loss hardly decreased. If higher rates do not help (try high=1e-05)" in str(low)
    high = find_learning_rate(model, X, LABELS, low=1e4, high=1e6, steps=30)
    assert high.suggestion is None
    assert "the loss increased from the start" in str(high)
    assert "no suggestion" in repr(high)


def test_the_advice_says_if_a_sweep_ends_too_soon():
    sweep = find_learning_rate(classifier(shallow, "sgd"), X, LABELS, high=0.1)
    assert sweep.suggestion is not None
    assert "still decreased at the highest rate: try high=10" in sweep.advice


def test_it_prints_a_table_and_the_advice():
    sweep = find_learning_rate(classifier(shallow, optimizers.SGD(0.02)), X, LABELS)
    lines = str(sweep).splitlines()
    assert lines[0].endswith("steps of SGD, each at a larger learning rate, until the loss diverged:")
    assert lines[1].split() == ["learning", "rate", "loss"]
    assert len(lines) < 18
    assert lines[-1].startswith(f"Suggestion: {sweep.suggestion:g}")
    assert lines[-1].endswith("SGD currently uses 0.02.")


def test_the_plot_marks_the_suggestion_and_touches_no_global_state():
    import matplotlib.pyplot as plt

    figure = LearningRateSweep(np.geomspace(1e-3, 1, 20), [*np.linspace(2, 1, 18), 3, 9], True).plot()
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    assert any("suggestion" in text.get_text() for text in axes.get_legend().get_texts())
    assert not plt.get_fignums()
