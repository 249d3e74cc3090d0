"""The data of the evaluation: digits, clouds of points, curves, sequences and texts of numbers; scaled as they should be."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from minidl.datasets import digits
from tests.diagnostics.evaluation.cases import Draw


@dataclass
class Problem:
    """Data to learn from and to judge by.

    Attributes:
        name: what it is.
        form: "rows", "images", "sequences" or "tokens".
        task: "classes", "yes_no" or "values".
        x, y, x_test, y_test: y are labels, or values of shape (rows, outputs).
        outputs: number of classes or values; 1 for yes or no.
        epochs: how many of them a sound network needs, roughly.
        words: for tokens, the number of different ones.
    """

    name: str
    form: str
    task: str
    x: Any
    y: Any
    x_test: Any
    y_test: Any
    outputs: int
    epochs: int
    words: int = 0

    @property
    def labels_as_rows(self) -> Any:
        """One-hot rows."""
        return np.eye(self.outputs, dtype=np.float32)[self.y]


def split(name: str, form: str, task: str, x: Any, y: Any, outputs: int, epochs: int, words: int = 0) -> Problem:
    """The last fifth of the rows, which come in random order, is to judge by."""
    cut = len(x) * 4 // 5
    x = np.asarray(x) if form == "tokens" else np.asarray(x, np.float32)
    y = np.asarray(y, np.float32).reshape(len(y), -1) if task == "values" else np.asarray(y, np.int64)
    return Problem(name, form, task, x[:cut], y[:cut], x[cut:], y[cut:], outputs, epochs, words)


def standard(x: Any) -> Any:
    """Columns of mean 0 and standard deviation 1."""
    return (x - x.mean(axis=0)) / x.std(axis=0)


def digit_rows(draw: Draw, most: int = 1437) -> Problem:
    """Digits as rows of 64 pixels in [0, 1]; some pixels at the border are 0 in all of them."""
    (x, y), (x_test, y_test) = digits.load_data()
    chosen = np.sort(draw.random.permutation(len(x))[: draw.whole(800, most)])
    x, x_test = (part.reshape(len(part), 64).astype(np.float32) / 16 for part in (x[chosen], x_test))
    return Problem("digits", "rows", "classes", x, y[chosen].astype(int), x_test, y_test.astype(int), 10, 14)


def digit_images(draw: Draw) -> Problem:
    """The same as images of 8x8 pixels and one channel."""
    flat = digit_rows(draw, 1100)
    x, x_test = (part.reshape(-1, 8, 8, 1) for part in (flat.x, flat.x_test))
    return Problem("digit images", "images", "classes", x, flat.y, x_test, flat.y_test, 10, 8)


def clouds(draw: Draw, classes: int | None = None, shares: Any = None) -> Problem:
    """Clouds of points, two for each class, that overlap a little."""
    count = draw.whole(2, 5) if classes is None else classes
    width, rows = draw.whole(6, 20), draw.whole(900, 1500)
    borders = np.cumsum(np.full(count, 1 / count) if shares is None else shares)
    test = rows - rows * 4 // 5  # both parts have the same shares
    y = np.concatenate(
        [draw.random.permutation(np.searchsorted(borders, (np.arange(n) + 0.5) / n)) for n in (rows - test, test)]
    )
    centres = draw.random.normal(size=(count, 2, width)) * 1.4
    x = centres[y, draw.random.integers(2, size=rows)] + draw.random.normal(size=(rows, width))
    task = "classes" if count > 2 else "yes_no"
    return split("clouds", "rows", task, standard(x), y, count if count > 2 else 1, 16)


def spirals(draw: Draw) -> Problem:
    """Two or three arms wound round one another."""
    count, rows = draw.whole(2, 3), draw.whole(1000, 1500)
    y = draw.random.integers(count, size=rows)
    radius = np.sqrt(draw.random.uniform(0.02, 1, size=rows))
    angle = radius * draw.real(6.0, 7.5) + 2 * np.pi * y / count
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1) + draw.random.normal(size=(rows, 2)) * 0.03
    return split("spirals", "rows", "classes", standard(x), y, count, 40)


def friedman(draw: Draw) -> Problem:
    """Friedman's function of five features among five to ten, with noise; the values are standardised."""
    rows, width = draw.whole(900, 1500), draw.whole(5, 10)
    x = draw.random.uniform(size=(rows, width))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    y = y + draw.random.normal(size=rows) * draw.real(0.5, 1.5)
    return split("Friedman", "rows", "values", standard(x), standard(y), 1, 20)


def curve(draw: Draw) -> Problem:
    """A wave over one feature, with noise that nothing can explain."""
    rows = draw.whole(800, 1200)
    x = draw.random.uniform(-1.7, 1.7, size=(rows, 1))
    y = np.sin(x * draw.real(1.5, 2.5) + draw.real(0, 3)) + draw.random.normal(size=(rows, 1)) * draw.real(0.15, 0.35)
    return split("curve", "rows", "values", x, y, 1, 40)


