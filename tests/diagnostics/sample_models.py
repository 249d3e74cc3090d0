"""Healthy networks and their data, for the tests of the doctor."""

import numpy as np

from minidl import Input, Model, Sequential, layers, optimizers
from minidl.datasets import digits
from minidl.utils import to_categorical


def images():
    (x, y), _ = digits.load_data()
    return x.astype("float32") / 16, y.astype(int)


def pixels():
    x, y = images()
    return x.reshape(len(x), -1), y


def table(rows=500, features=8, seed=0):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(rows, features))
    y = np.sin(x[:, 0]) + 0.5 * x[:, 1] * x[:, 2] + 0.1 * generator.normal(size=rows)
    return x, y


def moons(rows=400, share=0.5):
    generator = np.random.default_rng(1)
    y = (np.arange(rows) >= rows * share).astype(int)
    angle = np.pi * generator.uniform(size=rows)
    x = np.stack([np.cos(angle) + y, np.where(y, -1, 1) * np.sin(angle) + 0.5 * y], axis=1)
    order = generator.permutation(rows)
    return (x + 0.15 * generator.normal(size=x.shape))[order], y[order]


def sequences(steps=20, rows=600):
    generator = np.random.default_rng(2)
    phase, speed = generator.uniform(0, 6, (rows, 1)), np.where(np.arange(rows) % 2, 0.3, 0.6)[:, np.newaxis]
    x = np.sin(phase + speed * np.arange(steps)) + 0.1 * generator.normal(size=(rows, steps))
    return x[..., np.newaxis], np.arange(rows) % 2


def mlp(activation="relu", widths=(64, 32), outputs=10, last="softmax", **options):
    hidden = [layers.Dense(width, activation, **options) for width in widths]
    return Sequential([*hidden, layers.Dense(outputs, last)])


def compiled(model, optimizer="adam", loss="sparse_categorical_crossentropy", **options):
    model.compile(optimizer, loss, **options)
    return model


def digits_mlp():
    return compiled(mlp()), *pixels()


def digits_mlp_never_compiled():
    return mlp(), *pixels()


def digits_mlp_by_sgd():
    return compiled(mlp(), optimizers.SGD(0.1)), *pixels()


def digits_mlp_by_slow_sgd():
    return compiled(mlp(), optimizers.SGD(0.01)), *pixels()


def digits_mlp_with_momentum():
    return compiled(mlp(kernel_initializer="he_normal"), optimizers.SGD(0.02, momentum=0.9, nesterov=True)), *pixels()


def digits_tanh():
    return compiled(mlp("tanh", (64, 64, 64)), optimizers.SGD(0.1)), *pixels()


def digits_sigmoid():
    return compiled(mlp("sigmoid", (64, 32)), optimizers.Adam(0.005)), *pixels()


def digits_sigmoid_by_sgd():
    return compiled(mlp("sigmoid", (64,)), optimizers.SGD(0.5)), *pixels()


def digits_one_hot():
    x, y = pixels()
    return compiled(mlp("gelu"), "rmsprop", "categorical_crossentropy", metrics=["accuracy"]), x, to_categorical(y, 10)


def digits_ten_questions():
    x, y = pixels()
    return compiled(mlp(last="sigmoid"), "adam", "binary_crossentropy"), x, to_categorical(y, 10)


def digits_deep():
    return compiled(mlp("relu", (64,) * 8, kernel_initializer="he_normal")), *pixels()


def digits_standardised():
    x, y = pixels()
    return compiled(mlp()), (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-7), y


def digits_dropout():
    model = Sequential([layers.Dense(64, "relu"), layers.Dropout(0.5), layers.Dense(64, "relu"), layers.Dropout(0.5)])
    model.add(layers.Dense(10, "softmax"))
    return compiled(model), *pixels()


