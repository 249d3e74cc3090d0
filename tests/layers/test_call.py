"""Layers and models that define only `call`: every check of a layer, and code that runs at every step."""

import collections
import copy
import pickle

import numpy as np
import pytest

import minidl
from minidl import Input, Layer, Model, Sequential, Variable, ops
from minidl.layers import LSTM, BatchNormalization, Dense, Dropout, Embedding, Lambda, MultiHeadAttention, SimpleRNN
from minidl.testing import check_layer

RANDOM = np.random.default_rng(0)
X, T = RANDOM.normal(size=(40, 4)), RANDOM.integers(0, 3, 40)


class Gate(Layer):
    """Weights of its own, by name and by array, a state, and a term in the loss."""

    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1], 3), name="w")
        self.b = self.add_weight((3,), "zeros", name="b")
        self.mean = self.add_weight((3,), "zeros", trainable=False, name="mean")

    def call(self, x, training=False):
        y = ops.tanh(ops.matmul(x, self.w.value) + self.b)
        if training:
            self.mean.assign(0.9 * self.mean + 0.1 * self.b)
        self.add_loss(0.01 * ops.sum(ops.square(y)))
        return y * ops.sigmoid(self.b) - self.mean


class Block(Layer):
    """Layers inside, one of them in a list, one random."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.steps = [Dense(units, "tanh"), Dense(units, activity_regularizer="l2")]
        self.drop = Dropout(0.3)

    def call(self, x, training=None):
        for step in self.steps:
            x = step(x)
        return x + self.drop(x, training=training)


class Pair(Layer):
    """Two inputs, two outputs."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = Dense(3)

    def call(self, a, b):
        return self.dense(a) * b, ops.exp(b)


class Words(Layer):
    """Masks travel inside."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.embedding, self.rnn = Embedding(5, 3, mask_zero=True), SimpleRNN(3, return_sequences=True)

    def call(self, x):
        return self.rnn(self.embedding(x))


class Mean(Layer):
    """A mask that `call` itself uses."""

    def call(self, x, mask=None):
        if mask is None:
            return ops.mean(x, axis=1)
        keep = ops.expand_dims(ops.cast(mask, "float32"), -1)
        return ops.sum(x * keep, axis=1) / ops.sum(keep, axis=1)


class Net(Model):
    """A model in Keras's way of subclassing."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.hidden, self.drop, self.out = Dense(8, "relu"), Dropout(0.3), Dense(3, "softmax")

    def call(self, x, training=None):
        return self.out(self.drop(self.hidden(x), training=training))


@pytest.mark.parametrize(
    ("make", "shape", "options"),
    [
        (Gate, (3, 4), {}),
        (lambda: Block(4), (3, 4), {}),
        (Pair, [(3, 4), (3, 3)], {}),
        (Words, (3, 4), {"inputs": lambda generator, shape: generator.integers(1, 5, shape)}),
        (Mean, (3, 4, 2), {}),
        (Net, (3, 4), {}),
    ],
    ids=["weights", "layers", "several", "masks", "mask", "model"],
)
def test_all_checks_of_a_layer_pass(make, shape, options):
    check_layer(make, shape, **options)


def test_a_subclassed_model_learns_saves_loads_and_continues_with_the_same_bits(tmp_path):
    model = Net()
    model.fit(X, T, epochs=2, verbose=0)
    assert model.loss == "sparse_categorical_crossentropy"  # chosen by the softmax at the end of call
    assert [a is not None for a in model.plan.loss.activations] == [True]  # paired with it
    model.save(tmp_path / "net.safetensors")
    copies = [
        minidl.load_model(tmp_path / "net.safetensors", custom_objects={"Net": Net}),
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),
    ]
    model.fit(X, T, verbose=0)
    for other in copies:
        other.fit(X, T, verbose=0)
        np.testing.assert_array_equal(other.predict(X), model.predict(X))


