"""Problems of initialization: vanishing or exploding gradients, saturated or dead units, a high initial loss."""

from typing import Any

import numpy as np

from minidl import Input, Model
from minidl import optimizers as o
from minidl.initializers import Constant, HeNormal, Orthogonal, RandomNormal, RandomUniform
from minidl.layers import LSTM, Add, Conv2D, Dense, Flatten, LayerNormalization, SimpleRNN
from tests.diagnostics.evaluation import problems as data
from tests.diagnostics.evaluation.cases import Draw, Subject, sick
from tests.diagnostics.evaluation.networks import last, plain, sound_optimizer, stack, subject

LARGE = ("exploding_gradients", "saturated_units", "initial_loss")  # what far too large weights may be called


def dense(draw: Draw, low: int, high: int, activation: str, start: Any) -> list[Any]:
    """Layers of one width, activation and initializer."""
    width = draw.pick(32, 48, 64)
    return [Dense(width, activation, kernel_initializer=start) for _ in range(draw.whole(low, high))]


@sick("vanishing_gradients")
def small_weights(draw: Draw) -> Subject:
    """Deep ReLUs that start with weights far too small."""
    problem, stddev = draw.pick(data.digit_rows, data.clouds)(draw), draw.scale(0.005, 0.02)
    layers = dense(draw, 4, 6, "relu", RandomNormal(stddev=stddev) if draw.ill else "he_normal")
    return subject(draw, problem, stack(problem, layers), o.SGD(draw.scale(0.03, 0.2)), f"stddev {stddev}")


@sick("vanishing_gradients")
def small_weights_and_momentum(draw: Draw) -> Subject:
    """Very deep tanh with small uniform weights, for a regression or for classes."""
    problem, limit = draw.pick(data.friedman, data.clouds, data.planes)(draw), draw.scale(0.01, 0.05)
    layers = dense(draw, 6, 8, "tanh", RandomUniform(-limit, limit) if draw.ill else "glorot_uniform")
    return subject(draw, problem, stack(problem, layers), o.SGD(draw.scale(0.01, 0.03), momentum=0.9), f"limit {limit}")


@sick("vanishing_gradients")
def deep_sigmoids(draw: Draw) -> Subject:
    """Many layers of sigmoids."""
    problem = draw.pick(data.digit_rows, data.clouds)(draw)
    activation, start = ("sigmoid", "glorot_uniform") if draw.ill else ("relu", "he_normal")
    layers = dense(draw, 7, 10, activation, start)
    optimizer = draw.pick(o.Adam(draw.scale(0.0007, 0.002)), o.SGD(draw.scale(0.01, 0.03), momentum=0.9))
    return subject(draw, problem, stack(problem, layers), optimizer)


@sick("vanishing_gradients")
def small_filters(draw: Draw) -> Subject:
    """Deep convolutions that start with weights far too small."""
    problem, stddev, filters = data.digit_images(draw), draw.scale(0.003, 0.015), draw.pick(8, 12)
    start = RandomNormal(stddev=stddev) if draw.ill else HeNormal()
    layers = [Conv2D(filters, 3, activation="relu", padding="same", kernel_initializer=start) for _ in range(draw.whole(4, 5))]
    optimizer = o.SGD(draw.scale(0.01, 0.03), momentum=0.9)
    return subject(draw, problem, stack(problem, [*layers, Flatten()]), optimizer, f"stddev {stddev}", epochs=5)


@sick("vanishing_gradients")
def stacked_sigmoid_recurrence(draw: Draw) -> Subject:
    """Five or six recurrent layers of sigmoids on top of one another."""
    problem, count, units = draw.pick(data.waves, data.forecast)(draw), draw.whole(5, 6), draw.pick(12, 16)
    activation = "sigmoid" if draw.ill else "tanh"
    layers = [SimpleRNN(units, activation=activation, return_sequences=place < count - 1) for place in range(count)]
    return subject(draw, problem, stack(problem, layers), o.SGD(draw.scale(0.008, 0.02), momentum=0.9), activation)


