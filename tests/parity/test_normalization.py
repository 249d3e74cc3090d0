"""Normalization where minidl and Keras differ."""

import jax
import keras
import numpy as np
import pytest

import minidl
from minidl.models.training import add_weight_penalties
from tests.parity.comparing import assert_close, both, copy_random_weights
from tests.table.layers.common import known_ids


def test_a_row_of_zeros_has_a_unit_normalization_without_gradient_where_keras_has_nan():
    x = np.array([[0.0, 0.0], [3.0, 4.0]], "float32")
    mine, its = both(lambda k: k.layers.UnitNormalization())
    y, cache = mine.forward(x)
    assert_close(y, its(x))
    gradient = jax.grad(lambda x: its(x)[..., 0].sum())(x)
    assert_close(mine.backward(np.array([[1.0, 0.0]] * 2, "float32"), cache)[1], gradient[1])
    assert not mine.backward(np.ones_like(x), cache)[0].any()
    assert np.isnan(gradient[0]).all()


def test_no_rows_leave_the_moving_averages_as_they_are_where_keras_makes_them_nan():
    mine, its = both(lambda k: k.layers.BatchNormalization())
    for layer in (mine, its):
        layer.build((None, 2))
        assert layer(np.ones((0, 2), "float32"), training=True).shape == (0, 2)
    np.testing.assert_array_equal(mine.get_weights(), [[1, 1], [0, 0], [0, 0], [1, 1]])
    assert np.isnan(its.get_weights()[2:]).all()


def test_rms_normalization_scales_along_its_axis_where_keras_scales_along_the_last():
    x = np.random.default_rng(0).normal(size=(2, 3, 3)).astype("float32")
    mine, its = both(lambda k: k.layers.RMSNormalization(axis=1))
    for layer in (mine, its):
        layer.build(x.shape)
        layer.set_weights([np.array([1.0, 2.0, 3.0], "float32")])
    plain = x / np.sqrt(np.square(x).mean(axis=1, keepdims=True) + 1e-6)
    assert_close(mine(x), plain * np.array([[1.0], [2.0], [3.0]]))
    assert_close(its(x), plain * np.array([1.0, 2.0, 3.0]))


@pytest.mark.parametrize("name", ["LayerNormalization", "RMSNormalization", "UnitNormalization"])
def test_rows_are_never_normalized_over_the_batch_where_keras_does_it(name):
    mine, its = both(lambda k: getattr(k.layers, name))
    with pytest.raises(ValueError, match="the batch axis"):
        mine(axis=0)
    assert its(axis=0)(keras.ops.ones((2, 2))).shape == (2, 2)


def spectral_layers(make, shape, iterations):
    """SpectralNormalization of the same layer in both libraries, with the same weights."""
    mine, its = both(lambda k: k.layers.SpectralNormalization(make(k.layers), power_iterations=iterations))
    for layer in (mine, its):
        layer.build(shape)
    copy_random_weights(mine, its, np.random.default_rng(0))
    return mine, its


def test_spectral_normalization_does_not_modify_the_kernel_and_divides_in_inference_too():
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    mine, its = spectral_layers(lambda layers: layers.Dense(3), (None, 4), 60)
    kernel = mine.kernel.numpy()
    assert not np.allclose(mine(x), its(x), atol=0.1)  # Keras's: not divided before the first training step
    assert_close(mine(x, training=True), its(x, training=True))
    assert_close(mine(x), its(x))
    np.testing.assert_array_equal(mine.kernel.value, kernel)
    assert not np.allclose(its.kernel, kernel, atol=0.1)


def test_keras_on_jax_predicts_with_a_kernel_that_its_fit_has_not_divided():
    generator = np.random.default_rng(0)
    x, y = 3 * generator.normal(size=(64, 4)).astype("float32"), 9 * generator.normal(size=(64, 3)).astype("float32")
    norms = []
    for layer in spectral_layers(lambda layers: layers.Dense(3, use_bias=False), (None, 4), 60):
        library = keras if isinstance(layer, keras.Layer) else minidl
        model = library.Sequential([library.Input((4,)), layer])
        model.compile(library.optimizers.SGD(0.05), "mse")
        model.fit(x, y, epochs=2, verbose=0)
        norms.append(np.linalg.norm(model.predict(np.eye(4, dtype="float32"), verbose=0), 2))
    assert norms[0] == pytest.approx(1.0, rel=1e-5)
    assert norms[1] > 1.1


def test_spectral_normalization_read_from_a_keras_file_warns_where_keras_predicts_with_another_kernel(tmp_path):
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    dense = keras.layers.Dense(3, kernel_initializer=keras.initializers.RandomNormal(stddev=2.0, seed=0))
    model = keras.Sequential([keras.Input((4,)), keras.layers.SpectralNormalization(dense, name="inner")])
    model.save(tmp_path / "undivided.keras")
    with pytest.warns(minidl.utils.ModelWarning, match='"inner" divides its kernel by .*; Keras predicts with the kernel of'):
        minidl.load_model(tmp_path / "undivided.keras")
    for _ in range(30):
        model(x, training=True)
    model.save(tmp_path / "divided.keras")
    assert_close(minidl.load_model(tmp_path / "divided.keras").predict(x, verbose=0), model.predict(x, verbose=0))


def test_spectral_normalization_regularizes_the_kernel_itself_where_keras_uses_the_divided_one():
    x = np.ones((2, 4), "float32")
    mine, its = spectral_layers(lambda layers: layers.Dense(3, kernel_regularizer="l2"), (None, 4), 60)
    kernel = mine.kernel.numpy()
    _y, cache, _ = mine._forward(x, training=True)
    penalty = add_weight_penalties([mine.kernel]) + mine._penalty(cache)
    its(x, training=True)
    sigma = np.linalg.norm(kernel, 2)
    assert_close(np.float32(penalty), 0.01 * np.square(kernel).sum())
    assert_close(np.float32(sum(its.losses)), 0.01 * np.square(kernel / sigma).sum())


def test_spectral_normalization_of_an_embedding_gives_numbers_where_keras_gives_integers():
    mine, its = spectral_layers(lambda layers: layers.Embedding(5, 3), (None, 4), 1)
    x = known_ids((2, 4))
    y, other = mine(x, training=True), its(x, training=True)
    assert_close(y, np.asarray(its.kernel)[x])
    assert np.asarray(other).dtype == "int32"


def test_spectral_normalization_passes_masks_on_where_keras_drops_them():
    mine, its = both(lambda k: k.layers.SpectralNormalization(k.layers.Embedding(5, 3, mask_zero=True)))
    x = known_ids((2, 4))
    np.testing.assert_array_equal(mine.compute_mask(x, None), x != 0)
    assert not its.supports_masking
