"""`SpectralNormalization`: against singular values, its state, its gradient, errors."""

import copy
import threading

import numpy as np
import pytest

from minidl import Sequential, load_model
from minidl.layers import Conv2D, Dense, Embedding, Flatten, SpectralNormalization


@pytest.mark.parametrize("training", [True, False])
def test_the_kernel_that_is_used_has_the_largest_singular_value_one(training, rng):
    layer = SpectralNormalization(Dense(3, use_bias=False, dtype="float64"), power_iterations=60)
    layer.build((None, 5))
    layer.kernel.assign(rng.normal(size=(5, 3)))
    used = layer(np.eye(5), training=training)
    np.testing.assert_allclose(used, layer.kernel.value / np.linalg.svd(layer.kernel.value)[1][0])


def test_training_steps_converge_to_the_singular_value(rng):
    layer = SpectralNormalization(Dense(4, use_bias=False, dtype="float64"))
    layer.build((None, 6))
    norms = [np.linalg.norm(layer(np.eye(6), training=True), 2) for _ in range(100)]
    assert norms[0] > norms[3] > norms[-1]
    assert norms[-1] == pytest.approx(1, abs=1e-6)


def test_prediction_does_not_change_vector_u_and_training_updates_it(rng):
    layer = SpectralNormalization(Dense(3))
    x = rng.normal(size=(2, 4)).astype("float32")
    layer(x)
    before = layer.vector_u.numpy()
    predicted = layer(x)
    np.testing.assert_array_equal(layer.vector_u.value, before)
    np.testing.assert_array_equal(layer(x, training=True), predicted)  # the same u: training only keeps it
    assert not np.array_equal(layer.vector_u.value, before)
    assert np.linalg.norm(layer.vector_u.value) == pytest.approx(1)


def test_neither_pass_changes_the_kernel(rng):
    inner = Conv2D(3, 2)
    layer = SpectralNormalization(inner)
    x = rng.normal(size=(2, 4, 4, 2)).astype("float32")
    layer.build(x.shape)
    before = inner.kernel.numpy()
    y, cache = layer.forward(x, training=True)
    layer.backward(np.ones_like(y), cache)
    np.testing.assert_array_equal(inner.kernel.value, before)
    assert [weight.name for weight in layer.weights] == ["kernel", "vector_u", "bias"]
    assert layer.trainable_weights == [inner.kernel, inner.bias]


def test_the_gradient_treats_u_and_v_as_constants(rng):
    layer = SpectralNormalization(Dense(3, use_bias=False, dtype="float64"))
    layer.build((None, 4))
    kernel, x, dy = rng.normal(size=(4, 3)), rng.normal(size=(5, 4)), rng.normal(size=(5, 3))
    layer.kernel.assign(kernel)
    start = layer.vector_u.numpy()[0]
    _y, cache = layer.forward(x, training=True)
    layer.backward(dy, cache)
    v = kernel @ start / np.linalg.norm(kernel @ start)
    u = v @ kernel / np.linalg.norm(v @ kernel)
    numeric = np.zeros_like(kernel)
    for place in np.ndindex(kernel.shape):
        step = np.zeros_like(kernel)
        step[place] = 1e-6
        ends = [(dy * (x @ (w / (v @ w @ u)))).sum() for w in (kernel + step, kernel - step)]
        numeric[place] = (ends[0] - ends[1]) / 2e-6
    np.testing.assert_allclose(layer.kernel.grad, numeric, rtol=1e-6)


def test_a_kernel_of_zeros_is_unchanged():
    layer = SpectralNormalization(Dense(2, kernel_initializer="zeros"))
    x = np.ones((3, 4), "float32")
    layer.build(x.shape)
    before = layer.vector_u.numpy()
    y, cache = layer.forward(x, training=True)
    np.testing.assert_array_equal(y, 0)
    np.testing.assert_array_equal(layer.vector_u.value, before)
    layer.backward(np.ones_like(y), cache)
    np.testing.assert_array_equal(layer.kernel.grad, 3)


def test_normalizing_twice_equals_normalizing_once(rng):
    plain = SpectralNormalization(Dense(3, dtype="float64"), power_iterations=60)
    twice = SpectralNormalization(copy.deepcopy(plain), power_iterations=60)
    x = rng.normal(size=(2, 4))
    for layer in (plain, twice):
        layer.build(x.shape)
    twice.kernel.assign(plain.kernel.value)
    np.testing.assert_allclose(twice(x), plain(x))


def test_a_model_can_be_trained_further_after_saving_and_loading(tmp_path, rng):
    x, y = rng.normal(size=(16, 6, 6, 1)), rng.integers(2, size=(16, 1))
    model = Sequential(
        [SpectralNormalization(Conv2D(2, 3, activation="relu")), Flatten(), SpectralNormalization(Dense(1, "sigmoid"))]
    )
    model.fit(x, y, epochs=2, verbose=0)
    model.save(tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    for one in (model, again):
        one.fit(x, y, verbose=0, shuffle=False)
    np.testing.assert_array_equal(again.predict(x), model.predict(x))


def test_predictions_may_run_in_several_threads(rng):
    layer = SpectralNormalization(Dense(64))
    x = rng.normal(size=(8, 64)).astype("float32")
    expected, found = layer(x), [None] * 8
    threads = [threading.Thread(target=lambda n=n: found.__setitem__(n, layer(x))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for y in found:
        np.testing.assert_array_equal(y, expected)


def test_embeddings_are_divided_too(rng):
    layer = SpectralNormalization(Embedding(5, 3, dtype="float64"), power_iterations=60)
    y = layer(np.arange(5))
    assert np.linalg.norm(y, 2) == pytest.approx(1)


@pytest.mark.parametrize("iterations", [0, -1, 1.5])
def test_anything_but_a_number_of_iterations_raises_an_error(iterations):
    with pytest.raises(ValueError, match="SpectralNormalization expects power_iterations to be a positive integer"):
        SpectralNormalization(Dense(2), iterations)


def test_a_layer_without_a_kernel_raises_an_error_each_time():
    layer = SpectralNormalization(Flatten(), name="outer")
    for _ in range(2):
        with pytest.raises(
            ValueError, match=r'"outer" expects a layer with a kernel or embeddings, such as Dense\(8\), got Fl'
        ):
            layer(np.ones((2, 3)))
