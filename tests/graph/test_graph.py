"""Graphs of layers: forward and backward passes, and errors if they are not connected."""

import numpy as np
import pytest

from minidl import Input, Model, layers
from minidl.graph import SymbolicTensor
from minidl.layers import Add, Dense, Layer
from minidl.testing import check_layer

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


def test_calling_a_layer_on_a_symbol_builds_it_and_gives_a_symbol():
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


def test_an_output_that_nobody_uses_has_no_gradient():
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


def test_an_output_without_its_input_is_refused():
    a, b = Input((4,), name="a"), Input((4,), name="b")
    with pytest.raises(ValueError, match='needs the input "b"'):
        Model(a, layers.add([Dense(4)(a), Dense(4)(b)]))


def test_an_input_that_leads_nowhere_is_refused():
    a, b = Input((4,), name="a"), Input((4,), name="b")
    with pytest.raises(ValueError, match=r"no output depends on the inputs \['b'\]"):
        Model([a, b], Dense(3)(a))


def test_two_layers_of_one_name_are_refused():
    a = Input((4,))
    with pytest.raises(ValueError, match='named "same"'):
        Model(a, Dense(3, name="same")(Dense(3, name="same")(a)))


def test_what_is_not_symbolic_is_refused():
    a = Input((4,))
    with pytest.raises(TypeError, match="symbolic tensors"):
        Model(X, Dense(3)(a))
    with pytest.raises(TypeError, match="symbolic tensors and a ndarray"):
        Add()([a, X])
    with pytest.raises(TypeError, match="numpy.i0 cannot compute with it"):
        np.i0(a)


def test_numpy_functions_on_symbolic_tensors_become_operations():
    a = Input((4,))
    model = Model(a, np.concatenate([np.exp(a), np.mean(a, axis=1, keepdims=True)], axis=1))
    np.testing.assert_allclose(model.predict(X), np.concatenate([np.exp(X), X.mean(axis=1, keepdims=True)], 1), rtol=1e-5)


def test_a_wrong_shape_is_refused_while_the_model_is_drawn():
    with pytest.raises(ValueError, match="unequal|broadcast|shape"):
        Add()([Input((4,)), Input((3,))])


def test_a_graph_of_a_thousand_layers_is_walked():
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