@sick("vanishing_gradients", also=("ignores_input",))
def silence_after_the_signal(draw: Draw) -> Subject:
    """Sequences padded with zeros behind, and recurrent weights that have forgotten all when the end comes."""
    problem, silence, gain = data.waves(draw), draw.whole(28, 38), draw.real(0.1, 0.35)
    behind = (0, silence) if draw.ill else (silence, 0)
    problem.x, problem.x_test = (np.pad(part, ((0, 0), behind, (0, 0))) for part in (problem.x, problem.x_test))
    layer = SimpleRNN(draw.pick(16, 24), recurrent_initializer=Orthogonal(gain if draw.ill else 1.0))
    optimizer = o.Adam(draw.scale(0.002, 0.004))
    return subject(draw, problem, stack(problem, [layer]), optimizer, f"gain {gain}, {silence} zeros")


@sick("exploding_gradients", also=LARGE)
def large_weights(draw: Draw) -> Subject:
    """Deep ReLUs that start with weights far too large."""
    problem, stddev = draw.pick(data.digit_rows, data.clouds)(draw), draw.scale(0.6, 1.5)
    layers = dense(draw, 5, 8, "relu", RandomNormal(stddev=stddev) if draw.ill else "he_normal")
    return subject(draw, problem, stack(problem, layers), o.SGD(draw.scale(0.02, 0.1)), f"stddev {stddev}")


@sick("exploding_gradients", also=LARGE)
def large_weights_in_a_regression(draw: Draw) -> Subject:
    """A deep regression that starts with weights far too large."""
    problem, stddev = draw.pick(data.friedman, data.planes)(draw), draw.scale(0.5, 1.2)
    layers = dense(draw, 4, 6, draw.pick("relu", "elu"), RandomNormal(stddev=stddev) if draw.ill else "he_normal")
    return subject(draw, problem, stack(problem, layers), o.Adam(draw.scale(0.0007, 0.002)), f"stddev {stddev}")


@sick("exploding_gradients", also=("initial_loss",))
def growing_recurrence(draw: Draw) -> Subject:
    """A recurrence of ReLUs, or linear, whose weights let every step grow."""
    problem, gain = data.forecast(draw), draw.real(1.8, 2.5)
    activation, units = draw.pick("relu", "linear"), draw.pick(16, 24)
    gain = gain + 1 if activation == "relu" else gain  # which lets half of it through
    start = Orthogonal(gain if draw.ill else 1.0 if activation == "relu" else 0.9)
    layer = SimpleRNN(units, activation=activation, recurrent_initializer=start)
    return subject(draw, problem, stack(problem, [layer]), o.SGD(draw.scale(0.01, 0.03)), f"{activation}, gain {gain:.1f}")


@sick("exploding_gradients", also=LARGE)
def large_filters(draw: Draw) -> Subject:
    """Convolutions that start with weights far too large."""
    problem, stddev, filters = data.digit_images(draw), draw.scale(0.7, 1.5), draw.pick(8, 12)
    start = RandomNormal(stddev=stddev) if draw.ill else HeNormal()
    layers = [Conv2D(filters, 3, activation="relu", padding="same", kernel_initializer=start) for _ in range(draw.whole(3, 5))]
    optimizer = o.SGD(draw.scale(0.01, 0.03), momentum=0.9)
    return subject(draw, problem, stack(problem, [*layers, Flatten()]), optimizer, f"stddev {stddev}", epochs=5)


