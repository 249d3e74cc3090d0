"""Long vectors are updated in chunks, with the same results as in one piece."""

import threading

import numpy as np
import pytest

from minidl import Variable, optimizers
from minidl.kernels.alignment import LINE
from minidl.optimizers.optimizer import PLAIN_CHUNK
from tests.table.optimizers import RULES

SIZES = [0, 1, PLAIN_CHUNK - 1, PLAIN_CHUNK, PLAIN_CHUNK + 1, 5 * PLAIN_CHUNK + 7]


@pytest.mark.parametrize("size", SIZES)
def test_chunks_cover_every_element_once(size):
    seen, callers = [], set()

    class Record(optimizers.Optimizer):
        slot_names = ("count",)

        def update_vector(self, value, gradient, learning_rate, slots):
            assert len(value) == len(gradient) == len(slots["count"]) <= PLAIN_CHUNK
            slots["count"] += 1
            value -= gradient
            seen.append(len(value))
            callers.add(threading.get_ident())

    variable = Variable(np.arange(size, dtype="float32"))
    optimizer = Record(0.1)
    optimizer.apply([np.arange(size, dtype="float32")], [variable])
    assert sum(seen) == size
    assert not seen or max(seen) - min(seen) < LINE * len(seen)  # equal, but for starting at cache lines
    assert (optimizer.slots(variable)["count"] == 1).all()
    assert (variable.value == 0).all()
    assert callers <= {threading.get_ident()}  # a custom rule may not be safe in several threads


ELEMENTWISE = [
    (name, arguments)
    for name, arguments in RULES
    if getattr(optimizers, name).update_step is optimizers.Optimizer.update_step
    and not {"clipnorm", "global_clipnorm"} & set(arguments)
]


@pytest.mark.parametrize(("name", "arguments"), ELEMENTWISE, ids=str)
def test_elements_of_a_long_vector_are_updated_like_those_of_a_short_one(name, arguments):
    start = np.random.default_rng(0).normal(size=4 * PLAIN_CHUNK + 5)  # by several threads
    long, short = Variable(start, dtype="float64"), Variable(start[-9:], dtype="float64")
    for variable in (long, short):
        optimizer = getattr(optimizers, name)(**arguments)
        for step in range(3):
            optimizer.apply([np.random.default_rng(step).normal(size=start.size)[-variable.size :]], [variable])
    np.testing.assert_allclose(long.value[-9:], short.value, rtol=1e-13)


def test_an_update_does_not_change_the_gradient():
    gradient = np.random.default_rng(0).normal(size=PLAIN_CHUNK + 1).astype("float32")
    for name, arguments in RULES:
        if set(arguments) & {"clipnorm", "clipvalue", "global_clipnorm", "gradient_accumulation_steps"}:
            continue  # these change it before the update
        variable = Variable(np.ones_like(gradient))
        getattr(optimizers, name)(**arguments).apply([gradient], [variable])
        np.testing.assert_array_equal(variable.grad, gradient)
