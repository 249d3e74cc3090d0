"""`fit`, `evaluate` and `predict` with all kinds of arguments."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from minidl import Input, Model, Sequential, callbacks, layers, metrics, optimizers
from minidl.layers import Dense
from minidl.layers.traversal import weight_paths
from minidl.utils import PyDataset
from tests.printed import printed_lines

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 5)).astype(np.float32)
LABELS = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
NUMBERS = X @ np.arange(5.0)


def network(last=None, loss="sparse_categorical_crossentropy", **options):
    model = Sequential([Input((5,)), Dense(6, activation="tanh"), last or Dense(3, activation="softmax")])
    if loss is not None:
        model.compile("adam", loss, **options)
    return model


def twins(**options):
    """Two compiled models of equal weights that see the rows in order."""
    one, other = network(**options), network(**options)
    other.set_weights(one.get_weights())
    return one, other


def fit(model, x=X, y=LABELS, **options):
    return model.fit(x, y, **({"batch_size": 8, "shuffle": False, "verbose": 0} | options))


def assert_equal_weights(one, other):
    for mine, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize(
    "form",
    [lambda x: x.tolist(), lambda x: x.astype(np.float64), scipy.sparse.csr_matrix, scipy.sparse.coo_array, lambda x: [x]],
)
def test_all_forms_of_the_same_data_train_in_the_same_way(form):
    one, other = twins()
    fit(one)
    fit(other, form(X), pd.Series(LABELS))
    assert_equal_weights(one, other)
    np.testing.assert_array_equal(one.predict(X), other.predict(form(X)))


@pytest.mark.parametrize("form", [pd.DataFrame, np.asfortranarray])
def test_data_in_column_order_trains_in_the_same_way_up_to_rounding(form):
    # BLAS multiplies a matrix that is stored by columns by another routine, whose sums may have another order.
    one, other = twins()
    fit(one)
    fit(other, form(X), pd.Series(LABELS))
    for mine, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(one.predict(X), other.predict(form(X)), rtol=1e-4, atol=1e-6)


def test_a_memory_map_trains_like_an_array(tmp_path):
    np.save(tmp_path / "x.npy", X)
    one, other = twins()
    fit(one)
    fit(other, np.load(tmp_path / "x.npy", mmap_mode="r"))
    assert_equal_weights(one, other)


def test_integers_are_computed_as_floats():
    model = network(loss=None)
    assert model.predict(np.arange(10).reshape(2, 5)).dtype == np.float32


class Batches:
    """A re-iterable of batches, as a data loader is one."""

    def __init__(self, *extra):
        self.extra = extra

    def __iter__(self):
        for start in range(0, 40, 8):
            rows = slice(start, start + 8)
            yield X[rows], LABELS[rows], *(part[rows] for part in self.extra)


def test_an_iterable_of_batches_trains_like_arrays():
    one, other = twins()
    first, second = fit(one, epochs=2), fit(other, Batches(), None, epochs=2)
    assert_equal_weights(one, other)
    assert first.history == second.history
    assert one.evaluate(X, LABELS, batch_size=8) == other.evaluate(Batches())
    np.testing.assert_array_equal(one.predict(X, batch_size=8), other.predict(Batches()))


def test_an_iterable_may_contain_weights_and_is_checked_batch_by_batch():
    one, other = twins()
    weights = np.linspace(0, 1, 40)
    fit(one, sample_weight=weights)
    fit(other, Batches(weights), None)
    assert_equal_weights(one, other)
    with pytest.raises(ValueError, match="labels"):
        fit(other, [(X, LABELS + 5)].__iter__(), None, steps_per_epoch=1)


def test_a_generator_continues_from_epoch_to_epoch():
    def endless():
        while True:
            yield from Batches()

    one, other = twins()
    fit(one, epochs=3)
    fit(other, endless(), None, epochs=3, steps_per_epoch=5)
    assert_equal_weights(one, other)


def test_a_generator_that_ends_too_early_gives_a_warning():
    with pytest.raises(ValueError, match="no batch in epoch 2"):
        fit(network(), iter(list(Batches())), None, epochs=2)


def test_steps_per_epoch_shortens_epochs_and_the_next_one_continues():
    one, other = twins()
    fit(one, epochs=2, batch_size=10)
    history = fit(other, epochs=4, batch_size=10, steps_per_epoch=2)
    assert int(other.optimizer.iterations) == int(one.optimizer.iterations) == 8
    assert len(history.history["loss"]) == 4
    assert_equal_weights(one, other)


def test_validation_rows_are_the_last_and_are_not_trained_on():
    one, other = twins(metrics=["accuracy"])
    history = fit(one, validation_split=0.25, epochs=2)
    again = fit(other, X[:30], LABELS[:30], validation_data=(X[30:], LABELS[30:]), epochs=2)
    assert history.history == again.history
    assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert_equal_weights(one, other)
    loss, accuracy = one.evaluate(X[30:], LABELS[30:])
    assert history.history["val_loss"][-1] == pytest.approx(loss)
    assert history.history["val_accuracy"][-1] == accuracy


def test_validation_freq_and_validation_steps_are_used():
    history = fit(network(), validation_split=0.5, validation_freq=2, epochs=4)
    assert len(history.history["val_loss"]) == 2
    history = fit(network(), validation_data=Batches(), validation_steps=2, epochs=1)
    assert len(history.history["val_loss"]) == 1


def test_a_row_of_weight_zero_has_no_effect_and_one_of_weight_two_counts_twice():
    one, other = twins()
    weights = np.repeat([2.0, 0.0], 20)
    fit(one, sample_weight=weights, batch_size=40)
    fit(other, X[:20], LABELS[:20], batch_size=20)
    for mine, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)


def test_class_weights_are_sample_weights_by_class():
    one, other = twins()
    weight = {0: 3.0, 2: 0.5}
    fit(one, class_weight=weight)
    fit(other, sample_weight=np.array([weight.get(label, 1.0) for label in LABELS]))
    assert_equal_weights(one, other)


def test_class_weights_do_not_weigh_the_rows_of_a_validation_split():
    one, other = twins()
    for model, held_out in ((one, {"validation_split": 0.25}), (other, {"validation_data": (X[30:], LABELS[30:])})):
        rows = slice(None) if model is one else slice(0, 30)
        history = fit(model, X[rows], LABELS[rows], class_weight={0: 3.0, 2: 0.5}, **held_out)
        if model is one:
            expected = history.history
    assert history.history == expected
    assert_equal_weights(one, other)


def test_zero_epochs_give_an_empty_history_and_do_not_change_the_weights():
    model, other = twins()
    seen = []
    begin, end = lambda logs: seen.append("begin"), lambda logs: seen.append("end")
    hooks = callbacks.LambdaCallback(on_train_begin=begin, on_train_end=end)
    for given in ({"epochs": 0}, {"epochs": 2, "initial_epoch": 2}, {"epochs": 0, "validation_split": 0.5}):
        history = model.fit(X, LABELS, verbose=0, callbacks=[hooks], **given)
        assert (history.history, history.epoch, seen) == ({}, [], ["begin", "end"])
        seen.clear()
    assert_equal_weights(model, other)
    for wrong in (-1, 1.0, True, "3"):
        with pytest.raises(ValueError, match="fit expects epochs to be an integer of at least 0"):
            model.fit(X, LABELS, epochs=wrong, verbose=0)


def test_a_model_that_averages_its_weights_keeps_them_when_there_are_no_epochs():
    model = Sequential([Input((2,)), Dense(1)])
    model.compile(optimizers.SGD(0.1, use_ema=True), "mse")
    before = model.get_weights()
    model.fit(np.ones((4, 2)), np.ones(4), epochs=0, verbose=0)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_shuffling_uses_every_row_once_per_epoch_in_a_new_order():
    seen = []

    class Watch(Model):
        def train_step(self, data):
            seen.append(data[0][:, 0].copy())
            return super().train_step(data)

    start = Input((1,))
    model = Watch(start, Dense(1)(start))
    model.compile("sgd", "mse")
    rows = np.arange(20.0)[:, np.newaxis]
    model.fit(rows, rows, batch_size=7, epochs=2, verbose=0)
    first, second = np.concatenate(seen[:3]), np.concatenate(seen[3:])
    assert sorted(first) == sorted(second) == list(range(20))
    assert (first != second).any()


def test_fit_without_compile_chooses_and_says_so(capsys):
    for last, y, loss in (
        (Dense(3, activation="softmax"), LABELS, "sparse_categorical_crossentropy"),
        (Dense(3, activation="softmax"), np.eye(3)[LABELS], "categorical_crossentropy"),
        (Dense(1, activation="sigmoid"), LABELS > 0, "binary_crossentropy"),
        (Dense(1), NUMBERS, "mean_squared_error"),
    ):
        model = network(last, loss=None)
        history = model.fit(X, y, epochs=3, verbose=2)
        said = capsys.readouterr().out.splitlines()[0]
        assert loss in said
        assert "adam" in said
        assert model.loss == loss
        assert ("accuracy" in history.history) == (loss != "mean_squared_error")


def test_verbose_zero_prints_nothing(capsys):
    network(loss=None).fit(X, LABELS, verbose=0)
    assert capsys.readouterr().out == ""


def test_one_line_per_epoch_is_printed_without_a_terminal(capsys):
    fit(network(metrics=["accuracy"]), epochs=3, verbose="auto", validation_split=0.2)
    lines = printed_lines(capsys)
    assert len(lines) == 3
    assert lines[1].startswith("Epoch 2/3")
    assert "val_accuracy" in lines[1]


def test_callbacks_are_called_in_order():
    heard = []

    class Listen(callbacks.Callback):
        def on_train_begin(self, logs=None):
            heard.append("train begins")

        def on_epoch_begin(self, epoch, logs=None):
            heard.append(f"epoch {epoch}")

        def on_train_batch_end(self, batch, logs=None):
            heard.append(f"batch {batch}")
            assert logs["loss"] > 0

        def on_test_end(self, logs=None):
            heard.append("judged")

        def on_epoch_end(self, epoch, logs=None):
            heard.append(sorted(logs))

        def on_train_end(self, logs=None):
            heard.append("train ends")

    fit(network(), batch_size=20, validation_data=(X, LABELS), callbacks=Listen())
    assert heard == ["train begins", "epoch 0", "batch 0", "batch 1", "judged", ["loss", "val_loss"], "train ends"]


def test_a_callback_can_stop_the_training():
    class Stop(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    assert len(fit(network(), epochs=9, callbacks=[Stop()]).history["loss"]) == 2


def test_early_stopping_restores_the_best_weights():
    model = network()
    stop = callbacks.EarlyStopping(monitor="loss", patience=2, restore_best_weights=True, min_delta=10.0)
    before = fit(model).history["loss"]
    weights = model.get_weights()
    history = fit(model, epochs=9, callbacks=[stop])
    assert len(before) == 1
    assert len(history.history["loss"]) == 3
    assert any((a != b).any() for a, b in zip(weights, model.get_weights(), strict=True))


def test_a_custom_train_step_is_used_and_its_logs_are_kept():
    class Scaled(Model):
        def train_step(self, data):
            x, y = data
            logs = super().train_step((x * 2, y))
            return {"loss": logs["loss"], "rows": float(len(x))}

    start = Input((5,))
    model = Scaled(start, Dense(3, activation="softmax")(start))
    model.compile("adam", "sparse_categorical_crossentropy")
    assert fit(model).history["rows"] == [8.0]


def test_a_model_subclass_with_forward_and_backward_trains():
    class Residual(Model):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.inner, self.head = Dense(units, activation="tanh"), Dense(3, activation="softmax")

        def build(self, input_shape):
            self.inner.build_for(input_shape)
            self.head.build_for(input_shape)

        def forward(self, x, training=False):
            h, inner = self.inner.forward(x, training)
            y, head = self.head.forward(x + h, training)
            return y, (inner, head)

        def backward(self, dy, cache):
            inner, head = cache
            dsum = self.head.backward(dy, head)
            return dsum + self.inner.backward(dsum, inner)

    model = Residual(5)
    model.compile(optimizers.Adam(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = fit(model, epochs=20)
    assert history.history["loss"][-1] < 0.7 * history.history["loss"][0]
    assert model.predict(X).shape == (40, 3)
    assert sorted(model.gradients(X, LABELS))[0].startswith("dense")


def two_headed():
    start = Input((5,))
    body = Dense(6, activation="tanh")(start)
    model = Model(start, {"kind": Dense(3, "softmax", name="kind")(body), "size": Dense(1, name="size")(body)})
    return model


def test_several_outputs_have_losses_weights_and_metrics_of_their_own():
    model = two_headed()
    model.compile(
        "adam",
        {"kind": "sparse_categorical_crossentropy", "size": "mse"},
        loss_weights={"size": 0.1},
        metrics={"kind": ["accuracy"], "size": ["mae"]},
    )
    targets = {"size": NUMBERS, "kind": LABELS}
    history = fit(model, X, targets, epochs=2)
    assert list(history.history) == ["kind_accuracy", "kind_loss", "loss", "size_loss", "size_mae"]
    logs = model.evaluate(X, targets, return_dict=True)
    assert logs["loss"] == pytest.approx(logs["kind_loss"] + 0.1 * logs["size_loss"], rel=1e-5)
    assert set(model.predict(X)) == {"kind", "size"}
    with pytest.raises(ValueError, match="color"):
        model.compile("adam", {"color": "mse"})


def test_evaluating_and_predicting_change_nothing():
    model = Sequential([Input((5,)), layers.BatchNormalization(), layers.Dropout(0.5), Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    fit(model)
    before, drawn = model.get_weights(), [g.bit_generator.state for g in model.generators]
    assert model.evaluate(X, LABELS) == model.evaluate(X, LABELS)
    np.testing.assert_array_equal(model.predict(X), model.predict(X))
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    assert drawn == [g.bit_generator.state for g in model.generators]


def test_the_loss_includes_weight_regularizers_once_even_for_a_shared_layer():
    start = Input((5,))
    shared = Dense(5, kernel_regularizer="l2")
    model = Model(start, shared(shared(start)))
    model.compile(optimizers.SGD(0.0), "mse")
    plain = np.mean((model.predict(X) - X) ** 2)
    penalty = 0.01 * np.square(shared.kernel.value).sum()
    assert model.evaluate(X, X) == pytest.approx(plain + penalty, rel=1e-5)
    assert model.train_on_batch(X, X) == pytest.approx(plain + penalty, rel=1e-5)


def test_model_gradients_equal_numeric_ones_penalties_included():
    import minidl

    minidl.utils.set_floatx("float64")
    model = Sequential(
        [
            Input((5,)),
            Dense(4, activation="tanh", kernel_regularizer="l1_l2", activity_regularizer="l2"),
            layers.Dropout(0.3, seed=1),
            layers.ActivityRegularization(l1=0.1),
            Dense(3, activation="softmax", bias_regularizer="l2"),
        ]
    )
    model.compile(optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    found = model.gradients(X, LABELS)
    random = np.random.default_rng(0)

    def loss():
        with model.preserved_state():
            return model.train_on_batch(X, LABELS)

    for path, variable in weight_paths(model).items():
        direction, step = random.normal(size=variable.shape), 1e-5
        value = variable.numpy()
        variable.assign(value + step * direction)
        above = loss()
        variable.assign(value - step * direction)
        below = loss()
        variable.assign(value)
        assert (above - below) / (2 * step) == pytest.approx((found[path] * direction).sum(), rel=1e-5), path


def test_trace_has_the_inputs_outputs_and_gradients_of_every_layer():
    model = network()
    log = model.trace(X, LABELS)
    assert [entry.layer.name for entry in log] == [layer.name for layer in model.layers]
    np.testing.assert_array_equal(log[0].y, log[1].x)
    np.testing.assert_array_equal(log[1].dx, log[0].dy)
    np.testing.assert_allclose(log[1].y.sum(axis=-1), 1, rtol=1e-5)
    gradients = model.gradients(X, LABELS)
    slope = (1 - log[0].y ** 2) * log[0].dy
    np.testing.assert_allclose(X.T @ slope, gradients[f"{model.layers[0].name}/kernel"], rtol=1e-4, atol=1e-6)


def test_metrics_may_be_objects_and_weighted():
    model = network(metrics=[metrics.SparseCategoricalAccuracy(name="right")], weighted_metrics=["accuracy"])
    weights = (LABELS == 0) * 1.0
    logs = model.evaluate(X, LABELS, sample_weight=weights, return_dict=True)
    right = model.predict(X).argmax(axis=-1) == LABELS
    assert logs["right"] == pytest.approx(right.mean())
    assert logs["accuracy"] == pytest.approx(right[LABELS == 0].mean())
    assert list(logs) == ["accuracy", "loss", "right"]


def test_interrupting_leaves_a_usable_model_and_its_history():
    class Interrupt(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    model = network()
    with pytest.raises(KeyboardInterrupt):
        fit(model, epochs=9, callbacks=[Interrupt()])
    assert len(model.history.history["loss"]) >= 1
    fit(model)


class Rows(PyDataset):
    """Batches of four rows."""

    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return -(-len(self.x) // 4)

    def __getitem__(self, number):
        return self.x[4 * number : 4 * number + 4], self.y[4 * number : 4 * number + 4]


@pytest.mark.parametrize("one_hot", [False, True])
def test_class_weights_apply_to_arrays_datasets_lists_and_generators_alike(one_hot):
    x, labels = np.arange(10.0).reshape(-1, 1), np.array([0, 1, 0, 0, 1, 1, 0, 1, 0, 0])
    y = np.eye(2)[labels] if one_hot else labels
    rows = Rows(x, y)
    batches = [rows[number] for number in range(3)]
    generator = (batch for _ in range(9) for batch in batches)
    for data in ([x, y], [rows], [batches], [generator]):
        model = Sequential([Input((1,)), layers.Dense(2, activation="softmax", kernel_initializer="zeros")])
        model.compile(optimizers.SGD(0.0), "categorical_crossentropy" if one_hot else "sparse_categorical_crossentropy")
        more = {"batch_size": 4} if len(data) == 2 else {"steps_per_epoch": 3}
        history = model.fit(*data, class_weight={0: 1.0, 1: 3.0}, verbose=0, epochs=2, **more).history
        np.testing.assert_allclose(history["loss"], np.log(2) * np.where(labels, 3, 1).mean(), rtol=1e-6)
    weighted = [(x, y, np.ones(10))]
    with pytest.raises(ValueError, match="give either class_weight or sample_weight"):
        model.fit(weighted, class_weight={0: 1.0}, verbose=0)
