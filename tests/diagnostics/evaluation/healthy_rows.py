"""Healthy networks on rows of features: good ones, and unusual ones that learn too."""

from typing import Any

import numpy as np

from minidl import Input, Model
from minidl import optimizers as o
from minidl.layers import (
    Activation,
    Add,
    BatchNormalization,
    Concatenate,
    Dense,
    Dropout,
    LayerNormalization,
    Normalization,
    Rescaling,
)
from minidl.losses import CategoricalCrossentropy, SparseCategoricalCrossentropy
from minidl.regularizers import L2
from tests.diagnostics.evaluation import problems as data
from tests.diagnostics.evaluation.cases import Draw, Subject, healthy
from tests.diagnostics.evaluation.networks import hidden, last, plain, sound_optimizer, stack, start_for, subject


def judged(draw: Draw, problem: data.Problem) -> dict[str, Any]:
    """Arguments of the diagnosis: none, a share of the rows held out, or other rows to judge by."""
    return draw.pick(
        {},
        {"validation_split": draw.real(0.1, 0.25)},
        {"validation_data": (problem.x_test, problem.y_test)},
    )


@healthy
def digits_and_border(draw: Draw) -> Subject:
    """Digits, of whose pixels some at the border are always 0."""
    problem = data.digit_rows(draw)
    return plain(draw, problem, arguments=judged(draw, problem))


@healthy
def one_hot_digits(draw: Draw) -> Subject:
    """Digits with one-hot rows and categorical cross-entropy, some with smoothed labels."""
    problem = data.digit_rows(draw)
    loss = CategoricalCrossentropy(label_smoothing=draw.pick(0.0, 0.1))
    return plain(draw, problem, y=problem.labels_as_rows, loss=loss)


@healthy
def sigmoid_digits(draw: Draw) -> Subject:
    """One or two layers of sigmoids that learn well."""
    problem = data.digit_rows(draw)
    layers = [Dense(draw.pick(32, 64, 100), "sigmoid") for _ in range(draw.whole(1, 2))]
    optimizer = o.Adam(draw.scale(0.003, 0.006))
    return subject(draw, problem, stack(problem, layers), optimizer, arguments=judged(draw, problem), epochs=20)


@healthy
def tanh_spirals(draw: Draw) -> Subject:
    """Layers of tanh that unroll spirals."""
    problem = data.spirals(draw)
    layers = [Dense(draw.pick(32, 48, 64), "tanh") for _ in range(draw.whole(2, 3))]
    return subject(draw, problem, stack(problem, layers), o.Adam(draw.scale(0.003, 0.008)))


@healthy
def patient_adam(draw: Draw) -> Subject:
    """Adam with small steps, which are enough for its many epochs."""
    problem = data.digit_rows(draw)
    return plain(draw, problem, optimizer=o.Adam(draw.scale(1.5e-4, 4e-4)), epochs=40, batch_size=16)


@healthy
def momentum(draw: Draw) -> Subject:
    """Stochastic gradient descent with momentum, Nesterov's or the plain one."""
    problem = draw.pick(data.digit_rows, data.clouds)(draw)
    optimizer = o.SGD(draw.scale(0.01, 0.05), momentum=0.9, nesterov=draw.pick(True, False))
    return plain(draw, problem, optimizer=optimizer, arguments=judged(draw, problem))


@healthy
def plain_descent(draw: Draw) -> Subject:
    """Plain gradient descent, with steps that look large for Adam and are right for it."""
    problem = draw.pick(data.digit_rows, data.clouds, data.friedman)(draw)
    rate = draw.scale(0.01, 0.03) if problem.task == "values" else draw.scale(0.05, 0.2)
    model = stack(problem, [Dense(draw.pick(32, 64), draw.pick("relu", "tanh")) for _ in range(draw.whole(1, 2))])
    return subject(draw, problem, model, o.SGD(rate), epochs=25)


@healthy
def sixty_to_forty(draw: Draw) -> Subject:
    """Two classes, 60 to 40 or 70 to 30."""
    share = draw.real(0.6, 0.72)
    problem = data.clouds(draw, 2, [share, 1 - share])
    return plain(draw, problem, f"{share:.0%} of one class", arguments=judged(draw, problem))


@healthy
def uneven_classes(draw: Draw) -> Subject:
    """Four classes with shares from 12 to 40 percent."""
    problem = data.clouds(draw, 4, [0.4, 0.28, 0.2, 0.12])
    return plain(draw, problem, arguments=judged(draw, problem))


