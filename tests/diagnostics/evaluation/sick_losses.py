"""Problems of the loss: labels, last layer and loss do not match."""

import numpy as np

from minidl.layers import Dense
from minidl.losses import SparseCategoricalCrossentropy
from tests.diagnostics.evaluation import problems as data
from tests.diagnostics.evaluation.cases import Draw, Subject, sick
from tests.diagnostics.evaluation.networks import plain


def many_classes(draw: Draw) -> data.Problem:
    """Data of three classes or more."""
    return draw.pick(data.digit_rows, data.digit_images, lambda d: data.clouds(d, d.whole(3, 5)))(draw)


def yes_or_no(draw: Draw) -> data.Problem:
    """Data of two classes, with one output."""
    return draw.pick(lambda d: data.clouds(d, 2), data.balances, data.categories)(draw)


@sick("wrong_loss", hurts=False)
def softmax_and_squares(draw: Draw) -> Subject:
    """A softmax that learns by mean squared error."""
    problem = many_classes(draw)
    return plain(draw, problem, y=problem.labels_as_rows, loss="mse" if draw.ill else "categorical_crossentropy")


@sick("wrong_loss", hurts=False)
def sigmoids_and_labels(draw: Draw) -> Subject:
    """A sigmoid for each class, under sparse categorical cross-entropy."""
    problem = many_classes(draw)
    end = Dense(problem.outputs, "sigmoid" if draw.ill else "softmax", name="output")
    return plain(draw, problem, end=end)


@sick("wrong_loss")
def rows_for_labels(draw: Draw) -> Subject:
    """One-hot rows for a loss that takes whole numbers."""
    problem = many_classes(draw)
    return plain(draw, problem, y=problem.labels_as_rows if draw.ill else problem.y)


@sick("wrong_loss")
def labels_for_rows(draw: Draw) -> Subject:
    """Whole numbers for a loss that takes one-hot rows."""
    problem = many_classes(draw)
    y = problem.y if draw.ill else problem.labels_as_rows
    return plain(draw, problem, y=y, loss="categorical_crossentropy")


@sick("wrong_loss")
def softmax_of_one(draw: Draw) -> Subject:
    """A softmax of one unit, which says 1 whatever comes."""
    return plain(draw, yes_or_no(draw), end=Dense(1, "softmax" if draw.ill else "sigmoid", name="output"))


@sick("wrong_loss")
def one_unit_for_classes(draw: Draw) -> Subject:
    """One sigmoid under categorical cross-entropy, which is then 0 whatever comes."""
    return plain(draw, yes_or_no(draw), loss="categorical_crossentropy" if draw.ill else "binary_crossentropy")


@sick("wrong_loss")
def logits_taken_for_probabilities(draw: Draw) -> Subject:
    """A linear output, and a loss that takes its numbers for probabilities."""
    problem = many_classes(draw)
    end = Dense(problem.outputs, name="output")
    return plain(draw, problem, end=end, loss=SparseCategoricalCrossentropy(from_logits=not draw.ill))


@sick("wrong_loss", hurts=False)
def probabilities_taken_for_logits(draw: Draw) -> Subject:
    """A softmax, and a loss that takes its probabilities for logits."""
    problem = many_classes(draw)
    return plain(draw, problem, loss=SparseCategoricalCrossentropy(from_logits=draw.ill))


@sick("wrong_loss", also=("unscaled_targets",))
def squashed_regression(draw: Draw) -> Subject:
    """A regression of standardised values by a sigmoid, which never says less than 0 or more than 1."""
    problem = draw.pick(data.friedman, data.planes, data.forecast)(draw)
    return plain(draw, problem, end=Dense(problem.outputs, "sigmoid" if draw.ill else None, name="output"))


@sick("wrong_loss", hurts=False)
def relu_for_yes_or_no(draw: Draw) -> Subject:
    """A ReLU as the output under binary cross-entropy, which takes it for a probability."""
    return plain(draw, yes_or_no(draw), end=Dense(1, "relu" if draw.ill else "sigmoid", name="output"))


@sick("wrong_loss")
def minus_one_for_no(draw: Draw) -> Subject:
    """Labels -1 and 1 under binary cross-entropy."""
    problem = yes_or_no(draw)
    return plain(draw, problem, y=2 * problem.y - 1 if draw.ill else problem.y)


@sick("wrong_loss")
def counted_from_one(draw: Draw) -> Subject:
    """Labels that count from 1, for outputs that count from 0."""
    problem = many_classes(draw)
    return plain(draw, problem, y=problem.y + 1 if draw.ill else problem.y)


@sick("wrong_loss")
def values_as_answers(draw: Draw) -> Subject:
    """Standardised values of a regression under a sigmoid and binary cross-entropy."""
    problem = draw.pick(data.friedman, lambda d: data.planes(d, 1))(draw)
    loss, end = ("binary_crossentropy", "sigmoid") if draw.ill else ("mse", None)
    return plain(draw, problem, loss=loss, end=Dense(1, end, name="output"), y=problem.y.astype(np.float32))
