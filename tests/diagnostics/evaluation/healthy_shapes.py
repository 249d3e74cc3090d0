"""Healthy networks on images, sequences and texts."""

from minidl import optimizers as o
from minidl.layers import (
    GRU,
    LSTM,
    Activation,
    BatchNormalization,
    Bidirectional,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    MaxPooling2D,
    SimpleRNN,
)
from tests.diagnostics.evaluation import problems as data
from tests.diagnostics.evaluation.cases import Draw, Subject, healthy
from tests.diagnostics.evaluation.healthy_rows import judged
from tests.diagnostics.evaluation.networks import plain, stack, subject


@healthy
def convnet(draw: Draw) -> Subject:
    """A small convolutional network on digits."""
    problem = data.digit_images(draw)
    return plain(draw, problem, arguments=judged(draw, problem))


@healthy
def normalised_convnet(draw: Draw) -> Subject:
    """Convolutions with batch normalisation, and dropout before the output."""
    problem, filters = data.digit_images(draw), draw.pick(8, 12, 16)
    layers = []
    for size in (filters, 2 * filters):
        layers += [Conv2D(size, 3, padding="same", use_bias=draw.pick(True, False))]
        layers += [BatchNormalization(momentum=0.9), Activation("relu"), MaxPooling2D()]
    layers += [draw.pick(Flatten, GlobalAveragePooling2D)(), Dropout(draw.real(0.1, 0.4))]
    return subject(draw, problem, stack(problem, layers), o.Adam(draw.scale(0.002, 0.005)), epochs=12)


@healthy
def tanh_convnet(draw: Draw) -> Subject:
    """Convolutions with tanh, and gradient descent with momentum."""
    problem = data.digit_images(draw)
    layers = [Conv2D(draw.pick(8, 12), 3, activation="tanh"), Conv2D(12, 3, activation="tanh"), Flatten()]
    optimizer = o.SGD(draw.scale(0.01, 0.04), momentum=0.9)
    return subject(draw, problem, stack(problem, layers), optimizer, arguments=judged(draw, problem))


@healthy
def recurrent_forecast(draw: Draw) -> Subject:
    """A recurrent network that says the next value of a noisy series."""
    problem = data.forecast(draw)
    layer = draw.pick(LSTM, GRU, SimpleRNN)(draw.pick(16, 24, 32))
    model, optimizer = stack(problem, [layer]), o.Adam(draw.scale(0.003, 0.008))
    return subject(draw, problem, model, optimizer, arguments=judged(draw, problem))


@healthy
def recurrent_classes(draw: Draw) -> Subject:
    """An LSTM or GRU that tells sequences apart."""
    problem = draw.pick(data.waves, data.balances)(draw)
    layer = draw.pick(LSTM, GRU)(draw.pick(16, 24))
    model, optimizer = stack(problem, [layer]), draw.pick(o.Adam, o.RMSprop)(draw.scale(0.003, 0.008))
    return subject(draw, problem, model, optimizer, arguments=judged(draw, problem))


@healthy
def stacked_recurrence(draw: Draw) -> Subject:
    """Two recurrent layers, or one that reads both ways."""
    problem, cell, units = draw.pick(data.waves, data.forecast)(draw), draw.pick(LSTM, GRU), draw.pick(12, 16)
    layers = draw.pick([cell(units, return_sequences=True), cell(units)], [Bidirectional(cell(units))])
    return subject(draw, problem, stack(problem, layers), o.Adam(draw.scale(0.004, 0.008)))


@healthy
def convolved_sequences(draw: Draw) -> Subject:
    """Convolutions over time."""
    problem = draw.pick(data.waves, data.forecast)(draw)
    layers = [Conv1D(draw.pick(12, 16), 3, activation="relu"), Conv1D(16, 3, activation="relu")]
    layers += [GlobalAveragePooling1D() if problem.task == "classes" else Flatten()]
    return subject(draw, problem, stack(problem, layers), o.Adam(draw.scale(0.003, 0.006)), arguments=judged(draw, problem))


@healthy
def averaged_words(draw: Draw) -> Subject:
    """Word vectors, averaged over the text."""
    problem = data.texts(draw)
    layers = [Embedding(problem.words, draw.pick(8, 16)), GlobalAveragePooling1D(), Dense(16, "relu")]
    return subject(draw, problem, stack(problem, layers), o.Adam(draw.scale(0.003, 0.01)), arguments=judged(draw, problem))


@healthy
def recurrent_text(draw: Draw) -> Subject:
    """Word vectors, read by a recurrent layer that skips the padding."""
    problem = data.texts(draw)
    layers = [Embedding(problem.words, 12, mask_zero=draw.pick(True, False)), draw.pick(LSTM, GRU)(draw.pick(12, 16))]
    return subject(draw, problem, stack(problem, layers), o.Adam(draw.scale(0.004, 0.01)), epochs=8)