@healthy
def categories(draw: Draw) -> Subject:
    """One-hot features of several choices."""
    problem = data.categories(draw)
    return plain(draw, problem, arguments=judged(draw, problem))


@healthy
def counts(draw: Draw) -> Subject:
    """Word counts: small whole numbers, mostly 0, not standardised."""
    problem = data.word_counts(draw)
    model = stack(problem, [Dense(draw.pick(16, 32), "relu"), *([Dropout(0.2)] if draw.pick(True, False) else [])])
    return subject(draw, problem, model, o.Adam(draw.scale(0.001, 0.003)), arguments=judged(draw, problem))


@healthy
def smooth_regression(draw: Draw) -> Subject:
    """A regression of standardised values."""
    problem = draw.pick(data.friedman, data.planes)(draw)
    return plain(draw, problem, loss=draw.pick("mse", "huber"), arguments=judged(draw, problem))


@healthy
def moderate_targets(draw: Draw) -> Subject:
    """A regression of values of moderate scale, such as marks, years of school or degrees, as they are."""
    problem = draw.pick(data.friedman, lambda d: data.planes(d, 1))(draw)
    middle, spread = draw.real(-3.0, 5.0), draw.real(1.5, 4.0)
    problem.y, problem.y_test = (part * np.float32(spread) + np.float32(middle) for part in (problem.y, problem.y_test))
    optimizer = o.Adam(draw.scale(0.002, 0.005))
    return plain(draw, problem, f"targets {middle} +- {spread}", optimizer=optimizer, epochs=25)


@healthy
def noisy_curve(draw: Draw) -> Subject:
    """A regression without an exact solution: one feature, and noise."""
    problem = data.curve(draw)
    layers = [Dense(draw.pick(24, 32, 48), draw.pick("tanh", "relu")) for _ in range(2)]
    return subject(draw, problem, stack(problem, layers), o.Adam(draw.scale(0.003, 0.006)), arguments=judged(draw, problem))


@healthy
def linear_model(draw: Draw) -> Subject:
    """No hidden layer at all: linear or logistic regression, with noise left over."""
    problem = draw.pick(data.planes, data.digit_rows, data.categories)(draw)
    return subject(draw, problem, stack(problem, []), o.Adam(draw.scale(0.003, 0.01)), epochs=25)


@healthy
def wrong_labels(draw: Draw) -> Subject:
    """A tenth to a fifth of the labels are wrong, as labels are."""
    problem, share = draw.pick(data.digit_rows, data.clouds)(draw), draw.real(0.1, 0.2)
    count = max(problem.outputs, 2)
    wrong = draw.random.random(len(problem.y)) < share
    problem.y = np.where(wrong, draw.random.integers(count, size=len(problem.y)), problem.y)
    return plain(draw, problem, f"{share:.0%} of the labels random", arguments=judged(draw, problem))


@healthy
def pixels_rescaled_inside(draw: Draw) -> Subject:
    """Pixels from 0 to 255, which a layer in the model scales."""
    problem = data.digit_rows(draw)
    problem.x, problem.x_test = (np.round(part * 255).astype(np.uint8) for part in (problem.x, problem.x_test))
    layers = [Rescaling(1 / 255), *hidden(draw, 1, 2)]
    return subject(draw, problem, stack(problem, layers), sound_optimizer(draw, problem), "0 to 255, rescaled inside")


@healthy
def columns_normalised_inside(draw: Draw) -> Subject:
    """Columns of very different scales, which an adapted layer in the model scales."""
    problem = draw.pick(data.friedman, data.clouds)(draw)
    width = problem.x.shape[1]
    factor, shift = 10 ** draw.random.uniform(-2, 4, size=width), draw.random.normal(size=width)
    problem.x, problem.x_test = (((part + shift) * factor).astype(np.float32) for part in (problem.x, problem.x_test))
    normalise = Normalization()
    normalise.adapt(problem.x)
    layers = [normalise, *hidden(draw, 1, 2)]
    return subject(draw, problem, stack(problem, layers), sound_optimizer(draw, problem), "normalised inside")


@healthy
def deep_and_normalised(draw: Draw) -> Subject:
    """Five to eight layers with normalisation in between."""
    problem, activation = draw.pick(data.digit_rows, data.clouds)(draw), draw.pick("relu", "tanh", "elu")
    normalise, layers, width = draw.pick(BatchNormalization, LayerNormalization), [], draw.pick(32, 48)
    for _ in range(draw.whole(5, 8)):
        layers += [Dense(width, kernel_initializer=start_for(activation)), normalise(), Activation(activation)]
    return subject(draw, problem, stack(problem, layers), o.Adam(draw.scale(0.001, 0.003)), arguments=judged(draw, problem))