def digits_batch_normalization():
    model = Sequential([layers.Dense(64), layers.BatchNormalization(), layers.Activation("relu")])
    for _ in range(3):
        for layer in (layers.Dense(64, use_bias=False), layers.BatchNormalization(), layers.ReLU()):
            model.add(layer)
    model.add(layers.Dense(10, "softmax"))
    return compiled(model, "adam"), *pixels()


def digits_regularized():
    return compiled(mlp(kernel_regularizer="l2"), "adamw"), *pixels()


def raw_pixels_behind_a_rescaling():
    (x, y), _ = digits.load_data()
    model = Sequential([layers.Rescaling(1 / 16), layers.Flatten(), layers.Dense(32, "relu"), layers.Dense(10, "softmax")])
    return compiled(model), x, y


def raw_table_behind_a_normalization():
    x, y = table()
    x = x * 1000 + 5000
    scaling = layers.Normalization()
    scaling.adapt(x)
    return compiled(Sequential([scaling, layers.Dense(32, "relu"), layers.Dense(1)]), "adam", "mse"), x, y


def small_convnet():
    x, y = images()
    model = Sequential([layers.Conv2D(8, 3, activation="relu"), layers.MaxPooling2D(), layers.Conv2D(16, 2, activation="relu")])
    for layer in (layers.Flatten(), layers.Dense(32, "relu"), layers.Dense(10, "softmax")):
        model.add(layer)
    return compiled(model), x[..., np.newaxis], y


def residual_network():
    x, y = images()
    start = Input((8, 8, 1))
    h = layers.Conv2D(8, 3, padding="same", activation="relu")(start)
    for _ in range(3):
        inner = layers.Conv2D(8, 3, padding="same", use_bias=False)(h)
        inner = layers.Activation("relu")(layers.BatchNormalization()(inner))
        inner = layers.BatchNormalization()(layers.Conv2D(8, 3, padding="same", use_bias=False)(inner))
        h = layers.Activation("relu")(layers.Add()([h, inner]))
    end = layers.Dense(10, "softmax")(layers.GlobalAveragePooling2D()(h))
    return compiled(Model(start, end)), x[..., np.newaxis], y


def lstm():
    return compiled(Sequential([layers.LSTM(16), layers.Dense(1, "sigmoid")]), "adam", "binary_crossentropy"), *sequences()


def gru_never_compiled():
    return Sequential([layers.GRU(16, return_sequences=True), layers.GRU(8), layers.Dense(1, "sigmoid")]), *sequences(30)


def simple_rnn():
    model = Sequential([layers.SimpleRNN(16), layers.Dense(2, "softmax")])
    return compiled(model, optimizers.Adam(0.005)), *sequences(10)


def bidirectional_forecast():
    x, _ = sequences(25)
    model = Sequential([layers.Bidirectional(layers.LSTM(8)), layers.Dense(1)])
    return compiled(model, "adam", "mse"), x[:, :-1], x[:, -1, 0]


def regression():
    x, y = table()
    return compiled(mlp("relu", (32, 32), 1, None), "adam", "mse"), x, y


def regression_by_sgd():
    x, y = table()
    return compiled(mlp("tanh", (32,), 1, None), optimizers.SGD(0.05), "mse", metrics=["mae"]), x, y


def noisy_linear_regression():
    x, _ = table()
    y = x @ np.linspace(-1, 1, 8) + 1.5 * np.random.default_rng(3).normal(size=len(x))
    return compiled(Sequential([layers.Dense(1)]), optimizers.SGD(0.05), "mae"), x, y


def regression_of_small_numbers():
    x, y = table()
    y = (y - y.min()) / np.ptp(y)
    return compiled(mlp("relu", (32,), 1, None), "adam", "huber"), x, y


def counts():
    x, y = table()
    model = mlp("relu", (32,), 1, "exponential")
    return compiled(model, "adam", "poisson"), x, np.random.default_rng(4).poisson(np.exp(y))


def logistic_regression():
    x, y = moons()
    return compiled(Sequential([layers.Dense(1, "sigmoid")]), optimizers.SGD(0.5), "binary_crossentropy"), x, y


