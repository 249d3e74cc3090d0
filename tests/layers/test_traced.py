"""Layers and models that define only `call`: every promise of a layer, and a sentence for what cannot be traced."""

import copy
import pickle

import numpy as np
import pytest

import minidl
from minidl import Input, Layer, Model, Sequential, Variable, ops
from minidl.layers import BatchNormalization, Dense, Dropout, Embedding, SimpleRNN
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
def test_every_promise_of_a_layer_holds(make, shape, options):
    check_layer(make, shape, **options)


def test_a_subclassed_model_learns_saves_loads_and_goes_on_with_the_same_bits(tmp_path):
    model = Net()
    model.fit(X, T, epochs=2, verbose=0)
    assert model.loss.name == "sparse_categorical_crossentropy"  # chosen by the softmax at the end of call
    assert [a is not None for a in model.plan.objective.activations] == [True]  # paired with it
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

    class Traced(Layer):
        def build(self, input_shape):
            self.w = self.add_weight((input_shape[-1],), "ones", name="w")

        def call(self, x):
            return x * self.w

    histories = []
    for kind in (ByHand, Traced):
        minidl.utils.set_random_seed(1)
        model = Sequential([kind(), Dense(3, "softmax")])
        histories.append(model.fit(X, T, epochs=2, verbose=0).history["loss"])
    assert histories[0] == histories[1]


def test_call_runs_once_for_each_kind_of_input_and_mode_however_many_batches_there_are():
    runs = []

    class Counted(Layer):
        def call(self, x, training=False):
            runs.append((x.shape, training))
            return x * 2

    layer = Counted()
    for rows in (2, 3, 4):
        layer(np.ones((rows, 5)))
    layer(np.ones((2, 5)), training=True)
    layer(np.ones((2, 6)))
    assert runs == [((None, 5), False), ((None, 5), True), ((None, 6), False)]


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


def test_equal_options_are_one_call_and_types_and_shapes_are_told_apart():
    layer, x = Times(), np.ones((1, 4))
    for scale in (np.ones(4), np.ones(4), np.ones((1, 4)), np.ones(4, "int64"), np.ones(4).tolist(), tuple(np.ones(4))):
        layer(x, scale=scale)
    assert len(layer.network.calls) == 6  # five kinds of options, and none when it was built


def test_a_model_may_add_to_its_loss_and_layers_may_be_told_to_train():
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


def test_dropout_told_to_train_is_random_in_prediction_too():
    start = Input((50,))
    model = Model(start, Dropout(0.5)(start, training=True))
    one, two = model.predict(np.ones((4, 50))), model.predict(np.ones((4, 50)))
    assert not np.array_equal(one, two)
    again = Model.from_config(model.get_config())
    assert (again.predict(np.ones((4, 50))) == 0).any()


def bad(body):
    class Bad(Layer):
        def build(self, input_shape):
            self.w = self.add_weight((3,), "ones", name="w")

        call = body

    return Bad()


def branches(self, x):
    if x > 0:
        return x
    return -x


def calls_numpy(self, x):
    return np.exp(x)


def freezes_a_weight(self, x):
    return x * np.exp(self.w)


def loops(self, x):
    return sum(row for row in x)


def returns_an_array(self, x):
    return np.ones(3)


def assigns_a_constant(self, x):
    self.w.assign(np.zeros(3))
    return x


@pytest.mark.parametrize(
    ("body", "message", "line"),
    [
        (branches, "a Python branch cannot depend on it", "if x > 0:"),
        (calls_numpy, "numpy.exp cannot compute with it", "return np.exp(x)"),
        (freezes_a_weight, 'hands the variable "w" to NumPy while it is traced', "return x * np.exp(self.w)"),
        (loops, "a Python loop cannot run over it", "return sum(row for row in x)"),
        (returns_an_array, "call returns what layers and minidl.ops make", None),
        (assigns_a_constant, "assign, inside call, takes what layers and minidl.ops make", None),
    ],
)
def test_what_cannot_be_traced_stops_with_its_line_and_the_ways_out(body, message, line):
    with pytest.raises(TypeError, match=message) as caught:
        bad(body)(np.ones((2, 3)))
    if line is not None:
        assert line in caught.value.__notes__[0]
        assert "minidl.ops" in str(caught.value)
        assert "forward and backward" in str(caught.value)


def test_a_term_for_the_loss_outside_of_call_is_refused():
    with pytest.raises(RuntimeError, match="add_loss belongs inside call"):
        Dense(3).add_loss(1.0)


def test_variables_outside_of_a_trace_compute_at_once():
    w = minidl.Variable([1.0, 2.0])
    np.testing.assert_array_equal(w * 2 + 1, [3.0, 5.0])
    np.testing.assert_array_equal(w[1:] @ np.ones((1, 2)), [2.0, 2.0])
    w.assign_add([1.0, 1.0])
    w.assign_sub([0.5, 0.5])
    assert w.numpy().tolist() == [1.5, 2.5]
    assert (-w <= 0).all()


def changes_an_array(self, x):
    self.seen += 1
    return x


def keeps_a_tensor(self, x):
    self.last = x * 2
    return self.last


@pytest.mark.parametrize(
    ("body", "message"),
    [(changes_an_array, "call changes the array self.seen"), (keeps_a_tensor, "call keeps a symbolic tensor in self.last")],
)
def test_what_would_happen_once_and_never_again_is_refused(body, message):
    layer = bad(body)
    layer.seen = np.zeros(3)
    with pytest.raises(TypeError, match=message):
        layer(np.ones((2, 3)))
