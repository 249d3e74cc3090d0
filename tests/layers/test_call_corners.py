"""Corners of layers and models with `call`: inheritance, shapes, state, penalties, constants, memory."""

import gc
import threading
import weakref

import numpy as np
import pytest

import minidl
from minidl import Input, Layer, Model, Sequential, layers, ops
from minidl.layers import BatchNormalization, Dense, Dropout, Flatten, PReLU, ReLU
from minidl.losses import BinaryCrossentropy, Hinge
from minidl.testing import check_layer

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(16, 3)).astype("float32"), RANDOM.normal(size=(16, 1)).astype("float32")


def compiled(model, loss="mse", rate=0.1):
    model.compile(minidl.optimizers.SGD(rate), loss)
    return model


def test_inner_layers_learn_although_the_layer_declares_its_shape():
    class Block(Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = Dense(4)

        def call(self, x):
            return self.inner(x)

        def compute_output_shape(self, input_shape):
            return (*input_shape[:-1], 4)

    for model in (Sequential([Input((3,)), Block(), Dense(1)]), Sequential([Block(), Dense(1)])):
        compiled(model).fit(X, Y, verbose=0)
        assert len(model.weights) == 4
        kernel = model.layers[0].inner.kernel.numpy()
        model.fit(X, Y, verbose=0)
        assert not np.array_equal(kernel, model.layers[0].inner.kernel.numpy())


def test_a_model_with_call_may_define_build():
    class Scaled(Model):
        def __init__(self):
            super().__init__()
            self.inner = Dense(1)

        def build(self, input_shape):
            self.w = self.add_weight((3,), "ones", name="w")

        def call(self, x):
            return self.inner(x * self.w)

    model = compiled(Scaled())
    model.fit(X, Y, verbose=0)
    assert len(model.weights) == 3
    assert not np.array_equal(model.w.numpy(), np.ones(3))


def test_a_term_that_training_alone_adds_is_in_the_reported_loss():
    class Penalized(Layer):
        def call(self, x, training=False):
            if training:
                self.add_loss(ops.mean(x * 0.0) + 1000.0)
            return x

    model = compiled(Sequential([Penalized(), Dense(1)]))
    assert model.train_on_batch(X, Y) > 1000
    assert model.test_on_batch(X, Y) < 1000


class Counter(Model):
    def __init__(self):
        super().__init__()
        self.inner, self.runs = Dense(1), 0

    def build(self, input_shape):
        self.count = self.add_weight((), "zeros", trainable=False, name="count")

    def call(self, x, training=False):
        self.runs += 1
        if training:
            self.count.assign_add(1.0)
        return self.inner(x)


def test_predictions_in_another_thread_do_not_change_the_state_of_training():
    model = compiled(Counter())
    model.fit(X, Y, batch_size=4, verbose=0)
    stop = threading.Event()

    def predict():
        while not stop.is_set():
            model.predict(X, verbose=0)

    thread = threading.Thread(target=predict)
    thread.start()
    try:
        model.fit(X, Y, batch_size=4, epochs=40, verbose=0)
    finally:
        stop.set()
        thread.join()
    assert model.count.numpy() == 4 + 160


def test_a_prediction_runs_call_once_for_each_batch_of_a_built_model():
    model = compiled(Counter())
    model.fit(X, Y, verbose=0)
    model.runs = 0
    model.predict(X, verbose=0)
    assert model.runs == 1
    model.runs = 0
    model.fit(iter([(X[:4], Y[:4])] * 5), steps_per_epoch=5, verbose=0)
    assert model.runs == 5


class Twice(Layer):
    def forward(self, x, training=False):
        return x * 2, None

    def backward(self, dy, cache):
        return dy * 2


class FiveTimes(Twice):
    def call(self, x):
        return x * 5


class TwiceTwice(Twice):
    def call(self, x):
        return super().call(x) * 2


class DenseTwice(Dense):
    def call(self, x):
        return 2 * super().call(x)


class ReluThrice(ReLU):
    def call(self, x):
        return super().call(x) * 3


class FlattenThrice(Flatten):
    def call(self, x):
        return super().call(x) * 3


class BatchPlus(BatchNormalization):
    def call(self, x, training=False):
        return super().call(x, training=training) + 1.0


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (FiveTimes, (4, 3)),
        (TwiceTwice, (4, 3)),
        (lambda: DenseTwice(2), (4, 3)),
        (ReluThrice, (4, 3)),
        (FlattenThrice, (4, 3, 2)),
        (BatchPlus, (6, 3)),
    ],
    ids=["replaced", "parent", "dense", "relu", "flatten", "batch"],
)
def test_a_child_with_call_uses_the_passes_of_its_parent_through_super(make, shape):
    check_layer(make, shape, **({"sizes_of_one": False, "mask": None} if make is BatchPlus else {}))


