"""Compiled activations and losses agree with the reference; what is only moved or compared has equal bits."""

import numpy as np
import pytest

from minidl.kernels.activations.gelu import gelu_gradient, gelu_values
from minidl.kernels.activations.relu import add_bias, add_bias_and_relu, positive_gradient, positive_part
from minidl.kernels.add_rows import add_rows
from minidl.kernels.attention import softmax_rows, softmax_rows_backward
from minidl.kernels.dropout import drop
from minidl.kernels.normalization import normalize
from minidl.kernels.softmax_crossentropy import mean_softmax_crossentropy, softmax_crossentropy
from minidl.kernels.threads import in_parallel, set_threads
from tests.kernels.compiled.both import assert_close, compiled_version, dtypes, strange, switched_on

pytestmark = [pytest.mark.filterwarnings("ignore:(invalid value|overflow|divide by zero):RuntimeWarning")]
compiled_kernels = pytest.fixture(scope="module", autouse=True)(switched_on)
SHAPES = [(0, 3), (1, 1), (7, 3), (33, 10), (2, 5, 130)]


def odd_strides(array):
    """The same values with other strides."""
    return np.repeat(array, 2, axis=-1)[..., ::2]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", dtypes())
@pytest.mark.parametrize("laid_out", [np.ascontiguousarray, odd_strides])
def test_relu_has_the_bits_of_the_reference(shape, dtype, laid_out):
    random = np.random.default_rng(0)
    dy, x = (laid_out(strange(random, shape, dtype)) for _ in range(2))
    np.testing.assert_array_equal(compiled_version(positive_part)(x), positive_part(x))
    np.testing.assert_array_equal(compiled_version(positive_gradient)(dy, x), positive_gradient(dy, x))
    copy = x.copy()
    assert compiled_version(positive_part)(x, out=x) is x
    np.testing.assert_array_equal(x, positive_part(copy))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", dtypes())
@pytest.mark.parametrize("labels", ["int32", "uint8"])
def test_softmax_cross_entropy_agrees_with_the_reference(shape, dtype, labels):
    random = np.random.default_rng(0)
    y, z = random.integers(0, shape[-1], shape[:-1]).astype(labels), strange(random, shape, dtype) * dtype_number(dtype, 5)
    for fast, plain in zip(compiled_version(softmax_crossentropy)(y, z), softmax_crossentropy(y, z), strict=True):
        assert_close(fast, plain)
    one, other = compiled_version(mean_softmax_crossentropy)(y, z), mean_softmax_crossentropy(y, z)
    assert (one is None) == (other is None) == (y.size == 0)
    for fast, plain in zip(one or (), other or (), strict=True):
        assert_close(fast, plain)


@pytest.mark.parametrize("labels", [[0, 3], [-1, 0]], ids=str)
def test_no_mean_with_a_label_out_of_range(labels):
    assert compiled_version(mean_softmax_crossentropy)(np.array(labels), np.zeros((2, 3), "float32")) is None


def dtype_number(dtype, number):
    return np.dtype(dtype).type(number)


def test_a_label_out_of_range_uses_the_reference():
    with pytest.raises(IndexError):
        compiled_version(softmax_crossentropy)(np.array([9]), np.zeros((1, 3), "float32"))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("approximate", [False, True])
def test_gelu_agrees_with_the_reference(shape, approximate):
    random = np.random.default_rng(0)
    dy, x = random.normal(size=shape).astype("float32"), strange(random, shape, "float32")
    assert_close(compiled_version(gelu_values)(x, approximate), gelu_values(x, approximate))
    inside = np.where(np.abs(x) < 1e9, x, 1)  # beyond, the reference has inf * 0
    fast, plain = compiled_version(gelu_gradient)(dy, inside, approximate), gelu_gradient(dy, inside, approximate)
    np.testing.assert_allclose(fast, plain, rtol=1e-6, atol=2e-6)


@pytest.mark.parametrize("approximate", [False, True])
def test_gelu_is_as_exact_as_the_reference_where_it_is_almost_0(approximate):
    x = np.linspace(-6, 6, 100_001, dtype="float32")
    dy, exact = np.ones_like(x), x.astype("float64")
    for function, arguments in ((gelu_values, ()), (gelu_gradient, (dy,))):
        expected = function(*arguments, exact, approximate)
        fast, plain = (
            np.abs(version(*arguments, x, approximate) - expected).max() for version in (compiled_version(function), function)
        )
        assert fast < 1.5 * plain


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", dtypes())
@pytest.mark.parametrize("rate", [0.3, 1.0])
def test_dropout_has_the_bits_of_the_reference(shape, dtype, rate):
    random = np.random.default_rng(0)
    x, keep = strange(random, shape, dtype), random.random(shape) >= rate
    np.testing.assert_array_equal(compiled_version(drop)(x, keep, rate), drop(x, keep, rate))
    np.testing.assert_array_equal(compiled_version(drop)(x, keep[:1], rate), drop(x, keep[:1], rate))


@pytest.mark.parametrize(("entries", "count", "width"), [(5, 40, 3), (1, 1, 1), (3, 0, 2), (9, 4, 0)])
@pytest.mark.parametrize("dtype", dtypes())
def test_rows_are_added_as_by_the_reference(entries, count, width, dtype):
    random = np.random.default_rng(0)
    table, rows = (random.integers(-9, 9, (size, width)).astype(dtype) for size in (entries, count))
    ids, copy = random.integers(0, entries, count), table.copy()
    add_rows(table, ids, rows)
    compiled_version(add_rows)(copy, ids, rows)
    np.testing.assert_array_equal(copy, table)


def test_an_id_out_of_range_changes_nothing_else():
    table = np.zeros((2, 1), "float32")
    with pytest.raises(IndexError):
        compiled_version(add_rows)(table, np.array([0, 7]), np.ones((2, 1), "float32"))
    assert (table == 0).all()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", dtypes())
def test_softmax_of_rows_agrees_with_the_reference(shape, dtype):
    random = np.random.default_rng(0)
    z = strange(random, shape, dtype)
    z.reshape(-1)[1:3] = -np.inf
    fast, dy = z.copy(), random.normal(size=shape).astype(dtype)
    compiled_version(softmax_rows)(fast)
    softmax_rows(z)
    assert_close(fast, z)
    fast_dy = dy.copy()
    compiled_version(softmax_rows_backward)(fast_dy, z)
    softmax_rows_backward(dy, z)
    assert_close(fast_dy, dy)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", dtypes())
@pytest.mark.parametrize("function", [add_bias, add_bias_and_relu])
def test_a_bias_with_and_without_relu_has_the_bits_of_the_reference(function, shape, dtype):
    random = np.random.default_rng(0)
    z, bias = strange(random, shape, dtype), random.normal(size=shape[-1]).astype(dtype)
    fast = z.copy()
    compiled_version(function)(fast, bias)
    function(z, bias)
    np.testing.assert_array_equal(fast, z)


@pytest.mark.parametrize(
    "loops", [(gelu_values, False), (positive_part,), (normalize, (1,), 1e-3)], ids=lambda loops: loops[0].__name__
)
def test_a_long_array_has_the_same_bits_on_two_threads(loops):
    function, *arguments = loops
    x, found = strange(np.random.default_rng(0), (2049, 260), "float32"), []
    for count in (1, 2):
        set_threads(count)
        try:
            in_parallel(lambda part: x[part].sum(), [slice(0, 9), slice(9, None)])  # the helper waits for more work
            result = compiled_version(function)(x, *arguments)
        finally:
            set_threads(None)
        found.append(result[0] if isinstance(result, tuple) else result)
    np.testing.assert_array_equal(*found)
