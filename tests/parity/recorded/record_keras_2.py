"""Records models of Keras 2 and what they predict: run in an environment with TensorFlow 2.15.

`python record_keras_2.py FOLDER` writes `keras_2_operations.json`, functional models of TensorFlow's functions with inputs and
outputs; `keras_2_15_attention.keras` and `.h5`, a model with attention and `hard_sigmoid`; and two models in the middle of
their training. It prints what these predict.
"""

import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

keras = tf.keras
layers, math, nn = keras.layers, tf.math, tf.nn
RNG = np.random.default_rng(0)


def array(*shape):
    return RNG.normal(scale=2, size=shape).round(2).astype("float32")


ROWS, STEPS = array(3, 4), array(2, 3, 4)
MATRIX = array(4, 2)
UNARY = [
    *("abs", "ceil", "cos", "erf", "exp", "expm1", "floor", "is_nan", "negative", "reciprocal", "round", "sigmoid", "sign"),
    *("sin", "softplus", "square", "tanh", "atan"),
]
REDUCTIONS = ["mean", "sum", "max", "min", "prod", "std", "variance", "logsumexp"]
ACTIVATIONS = ["elu", "gelu", "leaky_relu", "relu", "relu6", "selu", "silu", "softmax", "log_softmax", "softsign"]
CASES = {
    **{f"math.{name}": (getattr(math, name), [ROWS]) for name in UNARY},
    **{f"positive {name}": (getattr(math, name), [np.abs(ROWS)]) for name in ("sqrt", "rsqrt", "log1p", "log")},
    **{f"reduce_{name}": ((lambda f: lambda x: f(x, axis=1))(getattr(math, f"reduce_{name}")), [STEPS]) for name in REDUCTIONS},
    "reduce_sum of two axes": (lambda x: tf.reduce_sum(x, axis=[1, 2], keepdims=True), [STEPS]),
    **{f"nn.{name}": (getattr(nn, name), [ROWS]) for name in ACTIVATIONS},
    "approximate gelu": (lambda x: nn.gelu(x, approximate=True), [ROWS]),
    "leaky_relu with alpha": (lambda x: nn.leaky_relu(x, alpha=0.3), [ROWS]),
    "softmax of an axis": (lambda x: nn.softmax(x, axis=1), [STEPS]),
    "l2_normalize": (lambda x: nn.l2_normalize(x, axis=-1), [ROWS]),
    "bias_add": (lambda x: nn.bias_add(x, tf.constant([1.0, 2.0, 3.0, 4.0])), [ROWS]),
    "numbers on the right": (lambda x: (x * 2.0 + 1.0 - 0.5) / 4.0, [ROWS]),
    "numbers on the left": (lambda x: 2.0 / (1.0 - 3.0 * (0.5 + x)), [ROWS]),
    "power, modulo, quotient": (lambda x: -((x**2) % 3.0 // 2.0), [ROWS]),
    "two tensors": (lambda x, y: (x + y) * x - y / (1.0 + abs(x)), [ROWS, array(3, 4)]),
    "squared_difference": (lambda x, y: math.squared_difference(x, y), [ROWS, array(3, 4)]),
    "add_n": (lambda x, y: tf.add_n([x, y]), [ROWS, array(3, 4)]),
    "maximum, minimum": (lambda x, y: tf.maximum(tf.minimum(x, y), 0.5), [ROWS, array(3, 4)]),
    "clip_by_value": (lambda x: tf.clip_by_value(x, -1.0, 1.0), [ROWS]),
    "where": (lambda x: tf.where(x > 0, x, 2 * x), [ROWS]),
    "logical": (lambda x: tf.cast(tf.logical_and(x > 0, tf.logical_not(x >= 1)), "float32"), [ROWS]),
    "equal": (lambda x: tf.cast(tf.equal(tf.round(x), 1.0), "int32"), [ROWS]),
    "matmul": (lambda x, y: tf.matmul(x, y, transpose_b=True), [STEPS, array(2, 5, 4)]),
    "at": (lambda x, y: x @ y, [STEPS, array(2, 4, 5)]),
    "matmul with a constant": (lambda x: tf.matmul(x, tf.constant(MATRIX)), [ROWS]),
    "multiply with a constant": (lambda x: x * tf.constant([1.0, 2.0, 3.0, 4.0]), [ROWS]),
    "tensordot": (lambda x: tf.tensordot(x, tf.constant(MATRIX), 1), [STEPS]),
    "concat": (lambda x, y: tf.concat([x, y], axis=-1), [ROWS, array(3, 2)]),
    "concat of one": (lambda x: tf.concat([x], axis=-1), [ROWS]),
    "stack, unstack": (lambda x, y: tf.unstack(tf.stack([x, y], axis=1), axis=2), [ROWS, array(3, 4)]),
    "split": (lambda x: tf.split(x, 2, axis=-1), [ROWS]),
    "split by sizes": (lambda x: tf.split(x, [1, 3], axis=-1), [ROWS]),
    "reshape, transpose": (lambda x: tf.transpose(tf.reshape(x, [-1, 6, 2]), [0, 2, 1]), [STEPS]),
    "reshape by shape": (lambda x: tf.reshape(x, (tf.shape(x)[0], -1)), [STEPS]),
    "expand_dims, squeeze": (lambda x: tf.squeeze(tf.expand_dims(x, 1), 1), [ROWS]),
    "slices": (lambda x: x[:, 1:, ::2] + x[:, -1:, :2], [STEPS]),
    "index and new axis": (lambda x: x[:, -1, tf.newaxis], [STEPS]),
    "gather": (lambda x: tf.gather(x, [0, 2], axis=1), [STEPS]),
    "argmax": (lambda x: tf.argmax(x, axis=-1), [ROWS]),
    "one_hot": (lambda x: tf.one_hot(x, 5), [np.array([[1, 3], [0, 4]], "int32")]),
    "top_k": (lambda x: list(math.top_k(x, 2)), [ROWS]),
    "tile, repeat": (lambda x: tf.tile(tf.repeat(x, 2, axis=1), [1, 2]), [ROWS]),
    "pad": (lambda x: tf.pad(x, [[0, 0], [1, 2]]), [ROWS]),
    "reflecting pad": (lambda x: tf.pad(x, [[0, 0], [1, 2]], "REFLECT"), [ROWS]),
    "cumsum, reverse": (lambda x: tf.reverse(tf.cumsum(x, axis=1), [1]), [STEPS]),
    "norm": (lambda x: tf.norm(x, axis=1), [STEPS]),
    "ones_like": (lambda x: tf.ones_like(x) + tf.zeros_like(x), [ROWS]),
    "resize": (lambda x: tf.image.resize(x, (4, 5)), [array(1, 2, 3, 1)]),
    "hard_sigmoid": (keras.activations.hard_sigmoid, [ROWS]),
    "backend": (lambda x: keras.backend.batch_dot(x, keras.backend.relu(x, alpha=0.1, max_value=1.0), axes=[2, 2]), [STEPS]),
}


def recorded(function, arrays):
    inputs = [layers.Input(x.shape[1:], dtype=x.dtype.name) for x in arrays]
    model = keras.Model(inputs, function(*inputs))
    y = model(arrays if len(arrays) > 1 else arrays[0])
    outputs = [np.asarray(one) for one in (y if isinstance(y, list) else [y])]
    config = json.loads(model.to_json())
    return {
        "config": config,
        "x": [[str(x.dtype), x.tolist()] for x in arrays],
        "y": [one.tolist() if one.dtype.kind != "f" else one.astype("float64").round(6).tolist() for one in outputs],
    }


def attending():
    ids, steps = layers.Input((5,), dtype="int32"), layers.Input((5, 4))
    read = layers.Bidirectional(layers.LSTM(2, recurrent_activation="hard_sigmoid", return_sequences=True))(steps)
    words = layers.Embedding(9, 4)(ids) + layers.GRU(4, activation="hard_sigmoid", return_sequences=True, reset_after=False)(
        read
    )
    attended = layers.MultiHeadAttention(2, 3, value_dim=2)(words, steps, use_causal_mask=True)
    images = layers.ConvLSTM2D(2, 1)(layers.Reshape((5, 2, 2, 1))(words))
    ends = [tf.nn.relu(attended)[:, -1] * 2.0, layers.Flatten()(images), layers.ThresholdedReLU(0.1)(steps)[:, 0]]
    y = layers.Dense(3, activation="hard_sigmoid")(tf.concat(ends, -1))
    return keras.Model([ids, steps], layers.Dense(1)(layers.Activation(keras.activations.hard_sigmoid)(y)))


X, Y = np.sin(np.arange(24.0)).reshape(6, 4).astype("float32"), np.cos(np.arange(12.0)).reshape(6, 2).astype("float32")
OPTIMIZERS = {
    "adam_before_2_11": lambda: keras.optimizers.legacy.Adam(0.01, decay=0.1),
    "sgd_with_schedule": lambda: keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 10)),
}


