"""Order of layers and weights in random functional models, compared with Keras's."""

from collections import OrderedDict

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minidl
from tests.parity.comparing import assert_close

SIZE = 3  # of every tensor's last axis


@st.composite
def recipes(draw):
    """A random graph as plain numbers: inputs, calls `(kind, layer, tensors)`, and outputs."""
    inputs = draw(st.integers(1, 3))
    tensors, calls = inputs, []
    for number in range(draw(st.integers(1, 8))):
        kind = draw(
            st.sampled_from(["dense", "dense", "again", "norm", "add", "concatenate", "operator", "scale", "model", "dict"])
        )
        count = {"add": 3, "concatenate": 2, "operator": 2, "dict": 2}.get(kind, 1)
        sources = draw(st.lists(st.integers(0, tensors - 1), min_size=min(count, 2), max_size=count))
        earlier = [layer for other, layer, _ in calls if other in ("dense", "again")]
        layer = draw(st.sampled_from(earlier)) if kind == "again" and earlier else number
        calls.append((kind, layer, sources))
        tensors += 1
    outputs = draw(st.lists(st.integers(inputs, tensors - 1), min_size=1, max_size=4, unique=True))
    return inputs, calls, outputs


def from_dict(k, name):
    """A layer that is called on a dict of tensors."""

    class FromDict(k.layers.Layer):
        def call(self, x):
            return x["b"] - 0.5 * x["a"]

    return FromDict(name=name)


def built(k, recipe, structured=lambda tensors: tensors):
    """The model of a recipe; `structured` puts its lists of inputs and outputs into another structure."""
    inputs, calls, outputs = recipe
    tensors = [k.Input((SIZE,), name=f"input{number}") for number in range(inputs)]
    made = {}
    for number, (kind, layer, places) in enumerate(calls):
        sources, name = [tensors[place] for place in places], f"{kind}{number}"
        if kind in ("dense", "again"):
            made.setdefault(layer, k.layers.Dense(SIZE, name=f"dense{layer}"))
            result = made[layer](sources[0])
        elif kind == "norm":
            result = k.layers.BatchNormalization(name=name)(sources[0])
        elif kind == "add":
            result = k.layers.Add(name=name)(sources)
        elif kind == "concatenate":
            result = k.layers.Dense(SIZE, name=f"{name}_dense")(k.layers.Concatenate(name=name)(sources))
        elif kind == "operator":
            result = sources[0] - sources[1] * 0.5
        elif kind == "dict":
            result = from_dict(k, name)({"b": sources[0], "a": sources[1]})
        elif kind == "scale":
            result = k.ops.tanh(sources[0])
        else:
            inner = k.Sequential([k.Input((SIZE,)), k.layers.Dense(SIZE, name=f"{name}_dense")], name=name)
            result = inner(sources[0])
        tensors.append(result)
    return k.Model(structured(tensors[:inputs]), structured([tensors[place] for place in outputs]))


@given(recipes())
def test_layers_and_weights_of_random_graphs_are_in_keras_s_order(recipe):
    ours, theirs = built(minidl, recipe), built(keras, recipe)
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert [weight.shape for weight in ours.weights] == [tuple(weight.shape) for weight in theirs.weights]
    paths = [[weight.name for weight in model.weights] for model in (ours, theirs)]
    assert paths[0] == paths[1]
    kinds = [[weight.name for weight in model.trainable_weights] for model in (ours, theirs)]
    assert kinds[0] == kinds[1]


def in_dict(tensors):
    """Keys whose order is not that of the tensors."""
    return {f"{'zyxw'[number % 4]}{number}": tensor for number, tensor in enumerate(tensors)}


def in_ordered_dict(tensors):
    return OrderedDict(in_dict(tensors))


def in_lists_and_dicts(tensors):
    return {"z": [tensors[0]], "a": {"z": tensors[:1], "b": (tensors[-1], tensors[0])}}


@pytest.mark.parametrize("structured", [in_dict, in_ordered_dict, in_lists_and_dicts])
@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")
@settings(max_examples=15, deadline=None)
@given(recipe=recipes())
def test_tensors_in_dicts_are_in_the_order_of_their_keys(structured, recipe):
    def outputs(tensors):
        return structured(tensors) if tensors[0].name[:5] != "input" else in_dict(tensors)

    ours, theirs = built(minidl, recipe, outputs), built(keras, recipe, outputs)
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert [weight.shape for weight in ours.weights] == [tuple(weight.shape) for weight in theirs.weights]
    assert [tensor.name for tensor in ours.inputs] == [tensor.name for tensor in theirs.inputs]
    assert [t.layer.name for t in ours.outputs if t.node] == [
        t._keras_history.operation.name for t in theirs.outputs if isinstance(t._keras_history.operation, keras.layers.Layer)
    ] or any(kind in ("operator", "scale") for kind, _, _ in recipe[1])


@given(recipes())
def test_weights_of_keras_give_keras_s_outputs(recipe):
    ours, theirs = built(minidl, recipe), built(keras, recipe)
    generator = np.random.default_rng(0)
    weights = [np.abs(generator.normal(size=weight.shape)).astype("float32") for weight in theirs.weights]
    theirs.set_weights(weights)
    ours.set_weights(theirs.get_weights())
    x = [generator.normal(size=(2, SIZE)).astype("float32") for _ in range(recipe[0])]
    mine, its = ours(x if len(x) > 1 else x[0]), theirs(x)
    for one, other in zip(mine if len(recipe[2]) > 1 else [mine], its if isinstance(its, list) else [its], strict=True):
        assert_close(one, other, 1e-4)


def test_outputs_of_one_layer_have_names_of_their_own_where_keras_has_one():
    names = []
    for k in (minidl, keras):
        a, b, head = k.Input((1,)), k.Input((1,)), k.layers.Dense(1, name="head")
        names.append(k.Model([a, b], [head(a), head(b)]).output_names)
    assert names == [["head", "head_1"], ["head", "head"]]


@pytest.mark.parametrize("kind", ["Sequential", "Model"])
def test_the_output_of_a_nested_model_is_that_of_its_call_for_a_sequential_as_in_keras(kind):
    for k in (minidl, keras):
        inner = k.Sequential([k.Input((3,)), k.layers.Dense(4, kernel_initializer="ones")], name="inner")
        if kind == "Model":
            inner = k.Model(inner.inputs[0], inner.outputs[0], name="inner")
        own = inner.outputs[0]
        start = k.Input((3,))
        model = k.Model(start, k.layers.Dense(1)(inner(start)))
        output = model.get_layer("inner").output
        if kind == "Model":
            assert (output[0] if isinstance(output, list) else output) is own
        else:
            assert output is not own
            assert_close(k.Model(model.inputs, output).predict(np.ones((1, 3)), verbose=0), [[3.0] * 4])
            assert_close(k.Model(inner.inputs, inner.outputs).predict(np.ones((1, 3)), verbose=0), [[3.0] * 4])
