"""Graphs compared with Keras's: each drawn by one function from either library, with the same weights and data.

Compared are outputs, every weight's gradient (as one step of plain gradient descent shows it), and five steps of Adam.
"""

import keras
import numpy as np
import pytest

import minidl
from tests.parity.comparing import assert_close

GRAPHS = {}


def graph(*shapes, integers=None):
    """Note a function `(k, ops, *inputs) -> outputs`; `k` is a library's layers."""

    def note(function):
        GRAPHS[function.__name__] = (function, shapes, integers)
        return function

    return note


@graph((4,))
def stack(k, ops, x):
    return k.Dense(2, name="b")(k.Dense(5, "tanh", name="a")(x))


@graph((4,))
def residual(k, ops, x):
    h = k.Dense(4, "relu", name="a")(x)
    return k.Dense(2, name="c")(k.Add()([x, k.Dense(4, name="b")(h)]))


@graph((4,))
def residual_with_operators(k, ops, x):
    for n in range(3):
        x = x + 0.5 * k.Dense(4, "tanh", name=f"d{n}")(x)
    return x


@graph((6, 6, 2))
def inception(k, ops, x):
    ways = [k.Conv2D(2, size, padding="same", activation="relu", name=f"way{size}") for size in (1, 3, 5)]
    pooled = k.Conv2D(2, 1, name="pooled")(k.MaxPooling2D(3, 1, padding="same")(x))
    return k.Dense(2, name="out")(k.GlobalAveragePooling2D()(k.Concatenate()([*(way(x) for way in ways), pooled])))


@graph((6, 6, 2))
def residual_convolution(k, ops, x):
    h = k.Conv2D(2, 3, padding="same", activation="tanh", name="a")(x)
    h = k.Conv2D(2, 3, padding="same", name="b")(h)
    return k.Flatten()(k.Activation("relu")(k.add([x, h])))


@graph((4,), (4,))
def siamese(k, ops, a, b):
    encoder = k.Dense(3, "tanh", name="encoder")
    return k.Dense(1, name="out")(ops.abs(encoder(a) - encoder(b)))


@graph((4,), (4,))
def siamese_distance(k, ops, a, b):
    encoder = k.Dense(3, "tanh", name="encoder")
    return ops.sqrt(ops.sum(ops.square(encoder(a) - encoder(b)), axis=-1, keepdims=True) + 0.1)


@graph((4,), (3,))
def two_inputs(k, ops, a, b):
    return k.Dense(2, name="c")(k.concatenate([k.Dense(3, "relu", name="a")(a), k.Dense(2, "tanh", name="b")(b)]))


@graph((4,), (4,), (4,))
def three_inputs(k, ops, a, b, c):
    return k.Dense(2, name="d")(k.average([a, k.Dense(4, name="a")(b), c * a]))


@graph((4,))
def two_outputs(k, ops, x):
    h = k.Dense(5, "tanh", name="h")(x)
    return [k.Dense(2, name="one")(h), k.Dense(3, name="two")(h)]


@graph((4,))
def an_inner_output(k, ops, x):
    h = k.Dense(5, "tanh", name="h")(x)
    return [h, k.Dense(3, name="two")(h)]


@graph((4,))
def outputs_by_name(k, ops, x):
    h = k.Dense(5, "tanh", name="h")(x)
    return {"first": k.Dense(2, name="first")(h), "second": k.Dense(1, name="second")(h)}


@graph((4,))
def one_layer_twice_in_a_row(k, ops, x):
    shared = k.Dense(4, "tanh", name="shared")
    return shared(shared(x))


@graph((5, 3))
def sequences(k, ops, x):
    return k.Dense(2, name="out")(k.LSTM(4, name="b")(k.GRU(3, return_sequences=True, name="a")(x)))


@graph((5, 3), (4, 3))
def encoder_and_decoder(k, ops, source, target):
    _, *states = k.LSTM(4, return_state=True, name="encoder")(source)
    y = k.LSTM(4, return_sequences=True, name="decoder")(target, initial_state=states)
    return k.Dense(2, name="out")(y)


@graph((5, 3), (4, 3))
def encoder_and_decoder_with_attention(k, ops, source, target):
    keys = k.GRU(4, return_sequences=True, name="encoder")(source)
    queries = k.GRU(4, return_sequences=True, name="decoder")(target)
    return k.Dense(2, name="out")(k.Concatenate()([queries, k.Attention(name="attention")([queries, keys])]))