def trained(optimizer, path):
    """Saves after three steps; returns what the model predicts after two more."""
    model = keras.Sequential([layers.Input((4,)), layers.Dense(4, use_bias=False), layers.Dense(2)])
    model.compile(optimizer, keras.losses.MeanSquaredError(), metrics=[keras.metrics.CosineSimilarity()])
    for _ in range(3):
        model.train_on_batch(X, Y)
    model.save(path)
    for _ in range(2):
        model.train_on_batch(X, Y)
    return model.predict_on_batch(X)[:, 0].tolist()


def main(folder):
    operations = {name: recorded(*case) for name, case in CASES.items()}
    (folder / "keras_2_operations.json").write_text(json.dumps(operations, separators=(",", ":")) + "\n")
    keras.utils.set_random_seed(0)
    model = attending()
    model.set_weights([weight + RNG.normal(scale=0.5, size=weight.shape) for weight in model.get_weights()])
    model.save(folder / "keras_2_15_attention.keras")
    model.save(folder / "keras_2_15_attention.h5")
    x = np.arange(10).reshape(2, 5) % 9, np.sin(np.arange(40.0)).reshape(2, 5, 4)
    print("attention", np.asarray(model(x)).tolist())
    for name, make in OPTIMIZERS.items():
        print(name, trained(make(), folder / f"keras_2_15_{name}.h5"))


main(Path(sys.argv[1]))
