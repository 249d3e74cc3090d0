"""The compiled updates round every operation as the reference does: equal bits, also with NaN, infinity and empty vectors.

They also limit large gradients, which an optimizer does before it calls the reference.
"""

import threading
import time

import numpy as np
import pytest

from minidl import Variable, optimizers
from minidl.kernels.gradient_limits import GRADIENT_LIMITS
from minidl.kernels.threads import in_parallel, in_parallel_if_awake, set_threads
from tests.kernels.compiled.both import SIZES, compiled_version, dtypes, strange, switched_on

pytestmark = [pytest.mark.usefixtures("compiled_kernels")]
compiled_kernels = pytest.fixture(scope="module")(switched_on)

RULES = [
    ("Adam", {}),
    ("Adam", {"amsgrad": True}),
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.9, "centered": True}),
    ("Adagrad", {}),
    ("Adadelta", {}),
    ("Adamax", {}),
    ("Nadam", {}),
    ("Lion", {}),
    ("Ftrl", {"l1_regularization_strength": 0.1, "l2_shrinkage_regularization_strength": 0.1}),
    ("Ftrl", {"learning_rate_power": -0.3}),
    ("ScheduleFreeAdamW", {"warmup_steps": 10}),
]


@pytest.mark.parametrize(("name", "arguments"), RULES, ids=str)
@pytest.mark.parametrize("dtype", dtypes())
def test_an_update_has_the_bits_of_the_reference(name, arguments, dtype):
    optimizer = getattr(optimizers, name)(0.1, **arguments)
    reference = type(optimizer).update_vector
    for size in SIZES:
        random = np.random.default_rng(size)
        arrays = [strange(random, size, dtype) for _ in range(2)]
        slots = {slot: np.abs(strange(random, size, dtype)) for slot in optimizer.slot_names}
        arrays[1][:: max(size // 5, 1)] *= 1e30  # large, in float32 their squares are infinite
        copies, copied_slots = [array.copy() for array in arrays], {slot: array.copy() for slot, array in slots.items()}
        given = arrays[1].copy()
        limit = GRADIENT_LIMITS[arrays[1].itemsize]
        np.clip(arrays[1], -limit, limit, out=arrays[1])
        with np.errstate(all="ignore"):
            reference(optimizer, *arrays, 0.1, slots)
            compiled_version(reference)(optimizer, *copies, 0.1, copied_slots)
        np.testing.assert_array_equal(copies, [arrays[0], given])
        np.testing.assert_array_equal([*copied_slots.values()], [*slots.values()])


def wake_a_helper():
    """Let it do something; it then waits for its next task without sleeping, at least for a fraction of a millisecond."""
    in_parallel(lambda piece: time.sleep(1e-4), [0, 1])
    time.sleep(1e-5)


@pytest.fixture
def two_threads():
    set_threads(2)
    yield
    set_threads(None)


@pytest.mark.parametrize(("name", "arguments"), RULES, ids=str)
def test_weights_that_two_threads_update_have_the_bits_of_one(name, arguments, two_threads):
    random = np.random.default_rng(0)
    start, gradients = random.normal(size=200_001), random.normal(size=(3, 200_001))

    def updated(threads):
        set_threads(threads)
        optimizer, weight = getattr(optimizers, name)(0.1, **arguments), Variable(start)
        for gradient in gradients:
            weight.grad[...] = gradient
            wake_a_helper()
            optimizer.step([weight])
        return weight.value.tobytes()

    assert updated(2) == updated(1)


def test_a_helper_that_is_awake_takes_short_pieces_and_one_that_sleeps_does_not(two_threads):
    def threads_used():
        return len(set(in_parallel_if_awake(lambda piece: (time.sleep(1e-5), threading.get_ident())[1], [0, 1])))

    used, end = 0, time.monotonic() + 20
    while used < 2 and time.monotonic() < end:
        set_threads(2)  # another helper, which does not rest if other programs need the cores
        wake_a_helper()
        used = threads_used()
    assert used == 2
    time.sleep(0.1)
    assert threads_used() == 1
