"""Combinations of layers, losses, masks and settings of a model."""

import copy
import stat
import sys

import numpy as np
import pytest

from minidl import Input, Model, Sequential, callbacks, layers, load_model, losses, metrics, optimizers
from minidl.layers import Activation, Add, BatchNormalization, Dense, Dropout, Embedding, Layer, SimpleRNN

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 4)).astype(np.float32)
T = RANDOM.normal(size=(40, 3)).astype(np.float32)
LABELS = np.arange(40) % 3


def compiled(*stack, loss="mse", optimizer="sgd", **options):
    model = Sequential(list(stack))
    model.compile(optimizer, loss, **options)
    return model


def two_outputs(**compiling):
    start = Input((4,))
    body = Dense(5, activation="tanh")(start)
    model = Model(start, {"a": Dense(1, name="a")(body), "b": Dense(2, name="b")(body)})
    model.compile(**({"optimizer": "sgd", "loss": "mse"} | compiling))
    return model


# What a model learns.


def test_reading_the_metrics_of_an_unbuilt_model_does_not_affect_training():
    model = compiled(Dense(3))
    assert len(model.metrics) == 1
    history = model.fit(X, T, epochs=3, verbose=0).history["loss"]
    assert history[2] < history[0]


def test_a_layer_added_inside_a_trained_model_learns_too():
    inner = Sequential([Input((4,)), Dense(3)])
    outer = compiled(inner, Dense(3))
    outer.fit(X, T, verbose=0)
    inner.add(Dense(3))
    before = inner.layers[1].get_weights()
    outer.fit(X, T, verbose=0)
    assert any((a != b).any() for a, b in zip(before, inner.layers[1].get_weights(), strict=True))


def test_another_activation_after_compile_counts_in_training_and_evaluation():
    model = compiled(Input((4,)), Dense(3, activation="softmax"), loss="categorical_crossentropy")
    one_hot = np.eye(3)[LABELS]
    model.evaluate(X, one_hot)
    from minidl import activations

    model.layers[0].activation = activations.sigmoid
    expected = losses.CategoricalCrossentropy()(one_hot, model.predict(X))
    assert model.evaluate(X, one_hot) == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize(
    ("loss", "last"),
    [
        (losses.CategoricalCrossentropy(axis=1), Activation("softmax")),
        (losses.CategoricalCrossentropy(from_logits=True), Activation("softmax")),
        (losses.CategoricalCrossentropy(label_smoothing=0.2), Activation("softmax")),
        (losses.BinaryCrossentropy(), Activation("sigmoid")),
        (losses.BinaryCrossentropy(), layers.Softmax()),
    ],
)
def test_a_fused_activation_and_loss_give_the_loss_of_the_predictions(loss, last):
    model = compiled(Input((3, 4)), Dense(3), last, loss=loss)
    x = RANDOM.normal(size=(8, 3, 4))
    y = np.eye(3)[RANDOM.integers(0, 3, (8, 3))]
    assert model.evaluate(x, y) == pytest.approx(float(loss(y, model.predict(x))), rel=1e-4)


def test_a_penalty_at_an_output_without_a_loss_is_learned_from():
    start = Input((4,))
    b = Dense(2, activity_regularizer="l2", name="b")
    model = Model(start, [Dense(1, name="a")(start), b(start)])
    model.compile("sgd", ["mse", None])
    assert np.abs(model.gradients(X, [X[:, :1], None])["b/kernel"]).max() > 0
    before = b.get_weights()
    model.fit(X, [X[:, :1], None], verbose=0)
    assert (before[0] != b.kernel.value).any()


def test_a_models_own_activity_regularizer_counts_and_passes_masks_on():
    inner = Sequential([Dense(3)])
    model = Model(*(lambda x: (x, inner(x)))(Input((4,))), activity_regularizer="l2")
    model.compile("sgd", "mse")
    y = model.predict(X)
    assert model.evaluate(X, T) == pytest.approx(np.mean((y - T) ** 2) + 0.01 * np.square(y).sum() / 40, rel=1e-4)
    model.fit(X, T, verbose=0)


def test_a_metric_object_for_two_outputs_is_copied_for_each():
    model = two_outputs(metrics=[metrics.MeanAbsoluteError()])
    logs = model.evaluate(X, {"a": X[:, :1], "b": 100 + X[:, :2]}, return_dict=True)
    assert logs["b_mean_absolute_error"] > 50 > logs["a_mean_absolute_error"]


# Structures of inputs, targets and weights.


def test_dicts_are_matched_by_name_in_any_order():
    model = two_outputs()
    y = {"b": X[:, :2] + 5, "a": X[:, :1]}
    weights = {"b": np.zeros(40), "a": np.linspace(0, 2, 40)}
    turned = [dict(reversed(part.items())) for part in (y, weights)]
    value = model.evaluate(X, y, sample_weight=weights)
    assert value == model.evaluate(X, turned[0], sample_weight=turned[1])
    assert value == model.evaluate([(X, turned[0], turned[1])])
    assert value != model.evaluate(X, y, sample_weight={"a": weights["a"]})


