import copy

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


def test_a_second_run_starts_its_epochs_anew_as_in_keras():
    history = History()
    for _ in range(2):
        history.on_train_begin()
        history.on_epoch_end(0, {"loss": 2.0})
    assert history.epoch == [0]
    assert history.history == {"loss": [2.0, 2.0]}
