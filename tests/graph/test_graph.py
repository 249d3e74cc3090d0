"""Graphs of layers: forward and backward passes, and errors if they are not connected."""

import numpy as np
import pytest

from minidl import Input, Model, layers, load_model, optimizers
from minidl.graph import SymbolicTensor
from minidl.layers import Add, Dense, Layer
from minidl.models import clone_model
from minidl.testing import check_layer
from minidl.utils import get_source_inputs

X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


class Halves(Layer):
    """Two outputs from one input."""

    def forward(self, x, training=False):
        middle = x.shape[-1] // 2
        return (x[..., :middle], x[..., middle:]), x.shape

    def backward(self, dy, cache):
        parts = [np.zeros_like(other) if part is None else part for part, other in zip(dy, dy[::-1], strict=True)]
        return np.concatenate(parts, axis=-1)

    def compute_output_shape(self, input_shape):
        *rest, size = input_shape
        return (*rest, size // 2), (*rest, size - size // 2)


def test_calling_a_layer_on_a_symbolic_tensor_builds_it_and_returns_one():
    start, layer = Input((4,), name="start"), Dense(3, name="dense")
    y = layer(start)
    assert isinstance(y, SymbolicTensor)
    assert layer.built
    assert (y.shape, y.dtype, y.ndim) == ((None, 3), "float32", 2)
    assert repr(start) == "<SymbolicTensor start, shape=(None, 4), dtype=float32>"


def test_a_branching_graph_adds_up_gradients():
    def make():
        start = Input((4,))
        left, right = Dense(3, activation="tanh")(start), Dense(3, activation="sigmoid")(start)
        both = Add()([left, right])
        return Model(start, Add()([both, left]))

    check_layer(make, (5, 4), sizes_of_one=False)


def test_several_inputs_and_outputs_are_differentiated():
    def make():
        a, b = Input((4,)), Input((2,))
        h = Dense(3, activation="tanh")(a)
        return Model([a, b], [Add()([h, Dense(3)(b)]), Dense(2)(h)])

    check_layer(make, [(5, 4), (5, 2)], sizes_of_one=False)


def test_an_unused_output_has_no_gradient():
    def make():
        start = Input((4,))
        left, _ = Halves()(Dense(4)(start))
        return Model(start, Dense(2)(left))

    check_layer(make, (5, 4), sizes_of_one=False)


def test_inputs_are_given_as_a_list_or_by_name():
    a, b = Input((4,), name="a"), Input((4,), name="b")
    listed = Model([a, b], layers.add([Dense(2)(a), Dense(2)(b)]))
    np.testing.assert_array_equal(listed.predict([X, X + 1]), listed.predict({"b": X + 1, "a": X}))
    with pytest.raises(ValueError, match=r"named \['a', 'b'\].*\['b'\] missing"):
        listed.predict({"a": X})
    with pytest.raises(ValueError, match="2 inputs"):
        listed.predict([X, X, X])


def test_an_output_without_its_input_raises_an_error():
    a, b = Input((4,), name="a"), Input((4,), name="b")
    with pytest.raises(ValueError, match='needs the input "b"'):
        Model(a, layers.add([Dense(4)(a), Dense(4)(b)]))


def test_an_input_may_be_unused(tmp_path):
    a, b = Input((4,), name="a"), Input((2,), name="b")
    for inputs, data in (([a, b], [X, X[:, :2] * 9]), ({"a": a, "b": b}, {"a": X, "b": X[:, :2]})):
        model, alone = Model(inputs, Dense(3, name="d")(a)), Model(a, Dense(3, name="d")(a))
        alone.set_weights(model.get_weights())
        np.testing.assert_array_equal(model.predict(data), alone.predict(X))
        model.compile("sgd", "mse")
        model.fit(data, np.ones((len(X), 3)), verbose=0)
        model.save(tmp_path / "a.safetensors")
        np.testing.assert_array_equal(load_model(tmp_path / "a.safetensors").predict(data), model.predict(data))
        assert clone_model(model).network.input_names == ["a", "b"]


def shared_head():
    """Two outputs of one layer, a third of another, and the first again."""
    a, b, head = Input((1,)), Input((1,)), Dense(1, kernel_initializer="ones", name="head")
    y = head(a)
    return Model([a, b], [y, head(b), Dense(1, kernel_initializer="ones", name="head_1")(a), y])


def test_outputs_of_one_layer_have_names_of_their_own():
    model = shared_head()
    assert model.output_names == ["head", "head_2", "head_1", "head_3"]
    a, b, zeros = np.array([[1.0], [2.0]]), np.array([[3.0], [5.0]]), np.zeros((2, 1))
    targets, losses = [zeros] * 4, {"head": 2.5, "head_2": 17.0, "head_1": 1.5, "head_3": 4.0}
    kinds = {"head": "mse", "head_2": "mse", "head_1": "mae", "head_3": "mse"}
    targets[3] = np.array([[3.0], [0.0]])
    for given in (list(kinds.values()), kinds):
        model.compile(optimizers.SGD(0.0), given, metrics=[["mae"], ["mae"], [], []])
        logs = model.evaluate([a, b], targets, verbose=0, return_dict=True)
        parts = {f"{name}_loss": value for name, value in losses.items()}
        assert logs == pytest.approx({"loss": sum(losses.values()), **parts, "head_mae": 1.5, "head_2_mae": 4.0})
        assert set(model.fit([a, b], targets, verbose=0).history) == set(logs)
    by_name = dict(zip(model.output_names, targets, strict=True))
    assert model.evaluate([a, b], by_name, verbose=0, return_dict=True) == pytest.approx(logs)


def test_states_among_the_outputs_have_names_of_their_own():
    x = Input((3, 2))
    model = Model(x, layers.LSTM(2, return_state=True, name="lstm")(x))
    assert model.output_names == ["lstm", "lstm_1", "lstm_2"]
    model.compile("sgd", ["mse"] * 3)
    zeros = np.zeros((4, 2))
    assert len(model.evaluate(np.ones((4, 3, 2)), [zeros] * 3, verbose=0)) == 4


ROW, ROWS = np.array([[1.0, 2.0]]), np.arange(6.0).reshape(3, 2)


@pytest.mark.parametrize(
    ("make", "right"),
    [
        (lambda x: Add()([x, ROW]), ROWS + ROW),
        (lambda x: Add()([ROW, x]), ROWS + ROW),
        (lambda x: Add()([x, ROWS]), ROWS + ROWS),
        (lambda x: layers.Multiply()([x, ROW.astype(int), x]), ROWS * ROW * ROWS),
        (lambda x: layers.Subtract()([ROW, x]), ROW - ROWS),
        (lambda x: layers.Maximum()([x, ROW]), np.maximum(ROWS, ROW)),
        (lambda x: layers.Concatenate()([x, ROW]), np.hstack([ROWS, np.repeat(ROW, 3, axis=0)])),
        (lambda x: layers.Dot(axes=1)([x, ROW]), ROWS @ ROW.T),
    ],
)
def test_arrays_may_be_mixed_with_symbolic_tensors(make, right, tmp_path):
    x = Input((2,))
    model = Model(x, Dense(right.shape[1], kernel_initializer="identity")(make(x)))
    np.testing.assert_allclose(model.predict(ROWS), right)
    model.compile("sgd", "mse")
    model.train_on_batch(ROWS, right)
    model.save(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(load_model(tmp_path / "a.safetensors").predict(ROWS), model.predict(ROWS))


def test_two_layers_of_one_name_raise_an_error():
    a = Input((4,))
    with pytest.raises(ValueError, match='named "same"'):
        Model(a, Dense(3, name="same")(Dense(3, name="same")(a)))


def test_a_tensor_that_is_not_symbolic_raises_an_error():
    a = Input((4,))
    with pytest.raises(ValueError, match="symbolic tensors"):
        Model(X, Dense(3)(a))
    with pytest.raises(TypeError, match="symbolic tensors and a str"):
        Add()([a, "X"])
    with pytest.raises(TypeError, match="numpy.unwrap cannot compute with it"):
        np.unwrap(a)


def test_numpy_functions_on_symbolic_tensors_become_operations():
    a = Input((4,))
    model = Model(a, np.concatenate([np.exp(a), np.mean(a, axis=1, keepdims=True)], axis=1))
    np.testing.assert_allclose(model.predict(X), np.concatenate([np.exp(X), X.mean(axis=1, keepdims=True)], 1), rtol=1e-5)


def test_a_wrong_shape_raises_an_error_while_the_model_is_built():
    with pytest.raises(ValueError, match="unequal|broadcast|shape"):
        Add()([Input((4,)), Input((3,))])


def test_a_graph_of_a_thousand_layers_can_be_built_and_run():
    start = y = Input((4,))
    for _ in range(1000):
        y = layers.Activation("tanh")(y)
    model = Model(start, y)
    assert model.predict(X).shape == X.shape


@pytest.mark.parametrize("shape", [4, (0,), (-1,), ("4",), (2.5,), None])
def test_an_input_needs_a_shape_of_positive_sizes(shape):
    with pytest.raises(ValueError, match="Input expects"):
        Input(shape)


def test_an_inner_tensor_may_be_the_input_of_another_model():
    start = Input((4,))
    hidden = Dense(3, name="hidden")(start)
    end = Dense(2, name="end")(hidden)
    tail = Model(hidden, end)
    assert tail.predict(np.ones((5, 3))).shape == (5, 2)
    assert [layer.name for layer in tail.layers][-1] == "end"


def test_the_sources_of_a_tensor_are_its_inputs_each_once():
    a, b, c = Input((2,), name="a"), Input((2,), name="b"), Input((2,), name="c")
    h = layers.Dense(2)(b)
    assert get_source_inputs(layers.add([h, a, h * 2.0])) == [b, a]
    assert get_source_inputs(c) == [c]
