"""Slots never hold subnormal numbers for long: CPUs need many times longer to calculate with them."""

import numpy as np
import pytest

from minidl import Variable, optimizers
from minidl.optimizers import Adam

DECAYING = {
    "Adam": {},
    "Adamax": {},
    "AdamW": {},
    "Adadelta": {},
    "Lamb": {},
    "Lion": {},
    "Muon": {},
    "Nadam": {},
    "RMSprop": {"momentum": 0.9, "centered": True},
    "SGD": {"momentum": 0.9},
}


def slots_after(optimizer, updates, dtype="float32"):
    """The slots of two weights of which one has a gradient only at the first update."""
    weights = Variable(np.ones((2, 2)), dtype=dtype)
    for number in range(updates):
        weights.grad[...] = [[0.1, 0.1], [0.1, 0.1] if number == 0 else [0.0, 0.0]]
        optimizer.step([weights])
        weights.grad[...] = 0
    return weights, optimizer.slots(weights)


@pytest.mark.parametrize("name", DECAYING)
def test_the_slots_of_a_weight_without_gradients_become_zero_not_subnormal(name):
    _, slots = slots_after(getattr(optimizers, name)(**DECAYING[name]), 1000)
    smallest = np.finfo(np.float32).smallest_normal
    for slot in slots.values():
        assert not np.any((np.abs(slot) > 0) & (np.abs(slot) < smallest))


@pytest.mark.parametrize(("dtype", "updates"), [("float32", 900), ("float64", 7000)])
def test_the_weights_are_those_of_the_formula(dtype, updates):
    weights, slots = slots_after(Adam(), updates, dtype)
    w, m, v = np.ones(1, dtype), np.zeros(1, dtype), np.zeros(1, dtype)
    for number in range(updates):
        g = np.full(1, 0.1 if number == 0 else 0.0, dtype)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w = w - 0.001 * (m / (1 - 0.9 ** (number + 1))) / (np.sqrt(v / (1 - 0.999 ** (number + 1))) + 1e-7)
    np.testing.assert_allclose(weights.value[1, 0], w[0], rtol=2e-5)
    assert slots["momentum"][1, 0] == 0 < m[0]


def test_momentum_that_matters_stays():
    _, slots = slots_after(Adam(epsilon=1e-20), 900)
    assert 0 < slots["momentum"][1, 0] < 1e-37
    _, slots = slots_after(optimizers.SGD(momentum=0.99), 900)
    np.testing.assert_allclose(slots["momentum"][1, 0], -0.01 * 0.1 * 0.99**899, rtol=1e-4)
