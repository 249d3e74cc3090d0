"""All networks implement the same protocol."""

import numpy as np
import pytest

from minidl import Input, Model, Sequential, ops
from minidl.graph import Chain, Graph, Network
from minidl.layers import Add, Dense, Embedding, StringLookup


def chain():
    return Sequential([Input((3,)), Dense(4, "relu"), Dense(2, activity_regularizer="l2")])


def graph():
    start = Input((3,), name="start")
    return Model(start, Dense(2, name="end")(Dense(4, "relu")(start)))


@pytest.mark.parametrize(("make", "kind"), [(chain, Chain), (graph, Graph)])
def test_forward_infer_and_backward_go_through_all_layers(make, kind):
    model = make()
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    network: Network = model.network
    y, cache, mask = network.forward(x, None, False)
    assert isinstance(network, kind)
    assert mask is None
    np.testing.assert_array_equal(y, network.infer(x, None)[0])
    assert network.backward(np.ones_like(y), cache).shape == x.shape
    assert network.backward(np.ones_like(y), cache, weights_only=True) is None
    assert network.compute_output_shape((None, 3)) == (None, 2)
    assert (network.penalty(cache) > 0) == network.has_penalty
    assert network.output_layers == [model.layers[-1]]
    assert (network.input_shapes, network.input_count, network.fixed_batch_size) == ([(None, 3)], 1, None)


def test_names_and_kinds_of_inputs_and_outputs():
    assert (chain().network.input_names, chain().network.output_names) == (["x"], ["output"])
    assert (graph().network.input_names, graph().network.output_names) == (["start"], ["end"])
    words, numbers = Input((1,), dtype="string"), Input((2,))
    looked_up = Embedding(3, 2)(StringLookup(vocabulary=["a"])(words))
    both = Model([words, numbers], [looked_up, Dense(1)(numbers)])
    assert both.network.input_kinds == ["string", "float"]
    assert Sequential([both]).network.input_kinds == ["any"]
    assert Sequential([StringLookup(vocabulary=["a"]), Embedding(3, 2)]).network.input_kinds == ["string"]


def test_a_chain_becomes_a_graph_of_the_same_layers():
    model = chain()
    drawn = model.network.as_graph(lambda: Input((3,)))
    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(drawn.infer(x, None)[0], model.predict(x))
    assert graph().network.as_graph(lambda: Input((3,))).inputs


def test_a_model_whose_output_is_its_input_can_be_summarized_and_drawn():
    start, other = Input((3,)), Input((3,))
    model, lines = Model([start, other], [start, Add()([start, other])]), []
    model.summary(print_fn=lines.append)
    assert "add" in lines[0]
    assert model.plot() is not None


def test_operations_of_a_graph_are_summarized_and_drawn_like_layers():
    start = Input((3,), name="start")
    model, lines = Model(start, Dense(1, name="end")(ops.exp(Dense(2, name="first")(start)))), []
    model.summary(print_fn=lines.append)
    rows = [line.split()[0] for line in lines[0].splitlines()[4:8]]
    assert [rows[0], rows[1], rows[3]] == ["start", "first", "end"]
    assert rows[2].startswith("exp")
    assert model.plot() is not None
