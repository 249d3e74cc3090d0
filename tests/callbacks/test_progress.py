import copy
import pickle
import re
import sys
import time

import pytest

from minidl.callbacks import ProgressBar, choose_mode


def train(progress, epochs=2, steps=5, announced=True, slow=None):
    """What `fit` calls; the batch with the number `slow` takes longer than the time between two drawings of a bar."""
    progress.set_params({"epochs": epochs, "steps": steps if announced else None, "verbose": 1})
    progress.on_train_begin()
    for epoch in range(epochs):
        progress.on_epoch_begin(epoch)
        for step in range(steps):
            progress.on_train_batch_begin(step)
            time.sleep(0.11 if step == slow else 0.0)
            progress.on_train_batch_end(step, {"loss": 0.25, "accuracy": 0.9})
        progress.on_epoch_end(epoch, {"loss": 0.25, "val_loss": 2e-5, "accuracy": 0.9})
    progress.on_train_end()


def test_lines_are_one_an_epoch(capsys):
    train(ProgressBar("lines"))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert re.fullmatch(r"Epoch 2/2 - \d+\.\ds - accuracy: 0\.9000 - loss: 0\.2500 - val_loss: 2\.0000e-05", lines[1])


def test_a_bar_goes_and_its_line_stays(capsys):
    train(ProgressBar("bar"))
    last = capsys.readouterr().out.split("\r")[-1]
    assert re.fullmatch(r"Epoch 2/2 - .*accuracy: 0\.9000 - loss: 0\.2500 - val_loss: 2\.0000e-05\n", last)


@pytest.mark.parametrize("announced", [True, False])
def test_a_bar_shows_the_values_so_far(capsys, announced):
    train(ProgressBar("bar"), epochs=1, announced=announced, slow=2)
    shown = capsys.readouterr().out
    assert ("3/5" if announced else "3step") in shown
    assert "accuracy: 0.9000 - loss: 0.2500" in shown


def test_a_bar_draws_seldom_when_batches_are_quick(capsys):
    train(ProgressBar("bar"), steps=500)
    assert capsys.readouterr().out.count("\r") < 20


def test_what_verbose_means(monkeypatch):
    assert [choose_mode(verbose) for verbose in (0, 1, 2, False, True)] == [None, "bar", "lines", None, "bar"]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert choose_mode("auto") == "bar"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    assert choose_mode("auto") == "lines"
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    assert choose_mode("auto") == "bar"
    with pytest.raises(ValueError, match="verbose is 0"):
        choose_mode(3)


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match='mode to be "bar" or "lines"'):
        ProgressBar("loud")


def test_a_bar_can_be_copied_while_it_shows(capsys):
    progress = ProgressBar("bar")
    progress.set_params({"epochs": 1, "steps": 2})
    progress.on_epoch_begin(0)
    for other in (copy.deepcopy(progress), pickle.loads(pickle.dumps(progress))):
        assert other.mode == "bar"
    progress.on_train_end()