@graph((5, 3))
def both_ways_and_step_by_step(k, ops, x):
    y = k.Bidirectional(k.LSTM(3, return_sequences=True), name="both")(x)
    return k.TimeDistributed(k.Dense(2), name="each")(y)


@graph((5, 4))
def transformer(k, ops, x):
    normal = k.LayerNormalization(name="n1")(x)
    h = k.Add()([x, k.MultiHeadAttention(2, 3, use_bias=False, name="attention")(normal, normal, use_causal_mask=True)])
    inner = k.Dense(6, "gelu", name="wide")(k.LayerNormalization(name="n2")(h))
    return k.Add()([h, k.Dense(4, name="narrow")(inner)])


@graph((5,), integers=7)
def words(k, ops, x):
    h = k.Embedding(7, 3, mask_zero=True, name="words")(x)
    return k.Dense(1, name="out")(k.LSTM(4, name="rnn")(h))


@graph((5,), integers=7)
def words_averaged(k, ops, x):
    h = k.Embedding(7, 3, mask_zero=True, name="words")(x)
    return k.Dense(1, name="out")(k.GlobalAveragePooling1D()(h))


@graph((5,), (5,), integers=7)
def one_embedding_for_two_texts(k, ops, a, b):
    shared = k.Embedding(7, 3, name="words")
    return k.Dot(axes=-1)([k.Flatten()(shared(a)), k.Flatten()(shared(b))])


@graph((4,))
def operations(k, ops, x):
    h = k.Dense(6, name="a")(x)
    left, right = h[:, :3], h[:, 3:]
    return ops.exp(-ops.square(left)) * ops.sigmoid(right) / (1.0 + ops.abs(left))


@graph((4,))
def branches_by_value(k, ops, x):
    h = k.Dense(4, name="a")(x)
    return ops.where(h > 0, h * 2.0, ops.tanh(h)) + ops.maximum(h, x) - ops.clip(x, -0.5, 0.5)


@graph((4,))
def rows_normalised_by_operations(k, ops, x):
    h = k.Dense(5, name="a")(x)
    mean = ops.mean(h, axis=-1, keepdims=True)
    return (h - mean) / ops.sqrt(ops.var(h, axis=-1, keepdims=True) + 0.01)


@graph((6, 4))
def attention_by_operations(k, ops, x):
    # A bias of the keys would add the same to all scores of a query: its gradient is 0, and Adam would scale up the rounding.
    query, key, value = (k.Dense(3, use_bias=name != "key", name=name)(x) for name in ("query", "key", "value"))
    weights = ops.softmax(ops.matmul(query, ops.transpose(key, (0, 2, 1))) / 3**0.5)
    return ops.einsum("bij,bjd->bid", weights, value)


@graph((6, 4))
def heads_by_reshaping(k, ops, x):
    h = ops.reshape(k.Dense(6, name="a")(x), (-1, 6, 2, 3))
    h = ops.transpose(h, (0, 2, 1, 3))
    return ops.concatenate([ops.max(h, axis=2), ops.mean(h, axis=2)], axis=-1)


@graph((4,))
def mixture_of_experts(k, ops, x):
    gate = k.Dense(3, "softmax", name="gate")(x)
    experts = ops.stack([k.Dense(2, "tanh", name=f"expert{n}")(x) for n in range(3)], axis=1)
    return ops.sum(ops.expand_dims(gate, -1) * experts, axis=1)


@graph((4,))
def highway(k, ops, x):
    gate = k.Dense(4, "sigmoid", name="gate")(x)
    return gate * k.Dense(4, "relu", name="h")(x) + (1 - gate) * x


@graph((3,))
def factorised(k, ops, x):
    left = k.Dense(4, use_bias=False, name="left")(x)
    return k.Dense(1, name="wide")(x) + 0.5 * ops.sum(left**2, axis=-1, keepdims=True)


@graph((4, 4, 2))
def squeeze_and_excite(k, ops, x):
    scale = k.Dense(2, "sigmoid", name="b")(k.Dense(1, "relu", name="a")(k.GlobalAveragePooling2D()(x)))
    return k.Flatten()(k.Multiply()([x, k.Reshape((1, 1, 2))(scale)]))


@graph((8, 8, 1))
def u_net(k, ops, x):
    down = k.Conv2D(2, 3, padding="same", activation="tanh", name="down")(x)
    low = k.Conv2D(3, 3, padding="same", activation="tanh", name="low")(k.AveragePooling2D(2)(down))
    up = k.Conv2DTranspose(2, 2, strides=2, name="up")(low)
    return k.Conv2D(1, 1, name="out")(k.Concatenate()([down, up]))