def test_call_equals_the_same_written_with_forward_and_backward():
    class ByHand(Layer):
        def build(self, input_shape):
            self.w = self.add_weight((input_shape[-1],), "ones", name="w")

        def forward(self, x, training=False):
            return x * self.w.value, x

        def backward(self, dy, x):
            self.w.grad += (dy * x).sum(axis=0)
            return dy * self.w.value

    class Recorded(Layer):
        def build(self, input_shape):
            self.w = self.add_weight((input_shape[-1],), "ones", name="w")

        def call(self, x):
            return x * self.w

    histories = []
    for kind in (ByHand, Recorded):
        minidl.utils.set_random_seed(1)
        model = Sequential([kind(), Dense(3, "softmax")])
        histories.append(model.fit(X, T, epochs=2, verbose=0).history["loss"])
    assert histories[0] == histories[1]


def test_call_runs_at_every_step_and_every_direct_call():
    runs = []

    class Counted(Layer):
        def call(self, x, training=False):
            runs.append((x.shape, training))
            return x * 2

    layer = Counted()
    for rows in (2, 3):
        layer(np.ones((rows, 5)))
    layer(np.ones((2, 5)), training=True)
    assert runs == [((2, 5), False), ((3, 5), False), ((2, 5), True)]


def test_attributes_closures_and_arrays_are_those_of_this_step():
    class Scale(Layer):
        def __init__(self, factor):
            super().__init__()
            self.factor, self.offset, self.runs = factor, np.zeros(1), 0

        def call(self, x):
            self.runs += 1
            return x * self.factor + self.offset

    layer = Scale(1.0)
    one = np.ones((1, 1))
    assert layer(one).item() == 1
    layer.factor = 5.0
    assert layer(one).item() == 5
    layer.offset[...] = 2.0
    assert layer(one).item() == 7
    assert layer.runs == 3
    model = Sequential([layer])
    assert model.predict(one).item() == 7
    layer.factor = 1.0
    assert model.predict(one).item() == 3


def test_large_array_options_are_distinguished():
    class Scaled(Layer):
        def call(self, x, scale=1.0):
            return x * scale

    layer, one, other = Scaled(), np.ones(2000), np.ones(2000)
    other[500:1500] = 7
    assert layer(np.ones(2000), scale=one).sum() == 2000
    assert layer(np.ones(2000), scale=other).sum() == 8000


def test_random_numbers_are_new_in_every_call_and_training_step():
    class Noise(Layer):
        def call(self, x):
            return x + np.random.default_rng().normal()

    layer = Noise()
    assert layer(np.ones((1, 1))).item() != layer(np.ones((1, 1))).item()
    assert layer(np.ones((1, 1)), training=True).item() != layer(np.ones((1, 1)), training=True).item()


def test_a_python_branch_depends_on_the_values_of_this_step():
    class Branch(Layer):
        def build(self, input_shape):
            self.w = self.add_weight((1,), "ones", name="w")

        def call(self, x):
            y = x * self.w
            if np.sum(y) > 0:
                return y * 2
            for _ in range(2):
                y = y + x
            return y

    layer = Branch()
    np.testing.assert_array_equal(layer([[1.0]]), [[2.0]])
    np.testing.assert_array_equal(layer([[-1.0]]), [[-3.0]])
    for x, slope in ((1.0, 2.0), (-1.0, 1.0)):
        _, cache, _ = layer._forward(np.float32([[x]]), None, True)
        layer.w.grad[...] = 0
        layer._backward(np.float32([[1.0]]), cache)
        assert layer.w.grad.item() == x * slope


def test_a_loss_weight_that_a_callback_changes_has_immediate_effect():
    class Penalized(Layer):
        weight = 0.0

        def call(self, x):
            self.add_loss(self.weight * ops.sum(x * 0 + 1.0))
            return x

    class Anneal(minidl.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            penalized.weight = float(epoch)

    penalized = Penalized()
    model = Sequential([penalized, Dense(1, kernel_initializer="zeros", trainable=False)])
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="no trainable weights"):
        history = model.fit(X[:8], np.zeros((8, 1)), batch_size=8, epochs=3, verbose=0, callbacks=[Anneal()]).history["loss"]
    np.testing.assert_allclose(history, [0, 32, 64])


def test_options_of_a_call_and_optional_tensors_reach_it():
    class Scaled(Layer):
        def call(self, x, other=None, factor=1.0):
            return x * factor if other is None else x * factor + other

    layer, one = Scaled(), np.ones((2, 3), "float32")
    assert layer(one, factor=3.0)[0, 0] == 3
    assert layer(one, one, factor=3.0)[0, 0] == 4
    assert layer(one, other=one)[0, 0] == 2
    start = Input((3,))
    assert Model(start, layer(start, other=start * 2)).predict(one)[0, 0] == 3


