"""Whole models in onnxruntime, and the graphs that they become: no needless nodes, any number of rows and steps."""

import numpy as np
import onnx
import pytest

from minidl import layers
from minidl.models import Model, Sequential
from tests.interop.onnx_running import compare, randomize, run


def floats(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def operators(path):
    return [node.op_type for node in onnx.load(path).graph.node]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.onnx"


def convnet():
    return Sequential(
        [
            layers.Input((9, 8, 3)),
            layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(2, padding="same"),
            layers.Dropout(0.5),
            layers.Conv2D(5, 2, activation="relu"),
            layers.Flatten(),
            layers.Dense(4),
            layers.BatchNormalization(),
            layers.Dense(3, "softmax"),
        ]
    )


def test_batch_normalization_is_folded_and_axes_move_only_before_and_after_the_convolutions(path):
    model = convnet()
    randomize(model)
    compare(model, path, floats(5, 9, 8, 3))
    expected = "Transpose Conv Relu MaxPool Conv Relu Transpose Flatten Gemm Gemm Softmax"
    assert operators(path) == expected.split()
    normalizations, new_bias = 2 * 4 * 4, 4
    kept = sum(np.prod(one.dims) for one in onnx.load(path).graph.initializer)
    assert kept == model.count_params() - normalizations + new_bias


def test_batch_normalization_stays_where_others_use_what_is_before_it(path):
    x = layers.Input((6, 6, 2))
    y = layers.Conv2D(3, 3)(x)
    model = Model(x, layers.Add()([y, layers.BatchNormalization()(y)]))
    randomize(model)
    compare(model, path, floats(2, 6, 6, 2))
    assert operators(path) == ["Transpose", "Conv", "BatchNormalization", "Add", "Transpose"]


def test_a_shared_convolution_is_folded_for_one_call_only(path):
    x, shared = layers.Input((6, 6, 2)), layers.Conv2D(3, 3)
    model = Model(x, [layers.BatchNormalization()(shared(x)), shared(x)])
    randomize(model)
    compare(model, path, floats(2, 6, 6, 2))


def test_one_file_takes_any_number_of_rows_and_steps(path):
    x = layers.Input((None, 3))
    h = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x)
    h = layers.MultiHeadAttention(2, 3)(h, h, use_causal_mask=True)
    h = layers.Add()([h, layers.SinePositionEncoding()(h)])
    h = layers.TimeDistributed(layers.Dense(5, "gelu"))(layers.LayerNormalization()(h))
    h = layers.Conv1D(6, 3, strides=2, padding="same")(h)
    model = Model(x, layers.GlobalAveragePooling1D()(layers.GRU(3, return_sequences=True)(h)))
    randomize(model)
    compare(model, path, floats(2, 7, 3))
    for rows, steps in ((1, 1), (5, 4), (3, 12)):
        data = floats(rows, steps, 3)
        np.testing.assert_allclose(run(path, data)[0], model(data), rtol=1e-5, atol=1e-5)


def test_stacked_recurrent_layers_move_the_time_axis_once(path):
    stack = [layers.LSTM(4, return_sequences=True), layers.GRU(3, return_sequences=True), layers.SimpleRNN(2)]
    model = Sequential([layers.Input((5, 3)), *stack])
    randomize(model)
    compare(model, path, floats(2, 5, 3))
    assert operators(path) == ["Transpose", "LSTM", "Squeeze", "GRU", "Squeeze", "RNN", "Squeeze"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.LSTM(3),
        lambda: layers.GRU(3, return_sequences=True),
        lambda: layers.GRU(3, reset_after=False, go_backwards=True, return_sequences=True),
        lambda: layers.SimpleRNN(3, return_sequences=True),
        lambda: layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
        lambda: layers.Bidirectional(layers.GRU(3), merge_mode="ave"),
        lambda: layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], return_sequences=True),
        layers.GlobalAveragePooling1D,
        lambda: layers.TimeDistributed(layers.Dense(2)),
        layers.LayerNormalization,
        layers.BatchNormalization,
    ],
)
def test_masked_steps_anywhere_do_not_change_the_output(make, path):
    ids = layers.Input((6,), dtype="int32")
    h = layers.Embedding(9, 4, mask_zero=True)(ids)
    model = Model(ids, make()(layers.Dense(4, "tanh")(h)))
    randomize(model)
    data = np.random.default_rng(0).integers(1, 9, (5, 6)).astype("int32")
    data[0, 3:] = data[1, :2] = data[2, 2] = data[3] = 0
    compare(model, path, data)


def transformer_block(h, heads):
    attended = layers.MultiHeadAttention(heads, 4)(h, h, use_causal_mask=True)
    h = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([h, layers.Dropout(0.1)(attended)]))
    wide = layers.Dense(16, "gelu")(h)
    return layers.LayerNormalization(epsilon=1e-6)(layers.Add()([h, layers.Dense(8)(wide)]))