@graph((4,))
def batch_normalised(k, ops, x):
    return k.Dense(2, name="b")(k.BatchNormalization(name="n")(k.Dense(3, "relu", name="a")(x)))


def nested(k, ops, x, model):
    inner_x = k.Input((4,))
    inner = model(inner_x, k.Dense(3, "tanh", name="inner_dense")(inner_x), name="inner")
    return k.Dense(2, name="out")(k.subtract([inner(x), inner(x * 2.0)]))


GRAPHS["one_model_inside_another_twice"] = (nested, ((4,),), None)


def draw(name, library):
    function, shapes, integers = GRAPHS[name]
    k = library.layers
    dtype = None if integers is None else "int32"
    inputs = [k.Input(shape, dtype=dtype, name=f"x{n}") for n, shape in enumerate(shapes)]
    further = (library.Model,) if function is nested else ()
    return library.Model(inputs if len(inputs) > 1 else inputs[0], function(k, library.ops, *inputs, *further))


def flat(structure):
    if isinstance(structure, dict):
        return list(structure.values())
    return list(structure) if isinstance(structure, (list, tuple)) else [structure]


def weights_of(model):
    return [np.asarray(value) for layer in model.layers for value in layer.get_weights()]


def make_both(name, optimizer):
    minidl.utils.clear_session()
    ours, theirs = draw(name, minidl), draw(name, keras)
    generator = np.random.default_rng(1)
    layers = {layer.name: layer for layer in theirs.layers}
    for layer in ours.layers:
        if layer.weights:
            values = [generator.normal(size=value.shape) * 0.5 for value in layer.get_weights()]
            values = [np.abs(v) + 0.5 if "variance" in w.name else v for v, w in zip(values, layer.weights, strict=True)]
            layer.set_weights(values)
            layers[layer.name].set_weights(values)
    _, shapes, integers = GRAPHS[name]
    x = [generator.integers(0, integers, (6, *s)) if integers else generator.normal(size=(6, *s)) for s in shapes]
    x = [array if integers else array.astype("float32") for array in x]
    x = x if len(x) > 1 else x[0]
    outputs = ours.predict(x)
    y = [generator.normal(size=one.shape).astype("float32") for one in flat(outputs)]
    several = len(y) > 1
    weights = [1.0, 0.3][: len(y)]
    if isinstance(outputs, dict):
        y, weights = dict(zip(outputs, y, strict=True)), dict(zip(outputs, weights, strict=True))
    for library, model in ((minidl, ours), (keras, theirs)):
        loss = dict.fromkeys(y, "mse") if isinstance(y, dict) else ["mse"] * len(y) if several else "mse"
        model.compile(getattr(library.optimizers, optimizer[0])(optimizer[1]), loss, loss_weights=weights if several else None)
    return ours, theirs, x, y if several else y[0]


def compared(ours, theirs):
    layers = {layer.name: layer for layer in theirs.layers}
    for layer in ours.layers:
        if layer.weights:
            for variable, mine, its in zip(layer.weights, layer.get_weights(), layers[layer.name].get_weights(), strict=True):
                yield f"{layer.name}/{variable.name}", mine, its


@pytest.mark.quick_rows(16, whole=True)
@pytest.mark.parametrize("name", GRAPHS)
def test_outputs_gradients_and_training_are_those_of_keras(name):
    ours, theirs, x, y = make_both(name, ("SGD", 1.0))
    its = theirs.predict(x, verbose=0)
    its = [its[key] for key in ours.predict(x)] if isinstance(its, dict) else flat(its)
    for mine, other in zip(flat(ours.predict(x)), its, strict=True):
        assert_close(mine, other, 1e-5, "output")
    before = [mine.copy() for _, mine, _ in compared(ours, theirs)]
    ours.train_on_batch(x, y)
    theirs.train_on_batch(x, y)
    for start, (path, mine, other) in zip(before, compared(ours, theirs), strict=True):
        assert_close(start - mine, start - other, 1e-4, f"gradient of {path}")

    ours, theirs, x, y = make_both(name, ("Adam", 0.01))
    for step in range(5):
        loss, its_loss = ours.train_on_batch(x, y), theirs.train_on_batch(x, y)
        assert_close(np.ravel(loss)[0], np.ravel(its_loss)[0], 1e-4, f"loss of step {step}")
    for path, mine, other in compared(ours, theirs):
        assert_close(mine, other, 1e-4, path)


def test_there_are_at_least_thirty_graphs():
    assert len(GRAPHS) >= 30
