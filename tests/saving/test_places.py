"""Files match a model by position: automatic names, which depend on the process, do not matter."""

import json
import pickle
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from minidl import Input, Layer, Model, Sequential, layers, load_model, models, optimizers
from minidl.config.randomness import set_random_seed
from minidl.layers.traversal import weight_paths, with_sublayers
from minidl.saving import register_keras_serializable
from minidl.saving.checkpoint import load_state, save_state
from tests.plugin import PROFILE

X = np.random.default_rng(0).normal(size=(12, 5, 4)).astype("float32")
Y = X[:, 0, :2]
DEPTH = 2 if PROFILE == "thorough" else 1  # of models in models
CELLS = (layers.LSTMCell, layers.GRUCell, layers.SimpleRNNCell)


@register_keras_serializable(package="places")
class Block(Layer):
    """Layers that have automatic names and stand in no config."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.parts = [layers.Dense(units, "tanh"), {"second": layers.LayerNormalization()}]

    def call(self, x):
        return self.parts[1]["second"](self.parts[0](x))


def cells(draw):
    return [draw.choice(CELLS)(draw.randint(2, 4)) for _ in range(draw.randint(1, 2))]


def drawn(draw, depth):
    """A functional model: two branches, one of which runs a shared layer twice, and attention between them."""
    start = Input((5, 4))
    shared = layers.Dense(4, "tanh")
    one, other = shared(shared(start)), stack(draw, depth - 1)(start)
    other = layers.Dense(4)(other)
    return Model(start, layers.Add()([one, layers.MultiHeadAttention(2, 2)(one, other)]))


def part(draw, depth):
    """One layer or model on sequences."""
    kinds = [
        lambda: layers.RNN(cells(draw), return_sequences=True),
        lambda: layers.Bidirectional(layers.RNN(cells(draw), return_sequences=True)),
        lambda: layers.Bidirectional(layers.LSTM(2, return_sequences=True), merge_mode="sum"),
        lambda: layers.TimeDistributed(draw.choice([layers.Dense(3), Block(3), Sequential([layers.Dense(3), Block(2)])])),
        lambda: layers.Wrapper(draw.choice([layers.Dense(3), layers.GRU(2, return_sequences=True)])),
        lambda: layers.SpectralNormalization(layers.Dense(3)),
        lambda: layers.BatchNormalization(),
        lambda: layers.Dropout(0.2),
        lambda: Block(draw.randint(2, 4)),
        lambda: layers.Dense(3, "relu", name=draw.choice([None, "mine"])),
    ]
    if depth > 0:
        kinds += [lambda: stack(draw, depth - 1)] * 2
    return draw.choice(kinds)()


def stack(draw, depth):
    made = Sequential()
    for _ in range(draw.randint(1, DEPTH + 1)):
        layer = part(draw, depth)
        if layer.name not in [other.name for other in made.layers]:
            made.add(layer)
    return made


def make(number):
    """The random model of that number: the same each time, but for its automatic names."""
    draw = random.Random(number)
    set_random_seed(number % 1000)
    first = drawn(draw, DEPTH) if draw.random() < 0.4 else stack(draw, DEPTH)
    model = Sequential([Input((5, 4)), first, layers.Flatten(), layers.Dense(2)])
    rule = draw.choice([optimizers.AdamW, optimizers.Muon, optimizers.Adafactor, optimizers.Lamb, optimizers.SGD])
    names = [rf"^{layer.name}" for layer in with_sublayers(model) if draw.random() < 0.2] if rule is optimizers.Muon else None
    options = {"weight_decay": 0.1} | ({"exclude_layers": names} if names is not None else {})
    model.compile(rule(0.01, **options), "mse")
    for layer in with_sublayers(model)[1:]:
        if draw.random() < 0.15:
            layer.trainable = False
    for variable in model.weights:
        if draw.random() < 0.1 and not variable.is_state:
            variable.trainable = False
    model.layers[-1].trainable = True
    listed = [variable for variable in model.weights if draw.random() < 0.3]
    model.optimizer.exclude_from_weight_decay(listed, draw.choice([None, ["bias"]]))
    return model


def settings(model):
    """All that matching could get wrong, place by place."""
    excluded = [model.optimizer.is_excluded(v) for v in model.weights] if model.compiled else None
    flags = [v.trainable for v in model.weights], [layer.trainable for layer in with_sublayers(model)]
    return flags, [layer.name for layer in with_sublayers(model)], [v.path for v in model.weights], excluded


def assert_same_bits(one, other):
    for a, b in zip(one.weights, other.weights, strict=True):
        np.testing.assert_array_equal(a.value, b.value, err_msg=a.path)


@given(st.integers(0, 2**40))
def test_a_loaded_model_equals_the_saved_one_position_by_position(tmp_path_factory, number):
    folder = tmp_path_factory.mktemp("places")
    for _ in range(2):  # the second time all automatic names are other ones
        model = make(number)
        assert list(weight_paths(model).values()) == model.weights
        model.fit(X, Y, batch_size=6, epochs=1, verbose=0)
        model.save(folder / "one.safetensors")
        loaded = load_model(folder / "one.safetensors")
        assert settings(loaded) == settings(model)
        loaded.save(folder / "other.safetensors")
        assert (folder / "one.safetensors").read_bytes() == (folder / "other.safetensors").read_bytes()
        assert settings(models.clone_model(model))[:1] == settings(model)[:1]
        assert settings(pickle.loads(pickle.dumps(model))) == settings(model)
        for each in (model, loaded):
            each.fit(X, Y, batch_size=6, epochs=1, verbose=0)
        assert_same_bits(loaded, model)


@given(st.integers(0, 2**40))
def test_weights_and_states_load_into_a_rebuilt_model(tmp_path_factory, number):
    folder = tmp_path_factory.mktemp("places")
    model, weights, state = make(number), folder / "weights.safetensors", folder / "state.safetensors"
    model.fit(X, Y, batch_size=6, epochs=1, verbose=0)
    model.save_weights(weights)
    save_state(model, state, {})
    other, again = make(number), make(number)
    other.load_weights(weights)
    assert_same_bits(other, model)
    again.optimizer.exclude_from_weight_decay()
    load_state(again, state)
    assert_same_bits(again, model)
    assert settings(again)[-1] == settings(model)[-1]
    if not isinstance(model.optimizer, optimizers.Muon):  # which takes automatic names from its user
        for each in (model, again):
            each.fit(X, Y, batch_size=6, epochs=1, verbose=0)
        assert_same_bits(again, model)


def test_a_frozen_cell_of_a_stack_stays_frozen_however_many_stacks_were_made_before(tmp_path):
    for _ in range(3):
        model = Sequential([Input((5, 4)), layers.RNN([layers.LSTMCell(2), layers.LSTMCell(2)])])
        model.layers[0].cell.cells[0].trainable = False
        model.save(tmp_path / "net.safetensors")
        loaded = load_model(tmp_path / "net.safetensors")
        assert [v.trainable for v in loaded.weights] == [False] * 3 + [True] * 3
        assert [v.trainable for v in models.clone_model(model).weights] == [False] * 3 + [True] * 3


def test_excluded_weights_stay_excluded_however_many_stacks_were_made_before(tmp_path):
    for _ in range(3):
        model = Sequential([Input((5, 4)), layers.RNN([layers.GRUCell(2), layers.GRUCell(2)])])
        model.compile(optimizers.AdamW(weight_decay=0.5), "mse")
        model.optimizer.exclude_from_weight_decay(model.layers[0].cell.cells[1].weights)
        model.save(tmp_path / "net.safetensors")
        loaded = load_model(tmp_path / "net.safetensors")
        assert [loaded.optimizer.is_excluded(v) for v in loaded.weights] == [False] * 3 + [True] * 3


def test_inputs_are_found_by_position_also_after_their_layers_were_renamed(tmp_path):
    a, b = Input((3,), name="a"), Input((3,), name="b")
    model = Model([a, b], layers.Subtract()([a, b]))
    a.layer.name, b.layer.name = "b", "a"
    model.save(tmp_path / "net.safetensors")
    for other in (load_model(tmp_path / "net.safetensors"), models.clone_model(model), Model.from_config(model.get_config())):
        np.testing.assert_array_equal(other.predict([np.full((1, 3), 5.0), np.full((1, 3), 2.0)]), np.full((1, 3), 3.0))
        assert len(other.layers) == 3


@pytest.mark.parametrize("key", ["trainable", "generators", "names", "paths"])
def test_a_list_of_another_length_raises_an_error(key, tmp_path):
    make(1).save(tmp_path / "net.safetensors")
    content = (tmp_path / "net.safetensors").read_bytes()
    size = int.from_bytes(content[:8], "little")
    head = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["minidl"])
    head[key] = head[key][:-1]
    del head["checksum"]  # as in files that were written before there was one
    save_file(load_file(tmp_path / "net.safetensors"), tmp_path / "bad.safetensors", {"minidl": json.dumps(head)})
    with pytest.raises(ValueError, match=f"is damaged, or .* {len(head[key])} {key}, Sequential"):
        load_model(tmp_path / "bad.safetensors")
