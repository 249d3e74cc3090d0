import copy

import numpy as np
import pytest

from minidl import Input, Sequential, layers
from minidl.callbacks import History


def test_history_keeps_the_logs_of_every_epoch():
    history = History()
    history.on_train_begin()
    history.on_epoch_end(0, {"loss": 2.0})
    history.on_epoch_end(1, {"loss": 1.0, "val_loss": 3.0})
    assert history.history == {"loss": [2.0, 1.0], "val_loss": [3.0]}
    assert history.epoch == [0, 1]
    assert repr(history) == "<History of 2 epochs, loss: 2.0000 -> 1.0000, val_loss: 3.0000 -> 3.0000>"
    assert repr(History()) == "<History of 0 epochs>"
    assert copy.deepcopy(history).history == history.history


def test_a_second_run_starts_its_epochs_again_as_in_keras():
    history = History()
    for _ in range(2):
        history.on_train_begin()
        history.on_epoch_end(0, {"loss": 2.0})
    assert history.epoch == [0]
    assert history.history == {"loss": [2.0, 2.0]}


@pytest.mark.parametrize(
    ("options", "trained", "judged"),
    [
        ({"epochs": 8, "initial_epoch": 4, "validation_freq": 2}, [5, 6, 7, 8], [6, 8]),
        ({"epochs": 8, "validation_freq": [1, 7]}, [1, 2, 3, 4, 5, 6, 7, 8], [1, 7]),
    ],
)
def test_curves_are_drawn_at_the_epochs_of_their_values(options, trained, judged):
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(20, 3))
    figure = model.fit(x, x[:, :1], validation_split=0.2, verbose=0, **options).plot()
    assert [list(line.get_xdata()) for line in figure.axes[0].lines] == [trained, judged]


def test_a_manually_filled_history_is_drawn_from_the_first_epoch_on():
    history = History()
    history.history = {"loss": [3.0, 2.0]}
    assert list(history.plot().axes[0].lines[0].get_xdata()) == [1, 2]


@pytest.mark.parametrize("count", [1, 2, 3, 40])
def test_ticks_are_whole_epochs(count):
    history = History()
    history.history = {"loss": [*range(count)]}
    axes = history.plot().axes[0]
    shown = [tick for tick in axes.get_xticks() if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]]
    assert shown
    assert all(tick == round(tick) for tick in shown)


def test_a_metric_with_several_values_has_a_curve_with_a_name_for_each():
    history = History()
    for epoch in range(3):
        history.on_epoch_end(epoch, {"f1_score": np.array([0.25, 0.5]) + epoch, "loss": 1.0})
    lines = history.plot().axes[1].lines
    assert [line.get_label() for line in lines] == ["training_0", "training_1"]
    assert [list(line.get_ydata()) for line in lines] == [[0.25, 1.25, 2.25], [0.5, 1.5, 2.5]]
