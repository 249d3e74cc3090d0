"""Memory that is used again: never while anything refers to it."""

import gc
import threading

import numpy as np
import pytest

from minidl import Input, Sequential, layers
from minidl.kernels.memory import empty, empty_like, run_reusing

SIZE = 1 << 16
FLOAT, DOUBLE = np.dtype("float32"), np.dtype("float64")


def address(array):
    return array.__array_interface__["data"][0]


def test_memory_is_used_again_once_nothing_refers_to_it():
    def work():
        first = empty((SIZE,), FLOAT)
        place = address(first)
        del first
        assert address(empty((4, SIZE // 4), FLOAT)) == place
        assert address(empty((SIZE // 2,), DOUBLE)) == place

    run_reusing(work)


@pytest.mark.parametrize("view", [lambda a: a, lambda a: a[::2], lambda a: a.reshape(2, -1).T, lambda a: memoryview(a)])
def test_memory_is_not_used_again_while_an_array_or_a_view_of_it_exists(view):
    def work():
        held = view(empty((SIZE,), FLOAT))
        assert not np.shares_memory(held, empty((SIZE,), FLOAT))

    run_reusing(work)


def test_arrays_that_are_held_keep_their_numbers():
    rng = np.random.default_rng(0)

    def work():
        held = []
        for number in range(400):
            array = empty((int(rng.integers(SIZE // 4, 4 * SIZE)),), FLOAT)
            array.fill(number)
            held.append((number, array[5:]))
            if len(held) > 8:
                held.pop(int(rng.integers(len(held))))
            assert all((array == given).all() for given, array in held)

    run_reusing(work)


def test_arrays_made_by_a_finalizer_meanwhile_have_memory_of_their_own():
    held = []

    def make(phase, info):
        held.append(empty((SIZE,), FLOAT))
        del held[:-20]

    def work():
        for _ in range(300):
            array = empty((SIZE,), FLOAT)
            assert not any(np.shares_memory(array, other) for other in held)

    threshold = gc.get_threshold()
    gc.callbacks.append(make)
    gc.set_threshold(1)
    try:
        run_reusing(work)
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.remove(make)
    assert held


def test_the_memory_that_is_kept_does_not_grow_with_the_number_of_sizes():
    def work():
        addresses = {address(empty((SIZE + 1 + 100 * number,), FLOAT)) for number in range(50)}
        assert len(addresses) == 1

    run_reusing(work)


def test_without_run_reusing_and_after_it_arrays_own_their_memory():
    assert empty((SIZE,), FLOAT).flags.owndata
    with pytest.raises(ValueError, match="an error"):
        run_reusing(lambda: (_ for _ in ()).throw(ValueError("an error")))
    assert empty((SIZE,), FLOAT).flags.owndata


def test_small_arrays_own_their_memory():
    assert run_reusing(lambda: empty((4, 4), FLOAT)).flags.owndata


def test_other_threads_do_not_use_it():
    def work():
        found = []
        thread = threading.Thread(target=lambda: found.append(empty((SIZE,), FLOAT).flags.owndata))
        thread.start()
        thread.join()
        return found

    assert run_reusing(work) == [True]


@pytest.mark.parametrize("axes", [(0, 1, 2, 3), (0, 2, 1, 3), (3, 1, 0, 2)])
def test_the_order_in_memory_is_that_of_the_given_array(axes):
    given = np.zeros((20, 30, 40, 10), FLOAT).transpose(axes)
    for shape in (None, (*given.shape[:-1], 7)):
        made = run_reusing(lambda shape=shape: empty_like(given, shape))
        assert made.strides == np.empty_like(given, shape=shape).strides
        assert made.dtype == given.dtype


def test_what_user_code_holds_during_training_is_unchanged():
    rng = np.random.default_rng(0)

    class Holder(layers.Layer):
        def forward(self, x, training=False):
            held.extend((array, array.copy()) for array in (x, x[3:]))
            return x, None

        def backward(self, dy, cache):
            held.append((dy, dy.copy()))
            return dy

    held = []
    x, y = rng.normal(size=(1600, 80)), rng.integers(0, 3, 1600)
    hidden = [layer for _ in range(2) for layer in (layers.Dense(90, activation="relu"), Holder())]
    model = Sequential([Input((80,)), *hidden, layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=800, epochs=3, verbose=0)
    assert len(held) >= 6 * 6
    assert all(np.array_equal(array, copy) for array, copy in held)
