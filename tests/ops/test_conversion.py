"""Types and conversions: Keras's result types, NumPy's numbers, lists, variables."""

import numpy as np
import pytest

from minidl import Input, Layer, Variable, ops

SINGLE, INTEGERS = np.ones((2, 2), "float32"), np.array([[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("make", "dtype"),
    [
        (lambda: ops.add(SINGLE, INTEGERS), "float32"),
        (lambda: ops.add(SINGLE, np.float64(2)), "float32"),
        (lambda: ops.multiply(INTEGERS, 1.5), "float32"),
        (lambda: ops.sqrt(INTEGERS), "float32"),
        (lambda: ops.mean(INTEGERS), "float32"),
        (lambda: ops.divide(INTEGERS, INTEGERS), "float32"),
        (lambda: ops.add(SINGLE, SINGLE.astype("float64")), "float64"),
        (lambda: ops.add(INTEGERS, 1), "int64"),
        (lambda: ops.linspace(0, 1, 3), "float32"),
        (lambda: ops.arange(3.0), "float32"),
        (lambda: ops.median([1, 2, 3]), "float32"),
        (lambda: ops.convert_to_tensor([1.0, 2.0]), "float32"),
        (lambda: ops.convert_to_tensor([1, 2], "float32"), "float32"),
        (lambda: ops.array([True]), "bool"),
    ],
)
def test_results_have_the_type_that_keras_documents(make, dtype):
    assert np.asarray(make()).dtype == dtype


def test_variables_and_lists_of_tensors_are_tensors():
    weight = Variable([1.0, 2.0])
    np.testing.assert_array_equal(ops.convert_to_tensor([weight, weight]), [[1, 2], [1, 2]])
    np.testing.assert_array_equal(ops.convert_to_numpy(weight), [1, 2])
    assert ops.dtype(weight) == "float32"
    assert ops.is_tensor(SINGLE)
    assert not ops.is_tensor([1.0])
    assert ops.is_tensor(Input((2,)))


def test_a_tracked_tensor_has_a_length_and_is_iterated():
    class Sum(Layer):
        def call(self, x):
            assert len(x) == 3
            return ops.stack([row * number for number, row in enumerate(x)]) + ops.sum([x[0], x[1]], axis=0)

    layer, x = Sum(), np.ones((3, 2), "float32")
    y, cache, _ = layer._forward(x, training=True)
    np.testing.assert_array_equal(y, [[2, 2], [3, 3], [4, 4]])
    np.testing.assert_array_equal(layer._backward(np.ones_like(y), cache), [[3, 3], [4, 4], [2, 2]])


@pytest.mark.parametrize("dtype", ["uint8", "int32"])
@pytest.mark.parametrize(
    "function",
    [
        ops.image.gaussian_blur,
        ops.image.sobel_edges,
        lambda images: ops.image.ssim(images, images[::-1], 255.0),
        lambda images: ops.image.scale_and_translate(images, (2, 5, 5, 3), [0.7, 0.7], [0.1, 0.1], (1, 2), "linear"),
    ],
    ids=["gaussian_blur", "sobel_edges", "ssim", "scale_and_translate"],
)
def test_images_of_integers_are_filtered_as_floats(function, dtype):
    images = np.random.default_rng(0).integers(0, 256, (2, 12, 12, 3)).astype(dtype)
    np.testing.assert_array_equal(function(images), function(images.astype("float32")))
