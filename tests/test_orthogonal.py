"""`Orthogonal`: orthogonal columns or rows, its gain, what it refuses."""

import numpy as np
import pytest

from minidl.initializers import Orthogonal


@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7), (2, 3, 4), (1, 1)])
@pytest.mark.parametrize("gain", [1.0, 2.0])
def test_columns_or_rows_are_orthogonal(shape, gain):
    matrix = Orthogonal(gain, seed=1)(shape, "float64").reshape(-1, shape[-1])
    product = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    np.testing.assert_allclose(product, gain**2 * np.eye(len(product)), atol=1e-12)


def test_orthogonal_matrices_have_no_preferred_direction():
    entries = np.array([Orthogonal()((2, 2), "float64") for _ in range(400)])
    np.testing.assert_allclose(entries.mean(axis=0), 0, atol=0.12)  # without the signs of r it would lean


def test_fewer_than_two_axes_raise_an_error():
    with pytest.raises(ValueError, match=r"at least two axes, got shape \(5,\)"):
        Orthogonal()((5,))
