"""Losses of outputs with masks, in `compute_loss`, in steps of the user's own and in direct calls, beside the real Keras."""

import numpy as np
import pytest

from tests.parity.comparing import assert_close, both, copy_random_weights

IDS = np.array([[1, 2, 3, 0], [4, 0, 0, 0], [1, 1, 2, 2], [3, 0, 2, 0]])
TARGETS = np.random.default_rng(0).normal(size=(4, 4, 1)).astype("float32")
WEIGHTS = np.array([[1.0], [0.5], [2.0], [0.0]], "float32")


def tagger(k, kind, **compiled):
    ids = k.Input((4,), dtype="int32")
    h = k.layers.Dense(4, "tanh")(k.layers.Embedding(5, 3, mask_zero=True)(ids))
    model = kind(ids, k.layers.Dense(1)(h))
    model.compile(k.optimizers.SGD(0.1), **compiled)
    return model


def own_loss(k):
    class Own(k.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return k.losses.MeanAbsoluteError()(y, y_pred, sample_weight=sample_weight)

    return tagger(k, Own)


def parents_loss(k):
    class Own(k.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return 2 * super().compute_loss(x, y, y_pred, sample_weight)

    return tagger(k, Own, loss="mse")


def function_without_mask(k):
    class Own(k.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return k.ops.mean(k.losses.mean_squared_error(y, y_pred))

    return tagger(k, Own)


@pytest.mark.parametrize("make", [own_loss, parents_loss, function_without_mask])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_losses_in_compute_loss_count_unmasked_steps_as_in_keras(make, weights):
    mine, its = both(make)
    copy_random_weights(mine, its, np.random.default_rng(1))
    for model in (mine, its):
        model.evaluated = model.evaluate(IDS, TARGETS, sample_weight=weights, verbose=0)
    assert_close(mine.evaluated, its.evaluated)
    ours, theirs = (
        model.fit(IDS, TARGETS, sample_weight=weights, epochs=3, batch_size=2, shuffle=False, verbose=0).history["loss"]
        for model in (mine, its)
    )
    assert_close(ours, theirs)
    for a, b in zip(mine.get_weights(), its.get_weights(), strict=True):
        assert_close(a, b)


def test_losses_of_direct_calls_count_unmasked_steps_as_in_keras():
    mine, its = both(lambda k: tagger(k, k.Model, loss="mse"))
    copy_random_weights(mine, its, np.random.default_rng(1))

    def run(k, model):
        y = model(IDS)
        loss = k.losses.MeanSquaredError()
        none = k.losses.MeanSquaredError(reduction="none")
        return [
            loss(TARGETS, y),
            loss(TARGETS, y, sample_weight=WEIGHTS),
            model.compute_loss(y=TARGETS, y_pred=y),
            none(TARGETS, y),
        ]

    (ours, theirs) = both(lambda k: run(k, mine if k.__name__ == "minidl" else its))
    for a, b in zip(ours, theirs, strict=True):
        assert_close(a, b)


def test_a_loss_inside_call_counts_unmasked_steps_as_in_keras():
    def make(k):
        class Judged(k.layers.Layer):
            def __init__(self):
                super().__init__()
                self.supports_masking = True

            def call(self, x):
                self.add_loss(k.losses.MeanSquaredError()(k.ops.zeros_like(x), x))
                return x

        ids = k.Input((4,), dtype="int32")
        h = k.layers.Dense(4, "tanh")(k.layers.Embedding(5, 3, mask_zero=True)(ids))
        model = k.Model(ids, Judged()(h))
        model.compile(k.optimizers.SGD(0.1))
        return model

    mine, its = both(make)
    copy_random_weights(mine, its, np.random.default_rng(1))
    ours, theirs = (model.fit(IDS, epochs=2, batch_size=2, shuffle=False, verbose=0).history["loss"] for model in (mine, its))
    assert_close(ours, theirs)


def test_a_weight_for_each_row_weighs_rows_where_keras_weighs_steps():
    mask, weights = IDS != 0, WEIGHTS[:, 0]
    x = mask[..., np.newaxis].astype("float32")
    mine, its = both(lambda k: float(k.losses.MeanSquaredError()(TARGETS, k.layers.Masking()(x), sample_weight=weights)))
    values = (TARGETS - x)[..., 0] ** 2 * mask
    assert_close(mine, (values * weights[:, np.newaxis]).sum() / mask.sum())
    assert_close(its, (values * weights).sum() / mask.sum())  # an error if there are not as many steps as rows
