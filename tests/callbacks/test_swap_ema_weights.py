"""`SwapEMAWeights`: the averages are in the weights only during evaluation."""

import numpy as np
import pytest

from minidl import Input, Sequential, layers, optimizers
from minidl.callbacks import Callback, EarlyStopping, ModelCheckpoint, SwapEMAWeights

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def compiled(**options):
    model = Sequential([Input((3,)), layers.Dense(2), layers.BatchNormalization(), layers.Dense(1)])
    model.compile(optimizers.SGD(0.1, **options), "mse")
    return model


def averages(model):
    return [model.optimizer.slots(variable)["average"].copy() for variable in model.trainable_weights]


def test_training_continues_as_if_nothing_had_been_swapped():
    ends = []
    for callbacks in ([], [SwapEMAWeights()], [SwapEMAWeights(swap_on_epoch=True)]):
        model = compiled(use_ema=True)
        model.set_weights([np.full_like(value, 0.5) for value in model.get_weights()])
        model.fit(X, Y, epochs=3, batch_size=5, shuffle=False, verbose=0, validation_split=0.2, callbacks=callbacks)
        ends.append(np.concatenate([np.ravel(value) for value in model.get_weights()]))
    np.testing.assert_array_equal(ends[0], ends[1])
    np.testing.assert_array_equal(ends[0], ends[2])


def test_a_training_that_stops_early_ends_with_the_averages():
    model = compiled(use_ema=True)
    callbacks = [SwapEMAWeights(swap_on_epoch=True), EarlyStopping("loss", patience=0, min_delta=100.0)]
    assert len(model.fit(X, Y, epochs=9, verbose=0, callbacks=callbacks).epoch) < 9
    for variable, average in zip(model.trainable_weights, averages(model), strict=True):
        np.testing.assert_array_equal(variable.value, average)


def test_a_checkpoint_after_it_contains_the_averages(tmp_path):
    model = compiled(use_ema=True)
    kept = ModelCheckpoint(tmp_path / "{epoch}.safetensors", save_weights_only=True)
    model.fit(X, Y, epochs=2, batch_size=5, verbose=0, callbacks=[SwapEMAWeights(swap_on_epoch=True), kept])
    other = compiled()
    other.load_weights(tmp_path / "2.safetensors")
    for variable, average in zip(other.trainable_weights, averages(model), strict=True):
        np.testing.assert_array_equal(variable.value, average)


class Interrupting(Callback):
    """Ctrl-C when a hook is called for the n-th time; it notes the weights before each batch."""

    def __init__(self, hook, at):
        setattr(self, hook, self.count)
        self.left = at

    def on_train_batch_end(self, batch, logs=None):
        self.weights = self.model.get_weights()

    def count(self, *_):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def interrupted(hook, swap_on_epoch=True):
    """A model in which the averages stand; the callback; and the weights that training had."""
    model, swap, cut = compiled(use_ema=True), SwapEMAWeights(swap_on_epoch), Interrupting(hook, 2)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=3, batch_size=5, verbose=0, validation_split=0.2, callbacks=[swap, cut])
    return model, swap, cut.weights


def same(weights, others):
    return all(np.array_equal(one, other) for one, other in zip(weights, others, strict=True))


def test_evaluation_after_fit_keeps_the_final_averages_in_the_model():
    model, swap = compiled(use_ema=True), SwapEMAWeights(swap_on_epoch=True)
    model.fit(X, Y, epochs=2, batch_size=5, verbose=0, validation_split=0.2, callbacks=[swap])
    before = model.get_weights()
    model.evaluate(X, Y, verbose=0, callbacks=[swap])
    model.predict(X, callbacks=[swap])
    assert same(model.get_weights(), before)


@pytest.mark.parametrize("hook", ["on_epoch_end", "on_test_batch_end"])
def test_training_weights_are_restored_after_ctrl_c(hook):
    for judged in (False, True):
        model, swap, weights = interrupted(hook)
        assert not same(model.get_weights(), weights)
        if judged:
            model.evaluate(X, Y, verbose=0, callbacks=[swap])
        else:
            seen = Interrupting("on_train_batch_begin", 1)
            with pytest.raises(KeyboardInterrupt):
                model.fit(X, Y, verbose=0, callbacks=[swap, seen])
        assert same(model.get_weights(), weights)


def test_weights_set_after_ctrl_c_are_kept():
    model, swap, _ = interrupted("on_epoch_end")
    given = [np.full_like(value, 0.25) for value in model.get_weights()]
    model.set_weights(given)
    model.evaluate(X, Y, verbose=0, callbacks=[swap])
    assert same(model.get_weights(), given)


def test_weights_are_restored_to_the_model_they_belong_to():
    model, swap, weights = interrupted("on_epoch_end")
    other = compiled(use_ema=True)
    other.fit(X, Y, verbose=0)
    other.evaluate(X, Y, verbose=0, callbacks=[swap])
    assert same(model.get_weights(), weights)


def test_before_the_first_step_nothing_happens():
    model = compiled(use_ema=True)
    np.testing.assert_array_equal(model.predict(X, callbacks=[SwapEMAWeights()]), model.predict(X))


def test_an_optimizer_without_averages_raises_an_error_before_training():
    model = compiled()
    before = model.predict(X)
    with pytest.raises(
        ValueError, match=r"needs an optimizer that averages the weights, got SGD\(.*; make it with use_ema=True"
    ):
        model.fit(X, Y, verbose=0, callbacks=[SwapEMAWeights()])
    np.testing.assert_array_equal(model.predict(X), before)