def test_an_output_without_a_loss_needs_no_targets():
    model = two_outputs(loss={"a": "mse"})
    assert model.evaluate(X, {"a": X[:, :1]}) == model.evaluate(X, [X[:, :1], None])
    with pytest.raises(ValueError, match='"a".*None'):
        model.fit(X, [None, X[:, :2]], verbose=0)


def test_a_list_of_one_input_or_output_is_an_array():
    start = Input((4,))
    model = Model([start], [Dense(3)(start)])
    assert model.predict(X).shape == (40, 3)
    compiled(Input((4,)), Dense(4), model).fit(X, T, verbose=0)


def test_a_nested_model_with_named_outputs_is_built_and_differentiated():
    start = Input((4,))
    parts = two_outputs()(start)
    assert {name: tensor.shape for name, tensor in parts.items()} == {"a": (None, 1), "b": (None, 2)}
    model = Model(start, Add()([Dense(3)(parts["a"]), Dense(3)(parts["b"])]))
    model.compile(optimizers.Adam(0.05), "mse")
    history = model.fit(X, T, epochs=10, verbose=0).history["loss"]
    assert history[-1] < history[0]


def test_labels_for_each_step_choose_the_sparse_loss():
    model = Sequential([Input((5, 4)), Dense(3, activation="softmax")])
    model.fit(RANDOM.normal(size=(8, 5, 4)), RANDOM.integers(0, 3, (8, 5)), verbose=0)
    assert model.loss == "sparse_categorical_crossentropy"


def test_arguments_of_a_symbolic_call_are_never_lost():
    start = Input((5, 4))
    with pytest.raises(TypeError, match="mask that is a ndarray"):
        SimpleRNN(3)(start, mask=np.ones((2, 5), bool))
    for x in (start, np.ones((2, 5, 4))):
        with pytest.raises(TypeError, match="no argument 'foo'"):
            Dense(3)(x, foo=1)


def test_a_models_own_forward_gets_inputs_of_its_type_and_can_be_traced():
    class Twice(Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = Dense(3)

        def build(self, input_shape):
            self.inner.build_for(input_shape)

        def forward(self, x, training=False):
            y, cache = self.inner.forward(x, training)
            return 2 * y, cache

        def backward(self, dy, cache):
            return self.inner.backward(2 * dy, cache)

    model = Twice()
    for x in (X.astype(np.float64), (X * 10).astype(int)):
        assert model.predict(x).dtype == np.float32
    model.compile("sgd", "mse")
    assert [entry.layer for entry in model.trace(X, T)] == [model]


# Freezing, saving.


class Holder(Layer):
    def build(self, input_shape):
        self.inner = Dense(3)
        self.inner.build_for(input_shape)

    def forward(self, x, training=False):
        return self.inner.forward(x, training)

    def backward(self, dy, cache):
        return self.inner.backward(dy, cache)


def test_a_frozen_layer_freezes_sublayers_created_later():
    holder = Holder(trainable=False)
    holder(X)
    frozen = Sequential([Input((4,)), Dense(3)], trainable=False)
    grown = Sequential([Input((4,)), Dense(3)])
    grown.trainable = False
    grown.add(Dense(2))
    for layer in (holder, frozen, grown):
        assert len(layer.weights) >= 2
        assert not layer.trainable_weights


class Nested(Layer):
    def __init__(self, first, **kwargs):
        super().__init__(**kwargs)
        self.first = first
        self.blocks = [[Dense(2)], {"b": (Dense(2), Dense(2))}]

    def forward(self, x, training=False):
        return x, None

    def backward(self, dy, cache):
        return dy


def test_sublayers_are_found_at_any_depth_and_only_where_they_are_now():
    old, new = Dense(2), Dense(2)
    nested = Nested(old)
    assert len(nested.sublayers()) == 4
    nested.first = new
    assert nested.sublayers()[0] is new
    assert old not in nested.sublayers()


def test_partial_freezing_survives_a_file(tmp_path):
    model = compiled(Input((4,)), Dense(3), Dense(3))
    model.trainable = False
    model.layers[-1].trainable = True
    model.save(tmp_path / "net.safetensors")
    loaded = load_model(tmp_path / "net.safetensors")
    assert [v.trainable for v in loaded.weights] == [False, False, True, True]
    assert [layer.trainable for layer in loaded.layers] == [False, True]


def test_a_functional_subclass_with_its_own_constructor_is_restored(tmp_path):
    class Small(Model):
        def __init__(self, units, **kwargs):
            start = Input((4,))
            super().__init__(start, Dense(units)(start), **kwargs)
            self.units = units

    model = Small(3)
    model.save(tmp_path / "net.safetensors")
    loaded = load_model(tmp_path / "net.safetensors", {"Small": Small})
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX")
def test_a_saved_file_has_the_usual_permissions(tmp_path):
    compiled(Input((4,)), Dense(3)).save(tmp_path / "net.safetensors")
    (tmp_path / "other").write_text("")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("net.safetensors", "other")}
    assert len(modes) == 1
    with pytest.raises(FileNotFoundError, match="no folder"):
        compiled(Input((4,)), Dense(3)).save(tmp_path / "nowhere" / "net.safetensors")


