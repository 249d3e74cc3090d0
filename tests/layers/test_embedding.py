"""`Embedding`: lookup, gradients of repeated ids, masks, refused ids."""

import numpy as np
import pytest

from minidl.layers import Embedding


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64", "float32", "float64"])
def test_every_id_gets_its_vector(dtype, rng):
    layer, ids = Embedding(9, 3), rng.integers(0, 9, (4, 5))
    y = layer(ids.astype(dtype))
    assert y.dtype == "float32"
    np.testing.assert_array_equal(y, layer.embeddings.value[ids])
    assert layer.compute_output_shape((4, 5)) == y.shape


def test_repeated_ids_add_up_their_gradients(rng, check_gradients):
    ids = np.array([[1, 4, 1], [4, 4, 0]])
    layer = Embedding(6, 2, dtype="float64")
    layer.build((None, 3))
    _, cache, _ = layer._forward(ids)
    dy, expected = rng.standard_normal((2, 3, 2)), np.zeros((6, 2))
    for place in np.ndindex(2, 3):
        expected[ids[place]] += dy[place]
    assert layer._backward(dy, cache) is None
    np.testing.assert_allclose(layer.embeddings.grad, expected)
    layer._backward(dy, cache)
    np.testing.assert_allclose(layer.embeddings.grad, 2 * expected)
    check_gradients(layer, ids)


def test_empty_ids_add_no_gradient():
    layer = Embedding(6, 2)
    layer.build_for((0, 3))
    y, cache, _ = layer._forward(np.zeros((0, 3), int))
    assert y.shape == (0, 3, 2)
    layer._backward(y, cache)
    assert not layer.embeddings.grad.any()


def test_the_mask_is_false_for_id_zero():
    ids = np.array([[0, 2], [1, 0]])
    np.testing.assert_array_equal(Embedding(3, 2, mask_zero=True).compute_mask(ids, None), [[False, True], [True, False]])
    assert Embedding(3, 2).compute_mask(ids, np.ones((2, 2), bool)) is None
    assert Embedding(3, 2, mask_zero=True).supports_masking


def test_weights_are_the_initial_table_and_not_part_of_the_config(rng):
    table = rng.standard_normal((4, 2)).astype("float32")
    for weights in (table, [table]):
        layer = Embedding(4, 2, weights=weights)
        np.testing.assert_array_equal(layer(np.arange(4)), table)
        assert "weights" not in layer.get_config()
    assert Embedding.from_config(layer.get_config()).input_dim == 4
    assert repr(Embedding(4, 2, name="e")).startswith("Embedding(input_dim=4, output_dim=2")
    with pytest.raises(ValueError, match=r"\(4, 2\)"):
        Embedding(4, 2, weights=table.T)


@pytest.mark.parametrize("wrong", [-1, 5, 1e9, float("nan"), 1.5])
def test_an_id_outside_the_table_raises_an_error(wrong):
    with pytest.raises(ValueError, match=f'Embedding "words" expects ids .*got {str(wrong).split("e")[0].split(".")[0]}'):
        Embedding(5, 2, name="words")(np.array([[0, wrong]]))


def test_strings_raise_an_error():
    with pytest.raises(TypeError, match="map words to ids first"):
        Embedding(5, 2)(np.array([["a"]]))


@pytest.mark.parametrize("sizes", [(0, 2), (5, -1), (5.0, 2), (True, 2)])
def test_sizes_that_are_not_positive_integers_raise_an_error(sizes):
    with pytest.raises(ValueError, match="to be a positive integer"):
        Embedding(*sizes)