def planes(draw: Draw, outputs: int | None = None) -> Problem:
    """One to three values that depend linearly, and a little bent, on all features."""
    rows, width = draw.whole(800, 1400), draw.whole(4, 12)
    count = draw.whole(1, 3) if outputs is None else outputs
    x = draw.random.normal(size=(rows, width))
    y = x @ draw.random.normal(size=(width, count)) + np.tanh(x @ draw.random.normal(size=(width, count)))
    y = y + draw.random.normal(size=y.shape) * draw.real(0.1, 0.4) * y.std()
    return split("planes", "rows", "values", x, standard(y), count, 20)


def waves(draw: Draw) -> Problem:
    """Slow, middling and fast waves, with noise: which is it?"""
    rows, steps, count = draw.whole(700, 1000), draw.whole(14, 22), draw.whole(2, 3)
    y = draw.random.integers(count, size=rows)
    speed = np.array([0.35, 0.9, 1.8])[y][:, None] * draw.random.uniform(0.9, 1.1, size=(rows, 1))
    x = np.sqrt(2) * np.sin(np.arange(steps) * speed + draw.random.uniform(0, 6.3, size=(rows, 1)))
    x = x + draw.random.normal(size=x.shape) * draw.real(0.1, 0.3)
    return split("waves", "sequences", "classes", x[..., None], y, count, 14)


def forecast(draw: Draw) -> Problem:
    """The next value of a noisy sum of two waves."""
    rows, steps = draw.whole(700, 1000), draw.whole(10, 16)
    start = draw.random.uniform(0, 200, size=(rows, 1))
    time = start + np.arange(steps + 1)
    one, two = draw.real(0.3, 0.5), draw.real(0.8, 1.1)
    series = np.sin(one * time) + np.cos(two * time) + draw.random.normal(size=time.shape) * draw.real(0.05, 0.2)
    return split("forecast", "sequences", "values", series[:, :-1, None], series[:, -1:], 1, 14)


def balances(draw: Draw) -> Problem:
    """Was there more of one feature or of the other over the whole sequence?"""
    rows, steps = draw.whole(800, 1100), draw.whole(8, 14)
    x = draw.random.normal(size=(rows, steps, 2)) + draw.random.normal(size=(rows, 1, 2)) * 0.5
    return split("balances", "sequences", "yes_no", x, x[..., 0].sum(axis=1) > x[..., 1].sum(axis=1), 1, 12)


def texts(draw: Draw) -> Problem:
    """Texts of word numbers, padded with 0 in front; each class prefers some words."""
    rows, words, count, length = draw.whole(900, 1300), draw.whole(30, 80), draw.whole(2, 3), draw.whole(12, 20)
    x, y = _words(draw, rows, words, count, length)
    padding = draw.random.integers(length // 2, size=(rows, 1))
    x = np.where(np.arange(length) < padding, 0, x)
    return split("texts", "tokens", "classes" if count > 2 else "yes_no", x, y, count if count > 2 else 1, 14, words)


def word_counts(draw: Draw) -> Problem:
    """How often each word occurs in a text: small whole numbers, mostly 0."""
    rows, words, count = draw.whole(900, 1300), draw.whole(40, 80), draw.whole(2, 4)
    ids, y = _words(draw, rows, words, count, 40)
    x = np.stack([np.bincount(text, minlength=words) for text in ids])[:, 1:]
    return split("word counts", "rows", "classes" if count > 2 else "yes_no", x, y, count if count > 2 else 1, 12)


def _words(draw: Draw, rows: int, words: int, count: int, length: int) -> tuple[Any, Any]:
    y = draw.random.integers(count, size=rows)
    liking = np.exp(draw.random.normal(size=(count, words - 1)) * 0.9)
    liking /= liking.sum(axis=1, keepdims=True)
    x = np.stack([draw.random.choice(np.arange(1, words), size=length, p=liking[label]) for label in y])
    return x, y


def categories(draw: Draw) -> Problem:
    """Seven to nine choices of four to six, each as a one-hot block; they add up to a yes or a no."""
    rows = draw.whole(900, 1400)
    blocks, total = [], np.zeros(rows)
    for _ in range(draw.whole(7, 9)):
        levels = draw.whole(4, 6)
        chosen = draw.random.integers(levels, size=rows)
        total += draw.random.normal(size=levels)[chosen]
        blocks.append(np.eye(levels)[chosen])
    y = total + draw.random.normal(size=rows) * 0.3 > np.median(total)
    return split("categories", "rows", "yes_no", np.concatenate(blocks, axis=1), y, 1, 14)


CLASSES = (digit_rows, digit_images, clouds, spirals, waves, texts)
VALUES = (friedman, planes, forecast)
EVERY = (digit_rows, digit_images, clouds, friedman, planes, waves, forecast, balances, texts)