# Nothing is half-changed.


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"callbacks": [object()]}, TypeError),
        ({"batch_size": 0}, ValueError),
        ({"verbose": 7}, ValueError),
        ({"sample_weight": np.ones((40, 5))}, ValueError),
        ({"validation_freq": 0}, ValueError),
        ({"initial_epoch": -2}, ValueError),
        ({"validation_split": "a"}, ValueError),
        ({"class_weight": "balanced"}, TypeError),
        ({"validation_data": (X, LABELS + 9)}, ValueError),
    ],
)
def test_a_fit_that_raises_an_error_leaves_a_new_model_unchanged(options, error):
    model = Sequential([Dense(3, activation="softmax")])
    with pytest.raises(error):
        model.fit(X, LABELS, **({"verbose": 0} | options))
    assert not model.built
    assert not model.compiled


def test_a_metric_that_cannot_take_the_targets_fails_before_any_step():
    model = compiled(Input((4,)), Dense(3, activation="softmax"), loss="sparse_categorical_crossentropy", metrics=["mae"])
    before = model.get_weights()
    with pytest.raises(ValueError, match="mae|mean_absolute_error|targets"):
        model.fit(X, LABELS, verbose=0)
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))


def test_rows_that_do_not_fill_declared_batches_raise_an_error_before_any_step():
    model = compiled(Input(batch_shape=(4, 5, 2)), SimpleRNN(3, stateful=True))
    with pytest.raises(ValueError, match="batches of 4 rows, got 10"):
        model.fit(np.zeros((10, 5, 2)), np.zeros((10, 3)), verbose=0)


def test_statistics_are_restored_when_the_loss_is_not_finite():
    model = compiled(Input((4,)), BatchNormalization(), Dropout(0.2), Dense(3))
    before = model.get_weights()
    with pytest.raises(FloatingPointError), np.errstate(all="ignore"):
        model.fit(X * 1e30, T * 1e30, verbose=0)
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))


def test_a_build_that_fails_leaves_no_weights_behind():
    layer = Dense(3, bias_initializer=lambda shape, dtype: 1 / 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            layer(X)
    assert layer.weights == []


@pytest.mark.parametrize(
    ("use", "error", "words"),
    [
        (lambda: compiled(Input((4,)), Dense(3), loss=None).fit(X, T, verbose=0), ValueError, "without a loss"),
        (lambda: compiled(Input((4,)), Dense(3)).fit(iter([(X, T)]), validation_split=0.5), ValueError, "validation_data"),
        (lambda: compiled(Input((4,)), Dense(3)).fit(X + 1j, T), TypeError, "complex numbers"),
        (lambda: Dense(3, dtype="int32"), ValueError, "float32"),
        (lambda: Dense(3)(None), TypeError, "called on None"),
        (
            lambda: compiled(Dense(3, "softmax"), loss="categorical_crossentropy").fit(X, 2 * np.eye(3)[LABELS]),
            ValueError,
            r"targets in \[0, 1\]",
        ),
        (lambda: compiled(Dense(3)).predict(iter([])), ValueError, "no batch|iterator"),
        (lambda: two_outputs().compile("sgd", "mse", loss_weights=[1.0]), ValueError, "outputs, .*got a list of 1"),
        (lambda: compiled(Input((4,)), Dense(3)).fit("abc", T), (TypeError, ValueError), "str"),
    ],
)
def test_mistakes_raise_an_error_with_a_helpful_message(use, error, words):
    with pytest.raises(error, match=words):
        use()


def test_a_callback_may_interrupt_and_a_copy_can_be_trained():
    class Interrupt(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    model = compiled(Input((4,)), Dense(3))
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, T, verbose=0, callbacks=[Interrupt()])
    copy.deepcopy(model).fit(X, T, verbose=0)


def test_masks_go_through_a_penalized_nested_model():
    def build(regularizer):
        inner = Sequential([Embedding(9, 4, mask_zero=True)], name="inner")
        inner.activity_regularizer = regularizer
        model = Sequential([Input((6,), dtype="int64"), inner, SimpleRNN(3)])
        model.compile("sgd", "mse")
        return model

    from minidl.regularizers import L2

    one, other = build(None), build(L2(0.0))
    other.set_weights(one.get_weights())
    ids = np.array([[1, 2, 0, 0, 0, 0], [3, 4, 5, 0, 0, 0]])
    assert one.test_on_batch(ids, np.ones((2, 3))) == pytest.approx(other.test_on_batch(ids, np.ones((2, 3))))


def test_a_custom_train_step_needs_no_loss_and_no_targets():
    class Autoencoder(Sequential):
        def train_step(self, data):
            y, caches = self.forward(data, training=True)
            self.plan.zero_gradients()
            self.backward_weights((y - data) / len(data), caches)
            self.optimizer.step(self.trainable_weights)
            return {"loss": float(np.square(y - data).mean())}

    model = Autoencoder([Dense(4)])
    model.compile(optimizers.Adam(0.05))
    history = model.fit(X, epochs=5, verbose=0).history
    assert list(history) == ["loss"]
    assert history["loss"][-1] < history["loss"][0]