def two_moons():
    return compiled(mlp("tanh", (16, 16), 1, "sigmoid"), optimizers.Adam(0.01), "binary_crossentropy"), *moons()


def sixty_to_forty():
    return compiled(mlp("relu", (16,), 1, "sigmoid"), "adam", "binary_crossentropy"), *moons(share=0.6)


def exclusive_or():
    x = np.tile([[0, 0], [0, 1], [1, 0], [1, 1]], (50, 1)).astype("float32")
    return compiled(mlp("tanh", (8,), 1, "sigmoid"), optimizers.Adam(0.05), "mse"), x, (x[:, 0] != x[:, 1]).astype(int)


def autoencoder():
    x, _ = pixels()
    return compiled(mlp("relu", (32, 16, 32), 64, "sigmoid"), "adam", "binary_crossentropy"), x, x


def linear_autoencoder():
    x, _ = pixels()
    return compiled(Sequential([layers.Dense(16), layers.Dense(64)]), "adam", "mse"), x, x


def embedding():
    generator = np.random.default_rng(5)
    x = generator.integers(0, 50, (500, 12))
    y = ((x < 10).sum(axis=1) > 2).astype(int)
    model = Sequential([layers.Embedding(50, 8), layers.GlobalAveragePooling1D(), layers.Dense(1, "sigmoid")])
    return compiled(model, optimizers.Adam(0.01), "binary_crossentropy"), x, y


def logits():
    from minidl.losses import SparseCategoricalCrossentropy

    return compiled(mlp(last=None), "adam", SparseCategoricalCrossentropy(from_logits=True)), *pixels()


def attention():
    x, y = images()
    start = Input((8, 8))
    h = layers.Dense(16)(start)
    h = layers.LayerNormalization()(layers.Add()([h, layers.MultiHeadAttention(2, 8)(h, h)]))
    return compiled(Model(start, layers.Dense(10, "softmax")(layers.Flatten()(h)))), x, y


def two_inputs_two_outputs():
    x, y = pixels()
    one, other = Input((32,), name="one"), Input((32,), name="other")
    h = layers.Dense(32, "relu")(layers.Concatenate()([one, other]))
    model = Model([one, other], [layers.Dense(10, "softmax", name="digit")(h), layers.Dense(1, name="ink")(h)])
    model.compile("adam", ["sparse_categorical_crossentropy", "mse"])
    return model, [x[:, :32], x[:, 32:]], [y, x.mean(axis=1)]


def steps_of_a_sequence():
    x, _ = sequences(25)
    model = Sequential([layers.LSTM(16, return_sequences=True), layers.Dense(1)])
    return compiled(model, optimizers.Adam(0.005), "mse"), x[:, :-1], x[:, 1:]


def already_trained():
    model, x, y = digits_mlp()
    model.fit(x, y, epochs=5, verbose=0)
    return model, x, y


HEALTHY = [
    already_trained,
    attention,
    autoencoder,
    bidirectional_forecast,
    counts,
    digits_batch_normalization,
    digits_deep,
    digits_dropout,
    digits_mlp,
    digits_mlp_by_sgd,
    digits_mlp_by_slow_sgd,
    digits_mlp_never_compiled,
    digits_mlp_with_momentum,
    digits_one_hot,
    digits_regularized,
    digits_sigmoid,
    digits_sigmoid_by_sgd,
    digits_standardised,
    digits_tanh,
    digits_ten_questions,
    embedding,
    exclusive_or,
    gru_never_compiled,
    linear_autoencoder,
    logistic_regression,
    logits,
    lstm,
    noisy_linear_regression,
    raw_pixels_behind_a_rescaling,
    raw_table_behind_a_normalization,
    regression,
    regression_by_sgd,
    regression_of_small_numbers,
    residual_network,
    simple_rnn,
    sixty_to_forty,
    small_convnet,
    steps_of_a_sequence,
    two_inputs_two_outputs,
    two_moons,
]
