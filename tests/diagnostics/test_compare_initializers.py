"""`compare_initializers` measures the same as a direct computation, and does not change the model."""

import copy
import math

import numpy as np
import pytest

from minidl import Input, Sequential, layers, optimizers
from minidl.config import randomness
from minidl.diagnostics import InitializerComparison, compare_initializers
from minidl.initializers import HeNormal, RandomNormal
from minidl.layers import Dense

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(200, 12)).astype("float32")
Y = (X @ GENERATOR.normal(size=(12, 3))).argmax(axis=1)


def deep(depth=6, activation="relu", compiled=True):
    hidden = [Dense(40, activation, name=f"hidden_{n}") for n in range(depth)]
    model = Sequential([Input((12,)), *hidden, Dense(3, "softmax", name="output")])
    if compiled:
        model.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy")
    return model


def test_he_keeps_the_outputs_of_relus_where_small_weights_and_glorot_lose_them():
    found = compare_initializers(deep(), X, Y, ("he_normal", "glorot_uniform", RandomNormal(stddev=0.01)), steps=0).results
    he, glorot, small = found.values()
    assert he.layers == [*(f"hidden_{n}" for n in range(6)), "output"]
    assert he.output_stds[5] > 0.3 * he.output_stds[0]
    assert glorot.output_stds[5] < 0.3 * glorot.output_stds[0]
    assert small.output_stds[5] < 1e-4 * small.output_stds[0]
    assert small.gradient_norms[0] < 1e-4 * he.gradient_norms[0]


def test_the_statistics_are_those_of_a_model_with_that_initializer():
    model = deep(2)
    result = compare_initializers(model, X, Y, [HeNormal(seed=7)], rows=200, steps=0).results["HeNormal(seed=7)"]
    for layer in model.layers:
        layer.weights[0].assign(HeNormal(seed=7)(layer.weights[0].shape, "float32"))
    trace, gradients = model.trace(X, Y), model.gradients(X, Y)
    for number in range(2):
        assert result.output_stds[number] == pytest.approx(np.std(trace[number].y), rel=1e-5)
    logits = trace[2].x @ model.layers[2].weights[0].value
    assert result.output_stds[2] == pytest.approx(np.std(logits), rel=1e-5)
    norms = [np.linalg.norm(gradients[f"{layer.name}/kernel"]) for layer in model.layers]
    np.testing.assert_allclose(result.gradient_norms, norms, rtol=1e-4)


def test_without_targets_random_errors_are_backpropagated_and_nothing_is_trained():
    found = compare_initializers(deep(compiled=False), X, initializers=("he_normal", RandomNormal(stddev=0.01)))
    he, small = found.results.values()
    assert he.losses == small.losses == []
    assert small.gradient_norms[0] < 1e-4 * he.gradient_norms[0]
    assert found.best is None
    assert "loss" not in str(found)


def test_the_better_initializer_learns_faster():
    found = compare_initializers(deep(), X, Y, ("he_normal", RandomNormal(stddev=0.01)), steps=30)
    assert found.best == "he_normal"
    assert all(len(result.losses) == 30 for result in found.results.values())
    assert found.results["he_normal"].final_loss < 0.9 < found.results["RandomNormal(stddev=0.01)"].final_loss


def test_an_initializer_that_diverges_is_shown_and_is_not_the_best():
    found = compare_initializers(deep(), X, Y, (RandomNormal(stddev=1e9), "he_normal"), steps=5)
    assert found.best == "he_normal"
    assert found.results["RandomNormal(stddev=1000000000.0)"].final_loss == math.inf
    assert "inf" in str(found)


