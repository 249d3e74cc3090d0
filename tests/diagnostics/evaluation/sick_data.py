"""Problems of the data: unscaled, constant or duplicated features, and bad splits."""

import numpy as np

from minidl import optimizers as o
from minidl.layers import LSTM, Dense, SimpleRNN
from tests.diagnostics.evaluation import problems as data
from tests.diagnostics.evaluation.cases import Draw, Subject, sick
from tests.diagnostics.evaluation.healthy_rows import judged
from tests.diagnostics.evaluation.networks import plain, stack, subject


@sick("unscaled_inputs")
def raw_pixels(draw: Draw) -> Subject:
    """Pixels from 0 to 255, for gradient descent or for sigmoids."""
    problem, activation = data.digit_rows(draw), draw.pick("relu", "sigmoid", "tanh")
    if draw.ill:
        problem.x, problem.x_test = (np.round(part * 255).astype(np.float32) for part in (problem.x, problem.x_test))
    model = stack(problem, [Dense(draw.pick(32, 64), activation) for _ in range(draw.whole(1, 2))])
    return subject(draw, problem, model, o.SGD(draw.scale(0.03, 0.1), momentum=0.9), "0 to 255")


@sick("unscaled_inputs")
def columns_of_many_units(draw: Draw) -> Subject:
    """Columns in metres, euros and parts per million: some are thousands, some are thousandths."""
    problem = draw.pick(data.friedman, data.clouds, data.planes)(draw)
    width = problem.x.shape[1]
    factor = 10.0 ** draw.random.permutation(np.linspace(-3, draw.real(3.0, 4.5), width))
    shift = draw.random.uniform(0, 3, size=width)
    if draw.ill:
        problem.x, problem.x_test = (((part + shift) * factor).astype(np.float32) for part in (problem.x, problem.x_test))
    optimizer = o.Adam(draw.scale(0.001, 0.003))
    return plain(draw, problem, f"columns from 0.001 to {factor.max():.0f}", optimizer=optimizer)


@sick("unscaled_inputs")
def raw_prices(draw: Draw) -> Subject:
    """Sequences of prices in thousands go into a recurrent network as they are; the targets are scaled."""
    problem, middle = draw.pick(data.forecast, data.waves)(draw), draw.scale(500, 20_000)
    if draw.ill:
        problem.x, problem.x_test = ((middle * (1 + 0.1 * part)).astype(np.float32) for part in (problem.x, problem.x_test))
    layer = draw.pick(LSTM, SimpleRNN)(draw.pick(16, 24))
    return subject(draw, problem, stack(problem, [layer]), o.Adam(draw.scale(0.003, 0.006)), f"about {middle:.0f}")


@sick("unscaled_inputs")
def raw_images(draw: Draw) -> Subject:
    """Images with values from 0 to 255, or 0 to 65,535, and gradient descent with momentum."""
    problem, white = data.digit_images(draw), draw.pick(255, 65535)
    if draw.ill:
        problem.x, problem.x_test = (np.round(part * white).astype(np.float32) for part in (problem.x, problem.x_test))
    return plain(draw, problem, f"0 to {white}", optimizer=o.SGD(draw.scale(0.01, 0.03), momentum=0.9))


@sick("unscaled_inputs")
def tiny_units(draw: Draw) -> Subject:
    """Features given in a unit so large that every number is less than a thousandth."""
    problem, factor = draw.pick(data.friedman, data.clouds, data.planes)(draw), draw.scale(1e-6, 2e-4)
    if draw.ill:
        problem.x, problem.x_test = ((part * factor).astype(np.float32) for part in (problem.x, problem.x_test))
    optimizer = draw.pick(o.SGD(draw.scale(0.02, 0.05), momentum=0.9), o.Adam(draw.scale(0.0007, 0.0015)))
    return plain(draw, problem, f"about {factor}", optimizer=optimizer)


@sick("unscaled_targets")
def house_prices(draw: Draw) -> Subject:
    """Targets are tens or hundreds of thousands, as they are."""
    problem, middle = draw.pick(data.friedman, data.planes)(draw), draw.scale(20_000, 500_000)
    if draw.ill:
        problem.y, problem.y_test = ((middle * (1 + 0.3 * part)).astype(np.float32) for part in (problem.y, problem.y_test))
    optimizer = draw.pick(o.Adam, o.RMSprop)(draw.scale(0.001, 0.002))
    return plain(draw, problem, f"targets about {middle:.0f}", optimizer=optimizer)


@sick("unscaled_targets")
def tiny_targets(draw: Draw) -> Subject:
    """Targets of a ten-thousandth or less: what the first weights say is far larger than any of them."""
    problem, factor = draw.pick(data.friedman, data.planes, data.forecast)(draw), draw.scale(1e-6, 1e-4)
    if draw.ill:
        problem.y, problem.y_test = ((part * factor).astype(np.float32) for part in (problem.y, problem.y_test))
    return plain(draw, problem, f"targets about {factor}", optimizer=o.Adam(draw.scale(0.001, 0.003)))


@sick("unscaled_targets")
def raw_series(draw: Draw) -> Subject:
    """A recurrent network that has to say the next value in thousands; its inputs are scaled."""
    problem, middle = data.forecast(draw), draw.scale(2_000, 50_000)
    if draw.ill:
        problem.y, problem.y_test = ((middle * (1 + 0.1 * part)).astype(np.float32) for part in (problem.y, problem.y_test))
    model = stack(problem, [LSTM(draw.pick(16, 24))])
    return subject(draw, problem, model, o.Adam(draw.scale(0.003, 0.006)), f"targets about {middle:.0f}")


