"""Problems of training: wrong learning rates, networks that cannot overfit or ignore their input, and NaN."""

from typing import Any

import numpy as np

from minidl import Layer
from minidl import optimizers as o
from minidl.layers import Activation, Dense, Dropout, Lambda, LayerNormalization
from minidl.regularizers import L2
from tests.diagnostics.evaluation import problems as data
from tests.diagnostics.evaluation.cases import Draw, Subject, sick
from tests.diagnostics.evaluation.networks import hidden, plain, sound_layers, sound_optimizer, stack, subject


def with_rate(draw: Draw, problem: data.Problem, kind: Any, wrong: float, right: float, **settings: Any) -> Subject:
    """A sound network whose optimizer takes the wrong steps."""
    rate = wrong if draw.ill else right
    return plain(draw, problem, optimizer=kind(rate, **settings))


@sick("learning_rate_too_large")
def huge_adam(draw: Draw) -> Subject:
    """Adam with steps a thousand times too large or more, on rows."""
    problem = draw.pick(data.digit_rows, data.friedman, data.planes)(draw)
    return with_rate(draw, problem, draw.pick(o.Adam, o.AdamW, o.Nadam), draw.scale(2.0, 20.0), 0.002)


@sick("learning_rate_too_large")
def huge_descent(draw: Draw) -> Subject:
    """Plain gradient descent with steps of 5 to 100."""
    problem, rate = draw.pick(data.digit_rows, data.digit_images, data.clouds)(draw), draw.scale(5.0, 100.0)
    return with_rate(draw, problem, o.SGD, rate, 0.05)


@sick("learning_rate_too_large")
def diverging_regression(draw: Draw) -> Subject:
    """A regression by gradient descent whose steps overshoot."""
    problem, rate = draw.pick(data.friedman, data.planes, data.curve)(draw), draw.scale(1.0, 8.0)
    layers = [Dense(draw.pick(32, 64), draw.pick("relu", "tanh"), kernel_initializer="he_normal") for _ in range(2)]
    return subject(draw, problem, stack(problem, layers), o.SGD(rate if draw.ill else 0.03))


@sick("learning_rate_too_large")
def huge_momentum(draw: Draw) -> Subject:
    """Momentum, with steps that were large enough without."""
    problem, rate = draw.pick(data.digit_rows, data.digit_images, data.clouds)(draw), draw.scale(1.0, 5.0)
    return with_rate(draw, problem, o.SGD, rate, 0.02, momentum=draw.pick(0.9, 0.95), nesterov=draw.pick(True, False))


@sick("learning_rate_too_large")
def huge_steps_in_time(draw: Draw) -> Subject:
    """A recurrent network with steps far too large."""
    problem, rate = data.forecast(draw), draw.scale(0.8, 4.0)
    return with_rate(draw, problem, draw.pick(o.Adam, o.RMSprop), rate, 0.004)


@sick("learning_rate_too_large")
def huge_steps_on_images(draw: Draw) -> Subject:
    """A convolutional network with steps far too large."""
    problem, rate = data.digit_images(draw), draw.scale(0.6, 5.0)
    return with_rate(draw, problem, draw.pick(o.RMSprop, o.Adam), rate, 0.003)


@sick("learning_rate_too_small")
def tiny_adam(draw: Draw) -> Subject:
    """Adam with steps a thousand times too small or more."""
    problem, rate = draw.pick(data.digit_rows, data.clouds, data.friedman)(draw), draw.scale(1e-8, 2e-6)
    return with_rate(draw, problem, draw.pick(o.Adam, o.Nadam), rate, 0.002)


@sick("learning_rate_too_small")
def tiny_descent(draw: Draw) -> Subject:
    """Plain gradient descent with steps far too small."""
    problem = draw.pick(data.digit_rows, data.digit_images, data.clouds, data.planes)(draw)
    rate = draw.scale(1e-7, 3e-5)
    right = 0.01 if problem.task == "values" else 0.1
    return with_rate(draw, problem, o.SGD, rate, right)


@sick("learning_rate_too_small")
def tiny_steps_in_time(draw: Draw) -> Subject:
    """A recurrent network with steps far too small."""
    problem, rate = draw.pick(data.waves, data.forecast, data.texts, data.balances)(draw), draw.scale(1e-8, 2e-6)
    return with_rate(draw, problem, draw.pick(o.Adam, o.RMSprop), rate, 0.004)


@sick("learning_rate_too_small")
def tiny_steps_on_images(draw: Draw) -> Subject:
    """A convolutional network with steps far too small."""
    problem, rate = data.digit_images(draw), draw.scale(1e-8, 2e-6)
    return with_rate(draw, problem, draw.pick(o.RMSprop, o.Adam), rate, 0.003)


@sick("cannot_overfit")
def no_hidden_layer(draw: Draw) -> Subject:
    """Spirals, and a model that can only draw straight lines."""
    problem = data.spirals(draw)
    layers = hidden(draw, 2, 3, "relu")
    return subject(draw, problem, stack(problem, [] if draw.ill else layers), o.Adam(0.005))


@sick("cannot_overfit", hurts=False)
def far_too_much_dropout(draw: Draw) -> Subject:
    """Dropout of nearly everything in two layers."""
    problem, rate, width = draw.pick(data.digit_rows, data.clouds)(draw), draw.real(0.93, 0.98), draw.pick(16, 24)
    left = [[Dense(width, "relu"), Dropout(rate if draw.ill else 0.1)] for _ in range(2)]
    return subject(draw, problem, stack(problem, [layer for pair in left for layer in pair]), o.Adam(0.002), f"{rate:.0%}")


