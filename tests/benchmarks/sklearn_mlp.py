"""scikit-learn's multi-layer perceptrons and minidl's on the same data, with the same seeds and stopping."""

import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

SEEDS = range(5)
PAUSE = 0.3  # seconds before each fit: BLAS threads of the one before wait for work by spinning, for about 0.1 s


class Problem(NamedTuple):
    """One data set and the arguments of the estimators."""

    name: str
    load: Callable[[], tuple[Any, Any, Any, Any]]  # x_train, y_train, x_test, y_test
    settings: dict[str, Any]


def problems() -> list[Problem]:
    """Digits, MNIST, a table, and a small problem for L-BFGS."""
    return [
        Problem("digits, Adam", _digits, {"max_iter": 40}),
        Problem("MNIST, 5,000 rows, Adam", _mnist, {"max_iter": 15}),
        Problem("table of 20,000 x 30, Adam", _table, {"max_iter": 10, "early_stopping": True}),
        Problem("150 x 4, L-BFGS", _iris, {"solver": "lbfgs", "max_iter": 300}),
    ]


def run() -> int:
    """Print a row for each problem: seconds and accuracy of both, medians of five seeds; 1 if a goal was missed."""
    from sklearn import neural_network

    from minidl import wrappers

    missed = False
    print(f"{'problem':30} {'scikit-learn':>14} {'minidl':>10} {'ratio':>7} {'accuracies':>18}")
    for problem in problems():
        x, y, x_test, y_test = problem.load()
        times: dict[str, list[float]] = {"scikit-learn": [], "minidl": []}
        scores: dict[str, list[float]] = {"scikit-learn": [], "minidl": []}
        for seed in SEEDS:  # in turns, so that both meet the same state of the machine
            for name, kind in (("scikit-learn", neural_network.MLPClassifier), ("minidl", wrappers.MLPClassifier)):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # max_iter is reached
                    time.sleep(PAUSE)
                    start = time.perf_counter()
                    fitted = kind(random_state=seed, **problem.settings).fit(x, y)
                    times[name].append(time.perf_counter() - start)
                scores[name].append(fitted.score(x_test, y_test))
        theirs, ours = (statistics.median(times[name]) for name in ("scikit-learn", "minidl"))
        accuracies = [statistics.median(scores[name]) for name in ("scikit-learn", "minidl")]
        missed |= ours > 0.7 * theirs or accuracies[1] < accuracies[0]
        print(
            f"{problem.name:30} {theirs:12.3f} s {ours:8.3f} s {ours / theirs:7.2f} {accuracies[0]:9.4f} {accuracies[1]:8.4f}"
        )
    print("goal: a ratio of at most 0.70, at least the same accuracy")
    return int(missed)


def _digits() -> tuple[Any, Any, Any, Any]:
    from minidl.datasets import digits

    (x, y), (x_test, y_test) = digits.load_data()
    return x.reshape(len(x), -1) / 16.0, y, x_test.reshape(len(x_test), -1) / 16.0, y_test


def _mnist() -> tuple[Any, Any, Any, Any]:
    from minidl.datasets import mnist

    (x, y), (x_test, y_test) = mnist.load_data()
    return x[:5000].reshape(5000, -1) / 255.0, y[:5000], x_test[:2000].reshape(2000, -1) / 255.0, y_test[:2000]


def _table() -> tuple[Any, Any, Any, Any]:
    from sklearn.datasets import make_classification

    x, y = make_classification(24_000, 30, n_informative=12, n_classes=3, random_state=0)
    return x[:20_000], y[:20_000], x[20_000:], y[20_000:]


def _iris() -> tuple[Any, Any, Any, Any]:
    from sklearn.datasets import load_iris

    x, y = load_iris(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order], y[order]
    return x[:100], y[:100], x[100:], y[100:]
