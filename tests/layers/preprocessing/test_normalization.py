"""Normalization: what it learns, keeps, and refuses."""

import copy
import pickle

import numpy as np
import pytest

from minidl import Input, Sequential, load_model
from minidl.layers import Dense, Normalization
from minidl.models import clone_model
from minidl.utils import ModelWarning

DATA = np.random.default_rng(0).normal([1.0, -50.0, 1e4], [2.0, 0.1, 30.0], size=(500, 3))


def adapted(**arguments):
    layer = Normalization(**arguments)
    layer.adapt(DATA)
    return layer


def test_the_adapted_data_gets_mean_0_and_variance_1():
    y = adapted()(DATA)
    np.testing.assert_allclose(y.mean(axis=0), 0.0, atol=1e-3)
    np.testing.assert_allclose(y.var(axis=0), 1.0, rtol=1e-3)


def test_invert_undoes_the_normalization():
    np.testing.assert_allclose(adapted(invert=True)(adapted()(DATA)), DATA, rtol=1e-5)


def test_batches_far_from_zero_stay_precise():
    far = DATA + 1e6
    layer = Normalization(dtype="float64")
    layer.adapt(np.array_split(far, 13))
    np.testing.assert_allclose(layer.adapt_mean.value, far.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(layer.adapt_variance.value, far.var(axis=0), rtol=1e-8)


@pytest.mark.parametrize(("axis", "shape"), [(None, ()), (1, (4,)), (-1, (3,)), ((1, 2), (4, 3)), ([2, 1], (4, 3))])
def test_each_index_along_the_axes_has_its_own_mean(axis, shape):
    x = np.random.default_rng(0).normal(size=(6, 4, 3))
    layer = Normalization(axis)
    layer.adapt([x[:2], x[2:]])
    kept = () if axis is None else tuple(np.atleast_1d(axis) % 3)
    others = tuple(a for a in range(3) if a not in kept)
    assert layer.adapt_mean.shape == shape
    np.testing.assert_allclose(
        np.broadcast_to(layer.mean, x.shape), np.broadcast_to(x.mean(axis=others, keepdims=True), x.shape), 1e-5, 1e-6
    )
    assert layer.count.value == x.size // np.prod(shape, dtype=int)


def test_adapting_again_starts_from_zero():
    layer = adapted()
    layer.adapt(np.ones((4, 3)))
    np.testing.assert_array_equal(layer.adapt_mean.value, [1.0, 1.0, 1.0])
    assert layer.count.value == 4
    assert np.isfinite(layer(np.ones((2, 3)))).all()  # a variance of 0


def test_one_number_per_row_works_with_axis_none():
    layer = Normalization(axis=None)
    layer.adapt([1.0, 2.0, 3.0])
    np.testing.assert_allclose(layer([[2.0], [3.0]]), [[0.0], [1.2247449]], rtol=1e-6)


def test_it_trains_saves_loads_and_clones_inside_a_model(tmp_path):
    target = (DATA - DATA.mean(axis=0)) / DATA.std(axis=0) @ [[1.0], [2.0], [-1.0]]
    model = Sequential([adapted(), Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    state = [variable.numpy() for variable in model.layers[0].weights]
    first, *_, last = model.fit(DATA, target, epochs=5, verbose=0).history["loss"]
    assert last < first
    for variable, before in zip(model.layers[0].weights, state, strict=True):
        np.testing.assert_array_equal(variable.value, before)
    model.save(tmp_path / "model.safetensors")
    expected = model.predict(DATA)
    np.testing.assert_array_equal(load_model(tmp_path / "model.safetensors").predict(DATA), expected)
    clone = clone_model(model)
    clone.set_weights(model.get_weights())
    for other in (clone, pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(other.predict(DATA), expected)


def test_it_may_be_adapted_after_the_model_is_built():
    layer = Normalization()
    model = Sequential([Input((3,)), layer, Dense(1)])
    layer.adapt(DATA)
    assert np.isfinite(model.predict(DATA)).all()
    assert layer.trainable_weights == []


def test_before_adapt_it_returns_its_inputs_with_a_warning():
    layer = Normalization(name="n")
    with pytest.warns(ModelWarning, match=r'"n" has no mean and variance yet and returns its inputs unchanged; call adapt'):
        np.testing.assert_array_equal(layer(DATA), DATA.astype("float32"))


def test_weights_from_a_file_with_a_count_of_zero_are_enough():
    layer = Normalization()
    layer.build((None, 3))
    layer.set_weights([np.ones(3), np.full(3, 4.0), 0])  # as Keras keeps them
    np.testing.assert_allclose(layer(np.full((1, 3), 5.0)), 2.0)


def test_the_config_holds_what_was_given_and_not_what_was_learned():
    assert adapted().get_config()["mean"] is None
    given = Normalization(mean=[1.0, 2.0], variance=[3.0, 4.0])
    given(np.ones((2, 2)))
    assert given.get_config()["mean"] == [1.0, 2.0]
    np.testing.assert_array_equal(given.variance, [[3.0, 4.0]])


def test_nothing_changes_when_adapting_fails():
    layer = adapted()
    before = layer.get_weights()
    for wrong in ([DATA[:2], DATA[:2, :2]], [DATA, np.full((1, 3), np.nan)], [DATA, np.array([["a", "b", "c"]])]):
        with pytest.raises((ValueError, TypeError), match='Normalization "'):
            layer.adapt(iter(wrong))
        for now, then in zip(layer.get_weights(), before, strict=True):
            np.testing.assert_array_equal(now, then)
    new = Normalization()
    with pytest.raises(ValueError, match="of equal shape"):
        new.adapt([DATA[:2], DATA[:2, :2]])
    assert not new.built


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mean": 1.0}, "expects mean and variance together, got mean=1.0, variance=None"),
        ({"mean": [1.0], "variance": 1.0}, "of one shape"),
        ({"mean": [[1.0]], "variance": [[1.0]]}, "at most 1 axes"),
        ({"mean": 0.0, "variance": -1.0}, "variance to be at least 0"),
        ({"axis": 1.5}, "axis to be an integer, several, or None"),
    ],
)
def test_invalid_arguments_raise_an_error(arguments, message):
    with pytest.raises(ValueError, match=f"Normalization expects .*{message}|{message}"):
        Normalization(**arguments)


def test_inputs_that_do_not_fit_raise_an_error():
    with pytest.raises(ValueError, match=r"has a mean of shape \(3,\) for axis -1, got inputs of shape \(2, 4\)"):
        adapted()(np.ones((2, 4)))
    with pytest.raises(ValueError, match=r"has a mean of shape \(2,\) for axis -1, got inputs of shape \(2, 4\)"):
        Normalization(mean=[1.0, 2.0], variance=[1.0, 1.0])(np.ones((2, 4)))
    with pytest.raises(ValueError, match=r"expects inputs that have the axis -1 after the batch axis.*axis=None"):
        Normalization().adapt([1.0, 2.0])
    with pytest.raises(ValueError, match="was given its mean and variance; leave them out"):
        Normalization(mean=1.0, variance=1.0).adapt(DATA)
    with pytest.raises(ValueError, match="needs to know its input's sizes"):
        Normalization().build((None, None))


@pytest.mark.parametrize(
    ("axis", "shape", "wrong"), [(-1, (2, 3), (2, 4)), ((1, 2), (2, 3, 4), (2, 3, 1)), (1, (2, 3, 4), (2, 1, 4))]
)
def test_one_mean_for_all_sizes_belongs_to_those_it_was_built_for(axis, shape, wrong):
    layer = Normalization(axis=axis, mean=2.0, variance=4.0)
    np.testing.assert_allclose(layer(np.full(shape, 6.0)), np.full(shape, 2.0))
    with pytest.raises(ValueError, match="has a mean of shape"):
        layer(np.ones(wrong))
