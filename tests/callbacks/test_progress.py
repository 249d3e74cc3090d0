import copy
import pickle
import re
import sys
import time

import numpy as np
import pytest

from minidl import Input, Sequential
from minidl.callbacks import ProgressBar, choose_mode
from minidl.callbacks.step_progress import StepProgress
from minidl.layers import Conv2D, Dense, Flatten
from tests.printed import printed_lines


def train(progress, epochs=2, steps=5, known=True, slow=None):
    """What `fit` calls; the batch with the number `slow` takes longer than the time between two drawings of a bar."""
    progress.set_params({"epochs": epochs, "steps": steps if known else None, "verbose": 1})
    progress.on_train_begin()
    for epoch in range(epochs):
        progress.on_epoch_begin(epoch)
        for step in range(steps):
            progress.on_train_batch_begin(step)
            time.sleep(0.11 if step == slow else 0.0)
            progress.on_train_batch_end(step, {"loss": 0.25, "accuracy": 0.9})
        progress.on_epoch_end(epoch, {"loss": 0.25, "val_loss": 2e-5, "accuracy": 0.9})
    progress.on_train_end()


def test_one_line_is_printed_per_epoch(capsys):
    train(ProgressBar("lines"))
    lines = printed_lines(capsys)
    assert len(lines) == 2
    assert re.fullmatch(r"Epoch 2/2 - \d+\.\ds - accuracy: 0\.9000 - loss: 0\.2500 - val_loss: 2\.0000e-05", lines[1])


def test_a_bar_is_replaced_by_the_line_of_its_epoch(capsys):
    train(ProgressBar("bar"))
    last = printed_lines(capsys)[-1]
    assert re.fullmatch(r"Epoch 2/2 - .*accuracy: 0\.9000 - loss: 0\.2500 - val_loss: 2\.0000e-05", last)


@pytest.mark.parametrize("known", [True, False])
def test_a_bar_shows_the_values_so_far(capsys, known):
    train(ProgressBar("bar"), epochs=1, known=known, slow=2)
    shown = capsys.readouterr().out
    assert ("3/5" if known else "3step") in shown
    assert "accuracy: 0.9000 - loss: 0.2500" in shown


def test_a_bar_is_updated_at_most_ten_times_a_second(capsys):
    train(ProgressBar("bar"), steps=500)
    assert capsys.readouterr().out.count("\r") < 20


def test_verbose_chooses_the_mode(monkeypatch):
    assert [choose_mode(verbose) for verbose in (0, 1, 2, False, True)] == [None, "bar", "lines", None, "bar"]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert choose_mode("auto") == "bar"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    assert choose_mode("auto") == "lines"
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    assert choose_mode("auto") == "bar"
    with pytest.raises(ValueError, match="verbose is 0"):
        choose_mode(3)


def test_an_unknown_mode_raises_an_error():
    with pytest.raises(ValueError, match='mode to be "bar" or "lines"'):
        ProgressBar("loud")


def test_a_bar_can_be_copied_while_it_shows(capsys):
    progress = ProgressBar("bar")
    progress.set_params({"epochs": 1, "steps": 2})
    progress.on_epoch_begin(0)
    for other in (copy.deepcopy(progress), pickle.loads(pickle.dumps(progress))):
        assert other.mode == "bar"
    progress.on_train_end()


def judged(terminal, monkeypatch, verbose, work):
    """What `evaluate` or `predict` prints, on a terminal or not."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    model = Sequential([Input((2,)), Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    return getattr(model, work)(np.ones((70, 2)), *([np.ones(70)] if work == "evaluate" else []), batch_size=32, **verbose)


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("verbose", [{}, {"verbose": "auto"}, {"verbose": 1}, {"verbose": 2}])
def test_evaluate_and_predict_end_with_a_line_of_steps_and_result(capsys, monkeypatch, terminal, verbose):
    judged(terminal, monkeypatch, verbose, "evaluate")
    assert re.fullmatch(r"3/3 - \d+\.\ds - loss: \d+\.\d{4} - mae: \d+\.\d{4}\n", capsys.readouterr().out)
    judged(terminal, monkeypatch, verbose, "predict")
    assert re.fullmatch(r"3/3 - \d+\.\ds\n", capsys.readouterr().out)


def test_evaluate_and_predict_are_silent_with_verbose_0_and_raise_an_error_for_other_values(capsys, monkeypatch):
    for work in ("evaluate", "predict"):
        judged(True, monkeypatch, {"verbose": 0}, work)
        with pytest.raises(ValueError, match="verbose is 0"):
            judged(True, monkeypatch, {"verbose": 3}, work)
    assert capsys.readouterr().out == ""


def test_a_long_evaluation_or_prediction_shows_a_bar_with_the_values_so_far(capsys):
    for begin, step, end, logs in (
        ("on_test_begin", "on_test_batch_end", "on_test_end", {"loss": 0.25}),
        ("on_predict_begin", "on_predict_batch_end", "on_predict_end", {"outputs": np.ones(3)}),
    ):
        progress = StepProgress("bar")
        progress.set_params({"steps": 4})
        getattr(progress, begin)()
        for number in range(4):
            time.sleep(0.11 if number == 2 else 0.0)
            getattr(progress, step)(number, logs)
        getattr(progress, end)({"loss": 0.25} if "test" in end else None)
        shown = capsys.readouterr().out
        assert "3/4" in shown
        assert ("loss: 0.2500" in shown) == ("test" in end)
        assert re.fullmatch(r"4/4 - 0\.\ds( - loss: 0\.2500)?\n", shown.split("\r")[-1])


def test_a_prediction_on_several_threads_counts_its_batches(capsys):
    model = Sequential([Input((6, 6, 1)), Conv2D(2, 3), Flatten(), Dense(1)])
    x = np.random.default_rng(0).normal(size=(50, 6, 6, 1))
    np.testing.assert_array_equal(model.predict(x, batch_size=4, verbose=2), model.predict(x, batch_size=4, verbose=0))
    assert re.fullmatch(r"13/13 - \d+\.\ds\n", capsys.readouterr().out)


def test_a_validation_inside_fit_prints_no_line_of_its_own(capsys):
    model = Sequential([Input((2,)), Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((8, 2)), np.ones(8), validation_split=0.5, verbose=2)
    assert len(printed_lines(capsys)) == 1
