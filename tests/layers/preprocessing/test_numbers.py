"""Rescaling, CategoryEncoding, Discretization: against loops, and at their limits."""

from itertools import repeat

import numpy as np
import pytest

from minidl import Input, Sequential, load_model
from minidl.layers import CategoryEncoding, Dense, Discretization, Rescaling
from minidl.models import clone_model


def encoded_slowly(ids, mode, depth, weights):
    rows = np.zeros((*ids.shape[:-1], depth))
    for place in np.ndindex(ids.shape):
        where = (*place[:-1], ids[place])
        rows[where] = 1.0 if mode == "multi_hot" else rows[where] + weights[place]
    return rows


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 5)])
@pytest.mark.parametrize("mode", ["multi_hot", "count"])
def test_ids_are_combined_over_the_last_axis(mode, shape):
    generator = np.random.default_rng(0)
    ids, weights = generator.integers(0, 5, shape), generator.random(shape)
    layer = CategoryEncoding(5, mode)
    np.testing.assert_array_equal(layer(ids), encoded_slowly(ids, mode, 5, np.ones(shape)))
    if mode == "count":
        np.testing.assert_allclose(layer(ids, count_weights=weights), encoded_slowly(ids, mode, 5, weights), rtol=1e-6)
        np.testing.assert_allclose(layer(ids, count_weights=weights.tolist()), layer(ids, count_weights=weights))


def test_each_id_has_a_row_of_its_own_with_one_hot():
    layer = CategoryEncoding(4, "one_hot")
    np.testing.assert_array_equal(layer([[3, 0], [1, 1]]), np.eye(4)[[[3, 0], [1, 1]]])
    np.testing.assert_array_equal(layer([[3], [1]]), np.eye(4)[[3, 1]])  # a last axis of size 1 goes
    np.testing.assert_array_equal(layer([3.0, 1.0]), np.eye(4)[[3, 1]])


def test_encoding_works_inside_a_model():
    model = Sequential([Input((2,), dtype="int32"), CategoryEncoding(4), Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    model.fit(np.array([[0, 1], [2, 3]]), np.array([[1.0], [2.0]]), verbose=0)
    assert model.layers[-1].kernel.shape == (4, 1)


@pytest.mark.parametrize("wrong", [[[5]], [[-1]], [[np.nan]]])
def test_an_unknown_id_raises_an_error(wrong):
    with pytest.raises(ValueError, match=r'CategoryEncoding "c" expects ids from 0 to 4, got .*raise num_tokens'):
        CategoryEncoding(5, name="c")(np.array(wrong))


def test_invalid_calls_and_arguments_of_the_encoding_raise_an_error():
    ids = np.array([[0, 1]])
    with pytest.raises(ValueError, match="expects ids as whole numbers, got 0.5"):
        CategoryEncoding(5)([[0.5]])
    with pytest.raises(TypeError, match="number them first"):
        CategoryEncoding(5)(np.array([["a"]]))
    with pytest.raises(ValueError, match='takes count_weights with output_mode="count" only'):
        CategoryEncoding(5)(ids, count_weights=ids)
    with pytest.raises(ValueError, match=r"count_weights of its ids' shape \(1, 2\), got \(2,\)"):
        CategoryEncoding(5, "count")(ids, count_weights=np.ones(2))
    with pytest.raises(ValueError, match="needs num_tokens; .* IntegerLookup"):
        CategoryEncoding()
    with pytest.raises(ValueError, match="num_tokens to be a positive integer, got 0"):
        CategoryEncoding(0)
    with pytest.raises(ValueError, match="output_mode to be one of"):
        CategoryEncoding(5, "int")
    with pytest.raises(ValueError, match="makes dense rows, got sparse=True"):
        CategoryEncoding(5, sparse=True)


def test_scale_and_offset_may_be_one_for_each_channel():
    x = np.array([[[1, 2], [3, 4]]], "uint8")
    np.testing.assert_array_equal(Rescaling([2.0, 10.0], np.array([1, -1]))(x), [[[3.0, 19.0], [7.0, 39.0]]])
    with pytest.raises(ValueError, match=r'Rescaling "r" has a scale of shape \(3,\), which does not fit .* \(1, 2, 2\)'):
        Rescaling([1.0, 2.0, 3.0], name="r")(x)
    with pytest.raises(ValueError, match="Rescaling expects offset to be a (finite )?number"):
        Rescaling(1.0, "much")


def test_a_boundary_belongs_to_the_bin_above_it():
    layer = Discretization([0.0, 1.0, 2.0])
    np.testing.assert_array_equal(layer([[-1.5, 0.0, 0.99, 1.0, 2.0, 1e30]]), [[0, 1, 1, 2, 3, 3]])
    assert layer([[0.0]]).dtype == np.int32


def test_learned_bins_hold_equally_many_values_also_from_batches():
    values = np.random.default_rng(0).exponential(size=2000)
    for data in (values, values.tolist(), np.array_split(values, 5), (batch for batch in np.array_split(values, 5))):
        layer = Discretization(num_bins=5)
        layer.adapt(data)
        np.testing.assert_allclose(np.bincount(layer(values)) / 2000, 0.2, atol=0.012)
    layer.adapt(repeat(values[:10]), steps=3)
    assert layer(values).max() == 4


def test_boundaries_that_were_learned_are_saved_loaded_cloned_and_in_the_config(tmp_path):
    layer = Discretization(num_bins=4, output_mode="one_hot")
    layer.adapt(np.random.default_rng(0).normal(size=200))
    model = Sequential([Input((1,)), layer, Dense(1)])
    x = np.linspace(-3, 3, 20).reshape(-1, 1)
    model.save(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(load_model(tmp_path / "model.safetensors").predict(x), model.predict(x))
    for other in (clone_model(model).layers[0], Discretization.from_config(layer.get_config())):
        assert other.bin_boundaries == layer.bin_boundaries
        assert other.num_bins == 4
        np.testing.assert_array_equal(other(x), layer(x))


def test_invalid_arguments_of_the_bins_raise_an_error():
    for arguments in ({}, {"bin_boundaries": [1.0], "num_bins": 2}):
        with pytest.raises(ValueError, match="expects either bin_boundaries or num_bins"):
            Discretization(**arguments)
    for wrong in ([1.0, 0.0], "ab", [[1.0]], 3.0):
        with pytest.raises(ValueError, match="bin_boundaries to be a list of numbers in increasing order"):
            Discretization(wrong)
    with pytest.raises(ValueError, match=r"epsilon to be a number in \[1e-06, 1\)"):
        Discretization(num_bins=2, epsilon=1.0)
    with pytest.raises(ValueError, match='"d" has no boundaries yet; call adapt'):
        Discretization(num_bins=2, name="d")([[1.0]])
    with pytest.raises(ValueError, match='"d" was given its bin_boundaries'):
        Discretization([1.0], name="d").adapt([1.0])
    with pytest.raises(ValueError, match='"d" adapts to finite numbers'):
        Discretization(num_bins=2, name="d").adapt([1.0, np.nan])
