"""What the layers' tests share: gradients under given inputs and masks, compared by `minidl.testing`'s numeric check."""

import numpy as np
import pytest

from minidl.testing.numeric import check_gradient


def _members(x):
    return list(x) if isinstance(x, (list, tuple)) else [x]


def _read_only(array):
    view = array.view()
    view.flags.writeable = False
    return view


def _check_gradients(layer, x, mask=None, training=True):
    """`dx` and every weight's gradient equal numeric ones in float64, under random `dy`s; nothing given is changed."""
    rng = np.random.default_rng(0)
    arrays = [np.array(member) for member in _members(x)]
    layer.build_for([member.shape for member in arrays] if isinstance(x, list) else x.shape)
    assert layer.dtype == "float64"

    def run():
        given = [_read_only(array) for array in arrays]
        with layer.preserved_state():
            return layer._forward(given if isinstance(x, list) else given[0], mask, training)[:2]

    y, cache = run()
    dy = [_read_only(rng.standard_normal(member.shape)) for member in _members(y)]
    for weight in layer.weights:
        weight.grad[...] = 0
    dx = layer._backward(tuple(dy) if isinstance(y, tuple) else dy[0], cache)
    magnitude = 1 + sum(float(np.abs(d * member).sum()) for d, member in zip(dy, _members(y), strict=True))

    def loss():
        y, cache = run()
        return float(sum((d * member).sum() for d, member in zip(dy, _members(y), strict=True)) + layer._penalty(cache))

    for number, gradient in enumerate([] if dx is None else _members(dx)):
        assert gradient.dtype == np.float64
        check_gradient(f"dx {number}", loss, arrays[number], gradient, generator=rng, magnitude=magnitude)
    for weight in layer.trainable_weights:
        assert np.abs(weight.grad).max() > 1e-5
        check_gradient(weight.name, loss, weight.value, weight.grad.copy(), generator=rng, magnitude=magnitude)


@pytest.fixture
def check_gradients():
    """A function `(layer, x, mask=None, training=True)` that fails where a gradient is not the numeric one."""
    return _check_gradients


@pytest.fixture
def rng():
    """A generator with a fixed seed."""
    return np.random.default_rng(7)