class Times(Layer):
    def call(self, x, scale=1.0):
        for one in scale.values() if isinstance(scale, dict) else scale if isinstance(scale, (list, tuple)) else [scale]:
            x = x * one
        return x


def in_the_middle(value, dtype="float32"):
    array = np.ones(2000, dtype)
    array[1000] = value
    return array


@pytest.mark.parametrize(
    "option",
    [
        in_the_middle,
        lambda value: in_the_middle(value, "int64"),
        lambda value: [in_the_middle(value), 1.0],
        lambda value: (1.0, in_the_middle(value)),
        lambda value: {"a": in_the_middle(value)},
        lambda value: np.broadcast_to(in_the_middle(value)[::-1], (1, 2000)),
        lambda value: in_the_middle(value, "float64"),
        lambda value: 1.0 + value / 2000,
        lambda value: Variable(in_the_middle(value), name="scale"),
    ],
    ids=["floats", "integers", "list", "tuple", "dict", "strided", "double", "number", "variable"],
)
def test_options_that_differ_anywhere_are_different_calls(option):
    layer, ones = Times(), np.ones((1, 2000))
    results = [float(layer(ones, scale=option(value)).sum()) for value in (1.0, 7.0, 1.0, 3.0)]
    np.testing.assert_allclose(np.subtract(results, results[0]), [0, 6, 0, 2], atol=0.01)


def test_a_model_may_add_to_its_loss_and_call_layers_with_training_true():
    class Autoencoder(Model):
        def __init__(self):
            super().__init__()
            self.normalize, self.dense = BatchNormalization(), Dense(4)

        def call(self, x):
            y = self.dense(self.normalize(x, training=False))
            self.add_loss(ops.mean(ops.square(y)))
            return y

    model = Autoencoder()
    model.compile("sgd", "mse")
    loss = model.train_on_batch(X, X)
    assert (model.normalize.moving_mean.value == 0).all()  # told not to train
    assert model.has_penalty
    y = Autoencoder.from_config(model.get_config())
    assert isinstance(y, Autoencoder)
    assert loss > 0


def test_dropout_called_with_training_true_is_random_in_inference():
    start = Input((50,))
    model = Model(start, Dropout(0.5)(start, training=True))
    one, two = model.predict(np.ones((4, 50))), model.predict(np.ones((4, 50)))
    assert not np.array_equal(one, two)
    again = Model.from_config(model.get_config())
    assert (again.predict(np.ones((4, 50))) == 0).any()


def test_a_weight_or_a_constant_may_be_returned():
    class Total(Layer):
        def build(self, input_shape):
            self.total = self.add_weight((3,), "ones", name="total")

        def call(this, x):  # noqa: N805  # a first parameter may have any name
            return this.total, np.zeros(2), x

    layer = Total()
    layer.build((None, 3))
    y, cache, _ = layer._forward(np.ones((2, 3)), None, True)
    layer._backward((np.array([1.0, 2.0, 3.0], "float32"), None, None), cache)
    np.testing.assert_array_equal(layer.total.grad, [1, 2, 3])
    assert [one.dtype for one in y] == ["float32"] * 3
    assert [type(one) for one in layer(np.ones((2, 3)))] == [np.ndarray] * 3


def test_a_function_without_a_gradient_is_named_while_training_and_runs_in_inference():
    class Bessel(Layer):
        def call(self, x):
            return np.unwrap(x)

    layer = Bessel()
    np.testing.assert_allclose(layer(np.ones((2, 3), "float32")), np.unwrap(np.ones((2, 3))), rtol=1e-6)
    with pytest.raises(TypeError, match=r"numpy\.unwrap has no known gradient.*minidl.ops.*x.numpy\(\).*forward and backward"):
        layer(np.ones((2, 3)), training=True)