@sick("constant_features", hurts=False)
def one_column_never_changes(draw: Draw) -> Subject:
    """One or two columns hold the same number in every row."""
    problem = draw.pick(data.friedman, data.clouds, data.planes)(draw)
    for place in draw.random.permutation(problem.x.shape[1] + 1)[: draw.whole(1, 2)]:
        value = draw.real(-1.5, 1.5)
        if draw.ill:
            problem.x, problem.x_test = (np.insert(part, place, value, axis=1) for part in (problem.x, problem.x_test))
    return plain(draw, problem, arguments=judged(draw, problem))


@sick("constant_features", hurts=False)
def half_the_columns_are_empty(draw: Draw) -> Subject:
    """Half of the columns were never filled in: 0 everywhere."""
    problem = draw.pick(data.clouds, data.planes)(draw)
    empty = draw.whole(5, problem.x.shape[1])
    if draw.ill:
        problem.x, problem.x_test = (np.pad(part, ((0, 0), (0, empty))) for part in (problem.x, problem.x_test))
    return plain(draw, problem, f"{empty} empty ones")


@sick("duplicated_features", hurts=False)
def columns_twice(draw: Draw) -> Subject:
    """Some columns stand there twice, as after joining tables."""
    problem = draw.pick(data.friedman, data.clouds, data.planes)(draw)
    twice = draw.random.permutation(problem.x.shape[1])[: draw.whole(1, 4)]
    if draw.ill:
        problem.x, problem.x_test = (np.concatenate([p, p[:, twice]], axis=1) for p in (problem.x, problem.x_test))
    return plain(draw, problem, f"{len(twice)} twice", arguments=judged(draw, problem))


@sick("duplicated_features", hurts=False)
def copied_block(draw: Draw) -> Subject:
    """The whole table stands there twice, in another order of its columns."""
    problem = draw.pick(data.friedman, data.clouds, data.categories)(draw)
    order = draw.random.permutation(problem.x.shape[1])
    if draw.ill:
        problem.x, problem.x_test = (np.concatenate([p, p[:, order]], axis=1) for p in (problem.x, problem.x_test))
    return plain(draw, problem)


@sick("unbalanced_classes", hurts=False)
def one_in_fifty(draw: Draw) -> Subject:
    """Two classes, and one has one to four rows in a hundred."""
    share = draw.real(0.01, 0.04)
    problem = data.clouds(draw, 2, [1 - share, share] if draw.ill else [0.5, 0.5])
    return plain(draw, problem, f"{share:.1%} of one class", arguments=judged(draw, problem))


@sick("unbalanced_classes", hurts=False)
def everything_is_one_class(draw: Draw) -> Subject:
    """Five classes, and one of them has nine rows in ten."""
    share = draw.real(0.88, 0.95)
    problem = data.clouds(draw, 5, [share, *[(1 - share) / 4] * 4] if draw.ill else [0.2] * 5)
    return plain(draw, problem, f"{share:.0%} of one class")


@sick("sorted_validation")
def sorted_rows(draw: Draw) -> Subject:
    """Rows sorted by class, and the last of them held out: to train with, a class is missing."""
    problem = draw.pick(data.digit_rows, data.digit_images, lambda d: data.clouds(d, d.whole(3, 5)))(draw)
    order = np.argsort(problem.y, kind="stable")
    if draw.ill:
        problem.x, problem.y = problem.x[order], problem.y[order]
    share = 0.2 if problem.outputs > 5 else 0.33
    return plain(draw, problem, arguments={"validation_split": share})


@sick("sorted_validation", hurts=False)
def sorted_answers(draw: Draw) -> Subject:
    """First all that are no, then all that are yes, and the last fifth held out."""
    problem = draw.pick(lambda d: data.clouds(d, 2), data.texts, data.categories)(draw)
    order = np.argsort(problem.y, kind="stable")
    if draw.ill:
        problem.x, problem.y = problem.x[order], problem.y[order]
    return plain(draw, problem, arguments={"validation_split": draw.real(0.15, 0.3)})


@sick("leaked_rows", hurts=False)
def validated_by_what_was_learned(draw: Draw) -> Subject:
    """Rows to judge by that are a part of those to learn from."""
    problem = draw.pick(data.digit_rows, data.clouds, data.friedman, data.forecast)(draw)
    chosen = draw.random.permutation(len(problem.x))[: draw.whole(150, 300)]
    leaked = (problem.x[chosen], problem.y[chosen])
    return plain(draw, problem, arguments={"validation_data": leaked if draw.ill else (problem.x_test, problem.y_test)})


@sick("leaked_rows", hurts=False)
def repeated_before_the_split(draw: Draw) -> Subject:
    """Rows were repeated to have more of them, then shuffled, and only then divided."""
    problem = draw.pick(data.clouds, data.planes, data.digit_images)(draw)
    again = draw.random.permutation(np.repeat(np.arange(len(problem.x)), 2))
    if draw.ill:
        problem.x, problem.y = problem.x[again], problem.y[again]
    return plain(draw, problem, arguments={"validation_split": draw.real(0.15, 0.25)})


@sick("leaked_rows", hurts=False)
def half_leaked(draw: Draw) -> Subject:
    """A third to a half of the rows to judge by are among those to learn from."""
    problem = draw.pick(data.digit_rows, data.clouds, data.planes)(draw)
    size, share = min(200, len(problem.x_test)), draw.real(0.33, 0.5)
    known = draw.random.permutation(len(problem.x))[: int(size * share)]
    x = np.concatenate([problem.x_test[: size - len(known)], problem.x[known]])
    y = np.concatenate([problem.y_test[: size - len(known)], problem.y[known]])
    clean = (problem.x_test, problem.y_test)
    return plain(draw, problem, f"{share:.0%} known", arguments={"validation_data": (x, y) if draw.ill else clean})
