"""Muon on matrices: steps along the nearest orthogonal matrix, as long as the larger side asks."""

import numpy as np
import pytest

from minidl.optimizers import Muon
from minidl.variable import Variable

RANDOM = np.random.default_rng(0)


def stepped(optimizer, gradients, shape=(6, 4)):
    w = Variable(np.zeros(shape), dtype="float64", name="kernel")
    for gradient in gradients:
        optimizer.apply([gradient], [w])
    return w.value


def orthogonal(matrix):
    u, _, v = np.linalg.svd(matrix, full_matrices=False)
    return u @ v


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (9, 3)])
def test_a_muon_step_is_nearly_orthogonal_and_scaled_by_the_larger_side(shape):
    gradient = RANDOM.normal(size=shape)
    step = -stepped(Muon(0.5, weight_decay=None, rms_rate=0.2, ns_steps=10), [gradient], shape)
    singular = np.linalg.svd(step / (0.5 * 0.2 * np.sqrt(max(shape))), compute_uv=False)
    assert 0.6 < singular.min() <= singular.max() < 1.3
    close = np.sum(step * orthogonal(gradient)) / (np.linalg.norm(step) * np.linalg.norm(orthogonal(gradient)))
    assert close > 0.97


def test_momentum_is_updated_before_the_step_and_nesterov_adds_the_gradient():
    first, second = RANDOM.normal(size=(2, 6, 4))
    options = {"weight_decay": None, "rms_rate": None, "momentum": 0.5}
    plain = stepped(Muon(1.0, nesterov=False, **options), [first, second])
    ahead = stepped(Muon(1.0, nesterov=True, **options), [first, second])

    def iterate(matrix):
        return Muon().zeropower_via_newtonschulz5(matrix, 5)

    m = 0.5 * first + second
    np.testing.assert_allclose(plain, -iterate(first) - iterate(m), rtol=1e-10)
    np.testing.assert_allclose(ahead, -iterate(1.5 * first) - iterate(second + 0.5 * m), rtol=1e-10)
