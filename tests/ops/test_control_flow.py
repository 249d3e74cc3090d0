"""Branches, loops, functions with gradients of their own: on arrays, in recorded code and in graphs."""

from collections import namedtuple

import numpy as np
import pytest

import minidl
from minidl import Input, Layer, Model, ops

X = np.arange(1.0, 7.0, dtype="float32").reshape(3, 2)


def test_branches_and_loops_give_what_python_would():
    assert ops.cond(np.array(True), lambda: 1, lambda: 2) == 1
    assert [ops.switch(n, [lambda x: x, lambda x: -x], 5) for n in (0, 1, 7)] == [5, -5, -5]
    assert ops.while_loop(lambda n, s: n < 4, lambda n, s: (n + 1, s + n), (0, 0)) == (4, 6)
    assert ops.while_loop(lambda n: n < 100, lambda n: n + 1, 0, maximum_iterations=3) == 3
    assert ops.fori_loop(1, 5, lambda n, value: value * n, 1) == 24


def test_scans_and_maps_stack_what_their_function_returns():
    carry, ys = ops.scan(lambda c, x: (c + x, c * x), np.zeros(2, "float32"), X)
    np.testing.assert_array_equal(carry, X.sum(axis=0))
    np.testing.assert_array_equal(ys, [[0, 0], [3, 8], [20, 36]])
    np.testing.assert_array_equal(ops.scan(lambda c, x: (c + x, c), np.zeros(2), X, reverse=True)[1][0], X[1] + X[2])
    np.testing.assert_array_equal(ops.map(lambda x: x * 2, X), X * 2)
    np.testing.assert_array_equal(ops.vectorized_map(lambda p: p[0] @ p[1], (X, X)), (X * X).sum(axis=1))
    np.testing.assert_array_equal(ops.associative_scan(lambda a, b: a * b, X, axis=0), np.cumprod(X, axis=0))
    np.testing.assert_array_equal(ops.associative_scan(lambda a, b: a + b, X, reverse=True)[0], X.sum(axis=0))
    np.testing.assert_array_equal(ops.vectorize(lambda a, b: ops.sum(a) * b, signature="(n),()->()")(X, 2.0), 2 * X.sum(axis=1))


class Scanned(Layer):
    def call(self, x):
        return ops.scan(lambda c, row: (c + row * row, c), x[0] * 0, x)[0]


def test_gradients_go_through_loops_in_layers_and_graphs():
    layer = Scanned()
    y, cache, _ = layer._forward(X, training=True)
    np.testing.assert_allclose(layer._backward(np.ones_like(y), cache), 2 * X)
    x = Input((2,))
    model = Model(x, ops.map(lambda row: row * row, x))
    assert model.outputs[0].shape == (None, 2)
    y, cache, _ = model._forward(X)
    np.testing.assert_allclose(y, X * X)
    np.testing.assert_allclose(model._backward(np.ones_like(y), cache), 2 * X)


def test_a_custom_gradient_replaces_the_computed_one():
    @ops.custom_gradient
    def doubled(x):
        return x * x, lambda dy: 10 * dy

    class Doubled(Layer):
        def call(self, x):
            return doubled(x)

    y, cache, _ = (layer := Doubled())._forward(X, training=True)
    np.testing.assert_allclose(y, X * X)
    np.testing.assert_allclose(layer._backward(np.ones_like(y), cache), 10.0)


def test_a_directional_derivative_is_that_of_the_direction():
    value, slope = ops.jvp(lambda a, b: a * b, [X, 2 * X], [np.ones_like(X), np.zeros_like(X)])
    np.testing.assert_allclose(value, 2 * X * X)
    np.testing.assert_allclose(slope, 2 * X)


Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    "form", [lambda a, b: (a, b), lambda a, b: [a, b], lambda a, b: {"a": a, "b": b}, Pair, lambda a, b: {"c": (a, [b])}]
)
def test_a_directional_derivative_has_the_structure_of_the_value(form):
    value, slope = ops.jvp(lambda x: form(2 * x, x * x), [X], [np.ones_like(X)])
    for found, expected in ((value, form(2 * X, X * X)), (slope, form(np.full_like(X, 2), 2 * X))):
        assert type(found) is type(expected)
        for one, other in zip(minidl.tree.flatten(found), minidl.tree.flatten(expected), strict=True):
            np.testing.assert_allclose(one, other)


def test_elastic_transform_is_repeatable_and_keeps_shapes():
    images = np.random.default_rng(0).random((2, 8, 7, 3)).astype("float32")
    one, two = (ops.image.elastic_transform(images, 2.0, 1.0, seed=1) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert one.shape == images.shape
    assert not np.allclose(one, images)
