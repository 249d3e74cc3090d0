"""Adafactor on matrices, which remembers one number for each row and each column."""

import numpy as np
import pytest

from minidl import Input, Sequential, load_model
from minidl.layers import Dense
from minidl.optimizers import Adafactor
from minidl.variable import Variable

RANDOM = np.random.default_rng(0)


def test_adafactor_uses_row_and_column_means_of_the_squares():
    w, gradient = Variable(RANDOM.normal(size=(3, 4)), dtype="float64"), RANDOM.normal(size=(3, 4))
    start = w.numpy()
    Adafactor(0.1, relative_step=False).apply([gradient], [w])

    square = gradient**2 + 1e-30
    expected = np.outer(square.mean(axis=1), square.mean(axis=0)) / square.mean()  # the best guess of rank one
    u = gradient / np.sqrt(expected)
    u /= max(1.0, np.sqrt(np.mean(u**2)))
    scale = np.sqrt(np.mean(start**2))
    np.testing.assert_allclose(w.value, start - 0.1 * scale * u, rtol=1e-10)


@pytest.mark.parametrize("shape", [(2, 3, 4), (5, 1)])
def test_each_matrix_of_a_stack_has_its_own_factors(shape):
    w, gradient = Variable(np.ones(shape), dtype="float64"), RANDOM.normal(size=shape)
    optimizer = Adafactor(clip_threshold=1e9)
    optimizer.apply([gradient], [w])
    slots = optimizer.slots(w)
    assert slots["r"].shape == shape[:-1]
    assert slots["c"].shape == (*shape[:-2], shape[-1])
    step = (1 - w.value) / np.max(1 - w.value)
    matrices = np.abs(gradient.reshape(-1, *shape[-2:]))
    for matrix, moved in zip(matrices, step.reshape(matrices.shape), strict=True):
        square = matrix**2
        guess = np.outer(square.mean(axis=1), square.mean(axis=0)) / square.mean()
        ratio = np.abs(moved) / (matrix / np.sqrt(guess))
        np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-6)


def test_its_state_is_saved_with_the_model(tmp_path):
    x, y = RANDOM.normal(size=(16, 3)), RANDOM.normal(size=(16, 2))
    model = Sequential([Input((3,)), Dense(4), Dense(2)])
    model.compile(Adafactor(0.1), "mse")
    model.fit(x, y, epochs=2, verbose=0, shuffle=False)
    model.save(tmp_path / "model.safetensors")
    twin = load_model(tmp_path / "model.safetensors")
    for either in (model, twin):
        either.fit(x, y, verbose=0, shuffle=False)
    for one, other in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