def test_super_call_without_a_parent_raises_an_error():
    class Alone(Layer):
        def call(self, x):
            return super().call(x)

    with pytest.raises(TypeError, match=r"super\(\)\.call\(x\) needs a parent class with a forward pass"):
        Alone()(X)


def test_compute_loss_of_the_parent_is_that_of_the_outputs_as_the_user_sees_them():
    labels = RANDOM.integers(0, 3, 16)

    class Own(Sequential):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return super().compute_loss(x, y, y_pred, sample_weight, training) * 2.0

    plain, own = (kind([Input((3,)), Dense(3, "softmax")]) for kind in (Sequential, Own))
    own.set_weights(plain.get_weights())
    for model in (plain, own):
        compiled(model, "sparse_categorical_crossentropy")
    expected = plain.evaluate(X, labels, verbose=0)
    assert float(plain.compute_loss(X, labels, plain(X))) == pytest.approx(expected, rel=1e-5)
    assert own.evaluate(X, labels, verbose=0) == pytest.approx(2 * expected, rel=1e-5)
    own.fit(X, labels, verbose=0)


def test_an_activation_that_differs_from_run_to_run_raises_an_error_and_one_with_weights_too():
    layer = Dense(4, activation=lambda x: x * (np.random.default_rng().random(x.shape) > 0.5))
    with pytest.raises(ValueError, match="gave other values when it was run again"):
        compiled(Sequential([layer])).fit(X, np.ones((16, 4)), verbose=0)
    with pytest.raises(TypeError, match="has weights of its own, so it cannot be an activation"):
        Dense(4, activation=PReLU())(X)


class Doubled(Layer):
    def call(self, x, training=False):
        return 2 * x if training else x


DRAWING = [layers.Dropout(0.5), layers.GaussianNoise(1.0), layers.AlphaDropout(0.5), layers.SpatialDropout1D(0.5)]
ADDING = [layers.ActivityRegularization(0.1), ReLU(activity_regularizer="l2")]


@pytest.mark.parametrize("layer", [*DRAWING, *ADDING, Doubled()], ids=lambda layer: type(layer).__name__)
def test_a_layer_that_differs_in_training_is_no_activation_alone_or_in_a_model(layer):
    for activation in (layer, Sequential([layer])):
        for owner in (layers.Activation, lambda one: Dense(2, one), lambda one: layers.LSTM(2, recurrent_activation=one)):
            with pytest.raises(TypeError, match="differs in training, so it cannot be an activation; add it as a layer"):
                owner(activation)


def test_a_layer_that_depends_on_its_input_alone_is_an_activation():
    x = np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3)
    for layer in (ReLU(), layers.Softmax(), layers.Lambda(lambda x: 2 * x), layers.Rescaling(2.0), Sequential([ReLU()])):
        np.testing.assert_allclose(Dense(3, layer, kernel_initializer="identity")(x), layer(x), rtol=1e-6)


def test_a_loss_in_call_never_drops_the_gradient_of_its_targets():
    class Decoder(Layer):
        def __init__(self):
            super().__init__()
            self.inner = Dense(3)

        def call(self, x):
            self.add_loss(Hinge()(x, self.inner(x)))
            return x

    compiled(Sequential([Decoder(), Dense(1)])).fit(X, Y, verbose=0)  # its targets are data
    with pytest.raises(TypeError, match="has a gradient only for y_pred, but layers before its y_true learn too"):
        compiled(Sequential([Dense(3), Decoder(), Dense(1)])).fit(X, Y, verbose=0)


def test_a_layer_may_take_the_targets_as_an_input():
    class Endpoint(Layer):
        def call(self, logits, targets):
            self.add_loss(BinaryCrossentropy(from_logits=True)(targets, logits))
            return logits

    x, targets = Input((3,)), Input((2,))
    model = Model([x, targets], Endpoint()(Dense(2)(x), targets))
    model.compile("sgd")
    first = model.fit([X, np.ones((16, 2))], epochs=3, verbose=0).history["loss"]
    assert first[2] < first[0]


