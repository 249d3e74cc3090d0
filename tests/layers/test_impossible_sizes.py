"""Layers that cut or slide over their input say so if nothing is left of it, also where only shapes are computed."""

import numpy as np
import pytest

from minidl import layers
from minidl.testing import check_layer

CASES = [
    (layers.Cropping1D(1), (4, 1, 3), "nothing is left; use a smaller cropping"),
    (layers.Cropping2D(1), (4, 1, 3, 2), "nothing is left; use a smaller cropping"),
    (layers.Cropping3D(1), (4, 5, 2, 5, 2), "nothing is left; use a smaller cropping"),
    (layers.Conv1D(3, 3), (4, 1, 3), "use a smaller kernel_size"),
    (layers.Conv2D(3, 3), (4, 5, 2, 3), "use a smaller kernel_size"),
    (layers.DepthwiseConv1D(3), (4, 2, 3), "use a smaller kernel_size"),
    (layers.SeparableConv1D(3, 3), (4, 2, 3), "use a smaller kernel_size"),
    (layers.MaxPooling1D(3), (4, 1, 3), "use a smaller pool_size"),
    (layers.AveragePooling2D(3), (4, 2, 5, 3), "use a smaller pool_size"),
    (layers.Conv1DTranspose(1, 2, 2, "same", 0), (1, 1, 1), "use longer inputs, or a larger output_padding"),
    (layers.Conv2DTranspose(1, 2, 2, "same", 0), (1, 1, 3, 1), "use longer inputs, or a larger output_padding"),
]


@pytest.mark.parametrize(("layer", "shape", "message"), CASES, ids=lambda value: type(value).__name__)
def test_cropping_everything_is_an_error(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer.compute_output_shape(shape)
    with pytest.raises(ValueError, match=message):
        layer(np.ones(shape))


def test_depthwise_convolutions_know_their_shape_before_they_are_built():
    assert layers.DepthwiseConv1D(2).compute_output_shape((2, 6, 4)) == (2, 5, 4)
    assert layers.DepthwiseConv2D(2, depth_multiplier=3).compute_output_shape((2, 6, 5, 4)) == (2, 5, 4, 12)


def test_shares_of_masked_batch_normalization_sum_to_one():
    check_layer(layers.BatchNormalization, (3, 1, 5))
    layer = layers.BatchNormalization(momentum=0.0)
    layer(np.full((2, 3, 1), 1000.0), mask=np.array([[1, 0, 0], [0, 0, 0]], bool), training=True)
    assert float(layer.moving_mean[0]) == 1000.0
