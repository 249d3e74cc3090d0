"""Vectors of weights, gradients and slots start at cache lines, each at another one of its page."""

import pickle

import numpy as np
import pytest

from minidl import Variable
from minidl.kernels.alignment import LINE, PAGE, aligned_copy, aligned_zeros
from minidl.optimizers import SGD, Adam
from minidl.optimizers.optimizer import PLAIN_CHUNK
from minidl.variable import allocate, find_slices


def address(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 8192, 8193, 100_003])
def test_zeros_start_at_a_cache_line_and_are_all_there(size: int, dtype: str) -> None:
    vectors = [aligned_zeros(size, np.dtype(dtype), place) for place in range(5)]
    for vector in vectors:
        assert (vector.shape, vector.dtype) == ((size,), np.dtype(dtype))
        assert not vector.any()
        vector[:] = 1  # all of it may be written
    if size * np.dtype(dtype).itemsize >= 4 * PAGE:
        assert all(address(vector) % LINE == 0 for vector in vectors)
        assert len({address(vector) % PAGE for vector in vectors}) == 5


def test_a_copy_is_a_copy() -> None:
    vector = np.random.default_rng(0).normal(size=20_001)
    copy = aligned_copy(vector, 3)
    np.testing.assert_array_equal(copy, vector)
    copy[0] = 7
    assert vector[0] != 7


def test_weights_gradients_and_slots_are_aligned_also_in_every_chunk_and_after_pickling() -> None:
    variables = [Variable(np.ones(shape), dtype="float32") for shape in [(PLAIN_CHUNK,), (7,), (301, 128)]]
    allocate(variables)
    optimizer = Adam()
    optimizer.step(variables)
    assert len(optimizer._chunks) > 1
    for value, gradient, slots in optimizer._chunks:
        starts = [address(array) for array in (value, gradient, *slots.values())]
        assert all(start % LINE == 0 for start in starts)
        assert len({start % PAGE for start in starts}) == 4
    again = pickle.loads(pickle.dumps(variables))
    assert address(again[0].buffer.value) % LINE == address(again[0].buffer.grad) % LINE == 0


@pytest.mark.parametrize("size", [1, 63, 64, 65, 1000, 131_072, 131_073, 200_001])
def test_chunks_cover_the_vector_and_none_is_too_long(size: int) -> None:
    variable = Variable(np.zeros(size))
    SGD().step([variable])
    (part,) = find_slices([variable])
    chunks = part.chunks(65_536)
    assert np.concatenate([np.arange(size)[chunk] for chunk in chunks]).tolist() == list(range(size))
    assert all(chunk.stop - chunk.start <= 65_536 and chunk.start % LINE == 0 for chunk in chunks)