@healthy
def deep_with_he(draw: Draw) -> Subject:
    """Five to seven layers of ReLUs or SELUs, with the initializer that suits them."""
    problem, activation = draw.pick(data.digit_rows, data.clouds)(draw), draw.pick("relu", "selu")
    width, depth = draw.pick(48, 64), draw.whole(5, 7)
    layers = [Dense(width, activation, kernel_initializer=start_for(activation)) for _ in range(depth)]
    return subject(draw, problem, stack(problem, layers), o.Adam(draw.scale(0.0007, 0.002)))


@healthy
def autoencoder(draw: Draw) -> Subject:
    """An autoencoder of digits: the pixels are targets too, and some of them are always 0."""
    problem = data.digit_rows(draw)
    problem.y, problem.y_test, problem.task, problem.outputs = problem.x, problem.x_test, "values", 64
    layers = [Dense(48, "relu"), Dense(draw.pick(12, 16), "relu"), Dense(48, "relu")]
    model = stack(problem, layers, Dense(64, "sigmoid", name="output"))
    loss = draw.pick("mse", "binary_crossentropy")
    return subject(draw, problem, model, o.Adam(draw.scale(0.002, 0.004)), "targets are the inputs", loss=loss, epochs=25)


@healthy
def logits(draw: Draw) -> Subject:
    """A linear output, and a loss that knows that these are logits."""
    problem = draw.pick(data.digit_rows, lambda d: data.clouds(d, d.whole(3, 5)))(draw)
    loss = SparseCategoricalCrossentropy(from_logits=True)
    end = Dense(problem.outputs, name="output")
    return plain(draw, problem, "from_logits", loss=loss, end=end, arguments=judged(draw, problem))


@healthy
def several_answers(draw: Draw) -> Subject:
    """Three yes-or-no questions a row: three sigmoids and binary cross-entropy."""
    problem = data.planes(draw, 3)
    problem.y, problem.y_test = ((part > 0.3).astype(np.float32) for part in (problem.y, problem.y_test))
    end = Dense(3, "sigmoid", name="output")
    return plain(draw, problem, end=end, loss="binary_crossentropy", arguments=judged(draw, problem))


@healthy
def residual(draw: Draw) -> Subject:
    """A functional model with residual connections and normalisation."""
    problem, width = draw.pick(data.digit_rows, data.clouds, data.friedman)(draw), draw.pick(32, 48)
    entry = Input(problem.x.shape[1:])
    y = Dense(width)(entry)
    for _ in range(draw.whole(2, 4)):
        y = Add()([y, Dense(width)(Activation("relu")(Dense(width)(LayerNormalization()(y))))])
    model = Model(entry, last(problem)(Activation("relu")(y)))
    return subject(draw, problem, model, o.Adam(draw.scale(0.001, 0.003)), arguments=judged(draw, problem))


@healthy
def two_entries(draw: Draw) -> Subject:
    """A functional model with two inputs, given as a list."""
    problem = draw.pick(data.clouds, data.planes)(draw)
    cut = problem.x.shape[1] // 2
    problem.x, problem.x_test = ([part[:, :cut], part[:, cut:]] for part in (problem.x, problem.x_test))
    entries = [Input((part.shape[1],)) for part in problem.x]
    branches = [Dense(24, "relu")(entry) for entry in entries]
    model = Model(entries, last(problem)(Dense(24, "relu")(Concatenate()(branches))))
    return subject(draw, problem, model, o.Adam(draw.scale(0.002, 0.004)))


@healthy
def regularised(draw: Draw) -> Subject:
    """A little L2 on every kernel, and AdamW or momentum."""
    problem, penalty = draw.pick(data.digit_rows, data.clouds)(draw), draw.scale(1e-5, 3e-4)
    layers = [Dense(64, "relu", kernel_initializer="he_normal", kernel_regularizer=L2(penalty)) for _ in range(2)]
    optimizer = draw.pick(o.AdamW(draw.scale(0.001, 0.003)), o.SGD(draw.scale(0.02, 0.05), momentum=0.9))
    return subject(draw, problem, stack(problem, layers), optimizer, f"L2 {penalty:g}")