def test_every_kernel_of_a_kind_is_drawn_and_the_rest_stays():
    model = Sequential(
        [
            Input((6, 4)),
            layers.Conv1D(3, 2),
            layers.LSTM(5, return_sequences=True),
            layers.Bidirectional(layers.GRU(2, return_sequences=True)),
            Sequential([Dense(4), layers.LayerNormalization()]),
            layers.Flatten(),
            Dense(1),
        ]
    )
    x = GENERATOR.normal(size=(10, 6, 4))
    result = compare_initializers(model, x, initializers=["zeros"]).results["zeros"]
    assert result.layers == ["conv1d", "lstm", "bidirectional", "dense", "dense_1"]
    assert result.output_stds == [0.0] * 5
    two = compare_initializers(model, x, initializers=["he_normal"]).results["he_normal"]
    assert min(two.output_stds) > 0.01


def test_two_layers_of_one_shape_get_different_weights_by_the_seed():
    model = Sequential([Input((12,)), Dense(12, use_bias=False), Dense(12, use_bias=False)])
    one, same, other = (compare_initializers(model, X, initializers=["he_normal"], seed=seed).results for seed in (1, 1, 2))
    assert one == same
    assert one != other
    stds = one["he_normal"].output_stds
    assert stds[0] != stds[1]


@pytest.mark.parametrize("built", [True, False], ids=["built", "unbuilt"])
def test_model_optimizer_and_generators_are_unchanged_bit_for_bit(built):
    model = Sequential([Dense(8, "relu"), layers.Dropout(0.5), Dense(3, "softmax")])
    if built:
        model.fit(X, Y, verbose=0)
    twin, spawned = copy.deepcopy(model), randomness._source.spawned
    optimizer = model.optimizer and model.optimizer.batches
    compare_initializers(model, X, Y, steps=5)
    assert model.built == built
    assert model.compiled == built
    assert randomness._source.spawned == spawned
    assert (model.optimizer and model.optimizer.batches) == optimizer
    for one in (model, twin):
        one.fit(X, Y, verbose=0)
    for ours, theirs in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_copies_learn_with_a_new_optimizer():
    model = deep(1)
    fresh = compare_initializers(model, X, Y, ["he_normal"], steps=8)
    model.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy")
    model.optimizer.scalars["marker"] = 1.0
    model.optimizer.batches = 5000
    again = compare_initializers(model, X, Y, ["he_normal"], steps=8)
    assert again.results == fresh.results


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"initializers": []}, "one or more different initializers"),
        ({"initializers": ["zeros", "zeros"]}, "different initializers, got"),
        ({"initializers": "zeros"}, "expects a list of initializers"),
        ({"initializers": ["he_norml"]}, "he_normal"),
        ({"steps": -1}, "steps"),
        ({"rows": 0}, "rows"),
    ],
    ids=str,
)
def test_bad_arguments_raise_an_error(arguments, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        compare_initializers(deep(), X, Y, **arguments)


def test_a_model_without_kernels_raises_an_error():
    with pytest.raises(ValueError, match="has no kernels, so there is nothing to initialize"):
        compare_initializers(Sequential([Input((12,)), layers.LayerNormalization()]), X)


def test_it_prints_a_row_per_layer_and_a_column_per_initializer():
    lines = str(compare_initializers(deep(2), X, Y, ("he_normal", "zeros"), steps=3)).splitlines()
    assert lines[0].split() == ["std", "of", "the", "outputs", "he_normal", "zeros"]
    assert [line.split()[0] for line in lines[1:4]] == ["hidden_0", "hidden_1", "output"]
    assert lines[4] == "norm of the gradients"
    assert lines[8].startswith("loss after 3 steps")
    assert lines[9].startswith("Lowest loss so far: ")
    assert all(len(line.split()) == 3 for line in (*lines[1:4], *lines[5:8]))


@pytest.mark.parametrize("targets", [Y, None], ids=["targets", "none"])
def test_the_plot_has_a_line_per_initializer_and_touches_no_global_state(targets):
    import matplotlib.pyplot as plt

    found = compare_initializers(deep(2), X, targets, ("he_normal", "zeros", "lecun_normal"), steps=3)
    assert isinstance(found, InitializerComparison)
    figure = found.plot()
    assert len(figure.axes) == (2 if targets is None else 3)
    assert all(len(axes.lines) == 3 for axes in figure.axes)
    assert not plt.get_fignums()