@sick("exploding_gradients", also=("initial_loss",))
def doubling_residuals(draw: Draw) -> Subject:
    """Many residual blocks without normalisation, each of which doubles what goes through."""
    problem, width, blocks = draw.pick(data.digit_rows, data.clouds, data.friedman)(draw), draw.pick(32, 48), draw.whole(10, 14)
    entry = Input(problem.x.shape[1:])
    y = Dense(width)(entry)
    for _ in range(blocks):
        inner = Dense(width, "relu", kernel_initializer="he_normal")(y if draw.ill else LayerNormalization()(y))
        y = Add()([y, Dense(width, kernel_initializer="he_normal")(inner)])
    model = Model(entry, last(problem)(y if draw.ill else LayerNormalization()(y)))
    return subject(draw, problem, model, o.SGD(draw.scale(0.003, 0.01)), f"{blocks} blocks")


@sick("saturated_units", also=("exploding_gradients",))
def large_weights_into_tanh(draw: Draw) -> Subject:
    """Layers of tanh whose weights push every unit to its ends."""
    problem, stddev = draw.pick(data.digit_rows, data.friedman)(draw), draw.scale(3.0, 6.0)
    start, width = RandomNormal(stddev=stddev) if draw.ill else "glorot_uniform", draw.pick(16, 24)
    layers = [Dense(width, "tanh", kernel_initializer=start) for _ in range(draw.whole(3, 4))]
    optimizer = o.Adam(draw.scale(0.003, 0.005))
    return subject(draw, problem, stack(problem, layers), optimizer, f"stddev {stddev}")


@sick("saturated_units", also=("vanishing_gradients",))
def large_biases(draw: Draw) -> Subject:
    """Sigmoids or tanh whose biases hold every unit at one end."""
    problem, bias = draw.pick(data.digit_rows, data.clouds, data.friedman)(draw), draw.real(9.0, 14.0) * draw.pick(-1, 1)
    start = Constant(bias if draw.ill else 0.0)
    activation, width = draw.pick("tanh", "sigmoid"), draw.pick(32, 64)
    layers = [Dense(width, activation, bias_initializer=start) for _ in range(draw.whole(1, 2))]
    optimizer = o.SGD(draw.scale(0.02, 0.05), momentum=0.9)
    return subject(draw, problem, stack(problem, layers), optimizer, f"bias {bias}", epochs=25)


@sick("saturated_units", also=("exploding_gradients",), hurts=False)
def saturated_filters(draw: Draw) -> Subject:
    """Convolutions with tanh and far too large weights."""
    problem, stddev, filters = data.digit_images(draw), draw.scale(3.0, 6.0), draw.pick(6, 8)
    start = RandomNormal(stddev=stddev) if draw.ill else "glorot_uniform"
    layers = [Conv2D(filters, 3, activation="tanh", padding="same", kernel_initializer=start) for _ in range(3)]
    return subject(draw, problem, stack(problem, [*layers, Flatten()]), o.Adam(draw.scale(0.001, 0.003)), f"stddev {stddev}")


@sick("saturated_units", also=("exploding_gradients", "vanishing_gradients"))
def saturated_recurrence(draw: Draw) -> Subject:
    """A recurrent layer whose weights drive states or gates to their ends at every step."""
    problem, stddev = draw.pick(data.waves, data.forecast, data.balances)(draw), draw.scale(10.0, 25.0)
    start = RandomNormal(stddev=stddev) if draw.ill else "glorot_uniform"
    again = RandomNormal(stddev=stddev) if draw.ill else "orthogonal"
    layer = draw.pick(LSTM, SimpleRNN)(draw.pick(12, 16), kernel_initializer=start, recurrent_initializer=again)
    return subject(draw, problem, stack(problem, [layer]), o.Adam(draw.scale(0.002, 0.004)), f"stddev {stddev}")


@sick("dead_units")
def negative_biases(draw: Draw) -> Subject:
    """A layer of ReLUs whose biases keep every unit at 0."""
    problem, bias = draw.pick(data.digit_rows, data.clouds, data.friedman)(draw), -draw.real(15.0, 30.0)
    depth, width, layers = draw.whole(1, 3), draw.pick(32, 64), []
    place = draw.whole(0, depth - 1)
    for number in range(depth):
        start = Constant(bias if draw.ill and number == place else 0.0)
        layers.append(Dense(width, "relu", kernel_initializer="he_normal", bias_initializer=start))
    return subject(draw, problem, stack(problem, layers), sound_optimizer(draw, problem), f"bias {bias} in layer {place + 1}")


