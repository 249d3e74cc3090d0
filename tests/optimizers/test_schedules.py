"""Schedules: their shapes, what they refuse, and how optimizers follow them."""

import math
import pickle

import numpy as np
import pytest

import minidl
from minidl import Input, Sequential, Variable, callbacks
from minidl.layers import Dense
from minidl.optimizers import SGD, Adam
from minidl.optimizers.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    LearningRateSchedule,
    OneCycle,
    PiecewiseConstantDecay,
    PolynomialDecay,
)
from minidl.saving import register_keras_serializable


@register_keras_serializable(package="tests")
class Warmup(LearningRateSchedule):
    """A schedule as a user writes it."""

    def __init__(self, top, steps):
        self.top, self.steps = top, steps

    def __call__(self, step):
        return np.float32(self.top) * min(1.0, (step + 1) / self.steps)


def test_one_cycle_goes_up_and_down_once_along_two_half_cosines():
    rate = OneCycle(1.0, 100, warmup_share=0.25, start_factor=10.0, end_factor=100.0)
    rates = [rate(step) for step in range(130)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[25] == max(rates) == 1.0
    assert np.all(np.diff(rates[:26]) > 0)
    assert np.all(np.diff(rates[25:101]) < 0)
    assert rates[100:] == pytest.approx([0.001] * 30)
    assert rates[12] == pytest.approx(0.1 + 0.9 * (1 - math.cos(math.pi * 12 / 25)) / 2)
    assert OneCycle(1.0, 10, warmup_share=0.0)(0) == 1.0
    assert OneCycle(1.0, 10, warmup_share=1.0)(20) == pytest.approx(1.0 / 25 / 1e4)


def test_an_optimizer_takes_each_batchs_rate_from_its_schedule():
    optimizer, w = SGD(ExponentialDecay(1.0, 1, 0.5)), Variable([0.0], dtype="float64")
    walked = []
    for _ in range(4):
        before = w.numpy()
        optimizer.apply([np.ones(1)], [w])
        walked.append(float(before[0] - w.value[0]))
    assert walked == [1.0, 0.5, 0.25, 0.125]
    assert optimizer.learning_rate == 0.0625


def test_a_users_schedule_is_followed_and_saved_with_the_model(tmp_path):
    x, y = np.random.default_rng(0).normal(size=(16, 3)), np.ones((16, 1))
    model = Sequential([Input((3,)), Dense(1)])
    model.compile(Adam(Warmup(0.1, steps=8)), "mse")
    model.fit(x, y, batch_size=4, verbose=0)
    assert model.optimizer.learning_rate == pytest.approx(0.1 * 5 / 8)
    model.save(tmp_path / "model.safetensors")
    for twin in (minidl.load_model(tmp_path / "model.safetensors"), pickle.loads(pickle.dumps(model))):
        assert twin.optimizer.learning_rate == model.optimizer.learning_rate
        assert repr(twin.optimizer) == repr(model.optimizer) == "Adam(learning_rate=Warmup(top=0.1, steps=8))"


def test_the_learning_rate_may_be_read_and_set_while_training():
    seen = []

    class Halve(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen.append(float(self.model.optimizer.learning_rate))
            self.model.optimizer.learning_rate *= 0.5

    model = Sequential([Input((3,)), Dense(1)])
    model.compile(SGD(0.1), "mse")
    model.fit(np.ones((4, 3)), np.ones((4, 1)), epochs=3, verbose=0, callbacks=[Halve()])
    assert seen == [0.1, 0.05, 0.025]
    assert model.optimizer.get_config()["learning_rate"] == 0.0125


def test_a_number_does_not_replace_a_schedule():
    optimizer = SGD(CosineDecay(0.1, 10))
    with pytest.raises(
        TypeError, match=r"SGD follows CosineDecay\(.*\), so its learning rate cannot be set to 0.3; make it with"
    ):
        optimizer.learning_rate = 0.3
    optimizer.learning_rate = InverseTimeDecay(0.3, 10, 0.5)
    assert optimizer.learning_rate == 0.3


def test_a_schedule_that_returns_no_number_raises_an_error():
    with pytest.raises(
        ValueError, match=r"SGD expects the result of Warmup\(top=-1.0, steps=3\) to be a finite number of at least 0, got"
    ):
        SGD(Warmup(-1.0, 3))
    with pytest.raises(TypeError, match="LearningRateSchedule defines no __call__"):
        LearningRateSchedule()(0)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: ExponentialDecay(-0.1, 10, 0.5), r"initial_learning_rate to be a number of at least 0, got -0.1"),
        (lambda: ExponentialDecay(0.1, 0, 0.5), "decay_steps to be a positive integer, got 0"),
        (lambda: CosineDecay(0.1, 2.5), "decay_steps to be a positive integer, got 2.5"),
        (lambda: CosineDecayRestarts(0.1, 10, t_mul=0.5), r"t_mul to be a number of at least 1, got 0.5"),
        (lambda: OneCycle(0.1, 10, warmup_share=2), r"warmup_share to be a number in \[0, 1\], got 2"),
        (lambda: PiecewiseConstantDecay([1, 2], [0.1, 0.2]), "one value more than boundaries, got 2 boundaries and 2 values"),
        (lambda: PiecewiseConstantDecay([2, 1], [0.1, 0.2, 0.3]), r"boundaries in increasing order, got \[2, 1\]"),
        (lambda: PiecewiseConstantDecay([1], [0.1, -0.2]), r"values\[1\] to be a number of at least 0, got -0.2"),
        (lambda: PolynomialDecay(0.1, 10, end_learning_rate=None), "end_learning_rate to be a number"),
    ],
)
def test_bad_arguments_raise_an_error(make, match):
    with pytest.raises(ValueError, match=match):
        make()


def test_whole_floats_are_accepted_as_steps():
    assert CosineDecay(0.1, 10.0)(5) == CosineDecay(0.1, 10)(5)
