"""Every optimizer beside Keras's: weights after each of 20 steps to 1e-5, with each way of clipping."""

import keras
import numpy as np
import pytest

from minidl import Variable, optimizers
from minidl.catalogue import ROOMS
from tests.parity.beside import assert_close, both

STEPS = 20
SHAPES = [(4, 3), (3,), (), (2, 3, 2)]
CLIPPINGS = [{"clipnorm": 0.5}, {"clipvalue": 0.2}, {"global_clipnorm": 0.7}]
OPTIMIZERS = {
    "SGD": [
        {},
        {"learning_rate": 0.3},
        {"momentum": 0.9},
        {"learning_rate": 0.1, "momentum": 0.5, "nesterov": True},
        {"nesterov": True},
    ],
    "Adam": [
        {},
        {"learning_rate": 0.1},
        {"learning_rate": 0.05, "beta_1": 0.5, "beta_2": 0.9},
        {"learning_rate": 0.05, "epsilon": 0.1},
    ],
}
FORMS = [(name, row) for name, rows in OPTIMIZERS.items() for row in [*rows, *(rows[2] | clipping for clipping in CLIPPINGS)]]


@pytest.mark.parametrize(("name", "arguments"), FORMS, ids=str)
def test_twenty_steps_lead_where_keras_s_lead(name, arguments):
    generator = np.random.default_rng(0)
    starts = [generator.normal(size=shape).astype("float32") for shape in SHAPES]
    mine, its = [Variable(start) for start in starts], [keras.Variable(start) for start in starts]
    ours, theirs = getattr(optimizers, name)(**arguments), getattr(keras.optimizers, name)(**arguments)
    for step in range(STEPS):
        scale = (0.01, 1.0, 3.0)[step % 3]  # some are clipped, some are not
        gradients = [(scale * generator.normal(size=shape)).astype("float32") for shape in SHAPES]
        ours.apply([gradient.copy() for gradient in gradients], mine)
        theirs.apply(gradients, its)
        for variable, other in zip(mine, its, strict=True):
            assert_close(variable.value, other, 1e-5, f"step {step}")
    assert ours.iterations == int(theirs.iterations) == STEPS


def test_adam_corrects_its_start_exactly_where_keras_rounds():
    mine, its = Variable([0.0]), keras.Variable([0.0])
    for k, variable in ((optimizers, mine), (keras.optimizers, its)):
        k.Adam(1.0, epsilon=1e-12).apply([np.ones(1, "float32")], [variable])
    assert abs(mine.value[0] + 1) < 1e-7  # the first step is the learning rate, for any gradient
    assert 1e-6 < abs(float(its[0]) + 1) < 1e-5  # 1 - 0.999 in float32


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_constraints_act_after_each_step_as_in_keras(name):
    start = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    bound = both(lambda k: k.constraints.MaxNorm(1.0))
    mine, its = Variable(start, constraint=bound[0]), keras.Variable(start)
    its.constraint = bound[1]
    ours, theirs = both(lambda k: getattr(k.optimizers, name)(0.1))
    for _ in range(5):
        ours.apply([start.copy()], [mine])
        theirs.apply([start], [its])
        assert_close(mine.value, its)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_learning_rate_may_change_between_steps_as_in_keras(name):
    start = np.ones((2, 2), "float32")
    mine, its = Variable(start), keras.Variable(start)
    ours, theirs = both(lambda k: getattr(k.optimizers, name)(0.1))
    for rate in (0.1, 0.01, 0.5):
        ours.learning_rate = theirs.learning_rate = rate
        ours.apply([start * rate], [mine])
        theirs.apply([start * rate], [its])
        assert_close(mine.value, its)


@pytest.mark.parametrize("name", ["sgd", "adam", "SGD", "Adam"])
def test_names_mean_what_they_mean_in_keras(name):
    ours, theirs = both(lambda k: k.optimizers.get(name))
    assert type(ours).__name__ == type(theirs).__name__
    assert theirs.name.startswith(ours.name)  # Keras numbers them


def test_every_optimizer_is_in_the_table():
    assert set(OPTIMIZERS) == set(ROOMS["optimizers"])