@sick("dead_units")
def negative_kernels(draw: Draw) -> Subject:
    """Positive inputs that meet nothing but negative weights."""
    problem, least = draw.pick(data.digit_rows, data.word_counts)(draw), draw.scale(0.02, 0.2)
    start = RandomUniform(-2 * least, -least) if draw.ill else "he_uniform"
    layers = [Dense(draw.pick(32, 64), "relu", kernel_initializer=start), Dense(32, "relu")]
    return subject(draw, problem, stack(problem, layers), sound_optimizer(draw, problem), f"{-2 * least} to {-least}")


@sick("dead_units", hurts=False)
def mostly_dead(draw: Draw) -> Subject:
    """Nine ReLUs in ten never answer; the few others still learn something."""
    problem, width = draw.pick(data.digit_rows, data.clouds)(draw), draw.pick(40, 60)
    layers = [Dense(width, "relu", kernel_initializer="he_normal"), Dense(width, "relu", kernel_initializer="he_normal")]
    model, place, bias = stack(problem, layers), draw.whole(0, 1), -draw.real(15.0, 30.0)
    dead = draw.random.permutation(width) >= width // 10
    if draw.ill:
        layers[place].bias.assign(np.where(dead, bias, 0.0).astype(np.float32))
    return subject(draw, problem, model, o.Adam(0.001), f"{dead.mean():.0%} of layer {place + 1}")


@sick("dead_units")
def dead_filters(draw: Draw) -> Subject:
    """Convolutions whose biases keep every filter at 0."""
    problem, bias, filters = data.digit_images(draw), -draw.real(10.0, 20.0), draw.pick(8, 12)
    start = Constant(bias if draw.ill else 0.0)
    layers = [
        Conv2D(filters, 3, activation="relu", padding="same", kernel_initializer="he_normal"),
        Conv2D(filters, 3, activation="relu", padding="same", kernel_initializer="he_normal", bias_initializer=start),
        Flatten(),
    ]
    return subject(draw, problem, stack(problem, layers), o.Adam(draw.scale(0.002, 0.004)), f"bias {bias}")


@sick("initial_loss", also=LARGE, hurts=False)
def large_output_weights(draw: Draw) -> Subject:
    """A last layer whose weights make it certain, and wrong, from the start."""
    problem, stddev = draw.pick(data.digit_rows, data.clouds, data.digit_images)(draw), draw.scale(5.0, 20.0)
    end = last(problem, kernel_initializer=RandomNormal(stddev=stddev) if draw.ill else "glorot_uniform")
    return plain(draw, problem, f"stddev {stddev} at the output", end=end)


@sick("initial_loss")
def output_bias_of_a_regression(draw: Draw) -> Subject:
    """A regression of standardised values whose output starts far away from them."""
    problem, bias = draw.pick(data.friedman, data.planes, data.forecast)(draw), draw.real(30.0, 100.0) * draw.pick(-1, 1)
    end = last(problem, bias_initializer=Constant(bias if draw.ill else 0.0))
    optimizer = o.Adam(draw.scale(0.001, 0.003))
    return plain(draw, problem, f"bias {bias} at the output", end=end, optimizer=optimizer, epochs=15)


@sick("initial_loss", hurts=False)
def output_bias_of_a_class(draw: Draw) -> Subject:
    """An output whose bias is certain of one class before it has seen anything."""
    problem, bias = draw.pick(data.digit_rows, data.waves, data.texts)(draw), draw.real(15.0, 30.0)
    one = np.eye(problem.outputs, dtype=np.float32)[draw.whole(0, problem.outputs - 1)] * bias
    end = last(problem)
    subject = plain(draw, problem, f"bias {bias} at the output", end=end)
    if draw.ill:
        end.bias.assign(one)
    return subject