@pytest.mark.parametrize(
    "inner", [Dense(4), minidl.layers.EinsumDense("ab,bc->ac", 4), LSTM(4), minidl.layers.Conv1D(4, 1)], ids=str
)
def test_a_layer_whose_forward_is_called_instead_of_itself_does_not_lose_its_gradient(inner):
    class Position(Layer):
        def build(self, input_shape):
            self.inner = inner
            self.shape = (2, 4) if type(inner).__name__.endswith("Dense") else (1, 2, 4)
            inner.build_for((None, *self.shape[1:]))

        def call(self, x):
            return x + ops.mean(self.inner.forward(np.ones(self.shape, "float32"))[0])

    layer = Position()
    layer.build((None, 4))
    with pytest.raises(TypeError, match=r"would lose its gradient as an array"):
        layer._forward(np.ones((2, 4)), None, True)


def test_values_leave_the_recording_only_on_request():
    class Detached(Layer):
        def build(self, input_shape):
            self.w = self.add_weight((input_shape[-1],), "ones", name="w")

        def call(self, x, detach=True):
            factor = (x * self.w).numpy() if detach else np.asarray(x * self.w)
            return x * factor * self.w

    layer = Detached()
    layer.build((None, 2))
    _, cache, _ = layer._forward(np.full((1, 2), 3.0), None, True)
    layer._backward(np.ones((1, 2)), cache)
    np.testing.assert_array_equal(layer.w.grad, [9, 9])
    with pytest.raises(TypeError, match=r"would lose its gradient as an array"):
        layer(np.ones((1, 2)), training=True, detach=False)


def test_in_place_operators_make_new_tensors_and_do_not_change_the_callers_arrays():
    class Residual(Layer):
        def __init__(self):
            super().__init__()
            self.drop = Dropout(0.5)

        def call(self, x):
            y = self.drop(x)
            y += x
            x *= 2.0
            return y + x

    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(Residual()(x), 4)
    np.testing.assert_array_equal(x, 1)
    check_layer(Residual, (3, 4))


def test_a_tensor_of_another_call_raises_an_error():
    class Keeps(Layer):
        last = None

        def call(self, x):
            self.last, before = x, self.last
            return x if before is None else x + before

    layer = Keeps()
    layer(np.ones((1, 2)), training=True)
    with pytest.raises(ValueError, match=r"belongs to a call that has ended"):
        layer(np.ones((1, 2)), training=True)


def test_a_mask_reaches_the_next_layer_in_direct_calls_and_inference():
    embedding, rnn = Embedding(5, 3, mask_zero=True), SimpleRNN(3)
    ids = np.array([[1, 2, 0, 0]])
    expected = Sequential([embedding, rnn]).predict(ids)

    class Both(Layer):
        def __init__(self):
            super().__init__()
            self.embedding, self.rnn = embedding, rnn

        def call(self, x):
            return self.rnn(self.embedding(x))

    np.testing.assert_allclose(rnn(embedding(ids)), expected, rtol=1e-6)
    np.testing.assert_allclose(Both()(ids), expected, rtol=1e-6)
    np.testing.assert_allclose(Both()(ids, training=True), expected, rtol=1e-6)


def test_a_layer_that_needs_its_mask_works_in_a_functional_model():
    class MaskedMean(Layer):
        def call(self, x, mask=None):
            keep = ops.expand_dims(ops.cast(mask, "float32"), -1)
            return ops.sum(x * keep, axis=1) / ops.sum(keep, axis=1)

    start = Input((None,), dtype="int32")
    embedding = Embedding(5, 3, mask_zero=True)
    model = Model(start, Dense(1)(MaskedMean()(embedding(start))))
    ids = np.array([[1, 2, 0, 0], [3, 0, 0, 0]])
    np.testing.assert_allclose(model.predict(ids), model.predict(ids[:, :2]), rtol=1e-6)


