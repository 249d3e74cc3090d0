"""Bounds of what operations return: never too small, and not too large for sizes of real models."""

import numpy as np
import pytest

from minidl import ops
from minidl.graph.bounds import largest_result
from tests.ops.table import CALLS, find

LIMIT = 1 << 24  # as in minidl/config/loading.py
X = (4, 64, 64, 3)
REAL = {
    "a convolution of images": ("conv", [(4, 112, 112, 64), (3, 3, 64, 64)], {"strides": 1, "padding": "same"}),
    "a depthwise convolution": ("depthwise_conv", [(4, 112, 112, 64), (3, 3, 64, 1)], {"strides": 1, "padding": "same"}),
    "a separable convolution": ("separable_conv", [(4, 56, 56, 64), (3, 3, 64, 1), (1, 1, 64, 128)], {"strides": 1}),
    "a transposed convolution": (
        "conv_transpose",
        [(4, 32, 32, 64), (3, 3, 32, 64)],
        {"strides": 2, "dilation_rate": 1, "output_padding": None},
    ),
    "pooling": ("max_pool", [(4, 112, 112, 64)], {"pool_size": 2}),
    "attention": ("dot_product_attention", [(4, 256, 8, 64)] * 3, {"scale": None}),
    "scores by letters": ("einsum", [(4, 256, 8, 16), (4, 256, 8, 16)], {"subscripts": "bqhd,bkhd->bhqk"}),
    "any axes": ("einsum", [(4, 8, 128, 64), (64, 64)], {"subscripts": "...i,ij->...j"}),
    "resizing": ("image.resize", [X], {"size": (224, 224)}),
    "a spectrogram": ("stft", [(4, 16000)], {"sequence_length": 400, "sequence_stride": 160, "fft_length": 512}),
    "rows by number": ("take", [(10000, 64), (4, 128)], {"axis": 0}),
}


@pytest.mark.parametrize("name", REAL)
def test_sizes_of_real_models_are_allowed(name):
    assert largest_result(*REAL[name]) < LIMIT


HOSTILE = {
    "a large window": ("conv", [(1, 4000, 4000, 1), (2000, 2000, 1, 1)], {"strides": 1}),
    "many filters": ("conv", [(1, 64, 64, 1), (1, 1, 1, 10**6)], {"strides": 1}),
    "wide strides": ("conv_transpose", [(1, 4, 4, 1), (1, 1, 1, 1)], {"strides": 10**4, "dilation_rate": 1}),
    "wide windows": ("conv_transpose", [(1, 4, 1), (10**4, 1, 1)], {"strides": 1, "dilation_rate": 10**4}),
    "a large image": ("image.resize", [(1, 4, 4, 1)], {"size": (10**5, 10**5)}),
    "a channel of large images": ("image.resize", [(1, 1, 4, 4)], {"size": (10**4, 10**4)}),
    "long frames": ("stft", [(1, 10)], {"sequence_length": 10**9, "sequence_stride": 1, "fft_length": 2}),
    "letters of their own": ("einsum", [(1000, 2), (1000, 2), (1000, 2)], {"subscripts": "ab,cd,ef->ace"}),
    "wrong letters": ("einsum", [(10**4, 10**4)], {"subscripts": 3}),
    "many scores": ("dot_product_attention", [(1, 10**4, 1, 1), (1, 10**4, 1, 1), (1, 10**4, 1, 1)], {}),
    "a diagonal": ("diag", [(10**4,)], {"k": 0}),
    "a far diagonal": ("diagflat", [(2,)], {"k": 10**4}),
    "powers": ("vander", [(10**4,)], {"N": None, "increasing": False}),
    "ones on a diagonal": ("eye", [], {"N": 10**4, "M": None, "k": 0}),
    "a triangle": ("tri", [], {"N": 10**4, "M": 10**4, "k": 0}),
    "many rows": ("take", [(2, 10**4), (10**4,)], {"axis": 0}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_sizes_that_take_memory_or_minutes_exceed_the_limit(name):
    assert largest_result(*HOSTILE[name]) > LIMIT


@pytest.mark.parametrize("name", [name for name in CALLS if hasattr(find(ops, name), "bind")])
def test_no_result_is_much_larger_than_its_bound(name):
    operation = find(ops, name)
    for tensors, options in CALLS[name]:
        given, bound_options = operation.bind(tensors, options)
        result = operation(*tensors, **options)
        values = sum(np.size(one) for one in (result if isinstance(result, (tuple, list)) else [result]))
        bound = largest_result(name, [np.asarray(one) if np.ndim(one) else one for one in given], bound_options)
        assert values <= 8 * bound + 64  # several results of one size, and small examples
