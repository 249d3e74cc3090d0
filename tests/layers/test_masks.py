"""A mask with a wrong shape raises an error in the layer that it is passed to."""

import re

import numpy as np
import pytest

from minidl import Input, Model, Sequential
from minidl.layers import (
    Add,
    BatchNormalization,
    Dense,
    Embedding,
    GlobalAveragePooling1D,
    Layer,
    Masking,
    SimpleRNN,
    Softmax,
    Wrapper,
)

X = np.ones((4, 7, 3))


def steps(*shape):
    return np.ones(shape, bool)


class Masks(Layer):
    """Hands its input on, with a mask of the shape it was told."""

    def __init__(self, shape, **kwargs):
        super().__init__(**kwargs)
        self.shape = shape

    def forward(self, x, training=False):
        return 1.0 * x, None

    def backward(self, dy, cache):
        return dy

    def compute_mask(self, x, previous_mask):
        return steps(*self.shape)


class Splits(Layer):
    """Two outputs, and one mask for the first."""

    supports_masking = True

    def forward(self, x, training=False):
        return (2 * x, x.sum(axis=1)), x.shape

    def backward(self, dy, cache):
        first, second = dy
        dx = np.zeros(cache, self.dtype)
        return dx + (0 if first is None else 2 * first) + (0 if second is None else second[:, np.newaxis])


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(4, 6), (3, 7), (4, 7, 2), (4, 7, 3, 1), (7,), ()])
def test_the_error_names_the_layer_its_input_and_what_it_expects(shape, training):
    message = f'Dense "d" expects a mask of shape {X.shape[: max(len(shape), 1)]} for inputs of shape (4, 7, 3), got {shape}'
    with pytest.raises(ValueError, match=re.escape(message)):
        Dense(2, name="d")(X, mask=steps(*shape), training=training)


@pytest.mark.parametrize(
    ("make", "shape", "expected"),
    [
        (lambda: SimpleRNN(2, name="a"), (4, 6), (4, 7)),
        (lambda: BatchNormalization(name="a"), (4,), (4, 7)),
        (lambda: BatchNormalization(axis=1, name="a"), (4, 3), (4, 7)),
        (lambda: GlobalAveragePooling1D(name="a"), (4, 7, 3), (4, 7)),
        (lambda: GlobalAveragePooling1D(data_format="channels_first", name="a"), (4, 7), (4, 3)),
        (lambda: Softmax(name="a"), (4, 7), (4, 7, 3)),
        (lambda: Masking(name="a"), (4, 6), (4, 7)),
        (lambda: Wrapper(Softmax(), name="a"), (4, 7), (4, 7, 3)),
    ],
)
def test_the_error_says_which_mask_shape_a_layer_expects(make, shape, expected):
    message = f'"a" expects a mask of shape {expected} for inputs of shape (4, 7, 3), got {shape}'
    for training in (True, False):
        with pytest.raises(ValueError, match=re.escape(message)):
            make()(X, mask=steps(*shape), training=training)
    make()(X, mask=steps(*expected))


def test_masks_may_be_lists_or_given_for_some_inputs_only():
    assert Dense(2)(X, mask=steps(4, 7).tolist()).shape == (4, 7, 2)
    Add()([X, X], mask=[steps(4, 7), None])
    with pytest.raises(ValueError, match=r'Add "sum" expects a mask of shape \(4, 7\) .* got \(4, 6\)'):
        Add(name="sum")([X, X], mask=[None, steps(4, 6)])
    with pytest.raises(ValueError, match='Add "sum" expects a mask for each of its 2 inputs, got 3 masks'):
        Add(name="sum")([X, X], mask=[None] * 3)


def test_a_wrong_mask_in_a_model_raises_the_error_of_the_layer_it_reaches():
    x = Input((7, 3))
    for model in (Sequential([Dense(2, name="first"), SimpleRNN(2)]), Model(x, SimpleRNN(2)(Dense(2, name="first")(x)))):
        assert model(X, mask=steps(4, 7)).shape == (4, 2)
        with pytest.raises(ValueError, match=r'Dense "first" expects a mask of shape \(4, 7\)') as caught:
            model(X, mask=steps(4, 6))
        assert caught.value.__notes__ == ['in layer 1 of 2, Dense "first"']


def test_a_wrong_result_of_compute_mask_raises_an_error_in_the_next_layer():
    for use in ("fit", "predict"):
        model = Sequential([Masks((4, 6)), Dense(1, name="next")])
        with pytest.raises(ValueError, match=r'Dense "next" expects a mask of shape \(4, 7\) .* got \(4, 6\)'):
            model.predict(X) if use == "predict" else model.fit(X, X[..., :1], verbose=0)


def test_a_wrong_mask_of_the_output_raises_an_error_before_the_loss():
    model = Sequential([Dense(1), Masks((4, 6))])
    with pytest.raises(
        ValueError, match=r"output of shape \(4, 7, 1\) comes with a mask of shape \(4, 6\), expected .*\(4, 7\)"
    ):
        model.fit(X, X[..., :1], verbose=0)
    Sequential([Dense(1), Masks((4, 7))]).fit(X, X[..., :1], verbose=0)


def test_one_mask_for_several_outputs_is_that_of_the_first():
    x = Input((7,))
    first, second = Splits()(Embedding(5, 3, mask_zero=True)(x))
    model = Model(x, [SimpleRNN(2)(first), Dense(2)(second)])
    padded, short = np.array([[1, 2, 3, 4, 0, 0, 0]]), np.array([[1, 2, 3, 4]])
    rnn = SimpleRNN(2)
    rnn.build((None, 4, 3))
    rnn.set_weights(model.layers[-2].get_weights())
    np.testing.assert_allclose(model.predict(padded)[0], rnn(2 * model.layers[1](short)), rtol=1e-5, atol=1e-6)