@pytest.mark.parametrize("form", [list, tuple, dict])
def test_several_outputs_take_losses_metrics_and_weights_of_their_own(form):
    class Two(Model):
        def __init__(self):
            super().__init__()
            self.hidden, self.a, self.b = Dense(4, "tanh"), Dense(3, "softmax"), Dense(1)

        def call(self, x):
            h = self.hidden(x)
            one, other = self.a(h), self.b(h)
            return {"a": one, "b": other} if form is dict else form([one, other])

    model = Two()
    losses = ["sparse_categorical_crossentropy", "mse"]
    given = dict(zip("ab", losses, strict=True)) if form is dict else losses
    targets = {"a": T, "b": X[:, :1]} if form is dict else [T, X[:, :1]]
    model.compile("adam", given, loss_weights={"a": 1.0, "b": 0.5} if form is dict else [1.0, 0.5])
    history = model.fit(X, targets, epochs=3, verbose=0).history["loss"]
    assert history[-1] < history[0]
    predicted = model.predict(X)
    assert type(predicted) is form or form is tuple
    values = list(predicted.values()) if form is dict else predicted
    assert [value.shape for value in values] == [(40, 3), (40, 1)]


def test_add_loss_outside_of_call_raises_an_error():
    with pytest.raises(RuntimeError, match="add_loss belongs inside call"):
        Dense(3).add_loss(1.0)


def test_variables_outside_of_call_compute_at_once():
    w = minidl.Variable([1.0, 2.0])
    np.testing.assert_array_equal(w * 2 + 1, [3.0, 5.0])
    np.testing.assert_array_equal(w[1:] @ np.ones((1, 2)), [2.0, 2.0])
    w.assign_add([1.0, 1.0])
    w.assign_sub([0.5, 0.5])
    assert w.numpy().tolist() == [1.5, 2.5]
    assert (-w <= 0).all()


@pytest.mark.parametrize(
    ("layer", "given", "meant"),
    [
        (LSTM(2), {"intial_state": 1}, "initial_state"),
        (MultiHeadAttention(1, 2), {"query_masks": 1}, "query_mask"),
        (Dense(2), {"trainning": True}, "training"),
    ],
)
def test_a_misspelled_argument_of_a_call_is_named_with_the_one_that_is_meant(layer, given, meant):
    with pytest.raises(TypeError, match=f"takes no argument '{next(iter(given))}' in a call: did you mean '{meant}'"):
        layer(np.ones((2, 3, 4)), **given)


class Forgets(Layer):
    def call(self, x):
        x * 2


class ForgettingModel(Model):
    def call(self, x):
        x * 2


class ForgettingLoss(Sequential):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
        ops.mean(y - y_pred)


def fitted(model):
    model.compile("sgd", "mse")
    model.fit(X, T, verbose=0)


@pytest.mark.parametrize(
    ("use", "owner"),
    [
        (lambda: Forgets()(Input((3,))), 'Forgets "forgets[_0-9]*"'),
        (lambda: fitted(Sequential([Forgets(), Dense(1)])), 'Forgets "forgets[_0-9]*"'),
        (lambda: fitted(Sequential([Lambda(lambda x: None), Dense(1)])), 'Lambda "lambda[_0-9]*"'),
        (lambda: ForgettingModel()(X), 'ForgettingModel "forgetting_model[_0-9]*"'),
        (lambda: fitted(ForgettingModel()), 'ForgettingModel "forgetting_model[_0-9]*"'),
        (lambda: fitted(ForgettingLoss([Dense(1)])), 'ForgettingLoss "forgetting_loss[_0-9]*": compute_loss'),
        (lambda: fitted(Sequential([Dense(1, kernel_regularizer=lambda w: None)])), "the regularizer <lambda>"),
    ],
)
def test_code_without_return_is_named(use, owner):
    with pytest.raises(TypeError, match=f"{owner} returned None; "):
        use()


Pair = collections.namedtuple("Pair", ["one", "other"])


class Pairs(Layer):
    def call(self, x):
        return Pair(x, 2 * x)


class PairsByForward(Layer):
    def forward(self, x, training=False):
        return Pair(x, 2 * x), None


@pytest.mark.parametrize(
    "call",
    [
        lambda: Pairs()(X),
        lambda: PairsByForward()(X),
        lambda: Lambda(lambda x: Pair(x, 2 * x))(X),
        lambda: Pairs()(X, training=True),
        lambda: ops.while_loop(lambda x, n: n < 1, lambda x, n: Pair(x, n + 1), Pair(X, 0)),
    ],
)
def test_named_tuples_keep_their_fields(call):
    found = call()
    assert type(found) is Pair
    np.testing.assert_allclose(found.one, X, rtol=1e-6)