@sick("cannot_overfit", also=("ignores_input",))
def far_too_strong_penalty(draw: Draw) -> Subject:
    """An L2 penalty that lets no weight grow."""
    problem, penalty = draw.pick(data.digit_rows, data.clouds)(draw), draw.scale(1.0, 10.0)
    layers = [Dense(48, "relu", kernel_regularizer=L2(penalty if draw.ill else 1e-4)) for _ in range(2)]
    return subject(draw, problem, stack(problem, layers), o.Adam(draw.scale(0.002, 0.004)), f"L2 {penalty}")


@sick("cannot_overfit")
def through_the_eye_of_a_needle(draw: Draw) -> Subject:
    """Ten digits through a layer of one sigmoid."""
    problem = draw.pick(data.digit_rows, data.digit_images)(draw)
    needle = [Dense(1, "sigmoid")] if draw.ill else []
    layers = sound_layers(draw, problem)
    return subject(draw, problem, stack(problem, [*layers, *needle]), o.Adam(0.003))


@sick("ignores_input", also=("dead_units", "vanishing_gradients"))
def zeros(draw: Draw) -> Subject:
    """Every kernel starts at 0, so that nothing passes, forward or back."""
    problem = draw.pick(data.digit_rows, data.clouds, data.friedman)(draw)
    start = "zeros" if draw.ill else "he_normal"
    layers = [Dense(draw.pick(32, 64), "relu", kernel_initializer=start) for _ in range(draw.whole(2, 3))]
    return subject(draw, problem, stack(problem, layers), sound_optimizer(draw, problem))


@sick("ignores_input")
def normalised_alone(draw: Draw) -> Subject:
    """A layer of one unit is normalised over its one feature: always 0."""
    problem, width = draw.pick(data.friedman, lambda d: data.planes(d, 1), lambda d: data.clouds(d, 2))(draw), draw.pick(32, 64)
    middle = [Dense(1), LayerNormalization()] if draw.ill else [Dense(8), LayerNormalization()]
    return subject(draw, problem, stack(problem, [Dense(width, "relu"), *middle]), o.Adam(0.003))


@sick("ignores_input")
def softmax_bottleneck(draw: Draw) -> Subject:
    """A hidden softmax over one unit: always 1."""
    problem = draw.pick(data.friedman, data.forecast, lambda d: data.clouds(d, 2))(draw)
    layers = sound_layers(draw, problem)
    middle = [Dense(1, "softmax")] if draw.ill else [Dense(8, "relu")]
    return subject(draw, problem, stack(problem, [*layers, *middle]), o.Adam(0.004))


@sick("ignores_input")
def blind_entry(draw: Draw) -> Subject:
    """Pixels in [0, 1] that are turned into whole numbers on their way in: all become 0."""
    problem, white = draw.pick(data.digit_rows, data.digit_images)(draw), draw.real(20.0, 60.0)
    problem.x, problem.x_test = ((part * 16 / white).astype(np.float32) for part in (problem.x, problem.x_test))
    cut = Lambda(np.floor) if draw.ill else Lambda(np.copy)
    return subject(draw, problem, stack(problem, [cut, *sound_layers(draw, problem)]), o.Adam(0.004))


@sick("nan")
def missing_values(draw: Draw) -> Subject:
    """A few values of x are missing: NaN."""
    problem = draw.pick(data.clouds, data.friedman, data.forecast)(draw)
    holes = draw.random.random(problem.x.shape) < draw.real(0.002, 0.02)
    holes.flat[draw.whole(0, 31)] = True
    if draw.ill:
        problem.x = np.where(holes, np.float32(np.nan), problem.x)
    return plain(draw, problem)


@sick("nan")
def logarithm_of_nothing(draw: Draw) -> Subject:
    """The model begins with the logarithm of counts and pixels, of which many are 0."""
    problem = draw.pick(data.digit_rows, data.word_counts)(draw)
    entry = Lambda(_log) if draw.ill else Lambda(np.log1p)
    return subject(draw, problem, stack(problem, [entry, *hidden(draw, 1, 2)]), o.Adam(0.002))


@sick("nan")
def broken_weights(draw: Draw) -> Subject:
    """A weight is NaN, as after a training that diverged and was saved."""
    problem = draw.pick(data.digit_rows, data.digit_images, data.waves, data.texts)(draw)
    result = plain(draw, problem)
    weights = [variable for variable in result.model.trainable_weights if variable.value.ndim > 1]
    broken = weights[draw.whole(0, len(weights) - 1)]
    place = tuple(draw.whole(0, size - 1) for size in broken.value.shape)
    if draw.ill:
        value = broken.numpy().copy()
        value[place] = np.nan
        broken.assign(value)
    return result


@sick("nan")
def root_of_what_is_below_zero(draw: Draw) -> Subject:
    """A layer of the user's own takes roots, also of negative numbers."""
    problem, width = draw.pick(data.clouds, data.friedman)(draw), draw.pick(32, 48)
    own = Root() if draw.ill else Activation("softplus")
    return subject(draw, problem, stack(problem, [Dense(width, "relu"), Dense(width), own]), o.Adam(0.002))


class Root(Layer):
    """The square root of each value."""

    def forward(self, x: Any, training: bool = False) -> tuple[Any, Any]:
        """`y = sqrt(x)`."""
        with np.errstate(invalid="ignore"):
            y = np.sqrt(x)
        return y, y

    def backward(self, dy: Any, cache: Any) -> Any:
        """`dx = dy / (2 * y)`."""
        with np.errstate(all="ignore"):
            return dy / (2 * cache)


def _log(x: Any) -> Any:
    with np.errstate(divide="ignore"):
        return np.log(x)