def test_a_transformer_that_skips_padding_is_exported(path):
    ids = layers.Input((None,), dtype="int32", name="ids")
    h = layers.Embedding(20, 8, mask_zero=True)(ids)
    h = layers.Add()([h, layers.PositionEmbedding(12)(h)])
    for _ in range(2):
        h = transformer_block(h, 2)
    model = Model(ids, layers.Dense(20, "softmax", name="next")(h))
    randomize(model)
    data = np.random.default_rng(0).integers(1, 20, (3, 7))
    data[1, 4:] = 0
    compare(model, path, data.astype("int32"))


def test_branches_nested_and_shared_models_and_names_of_inputs_and_outputs(path):
    inner = Sequential([layers.Input((4,)), layers.Dense(3, "tanh"), layers.Dense(2)])
    left, right = layers.Input((4,), name="left"), layers.Input((4,), name="right")
    both = [inner(left), inner(right)]
    merged = layers.Concatenate()([*both, layers.Multiply()(both), layers.Subtract()(both)])
    model = Model({"left": left, "right": right}, {"same": layers.Dense(1, "sigmoid")(merged), "features": both[0]})
    randomize(model)
    a, b = floats(3, 4), floats(3, 4, seed=1)
    model.export(path, verbose=False)
    expected = model({"left": a, "right": b})
    graph = onnx.load(path).graph
    assert [one.name for one in graph.input] == ["left", "right"]
    assert [one.name for one in graph.output] == ["features", "same"]
    for name, found in zip(sorted(expected), run(path, a, b), strict=True):
        np.testing.assert_allclose(found, expected[name], rtol=1e-5, atol=1e-5)


def test_a_shared_layer_has_its_weights_in_the_file_once(path):
    x, shared = layers.Input((4,)), layers.Dense(4, "tanh")
    model = Model(x, shared(shared(x)))
    randomize(model)
    compare(model, path, floats(3, 4))
    assert [one.name for one in onnx.load(path).graph.initializer] == ["dense/kernel", "dense/bias"]


def test_a_pipeline_from_raw_columns_to_a_prediction_is_exported(path):
    color, size, count = layers.Input((1,), dtype="string"), layers.Input((2,)), layers.Input((1,), dtype="int64")
    normalization = layers.Normalization()
    normalization.adapt(3 + 2 * floats(30, 2))
    encoded = [
        layers.StringLookup(vocabulary=["red", "green"], output_mode="one_hot")(color),
        normalization(size),
        layers.IntegerLookup(vocabulary=[5, 7], output_mode="multi_hot")(count),
        layers.Discretization([-1.0, 0.0, 1.0], output_mode="count")(size),
    ]
    model = Model([color, size, count], layers.Dense(1, "sigmoid")(layers.Concatenate()(encoded)))
    colors = np.array([["red"], ["blue"], ["green"]], dtype=object)
    compare(model, path, colors, 3 * floats(3, 2), np.array([[5], [6], [7]]))


def test_a_model_from_pixels_to_a_prediction_is_exported(path):
    model = Sequential(
        [
            layers.Input((20, 15, 3)),
            layers.RandomFlip(),
            layers.Resizing(8, 8, antialias=True),
            layers.Rescaling(1 / 127.5, -1),
            layers.Conv2D(4, 3, activation="relu"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(2),
        ]
    )
    compare(model, path, np.random.default_rng(0).integers(0, 256, (2, 20, 15, 3)).astype("float32"))


def test_an_output_that_is_an_input_or_used_twice_keeps_its_name(path):
    x = layers.Input((3,), name="x")
    h = layers.Dense(3, name="h")(x)
    compare(Model(x, [h, h, x, layers.ReLU(name="positive")(h)]), path, floats(2, 3))


def test_exporting_changes_nothing_in_the_model(path):
    model = convnet()
    before = [weight.numpy().copy() for weight in model.weights]
    model.export(path, verbose=False)
    assert all((one == weight.numpy()).all() for one, weight in zip(before, model.weights, strict=True))


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.CenterCrop(4, 3, data_format="channels_first"),
        lambda: layers.Resizing(4, 3, data_format="channels_first"),
        lambda: layers.UpSampling2D(2, data_format="channels_first", interpolation="bilinear"),
    ],
    ids=["CenterCrop", "Resizing", "UpSampling2D"],
)
def test_images_with_channels_first_are_resized_after_a_layer_with_channels_last(make, path):
    compare(Sequential([layers.Input((5, 6, 2)), layers.MaxPooling2D(3, 2), make()]), path, floats(3, 5, 6, 2))
