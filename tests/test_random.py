"""Random tensors: drawn immediately, or in each run of code with `call`, from generators that belong to its layer."""

import copy

import numpy as np
import pytest

import minidl
from minidl import Input, Layer, Model, ops, random


class Sampling(Layer):
    """The sampling layer of a variational autoencoder, as Keras's users write it."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = random.SeedGenerator(1)

    def call(self, inputs):
        mean, log_variance = inputs
        batch, dim = ops.shape(mean)
        epsilon = random.normal((batch, dim), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_variance) * epsilon


def test_a_layer_that_samples_draws_new_numbers_for_any_number_of_rows():
    layer, zeros = Sampling(), np.zeros((4, 2), "float32")
    one, two = layer([zeros, zeros]), layer([zeros, zeros])
    assert not np.array_equal(one, two)
    assert layer([zeros[:3], zeros[:3]]).shape == (3, 2)
    assert len(layer.generators) == 1


def test_a_copy_continues_with_the_same_random_numbers(tmp_path):
    a, b = Input((2,)), Input((2,))
    model = Model([a, b], Sampling()([a, b]))
    zeros = [np.zeros((4, 2))] * 2
    model.predict(zeros)
    model.save(tmp_path / "m.safetensors")
    again = minidl.load_model(tmp_path / "m.safetensors", custom_objects={"Sampling": Sampling})
    other = copy.deepcopy(model)
    expected = model.predict(zeros)
    np.testing.assert_array_equal(again.predict(zeros), expected)
    np.testing.assert_array_equal(other.predict(zeros), expected)


def test_gradients_flow_through_random_numbers():
    layer = Sampling()
    x = [np.zeros((3, 2), "float32"), np.ones((3, 2), "float32")]
    layer(x)
    y, cache, _ = layer._forward(x, training=True)
    dmean, dlog = layer._backward(np.ones_like(y), cache)
    np.testing.assert_array_equal(dmean, 1.0)
    np.testing.assert_allclose(dlog, 0.5 * y, rtol=1e-6)


def test_draws_follow_their_distribution_and_seed():
    drawn = random.normal((20_000,), mean=2.0, stddev=0.5, seed=1)
    assert drawn.dtype == "float32"
    assert abs(drawn.mean() - 2) < 0.02
    assert abs(drawn.std() - 0.5) < 0.01
    drawn = random.uniform((20_000,), minval=-1.0, maxval=3.0, seed=1, dtype="float64")
    assert drawn.dtype == "float64"
    assert -1 <= drawn.min() < -0.9
    assert 2.9 < drawn.max() < 3
    np.testing.assert_array_equal(random.normal((3,), seed=5), random.normal((3,), seed=5))


def test_a_wrong_seed_raises_an_error():
    with pytest.raises(TypeError, match="seed to be an integer, a SeedGenerator or None, got 'one'"):
        random.normal((3,), seed="one")


def test_every_distribution_has_its_mean_and_repeats_with_its_seed():
    drawn = {
        "truncated_normal": (lambda seed: random.truncated_normal((20_000,), 1.0, 0.5, seed=seed), 1.0),
        "randint": (lambda seed: random.randint((20_000,), 0, 5, seed=seed), 2.0),
        "gamma": (lambda seed: random.gamma((20_000,), 2.0, seed=seed), 2.0),
        "beta": (lambda seed: random.beta((20_000,), 1.0, 3.0, seed=seed), 0.25),
        "binomial": (lambda seed: random.binomial((20_000,), 10, 0.3, seed=seed), 3.0),
        "categorical": (lambda seed: random.categorical(np.log([[0.25, 0.75]]), 20_000, seed=seed), 0.75),
        "dropout": (lambda seed: random.dropout(np.ones(20_000), 0.4, seed=seed), 1.0),
    }
    for name, (draw, mean) in drawn.items():
        values = draw(1)
        assert abs(values.mean() - mean) < 0.05, name
        np.testing.assert_array_equal(values, draw(1))
        assert values.dtype == (
            "int32" if name in ("randint", "categorical") else "float64" if name == "dropout" else "float32"
        )
    assert np.abs(random.truncated_normal((1000,), seed=1)).max() <= 2


def test_dropout_and_shuffle_work_in_graphs_and_recorded_code():
    x = Input((4,))
    model = Model(x, random.dropout(x, 0.5, seed=random.SeedGenerator(1)))
    y = model.predict(np.ones((50, 4)), verbose=0)
    assert set(np.unique(y)) == {0.0, 2.0}

    class Shuffled(Layer):
        def call(self, x):
            return random.shuffle(x, axis=1, seed=1) * random.dropout(x, 0.5, noise_shape=(None, 1), seed=2)

    value = np.arange(1.0, 9.0, dtype="float32").reshape(2, 4)
    y, cache, _ = (layer := Shuffled())._forward(value, training=True)
    assert layer._backward(np.ones_like(y), cache).shape == value.shape
