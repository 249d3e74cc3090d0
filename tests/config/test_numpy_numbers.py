"""Arguments may be NumPy's integers and floats, which are no `int` and, in float32, no `float`."""

import numpy as np
import pytest

from minidl import Input, Sequential, layers, losses, ops

X = np.arange(24, dtype="float32").reshape(6, 4) / 24
SIX, TWO, ONE, ZERO = map(np.int64, (6, 2, 1, 0))
HALF = np.float32(0.5)


def history(**options):
    model = Sequential([Input((4,)), layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse")
    return model.fit(X, X[:, :1], verbose=0, shuffle=False, **options).history


@pytest.mark.parametrize(
    ("call", "number", "plain"),
    [
        (lambda n: history(validation_freq=n, epochs=2, validation_split=0.5), TWO, 2),
        (lambda n: history(epochs=n, batch_size=n), TWO, 2),
        (lambda n: history(validation_split=n), HALF, 0.5),
        (lambda n: losses.Dice(axis=n)(X, X / 2), ONE, 1),
        (lambda n: losses.Tversky(axis=n)(X, X / 2), ONE, 1),
        (lambda n: losses.CosineSimilarity(axis=n)(X, X / 2, sample_weight=np.arange(6)), ONE, 1),
        (lambda n: ops.array_split(X, n), TWO, 2),
        (lambda n: ops.tensordot(X, X, axes=(n, n)), ZERO, 0),
        (lambda n: ops.tensordot(X, X.T, axes=n), ONE, 1),
        (lambda n: layers.Hashing(1000, salt=n)(np.array(["a", "b"])), SIX, 6),
        (lambda n: layers.StringLookup(num_oov_indices=50, vocabulary=["q"], salt=[n, n])(["a", "b"]), SIX, 6),
        (lambda n: layers.RandomGaussianBlur(kernel_size=n + 1).kernel_size, TWO, 2),
        (lambda n: layers.RandomInvert(n).factor, HALF, 0.5),
        (lambda n: layers.RandomBrightness((n, n)).factor, HALF, 0.5),
        (lambda n: layers.RandomPosterization(n).factor, TWO, 2),
    ],
)
def test_numpy_numbers_mean_what_python_s_mean(call, number, plain):
    np.testing.assert_equal(call(number), call(plain))
