"""The kernels of depthwise convolution equal a convolution of as many groups as channels."""

import hypothesis
import numpy as np

from minidl.kernels import depthwise
from tests.kernels.test_convolution import cases, slow


@hypothesis.given(cases())
def test_a_depthwise_convolution_is_one_of_as_many_groups_as_channels(case):
    sizes, geometry, _, channels, _ = case
    generator = np.random.default_rng(0)
    x, kernel = generator.normal(size=(2, *sizes, channels)), generator.normal(size=(*geometry.kernel, channels))
    y = depthwise.convolve_depthwise(x, kernel, geometry)
    np.testing.assert_allclose(y, slow(x, kernel[..., np.newaxis, :], geometry, channels), atol=1e-12)
    dy = generator.normal(size=y.shape)
    dx, dkernel = depthwise.convolve_depthwise_backward(dy, x, kernel, geometry)
    assert dx.shape == x.shape
    np.testing.assert_allclose([(dx * x).sum(), (dkernel * kernel).sum()], (y * dy).sum(), atol=1e-10)
    nothing, alone = depthwise.convolve_depthwise_backward(dy, x, kernel, geometry, needs_dx=False)
    assert nothing is None
    np.testing.assert_array_equal(alone, dkernel)
