"""`SimpleRNN`: against a slow loop, and the gradients of every way to use it."""

import numpy as np
import pytest

from minidl.layers import SimpleRNN

OPTIONS = [
    {},
    {"return_sequences": True},
    {"return_state": True},
    {"return_sequences": True, "return_state": True, "go_backwards": True},
    {"use_bias": False, "activation": "sigmoid"},
    {"activation": None, "dropout": 0.4, "recurrent_dropout": 0.3, "return_sequences": True},
    {"stateful": True},
]


def _slow(layer, x, mask):
    kernel, recurrent_kernel, bias = (weight.value for weight in layer.weights[:3])
    outputs = np.zeros((*x.shape[:2], layer.units))
    for row in range(len(x)):
        h = np.zeros(layer.units)
        for t in range(x.shape[1]):
            if mask[row, t]:
                h = np.tanh(x[row, t] @ kernel + h @ recurrent_kernel + bias)
            outputs[row, t] = h
    return outputs


def test_the_output_is_that_of_a_slow_loop(rng):
    x, mask = rng.standard_normal((4, 6, 3)), rng.random((4, 6)) > 0.3
    layer = SimpleRNN(5, return_sequences=True, dtype="float64")
    np.testing.assert_allclose(layer(x), _slow(layer, x, np.ones((4, 6))))
    np.testing.assert_allclose(layer(x, mask=mask), _slow(layer, x, mask))
    layer.go_backwards, layer.return_state = True, True
    y, state = layer(x, mask=mask)
    np.testing.assert_allclose(y, _slow(layer, x[:, ::-1], mask[:, ::-1]))
    np.testing.assert_array_equal(state, y[:, -1])
    layer.return_sequences = False
    np.testing.assert_array_equal(layer(x, mask=mask)[0], state)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("options", OPTIONS)
def test_gradients_are_the_numeric_ones(options, masked, rng, check_gradients):
    mask = rng.random((4, 5)) > 0.4
    mask[1] = False
    layer = SimpleRNN(3, seed=1, dtype="float64", **options)
    check_gradients(layer, rng.standard_normal((4, 5, 2)), mask if masked else None)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 4, 2), (3, 1, 2)])
def test_gradients_for_axes_of_size_one_are_the_numeric_ones(shape, rng, check_gradients):
    layer = SimpleRNN(1, return_sequences=True, stateful=True, dtype="float64")
    layer.build_for(shape)
    layer.states[0].assign(np.ones((shape[0], 1)))  # otherwise one step alone has no use for the recurrent kernel
    check_gradients(layer, rng.standard_normal(shape))


def test_masked_steps_change_neither_output_nor_gradient(rng):
    x, mask = rng.standard_normal((3, 6, 2)), rng.random((3, 6)) > 0.5
    mask[:, 0] = True
    other = np.where(mask[..., np.newaxis], x, 1e3)
    layer = SimpleRNN(4, dtype="float64")
    layer(x)
    dy, gradients = rng.standard_normal((3, 4)), []
    for values in (x, other):
        layer.kernel.grad[...] = 0
        y, cache, _ = layer._forward(values, mask)
        dx = layer._backward(dy, cache)
        assert (dx[~mask] == 0).all()
        gradients.append((y, dx, layer.kernel.grad.copy()))
    for one, same in zip(*gradients, strict=True):
        np.testing.assert_array_equal(one, same)


@pytest.mark.parametrize("used", [0, 1])
def test_an_unused_output_has_no_gradient_and_counts_as_zero(used, rng):
    layer = SimpleRNN(3, return_sequences=True, return_state=True, dtype="float64")
    x = rng.standard_normal((2, 4, 2))
    layer(x)
    outputs, cache, _ = layer._forward(x)
    dy = [np.zeros_like(y) for y in outputs]
    dy[used] = rng.standard_normal(outputs[used].shape)
    alone = tuple(gradient if place == used else None for place, gradient in enumerate(dy))
    np.testing.assert_allclose(layer._backward(alone, cache), layer._backward(tuple(dy), cache))