class Limited(Layer):
    def build(self, input_shape):
        self.low = self.add_weight((), lambda shape, dtype: np.full(shape, -0.2, dtype), name="low")
        self.high = self.add_weight((3,), lambda shape, dtype: np.full(shape, 0.3, dtype), name="high")

    def call(self, x):
        return np.clip(x, self.low, self.high) * 2.0


def test_limits_of_clip_get_gradients():
    check_layer(Limited, (5, 3))


def test_constants_that_are_changed_after_their_use_keep_their_gradient():
    class Changes(Layer):
        def __init__(self):
            super().__init__()
            self.scale = np.ones(3, "float32")

        def call(self, x):
            y = x * self.scale
            self.scale *= 0.0
            return y

    layer = Changes()
    _, cache, _ = layer._forward(X, None, True)
    np.testing.assert_array_equal(layer._backward(np.ones_like(X), cache), 1)


def test_a_weight_is_not_assigned_after_a_layer_used_it():
    class Assigns(Layer):
        def __init__(self):
            super().__init__()
            self.inner = Dense(3)

        def call(self, x):
            y = self.inner(x)
            self.inner.kernel.assign(self.inner.kernel * 0.0)
            return y

    with pytest.raises(ValueError, match='assigns "kernel" after a layer was called with it'):
        Assigns()(X, training=True)


def test_gradients_and_building_do_not_change_weights_that_call_assigns():
    class Averaged(Model):
        def __init__(self):
            super().__init__()
            self.online, self.target = Dense(3), Dense(3, trainable=False)

        def call(self, x):
            if self.target.built:
                self.target.kernel.assign(self.target.kernel + 1.0)
            return self.online(x) + self.target(x)

    model = compiled(Averaged())
    model.build((None, 3))
    before = model.get_weights()
    model.gradients(X, np.ones((16, 3)))
    for one, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_layers_in_a_loss_function_are_in_inference_mode():
    drop = Dropout(0.5)
    model = compiled(Sequential([Dense(1)]), lambda y_true, y_pred: np.square(drop(y_pred) - y_true))
    model.fit(X, Y, verbose=0)
    assert model.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)


def test_a_variable_is_compared_by_value_with_numbers_and_by_identity_with_variables():
    one, other = minidl.Variable([1.0, 2.0]), minidl.Variable([1.0, 2.0])
    np.testing.assert_array_equal(one == 1.0, [True, False])
    np.testing.assert_array_equal(one != [1.0, 1.0], [False, True])
    assert one == one
    assert one != other
    assert one in [other, one]
    assert [one, other].index(other) == 1


def test_options_are_not_taken_for_further_tensors():
    with pytest.raises(TypeError, match=r"takes tensors by position, got True; give options by keyword"):
        Dropout(0.5)(X, True)


def test_outputs_may_be_nested_and_none():
    class Nested(Layer):
        def call(self, x):
            return {"a": [x, (x * 2, None)], "b": None}

    for training in (False, True):
        result = Nested()(X, training=training)
        np.testing.assert_allclose(result["a"][1][0], 2 * result["a"][0])
        assert result["a"][1][1] is None
        assert result["b"] is None
    x = Input(X.shape[1:])
    result = Nested()(x)
    model = Model(x, Dense(1)(result["a"][1][0]))
    model.compile("sgd", "mse")
    model.fit(X, np.ones((len(X), 1)), verbose=0)
    assert result["b"] is None


def test_a_model_uses_one_part_of_a_result_with_none():
    class WithNone(Layer):
        def call(self, x):
            return x, None

    class Net(Model):
        def __init__(self):
            super().__init__()
            self.first, self.last = WithNone(), Dense(1)

        def call(self, x):
            y, nothing = self.first(x)
            assert nothing is None
            return self.last(y)

    model = Net()
    model.compile("sgd", "mse")
    before = model.evaluate(X, np.ones((len(X), 1)), verbose=0)
    model.fit(X, np.ones((len(X), 1)), verbose=0)
    assert model.evaluate(X, np.ones((len(X), 1)), verbose=0) < before


