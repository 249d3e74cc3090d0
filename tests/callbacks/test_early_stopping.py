import warnings

import pytest

from minidl import metrics, optimizers
from minidl.callbacks import EarlyStopping, ReduceLROnPlateau


class Model:
    """What EarlyStopping needs of a model; its weights are the number of epochs it has seen."""

    def __init__(self):
        self.weights, self.stop_training, self.metrics = 0, False, [metrics.Mean("loss"), metrics.Accuracy()]
        self.optimizer = optimizers.SGD()

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights


def run(stopping, values, key="val_loss", model=None):
    """Train on given figures (`None`: absent); the number of epochs run."""
    model = model or Model()
    model.stop_training = False
    stopping.set_model(model)
    stopping.on_train_begin()
    epoch = -1
    for epoch, value in enumerate(values):
        model.weights = epoch + 1
        stopping.on_epoch_end(epoch, {"loss": 0.0} | ({} if value is None else {key: value}))
        if model.stop_training:
            break
    stopping.on_train_end({})
    return epoch + 1


def test_training_stops_after_patience_epochs_without_improvement():
    stopping = EarlyStopping(patience=2)
    assert run(stopping, [5, 4, 4, 4.5, 3, 2]) == 4
    assert (stopping.best, stopping.best_epoch, stopping.stopped_epoch) == (4, 1, 3)
    assert run(EarlyStopping(), [5, 4, 4, 3]) == 3
    assert run(EarlyStopping(patience=2), [5, 4, 3, 2]) == 4


def test_an_improvement_of_min_delta_or_less_does_not_count():
    assert run(EarlyStopping(min_delta=0.5, patience=1), [5, 4.75, 4.5, 3]) == 2
    assert run(EarlyStopping(min_delta=-0.5, patience=2), [5, 4.75, 4.25, 4]) == 4
    assert run(EarlyStopping(min_delta=0.5, patience=1, mode="max"), [1, 1.5, 3], "val_loss") == 2


@pytest.mark.parametrize(("monitor", "epochs"), [("accuracy", 4), ("val_accuracy", 4), ("head_accuracy", 4), ("head_loss", 2)])
def test_auto_knows_the_direction_of_a_value(monitor, epochs):
    assert run(EarlyStopping(monitor), [0.5, 0.6, 0.7, 0.7, 0.8], monitor) == epochs


def test_auto_raises_an_error_for_an_unknown_direction():
    with pytest.raises(ValueError, match="cannot tell whether 'reward' should increase or decrease; pass mode=\"max\""):
        run(EarlyStopping("reward"), [1], "reward")
    assert run(EarlyStopping("reward", mode="max"), [1, 2, 2], "reward") == 3


def test_the_best_weights_are_restored():
    model = Model()
    run(EarlyStopping(patience=2, restore_best_weights=True), [5, 3, 4, 4], model=model)
    assert model.weights == 2
    run(EarlyStopping(patience=9, restore_best_weights=True), [5, 3, 4, 4], model=model)  # at the end of training too
    assert model.weights == 2
    run(EarlyStopping(patience=2), [5, 3, 4, 4], model=model)
    assert model.weights == 4


def test_the_best_weights_are_restored_even_if_none_beats_the_baseline():
    model = Model()
    stopping = EarlyStopping(patience=3, baseline=1.0, restore_best_weights=True)
    assert run(stopping, [5, 3, 4, 3.5, 3.2], model=model) == 3
    assert model.weights == 2
    assert run(EarlyStopping(patience=2, baseline=4.0), [5, 3, 3.5, 2, 2.5, 2.5]) == 6


def test_start_from_epoch_skips_the_first_epochs():
    stopping = EarlyStopping(start_from_epoch=3)
    assert run(stopping, [1, 2, 3, 4, 3, 3, 2]) == 6
    assert stopping.best == 3


def test_the_callback_can_be_used_again():
    stopping = EarlyStopping(patience=1)
    assert run(stopping, [1, 2, 3]) == 2
    assert run(stopping, [5, 4, 4]) == 3


def test_the_warning_for_a_missing_value_lists_the_existing_ones():
    with pytest.warns(
        UserWarning, match=r"monitors 'val_loss', which the logs do not have; they have loss; give fit validation"
    ):
        assert run(EarlyStopping(), [None, None]) == 2


@pytest.mark.parametrize("make", [EarlyStopping, ReduceLROnPlateau])
@pytest.mark.parametrize(
    ("monitor", "logs", "advice"),
    [
        ("val_acc", {"accuracy": 0, "loss": 0, "val_accuracy": 0, "val_loss": 0}, "did you mean 'val_accuracy'?"),
        ("val_los", {"loss": 0, "val_loss": 0}, "did you mean 'val_loss'?"),
        ("acc", {"accuracy": 0, "loss": 0}, "did you mean 'accuracy'?"),
        ("val_accuracy", {"accuracy": 0, "loss": 0}, "give fit validation_data or validation_split"),
        ("val_acc", {"accuracy": 0, "loss": 0}, "validation_split, and did you mean 'val_accuracy'?"),
    ],
)
def test_the_warning_for_a_misspelled_value_suggests_the_nearest(make, monitor, logs, advice):
    callback = make(monitor, mode="max")
    callback.set_model(Model())
    callback.on_train_begin()
    with pytest.warns(UserWarning, match="monitors") as caught:
        callback.on_epoch_end(0, logs)
    assert str(caught[0].message).endswith(advice)


def test_a_value_that_some_epochs_lack_gives_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run(EarlyStopping(patience=1), [3, None, 2, None, 2]) == 5


def test_verbose_prints_what_it_does(capsys):
    run(EarlyStopping(verbose=1, patience=1, restore_best_weights=True), [1, 2])
    assert capsys.readouterr().out == "Epoch 2: early stopping\nRestoring the weights of the best epoch: 1\n"
    run(EarlyStopping(patience=1, restore_best_weights=True), [1, 2])
    assert capsys.readouterr().out == ""


def test_its_arguments_survive_the_config():
    stopping = EarlyStopping("accuracy", -0.1, 3, mode="max", restore_best_weights=True)
    again = EarlyStopping.from_config(stopping.get_config())
    assert again.get_config() == stopping.get_config()
    with pytest.warns(UserWarning, match='mode to be "auto", "min" or "max", got \'up\''):
        assert EarlyStopping(mode="up").mode == "auto"
