"""CTC compared with a sum over all paths."""

import itertools

import numpy as np
import pytest

from minidl.kernels.activations.softmax import log_softmax
from minidl.kernels.ctc import ctc


def said(path):
    """The letters of a path: repetitions once, blanks left out."""
    return [letter for letter, before in zip(path, (0, *path)) if letter not in (0, before)]


@pytest.mark.parametrize("label", [[1], [1, 2], [2, 2], [1, 2, 1], []])
def test_the_sum_over_all_paths_equals_that_of_enumerated_paths(label):
    log_p = log_softmax(np.random.default_rng(0).normal(size=(1, 5, 3)))
    paths = [path for path in itertools.product(range(3), repeat=5) if said(path) == label]
    chances = np.array([np.exp(log_p[0, np.arange(5), path].sum()) for path in paths])
    padded = np.array([[*label, *[0] * (4 - len(label))]])
    values, posterior = ctc(log_p, padded)
    np.testing.assert_allclose(values, [-np.log(chances.sum())])
    blanks = [(chances * [path[step] == 0 for path in paths]).sum() / chances.sum() for step in range(5)]
    np.testing.assert_allclose(posterior[0, :, ::2].sum(axis=1), blanks)


def test_hundreds_of_steps_neither_underflow_nor_lose_precision():
    log_p = log_softmax(np.random.default_rng(0).normal(size=(2, 600, 5)).astype("float32"))
    values, posterior = ctc(log_p, np.array([[1, 2, 3, 3], [4, 0, 0, 0]]))
    assert np.isfinite(values).all()
    np.testing.assert_allclose(posterior.sum(axis=2), 1, rtol=1e-9)