def test_a_returned_weight_is_a_copy():
    class Total(Layer):
        def build(self, input_shape):
            self.total = self.add_weight((3,), "ones", name="total")

        def call(self, x):
            return self.total

    layer = Total()
    y = layer(X)
    y += 5
    np.testing.assert_array_equal(layer.total.numpy(), 1)


class Methods(Layer):
    def build(self, input_shape):
        self.index = self.add_weight((2,), "zeros", dtype="int64", trainable=False, name="index")

    def call(self, x):
        x = x % 1.0
        x += x.numpy().mean() * 0.0
        y = x.flatten().reshape(*x.shape).squeeze().clip(-5.0, 5.0)
        parts = np.array_split(y, 2, axis=1)
        both = np.concatenate([parts[0], parts[1]], axis=1) + x[:, self.index].sum(axis=1, keepdims=True)
        return both / both.std() + both.var(axis=0) + np.concatenate([x, x], axis=None).mean()


def test_methods_and_functions_work_in_training_and_inference():
    layer = Methods()
    y = layer(np.abs(X))
    np.testing.assert_allclose(layer(np.abs(X), training=True), y, rtol=1e-5, atol=1e-6)


def test_a_constant_output_has_logits_too():
    class Sometimes(Model):
        def __init__(self):
            super().__init__()
            self.inner, self.constant = Dense(3, "softmax"), False

        def call(self, x):
            y = self.inner(x)
            return np.full((len(x), 3), 1 / 3, "float32") if self.constant else y

    model, labels = compiled(Sometimes(), "sparse_categorical_crossentropy"), RANDOM.integers(0, 3, 16)
    model.fit(X, labels, verbose=0)
    model.constant = True
    assert model.evaluate(X, labels, verbose=0) == pytest.approx(np.log(3), rel=1e-5)


def test_activations_are_freed_without_the_garbage_collector():
    class Deep(Layer):
        def call(self, x):
            for _ in range(3):
                x = np.tanh(x) + x
            return x

    layer = Deep()
    gc.disable()
    try:
        _, cache, _ = layer._forward(X, None, True)
        recording = weakref.ref(cache.inner.recording)
        layer._backward(np.ones_like(X), cache)
        del cache
        assert recording() is None
    finally:
        gc.enable()


def test_terms_that_a_model_adds_count_in_evaluation_too():
    class Regularized(Model):
        def __init__(self):
            super().__init__()
            self.inner = Dense(1)

        def call(self, x):
            self.add_loss(ops.mean(x * 0.0) + 1000.0)
            return self.inner(x)

    model = compiled(Regularized())
    model.fit(X, Y, verbose=0)
    assert model.evaluate(X, Y, verbose=0) > 1000


@pytest.mark.parametrize(
    "layer",
    [
        layers.SimpleRNN(2),
        layers.LSTM(2, return_sequences=True),
        layers.GRU(2),
        layers.Bidirectional(layers.GRU(2)),
        layers.RNN([layers.LSTMCell(2), layers.GRUCell(3)]),
        layers.ConvLSTM1D(2, 2),
        layers.TimeDistributed(layers.Dense(2)),
        layers.GlobalMaxPooling1D(keepdims=True),
        layers.GlobalAveragePooling1D(),
    ],
    ids=repr,
)
def test_a_batch_without_rows_has_outputs_and_gradients_without_rows(layer):
    shape = (4, 5, 3) if isinstance(layer, layers.ConvLSTM1D) else (4, 3)
    x = np.ones((0, *shape), "float32")
    y = layer(x)
    assert y.shape == (0, *layer(np.ones((2, *shape))).shape[1:])
    result, cache, _ = layer._forward(x, training=True)
    assert layer._backward(np.zeros_like(result), cache).shape == x.shape


@pytest.mark.parametrize("steps", [(0, 4), (4, 0), (0, 0)])
@pytest.mark.parametrize("layer", [layers.Attention(), layers.AdditiveAttention(), layers.MultiHeadAttention(2, 3)], ids=repr)
def test_attention_of_no_queries_is_empty_and_of_no_keys_is_the_same_for_all(layer, steps):
    query, value = (np.ones((2, count, 3), "float32") for count in steps)
    y = layer(query, value) if isinstance(layer, layers.MultiHeadAttention) else layer([query, value])
    assert y.shape == (2, steps[0], 3)
    assert np.ptp(y) == 0 if y.size else True
