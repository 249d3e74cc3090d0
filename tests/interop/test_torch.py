"""Weights from and to PyTorch, against its documented formulas in plain NumPy, channels first."""

import numpy as np
import pytest
from safetensors.numpy import save_file
from scipy.signal import correlate

from minidl import Input, Layer, Model, Sequential, layers, load_model, ops
from minidl.interop import torch

RNG = np.random.default_rng(0)


def drawn(*shape):
    return RNG.normal(size=shape).astype("float32")


def build(shape, *parts):
    return Sequential([Input(shape), *parts])


def channels_first(x):
    return np.moveaxis(x, -1, 1)


def predicted(model, x):
    return model.predict(x, verbose=0)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def convolve(x, weight, bias, groups=1):
    """Cross-correlation of (batch, channels, ...) with (filters, channels / groups, ...)."""
    per_group, width = len(weight) // groups, x.shape[1] // groups
    rows = []
    for row in x:
        parts = [row[f // per_group * width :][:width] for f in range(len(weight))]
        rows.append([correlate(part, one, "valid")[0] for part, one in zip(parts, weight, strict=True)])
    return np.array(rows) + bias.reshape(-1, *(1,) * (x.ndim - 2))


def transposed(x, weight, bias, stride):
    """Each value adds its multiple of the window: weight (channels, filters, size)."""
    y = np.zeros((len(x), weight.shape[1], (x.shape[2] - 1) * stride + weight.shape[2]))
    for t in range(x.shape[2]):
        y[:, :, t * stride : t * stride + weight.shape[2]] += np.einsum("bc,cfk->bfk", x[:, :, t], weight)
    return y + bias[:, np.newaxis]


def rnn(x, w, ending="_l0"):
    h, outputs = np.zeros((len(x), w["weight_hh" + ending].shape[1])), []
    for step in np.moveaxis(x, 1, 0):
        h = np.tanh(step @ w["weight_ih" + ending].T + h @ w["weight_hh" + ending].T + biases(w, ending))
        outputs.append(h)
    return np.stack(outputs, 1)


def biases(w, ending):
    return w["bias_ih" + ending] + w["bias_hh" + ending]


def lstm(x, w, ending="_l0"):
    h = c = np.zeros((len(x), w["weight_hh" + ending].shape[1]))
    outputs = []
    for step in np.moveaxis(x, 1, 0):
        z = step @ w["weight_ih" + ending].T + h @ w["weight_hh" + ending].T + biases(w, ending)
        i, f, g, o = np.split(z, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs, 1)


def gru(x, w, ending="_l0"):
    h, outputs = np.zeros((len(x), w["weight_hh" + ending].shape[1])), []
    for step in np.moveaxis(x, 1, 0):
        xr, xz, xn = np.split(step @ w["weight_ih" + ending].T + w["bias_ih" + ending], 3, axis=1)
        hr, hz, hn = np.split(h @ w["weight_hh" + ending].T + w["bias_hh" + ending], 3, axis=1)
        r, z = sigmoid(xr + hr), sigmoid(xz + hz)
        h = (1 - z) * np.tanh(xn + r * hn) + z * h
        outputs.append(h)
    return np.stack(outputs, 1)


def recurrent_state(gates, features, units, levels=1, directions=("",)):
    state = {}
    for level in range(levels):
        width = features if level == 0 else units * len(directions)
        for direction in directions:
            shapes = {"weight_ih": (gates * units, width), "weight_hh": (gates * units, units)}
            shapes |= {"bias_ih": (gates * units,), "bias_hh": (gates * units,)}
            state |= {f"{name}_l{level}{direction}": drawn(*shape) for name, shape in shapes.items()}
    return state


# The layers one by one.


def test_linear_is_the_transposed_kernel():
    state = {"0.weight": drawn(5, 4), "0.bias": drawn(5), "2.weight": drawn(2, 5)}
    model = build((4,), layers.Dense(5, "relu"), layers.Dense(2, use_bias=False))
    torch.load_state_dict(model, state)
    x = drawn(3, 4)
    hidden = np.maximum(x @ state["0.weight"].T + state["0.bias"], 0)
    np.testing.assert_allclose(predicted(model, x), hidden @ state["2.weight"].T, rtol=1e-5, atol=1e-5)


CONVOLUTIONS = {
    "Conv1D": (layers.Conv1D(6, 3), (7, 4), (6, 4, 3), 1),
    "Conv2D in groups": (layers.Conv2D(6, (2, 3), groups=2), (5, 7, 4), (6, 2, 2, 3), 2),
    "Conv3D": (layers.Conv3D(3, (1, 2, 3)), (2, 3, 4, 2), (3, 2, 1, 2, 3), 1),
    "DepthwiseConv1D": (layers.DepthwiseConv1D(3, depth_multiplier=2), (7, 4), (8, 1, 3), 4),
    "DepthwiseConv2D": (layers.DepthwiseConv2D((2, 3), depth_multiplier=2), (5, 7, 3), (6, 1, 2, 3), 3),
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions_have_filters_first_and_their_window_last(name):
    layer, shape, weight_shape, groups = CONVOLUTIONS[name]
    state = {"weight": drawn(*weight_shape), "bias": drawn(weight_shape[0])}
    model, x = build(shape, layer), drawn(2, *shape)
    torch.load_state_dict(model, state)
    expected = convolve(channels_first(x), *state.values(), groups)
    np.testing.assert_allclose(channels_first(predicted(model, x)), expected, rtol=1e-5, atol=1e-5)


def test_a_separable_convolution_takes_two_modules():
    state = {"0.weight": drawn(8, 1, 2, 3), "1.weight": drawn(5, 8, 1, 1), "1.bias": drawn(5)}
    model, x = build((5, 7, 4), layers.SeparableConv2D(5, (2, 3), depth_multiplier=2)), drawn(2, 5, 7, 4)
    torch.load_state_dict(model, state)
    h = convolve(channels_first(x), state["0.weight"], np.zeros(8), groups=4)
    expected = convolve(h, state["1.weight"], state["1.bias"])
    np.testing.assert_allclose(channels_first(predicted(model, x)), expected, rtol=1e-5, atol=1e-5)


def test_transposed_convolutions_have_their_inputs_first():
    state = {"weight": drawn(4, 6, 3), "bias": drawn(6)}
    model, x = build((5, 4), layers.Conv1DTranspose(6, 3, strides=2)), drawn(2, 5, 4)
    torch.load_state_dict(model, state)
    expected = transposed(channels_first(x), *state.values(), stride=2)
    np.testing.assert_allclose(channels_first(predicted(model, x)), expected, rtol=1e-5, atol=1e-5)
    two = build((5, 4, 3), layers.Conv2DTranspose(6, (2, 1)))
    torch.load_state_dict(two, {"weight": drawn(3, 6, 2, 1), "bias": drawn(6)})
    three = build((5, 4, 2, 3), layers.Conv3DTranspose(6, (2, 1, 4)))
    torch.load_state_dict(three, {"weight": drawn(3, 6, 2, 1, 4), "bias": drawn(6)})
    assert three.layers[0].kernel.shape == (2, 1, 4, 6, 3)


def test_batch_normalization_takes_running_statistics_and_ignores_the_counter():
    state = {"weight": drawn(4), "bias": drawn(4), "running_mean": drawn(4), "running_var": np.square(drawn(4)) + 1}
    model, x = build((5, 4), layers.BatchNormalization(epsilon=1e-5)), drawn(2, 5, 4)
    torch.load_state_dict(model, state | {"num_batches_tracked": np.array(7)})
    expected = (x - state["running_mean"]) / np.sqrt(state["running_var"] + 1e-5) * state["weight"] + state["bias"]
    np.testing.assert_allclose(predicted(model, x), expected, rtol=1e-5, atol=1e-5)


def test_a_normalization_without_scale_takes_a_weight_of_ones_only():
    model = build((4,), layers.BatchNormalization(scale=False))
    state = {"weight": np.ones(4), "bias": drawn(4), "running_mean": drawn(4), "running_var": np.ones(4)}
    torch.load_state_dict(model, state)
    np.testing.assert_array_equal(model.layers[0].beta.value, state["bias"])
    with pytest.raises(ValueError, match='has no such weight, and "weight" is not 1 everywhere'):
        torch.load_state_dict(model, state | {"weight": drawn(4)})


@pytest.mark.parametrize("layer", [layers.LayerNormalization, layers.RMSNormalization, layers.GroupNormalization])
def test_normalizations_over_the_last_axis_have_weight_and_bias(layer):
    one = layer(2) if layer is layers.GroupNormalization else layer()
    model, state = build((3, 4), one), {"weight": drawn(4), "bias": drawn(4)}
    if layer is layers.RMSNormalization:
        del state["bias"]
    torch.load_state_dict(model, state)
    for variable, value in zip(model.weights, state.values(), strict=True):
        np.testing.assert_array_equal(variable.value, value)


def test_weights_of_a_normalization_of_whole_maps_have_the_channels_first():
    model = build((3, 5, 4), layers.LayerNormalization(axis=[1, 2, 3]))
    state = {"weight": drawn(4, 3, 5), "bias": drawn(4, 3, 5)}
    torch.load_state_dict(model, state)
    np.testing.assert_array_equal(model.layers[0].gamma.value, np.moveaxis(state["weight"], 0, -1))
    sequences = build((3, 4), layers.LayerNormalization(axis=[1, 2]))
    torch.load_state_dict(sequences, {"weight": (weight := drawn(3, 4)), "bias": drawn(3, 4)})
    np.testing.assert_array_equal(sequences.layers[0].gamma.value, weight)


def test_embeddings_and_slopes():
    model = build((6,), layers.Embedding(5, 3), layers.PositionEmbedding(6), layers.PReLU(shared_axes=[1]))
    state = {"words.weight": drawn(5, 3), "places.weight": drawn(6, 3), "slopes.weight": drawn(3)}
    torch.load_state_dict(model, state)
    for variable, value in zip(model.weights, state.values(), strict=True):
        np.testing.assert_array_equal(variable.value, value.reshape(variable.shape))


RECURRENT = {"SimpleRNN": (layers.SimpleRNN, rnn, 1), "LSTM": (layers.LSTM, lstm, 4), "GRU": (layers.GRU, gru, 3)}


@pytest.mark.parametrize("name", RECURRENT)
def test_levels_and_directions_of_recurrent_modules(name):
    layer, oracle, gates = RECURRENT[name]
    x = drawn(2, 5, 4)
    model = build((5, 4), *(layer(3, return_sequences=True) for _ in range(2)), layers.Dense(2))
    own, head = recurrent_state(gates, 4, 3, levels=2), drawn(2, 3)
    state = {f"rnn.{key}": value for key, value in own.items()} | {"head.weight": head, "head.bias": np.zeros(2)}
    torch.load_state_dict(model, state)
    expected = oracle(oracle(x, own), own, "_l1") @ head.T
    np.testing.assert_allclose(predicted(model, x), expected, rtol=1e-5, atol=1e-5)

    own = recurrent_state(gates, 4, 3, levels=2, directions=("", "_reverse"))
    model = build((5, 4), *(layers.Bidirectional(layer(3, return_sequences=True)) for _ in range(2)))
    torch.load_state_dict(model, own)
    expected = x
    for level in ("_l0", "_l1"):
        both = oracle(expected, own, level), oracle(expected[:, ::-1], own, f"{level}_reverse")[:, ::-1]
        expected = np.concatenate(both, axis=-1)
    np.testing.assert_allclose(predicted(model, x), expected, rtol=1e-5, atol=1e-5)


def test_stacked_cells_are_levels_of_one_module():
    own, x = recurrent_state(4, 4, 3, levels=2), drawn(2, 5, 4)
    model = build((5, 4), layers.RNN([layers.LSTMCell(3), layers.LSTMCell(3)], return_sequences=True, name="deep"))
    torch.load_state_dict(model, {f"deep.{name}": value for name, value in own.items()})
    np.testing.assert_allclose(predicted(model, x), lstm(lstm(x, own), own, "_l1"), rtol=1e-5, atol=1e-5)
    assert list(torch.state_dict(model)) == [f"deep.{name}" for name in own]


def attend(query, key, value, w, heads):
    """PyTorch's formula of attention with three projections."""
    projected = [x @ w[f"{n}_proj_weight"].T + b for x, n, b in zip((query, key, value), "qkv", np.split(w["in_proj_bias"], 3))]
    q, k, v = (np.moveaxis(x.reshape(*x.shape[:2], heads, -1), 2, 1) for x in projected)
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])
    weights = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    joined = np.moveaxis(weights @ v, 1, 2).reshape(query.shape)
    return joined @ w["out_proj.weight"].T + w["out_proj.bias"]


def test_attention_with_one_matrix_or_three():
    state = {
        "in_proj_weight": drawn(24, 8),
        "in_proj_bias": drawn(24),
        "out_proj.weight": drawn(8, 8),
        "out_proj.bias": drawn(8),
    }
    three = dict(zip(("q_proj_weight", "k_proj_weight", "v_proj_weight"), np.split(state["in_proj_weight"], 3), strict=True))
    separate = {name: value for name, value in (three | state).items() if name != "in_proj_weight"}
    x, start = drawn(2, 5, 8), Input((5, 8))
    model = Model(start, layers.MultiHeadAttention(2, 4)(start, start))
    for one in (state, separate):
        torch.load_state_dict(model, {f"attention.{name}": value for name, value in one.items()})
        np.testing.assert_allclose(predicted(model, x), attend(x, x, x, separate, 2), rtol=1e-5, atol=1e-5)


def test_attention_to_values_and_keys_of_other_widths():
    start, key, value = Input((5, 8)), Input((4, 3)), Input((4, 6))
    model = Model([start, value, key], layers.MultiHeadAttention(2, 4)(start, value, key))
    state = {
        "q_proj_weight": drawn(8, 8),
        "k_proj_weight": drawn(8, 3),
        "v_proj_weight": drawn(8, 6),
        "in_proj_bias": drawn(24),
    }
    state |= {"out_proj.weight": drawn(8, 8), "out_proj.bias": drawn(8)}
    torch.load_state_dict(model, state)
    x, v, k = drawn(2, 5, 8), drawn(2, 4, 6), drawn(2, 4, 3)
    np.testing.assert_allclose(predicted(model, [x, v, k]), attend(x, k, v, state, 2), rtol=1e-5, atol=1e-5)
    assert next(iter(torch.state_dict(model))).endswith("q_proj_weight")


# Flattened feature maps: (C, H, W) in PyTorch, (H, W, C) here.


def flat_then_linear(maps, state):
    return channels_first(maps).reshape(len(maps), -1) @ state["weight"].T + state["bias"]


class Flattening(Model):
    """Flatten as an attribute; the pooling layer runs twice."""

    def __init__(self):
        super().__init__()
        self.pool, self.flat, self.head = layers.MaxPooling2D(1), layers.Flatten(), layers.Dense(2)

    def call(self, x):
        return self.head(self.flat(self.pool(self.pool(x))))


class FlatHead(Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.flat, self.head = layers.Flatten(), layers.Dense(2)

    def call(self, x):
        return self.head(self.flat(x))


def functional(*parts):
    x = start = Input((3, 5, 4))
    for part in parts:
        x = part(x)
    return Model(start, x)


def drawn_from(function):
    x = Input((3, 5, 4))
    return Model(x, layers.Dense(2)(function(x)))


def flattening_models():
    called = Flattening()
    called(np.zeros((1, 3, 5, 4)))
    inner = Sequential([Input((3, 5, 4)), layers.Flatten()])
    return {
        "Sequential": build((3, 5, 4), layers.Flatten(), layers.Dropout(0.5), layers.Dense(2)),
        "functional": functional(layers.Flatten(), layers.Dense(2)),
        "Reshape": build((3, 5, 4), layers.Reshape((-1,)), layers.Dense(2)),
        "nested": build((3, 5, 4), inner, layers.Dense(2)),
        "nested in a functional model": functional(inner, layers.Dense(2)),
        "a model with call": called,
        "a layer with call": build((3, 5, 4), layers.Identity(), FlatHead()),
        "channels first": build(
            (3, 5, 4), layers.Permute((3, 1, 2)), layers.Flatten(data_format="channels_first"), layers.Dense(2)
        ),
        "reshape": drawn_from(lambda x: ops.reshape(x, (-1, 60))),
        "reshape to tokens, then flat": drawn_from(lambda x: layers.Flatten()(ops.reshape(x, (-1, 15, 4)))),
        "ravel of each row": drawn_from(lambda x: ops.reshape(x, (ops.shape(x)[0], -1))),
        "arithmetic before and after": drawn_from(lambda x: 1.0 * ops.reshape(1.0 * x, (-1, 60))),
        "concatenation of one part": drawn_from(lambda x: ops.concatenate([layers.Flatten()(x)], axis=-1)),
        "an added axis": drawn_from(lambda x: layers.Flatten()(ops.expand_dims(x, 1))),
        "transpose there and back": drawn_from(
            lambda x: layers.Flatten()(ops.transpose(ops.transpose(x, (0, 3, 1, 2)), (0, 2, 3, 1)))
        ),
        "channels first, flattened as they are": build((3, 5, 4), layers.Permute((3, 1, 2)), layers.Flatten(), layers.Dense(2)),
    }


@pytest.mark.parametrize("name", flattening_models())
def test_a_dense_layer_after_flattened_maps_reads_them_in_pytorchs_order(name):
    model, x = flattening_models()[name], drawn(2, 3, 5, 4)
    state = {"weight": drawn(2, 60), "bias": drawn(2)}
    torch.load_state_dict(model, state)
    np.testing.assert_allclose(predicted(model, x), flat_then_linear(x, state), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(next(iter(torch.state_dict(model).values())), state["weight"])


@pytest.mark.parametrize(
    "to_first",
    [
        lambda x: ops.transpose(x, (0, 3, 1, 2)),
        lambda x: ops.moveaxis(x, -1, 1),
        lambda x: ops.rearrange(x, "b h w c -> b c h w"),
        layers.Permute((3, 1, 2)),
    ],
    ids=["transpose", "moveaxis", "rearrange", "Permute"],
)
def test_maps_whose_channels_were_moved_first_are_flattened_as_in_pytorch(to_first):
    x, state = drawn(2, 4, 4, 4), {"weight": drawn(2, 64), "bias": drawn(2)}  # all axes of one size
    start = Input((4, 4, 4))
    for flat in (layers.Flatten(), lambda y: ops.reshape(y, (-1, 64))):
        model = Model(start, layers.Dense(2)(flat(to_first(start))))
        torch.load_state_dict(model, state)
        np.testing.assert_allclose(predicted(model, x), flat_then_linear(x, state), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("reduce", "reduced"),
    [
        (lambda x: layers.Flatten()(ops.mean(x, axis=1)), lambda x: x.mean(axis=2)),
        (lambda x: layers.Flatten()(ops.var(x, axis=2)), lambda x: x.var(axis=3)),
        (lambda x: layers.Flatten()(ops.max(x, axis=-1)), lambda x: x.max(axis=1)),
        (lambda x: layers.Flatten()(x[:, 1]), lambda x: x[:, :, 1]),
        (lambda x: layers.Flatten()(x[:, :, 1:3]), lambda x: x[:, :, :, 1:3]),
        (lambda x: layers.Flatten()(x[:, ::-1, :, ::-1]), lambda x: x[:, ::-1, ::-1]),
        (lambda x: ops.mean(x, axis=(1, 2)), lambda x: x.mean(axis=(2, 3))),
        (lambda x: layers.Flatten()(layers.GlobalMaxPooling2D(keepdims=True)(x)), lambda x: x.max(axis=(2, 3))),
    ],
    ids=["mean of rows", "variance of columns", "maximum of channels", "a row", "columns", "reversed", "all", "pooling"],
)
def test_reduced_and_cut_maps_are_flattened_as_in_pytorch(reduce, reduced):
    x, model = drawn(2, 3, 5, 4), drawn_from(reduce)
    maps = reduced(channels_first(x)).reshape(2, -1)
    state = {"weight": drawn(2, maps.shape[1]), "bias": drawn(2)}
    torch.load_state_dict(model, state)
    np.testing.assert_allclose(predicted(model, x), maps @ state["weight"].T + state["bias"], rtol=1e-4, atol=1e-5)


def flat_and_dense(x):
    """Flattened maps, and the outputs of a dense layer of the same width."""
    return layers.Flatten()(x), layers.Dense(60, name="wide")(layers.GlobalMaxPooling2D()(x))


def shared_head(x):
    head, inner = layers.Dense(2, name="head"), layers.Dense(60, name="wide")
    return head(layers.Flatten()(x)) + head(inner(layers.GlobalMaxPooling2D()(x)))


@pytest.mark.parametrize(
    ("draw", "named"),
    [
        (lambda x: layers.LSTM(2, name="head")(ops.reshape(x, (-1, 3, 20))), "reshape"),
        (lambda x: layers.LSTM(2, name="head")(layers.Reshape((3, 20), name="joined")(x)), "joined"),
        (lambda x: layers.Dense(2, name="head")(layers.Flatten(name="flat")(layers.Permute((1, 3, 2))(x))), "flat"),
        (lambda x: layers.Dense(2, name="head")(layers.Flatten(name="flat")(ops.swapaxes(x, 2, 3))), "flat"),
        (lambda x: layers.Dense(2, name="head")(ops.rearrange(x, "b h w c -> b (w h c)")), "rearrange"),
        (lambda x: layers.Dense(2, name="head")(layers.Flatten()(x)[:, :20]), "get_item"),
        (lambda x: layers.Dense(2, name="head")(ops.flip(layers.Flatten()(x), axis=-1)), "flip"),
        (lambda x: layers.LSTM(2, name="head")(layers.RepeatVector(3, name="again")(layers.Flatten()(x))), "again"),
        (lambda x: layers.LSTM(2, name="head")(ops.expand_dims(layers.Flatten()(x), 1)), "expand_dims"),
        (lambda x: layers.GroupNormalization(2, name="head")(layers.Flatten()(x)), ""),
        (lambda x: layers.Dense(2, name="head")(layers.add(list(flat_and_dense(x)))), "add"),
        (lambda x: layers.Dense(2, name="head")(ops.multiply(*flat_and_dense(x))), "multiply"),
        (shared_head, "another call of Dense"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_weights_for_features_in_an_unknown_order_raise_an_error_that_names_the_layer(draw, named):
    x = Input((3, 5, 4))
    model = Model(x, draw(x))
    before = model.get_weights()
    for call in (
        lambda: torch.state_dict(model),
        lambda: torch.load_state_dict(model, torch.state_dict(model, {"head": None})),
    ):
        with pytest.raises(ValueError, match=rf'"head" reads features whose order in PyTorch is not known.*{named}'):
            call()
    left_out = torch.state_dict(model, {"head": None})
    torch.load_state_dict(model, left_out, {"head": None})
    assert all(np.array_equal(one, other) for one, other in zip(model.get_weights(), before, strict=True))


def test_slopes_of_flattened_maps_are_in_pytorchs_order():
    model, x = build((3, 5, 4), layers.Flatten(), layers.PReLU()), drawn(2, 3, 5, 4)
    state = {"weight": drawn(60)}
    torch.load_state_dict(model, state)
    flat = channels_first(x).reshape(2, -1)
    expected = np.where(flat > 0, flat, flat * state["weight"]).reshape(2, 4, 3, 5)
    np.testing.assert_allclose(predicted(model, x).reshape(2, 3, 5, 4), np.moveaxis(expected, 1, -1), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(next(iter(torch.state_dict(model).values())), state["weight"])


def test_axes_without_channels_keep_their_order():
    """Heads of attention, and images made of rows: nothing was a map of channels."""
    x, state = drawn(2, 6, 4), {"weight": drawn(3, 24), "bias": drawn(3)}
    start = Input((6, 4))
    heads = ops.transpose(ops.reshape(start, (-1, 6, 2, 2)), (0, 2, 1, 3))
    model = Model(start, layers.Dense(3)(layers.Flatten()(heads)))
    torch.load_state_dict(model, state)
    flat = x.reshape(2, 6, 2, 2).transpose(0, 2, 1, 3).reshape(2, -1)
    np.testing.assert_allclose(predicted(model, x), flat @ state["weight"].T + state["bias"], rtol=1e-4, atol=1e-5)


def test_flattened_sequences_and_rows_keep_their_order_unless_a_convolution_made_them():
    state, x = {"weight": drawn(2, 20), "bias": drawn(2)}, drawn(2, 5, 4)
    rows = build((5, 4), layers.Flatten(), layers.Dense(2))
    torch.load_state_dict(rows, state)
    np.testing.assert_allclose(predicted(rows, x), x.reshape(2, -1) @ state["weight"].T + state["bias"], rtol=1e-5, atol=1e-5)
    pooled = build((5, 4), layers.MaxPooling1D(1), layers.Flatten(), layers.Dense(2))
    torch.load_state_dict(pooled, state)
    np.testing.assert_allclose(predicted(pooled, x), flat_then_linear(x, state), rtol=1e-5, atol=1e-5)


def test_flat_rows_next_to_other_features_and_their_normalization():
    start = Input((3, 5, 4))
    flat = layers.BatchNormalization(center=False, scale=False)(layers.Flatten()(start))
    model = Model(start, layers.Dense(2)(layers.Concatenate()([layers.GlobalMaxPooling2D()(start), flat])))
    state = {"norm.running_mean": drawn(60), "norm.running_var": np.full(60, 1 - 1e-3, "float32")}
    torch.load_state_dict(model, state | {"head.weight": (weight := drawn(2, 64)), "head.bias": np.zeros(2)})
    x = drawn(3, 3, 5, 4)
    flat = channels_first(x).reshape(3, -1) - state["norm.running_mean"]
    expected = np.concatenate([x.max(axis=(1, 2)), flat], axis=1) @ weight.T
    np.testing.assert_allclose(predicted(model, x), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("target", [(3, 5, 4), (15, 4)])
def test_a_dense_layer_before_reshape_makes_maps_in_pytorchs_order(target):
    after = layers.UpSampling2D(1) if len(target) == 3 else layers.UpSampling1D(1)
    state, x = {"weight": drawn(60, 2), "bias": drawn(60)}, drawn(3, 2)
    model = build((2,), layers.Dense(60), layers.ReLU(), layers.Reshape(target), after)
    torch.load_state_dict(model, state)
    maps = np.maximum(x @ state["weight"].T + state["bias"], 0).reshape(3, target[-1], *target[:-1])
    np.testing.assert_allclose(channels_first(predicted(model, x)), maps, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(next(iter(torch.state_dict(model).values())), state["weight"])


def test_a_convolution_after_that_reshape_reads_maps_in_pytorchs_order():
    model = build((2,), layers.Dense(60), layers.ReLU(), layers.Reshape((3, 5, 4)), layers.Conv2D(4, 1, use_bias=False))
    state, x = {"0.weight": drawn(60, 2), "0.bias": drawn(60), "3.weight": np.eye(4).reshape(4, 4, 1, 1)}, drawn(3, 2)
    torch.load_state_dict(model, state)
    maps = np.maximum(x @ state["0.weight"].T + state["0.bias"], 0).reshape(3, 4, 3, 5)
    np.testing.assert_allclose(channels_first(predicted(model, x)), maps, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(next(iter(torch.state_dict(model).values())), state["0.weight"])


# Which module belongs to which layer.


def test_a_mapping_by_names_and_the_rest_in_order():
    model = build((4,), layers.Dense(4, name="first"), layers.Dense(4, name="second"), layers.Dense(4, name="third"))
    state = {f"{name}.{part}": drawn(*shape) for name in "abc" for part, shape in (("weight", (4, 4)), ("bias", (4,)))}
    torch.load_state_dict(model, state, mapping={"first": "c"})
    for layer, name in zip(model.layers, "cab", strict=True):
        np.testing.assert_array_equal(layer.bias.value, state[f"{name}.bias"])
    before = model.layers[2].get_weights()[0]
    rest = {name: value for name, value in state.items() if not name.startswith("c")}
    torch.load_state_dict(model, rest, mapping={"third": None})
    np.testing.assert_array_equal(model.layers[2].get_weights()[0], before)
    np.testing.assert_array_equal(model.layers[0].bias.value, state["a.bias"])


def test_a_mapping_names_levels_two_modules_and_layers_inside_others():
    inner = Sequential([Input((5, 4)), layers.SeparableConv1D(4, 1, name="conv")], name="encoder")
    model = build((5, 4), inner, layers.GRU(3, return_sequences=True, name="low"), layers.GRU(3, name="high"))
    mapping = {"encoder/conv": ("wide", "deep"), "low": "memory", "high": "memory"}
    state = torch.state_dict(model, mapping)
    assert list(state)[:4] == ["wide.weight", "deep.weight", "deep.bias", "memory.weight_ih_l0"]
    assert list(state)[-1] == "memory.bias_hh_l1"
    backwards = dict(reversed(state.items()))
    expected = model.get_weights()
    model.set_weights([np.zeros_like(weight) for weight in expected])
    torch.load_state_dict(model, backwards, mapping)
    for weight, other in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(weight, other)


def test_a_file_is_read_by_numbers_or_names_or_a_mapping(tmp_path):
    path = tmp_path / "net.safetensors"
    model = build((3,), *(layers.Dense(3, name=f"layer_{number}") for number in range(12)))
    state = {f"{number}.{part}": value for number in range(12) for part, value in (("weight", drawn(3, 3)), ("bias", drawn(3)))}
    save_file({name: np.ascontiguousarray(value) for name, value in state.items()}, path)
    torch.load_state_dict(model, path)
    np.testing.assert_array_equal(model.layers[10].bias.value, state["10.bias"])

    two = build((3,), layers.Dense(3, name="zebra"), layers.Dense(3, name="ape"))
    expected = two.get_weights()
    save_file(torch.state_dict(two), path)
    two.set_weights([np.zeros_like(weight) for weight in expected])
    torch.load_state_dict(two, str(path))
    np.testing.assert_array_equal(two.get_weights()[2], expected[2])

    other = build((3,), layers.Dense(3, name="one"), layers.Dense(3, name="two"))
    with pytest.raises(
        ValueError, match="does not keep the order of its modules.*Layers: 'one', 'two'; modules: 'ape', 'zebra'"
    ):
        torch.load_state_dict(other, path)
    torch.load_state_dict(other, path, {"one": "zebra", "two": "ape"})
    np.testing.assert_array_equal(other.get_weights()[0], expected[0])


def test_tensors_of_half_width_in_files_become_float32(tmp_path):
    weight = np.array([[1.5, -2.0]], "float32")
    header = b'{"weight":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]}}'
    path = tmp_path / "net.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + (weight.view("u4") >> 16).astype("<u2").tobytes())
    model = build((2,), layers.Dense(1, use_bias=False))
    torch.load_state_dict(model, path)
    np.testing.assert_array_equal(model.get_weights()[0], weight.T)


# There and back.


def every_layer():
    start = Input((6, 6, 4))
    x = layers.Conv2D(4, 3, name="conv")(start)
    x = layers.BatchNormalization(scale=False)(layers.DepthwiseConv2D(2, depth_multiplier=2)(x))
    x = layers.Conv2DTranspose(4, 2)(layers.SeparableConv2D(6, 2)(x))
    x = layers.PReLU(shared_axes=[1, 2])(layers.GroupNormalization(2)(x))
    x = layers.Reshape((3, -1))(layers.Dense(24)(layers.Flatten()(x)))
    x = layers.LayerNormalization(center=False)(layers.RMSNormalization()(x))
    x = layers.MultiHeadAttention(2, 4)(x, x)
    for layer in (layers.SimpleRNN(3, return_sequences=True), layers.LSTM(3, return_sequences=True)):
        x = layers.Bidirectional(layer)(x)
    return Model(start, layers.TimeDistributed(layers.Dense(2))(layers.GRU(3, return_sequences=True)(x)))


def test_every_layer_is_converted_in_both_directions():
    model, other = every_layer(), every_layer()
    model.set_weights([drawn(*weight.shape) for weight in model.get_weights()])
    state = torch.state_dict(model)
    assert all(value.dtype == np.float32 or name.endswith("num_batches_tracked") for name, value in state.items())
    torch.load_state_dict(other, state)
    for weight, expected in zip(other.weights, model.weights, strict=True):
        np.testing.assert_array_equal(weight.value, expected.value)
    state["conv.weight"][...] = 0
    assert model.get_layer("conv").kernel.value.any()


def test_loaded_weights_can_be_trained_and_saved(tmp_path):
    model = build((4,), layers.Dense(2))
    torch.load_state_dict(model, {"weight": drawn(2, 4).astype("float64"), "bias": np.zeros(2, "float16")})
    model.compile("adam", "mse")
    model.fit(drawn(8, 4), drawn(8, 2), verbose=0)
    before = model.get_weights()
    torch.load_state_dict(model, torch.state_dict(model))
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    assert model.get_weights()[0].dtype == np.float32
    model.fit(drawn(8, 4), drawn(8, 2), verbose=0)
    model.save(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(load_model(tmp_path / "net.safetensors").get_weights()[0], model.get_weights()[0])


# Errors.


def test_every_mismatch_is_listed_and_nothing_changes():
    model = build((4,), layers.Dense(5, name="hidden"), layers.Dense(3, name="head"))
    before = model.get_weights()
    state = {"0.weight": drawn(5, 4), "0.bias": drawn(6), "2.weight": drawn(3, 7), "9.weight": drawn(2)}
    with pytest.raises(ValueError, match="nothing was changed") as caught:
        torch.load_state_dict(model, state)
    for line in (
        'Dense "hidden": expected shape (5,), got "0.bias" of shape (6,)',
        'Dense "head": expected shape (3, 5), got "2.weight" of shape (3, 7)',
        'Dense "head": there is no "bias" of shape (3,)',
        '"9.weight" of shape (2,) is not used',
    ):
        assert line in str(caught.value)
    for weight, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.GRU(3, reset_after=False), (5, 4)),
        (layers.Bidirectional(layers.GRU(3, reset_after=False)), (5, 4)),
        (layers.BatchNormalization(renorm=True), (4,)),
        (layers.SpectralNormalization(layers.Dense(3)), (4,)),
        (layers.ConvLSTM1D(3, 2), (5, 6, 4)),
        (layers.EinsumDense("ab,bc->ac", 3), (4,)),
        (layers.PReLU(), (5, 4)),
        (layers.GroupQueryAttention(4, 4, 2), [(5, 4), (5, 4)]),
        (layers.MultiHeadAttention(2, 3), [(5, 4), (5, 4)]),
        (layers.MultiHeadAttention(2, 2, use_gate=True), [(5, 4), (5, 4)]),
    ],
    ids=lambda value: value.name if isinstance(value, Layer) else "",
)
def test_a_layer_without_a_counterpart_is_named_and_can_be_left_out(layer, shape):
    inputs = [Input(one) for one in shape] if isinstance(shape, list) else [Input(shape)]
    model = Model(inputs, layer(*inputs))
    for act in (torch.state_dict, lambda model: torch.load_state_dict(model, {})):
        with pytest.raises(ValueError, match=f'"{layer.name}" has no counterpart in PyTorch; map its name to None'):
            act(model)
    assert torch.state_dict(model, {layer.name: None}) == {}
    torch.load_state_dict(model, {}, {layer.name: None})


def test_bad_arguments_raise_one_clear_error(tmp_path):
    model = build((4,), layers.Dense(3))
    (tmp_path / "net.pt").write_bytes(b"PK\x03\x04...")
    (tmp_path / "cut.safetensors").write_bytes(b"\x40\0\0\0\0\0\0\0{")
    model.save(tmp_path / "own.safetensors")
    with pytest.raises(ValueError, match=r"net.pt is a pickle of torch.save, which can run code"):
        torch.load_state_dict(model, tmp_path / "net.pt")
    with pytest.raises(ValueError, match=r"cut.safetensors is damaged, truncated"):
        torch.load_state_dict(model, tmp_path / "cut.safetensors")
    with pytest.raises(ValueError, match=r"own.safetensors was written by minidl: use load_model"):
        torch.load_state_dict(model, tmp_path / "own.safetensors")
    model.save(tmp_path / "net.keras")
    with pytest.raises(ValueError, match=r"net.keras is a model of Keras: use minidl.load_model"):
        torch.load_state_dict(model, tmp_path / "net.keras")
    model.save_weights(tmp_path / "net.weights.h5")
    with pytest.raises(ValueError, match=r"net.weights.h5 is an HDF5 file, such as Keras writes"):
        torch.load_state_dict(model, tmp_path / "net.weights.h5")
    with pytest.raises(FileNotFoundError, match="there is no file"):
        torch.load_state_dict(model, tmp_path / "none.safetensors")
    with pytest.raises(TypeError, match="expected a dict of tensors or the path"):
        torch.load_state_dict(model, 3)
    with pytest.raises(TypeError, match="expected a tensor for 'model', got a dict"):
        torch.load_state_dict(model, {"model": {"weight": 1}})
    with pytest.raises(TypeError, match="expected a tensor of numbers for 'weight', got str"):
        torch.load_state_dict(model, {"weight": "a"})
    with pytest.raises(TypeError, match="expected a model, got Dense"):
        torch.load_state_dict(layers.Dense(3), {})
    with pytest.raises(ValueError, match="is not built yet"):
        torch.state_dict(Sequential([layers.Dense(3)]))
    with pytest.raises(ValueError, match="the mapping names 'dens', and no layer has that name"):
        torch.state_dict(model, {"dens": "x"})
    with pytest.raises(ValueError, match='both make "x.weight"'):
        torch.state_dict(build((4,), layers.Dense(3, name="a"), layers.Dense(3, name="b")), {"a": "x", "b": "x"})
