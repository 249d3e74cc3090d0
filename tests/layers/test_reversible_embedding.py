"""`ReversibleEmbedding`: scores in reverse, their gradients, masks, and a language model with tied weights."""

import numpy as np
import pytest

from minidl import Input, Model
from minidl.layers import ReversibleEmbedding


def test_it_begins_with_the_weights_it_is_given():
    table = np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(ReversibleEmbedding(3, 2, weights=table).get_weights()[0], table)


@pytest.mark.parametrize("arguments", [{}, {"tie_weights": False}, {"logit_soft_cap": 0.7}])
def test_scores_have_their_numeric_gradients(arguments, rng):
    layer = ReversibleEmbedding(5, 3, dtype="float64", **arguments)
    layer.build((None,))
    x, dy = rng.standard_normal((2, 4, 3)), rng.standard_normal((2, 4, 5))
    _, cache, mask = layer._forward(x, reverse=True)
    assert mask is None
    dx = layer._backward(dy, cache)

    def value():
        return float((layer.infer(x, reverse=True) * dy).sum())

    for array, gradient in [(x, dx), *((weight.value, weight.grad) for weight in layer.weights)]:
        for place in np.ndindex(array.shape):
            kept = array[place]
            array[place] = kept + 1e-6
            up = value()
            array[place] = kept - 1e-6
            down = value()
            array[place] = kept
            np.testing.assert_allclose(gradient[place], (up - down) / 2e-6, rtol=1e-5, atol=1e-8)


def test_tied_weights_get_both_gradients_in_one_model():
    ids = Input((4,), dtype="int32")
    layer = ReversibleEmbedding(6, 2, mask_zero=True)
    model = Model(ids, layer(layer(ids), reverse=True))
    assert model.output_shape == (None, 4, 6)
    x = np.array([[1, 2, 3, 0]])
    table = layer.embeddings.value
    np.testing.assert_allclose(model.predict(x, verbose=0)[0], table[x[0]] @ table.T, rtol=1e-5, atol=1e-7)
    model.compile("sgd", "mse")
    gradient = model.gradients(x, np.zeros((1, 4, 6)))["reversible_embedding/embeddings"]
    assert layer._forward(x)[2].tolist() == [[True, True, True, False]]
    assert gradient.shape == (6, 2)
    assert np.abs(gradient[5]).max() > 0  # an id that does not occur is scored


def test_reverse_dtype_is_that_of_the_scores():
    layer = ReversibleEmbedding(4, 3, reverse_dtype="float64")
    x = np.ones((2, 3), "float32")
    assert layer(x, reverse=True).dtype == "float64"
    assert layer(np.array([1])).dtype == "float32"
    with pytest.raises(ValueError, match="computes in 'float32' or 'float64', got dtype='float16'"):
        ReversibleEmbedding(4, 3, reverse_dtype="float16")
    with pytest.raises(ValueError, match="logit_soft_cap to be above 0"):
        ReversibleEmbedding(4, 3, logit_soft_cap=0.0)
