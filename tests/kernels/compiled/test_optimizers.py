"""The compiled updates round every operation as the reference does: equal bits, also with NaN, infinity and empty vectors."""

import numpy as np
import pytest

from minidl import optimizers
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
        copies, copied_slots = [array.copy() for array in arrays], {slot: array.copy() for slot, array in slots.items()}
        with np.errstate(all="ignore"):
            reference(optimizer, *arrays, 0.1, slots)
            compiled_version(reference)(optimizer, *copies, 0.1, copied_slots)
        np.testing.assert_array_equal(copies, arrays)
        np.testing.assert_array_equal([*copied_slots.values()], [*slots.values()])
