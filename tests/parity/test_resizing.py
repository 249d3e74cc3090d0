"""The kernel of resizing compared with Keras's `ops.image.resize`: every method, larger and smaller, with its gradient."""

import jax
import keras
import numpy as np
import pytest

from minidl.kernels.resizing import INTERPOLATIONS, resize, resize_backward
from tests.parity.comparing import assert_close


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_images_of_another_size_and_their_gradients_are_those_of_keras(interpolation, antialias):
    generator = np.random.default_rng(0)
    for height, width, new_height, new_width in [(5, 7, 10, 14), (5, 7, 3, 4), (1, 6, 4, 1), (6, 9, 9, 5)]:
        x = generator.normal(size=(2, height, width, 3)).astype("float32")
        dy = generator.normal(size=(2, new_height, new_width, 3)).astype("float32")

        def resized(images, size=(new_height, new_width)):
            return keras.ops.image.resize(images, size, interpolation=interpolation, antialias=antialias)

        its_y, back = jax.vjp(resized, x)
        assert_close(resize(x, new_height, new_width, interpolation, antialias), its_y, 1e-5, "images")
        assert_close(resize_backward(dy, height, width, interpolation, antialias), back(dy)[0], 1e-4, "gradient")
