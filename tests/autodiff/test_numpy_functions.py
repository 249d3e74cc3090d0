"""NumPy functions on tracked tensors: NumPy's values, and gradients that agree with numeric ones."""

import numpy as np
import pytest

from minidl import Input, Model, ops  # noqa: F401  # ops registers the functions
from minidl.autodiff import Recording, TrackedTensor, value_of
from tests.ops.table import P, X, Y, apart, positive, real

SQUARE = real(3, 3) + 3 * np.eye(3)
STACK = real(2, 3, 4)

CALLS = {
    "add": lambda x: np.add(x, Y),
    "subtract": lambda x: np.subtract(Y, x),
    "multiply": lambda x: np.multiply(x, x),
    "divide": lambda x: np.divide(Y, x),
    "true_divide": lambda x: np.true_divide(x, Y),
    "power": lambda x: np.power(np.abs(x), 1.7),
    "float_power": lambda x: np.float_power(np.abs(x), 2.0),
    "negative": np.negative,
    "positive": np.positive,
    "absolute": np.absolute,
    "square": np.square,
    "sqrt": lambda x: np.sqrt(np.abs(x)),
    "cbrt": np.cbrt,
    "reciprocal": np.reciprocal,
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "log": lambda x: np.log(np.abs(x)),
    "log2": lambda x: np.log2(np.abs(x)),
    "log10": lambda x: np.log10(np.abs(x)),
    "log1p": lambda x: np.log1p(np.abs(x)),
    "sin": np.sin,
    "cos": np.cos,
    "tan": lambda x: np.tan(x / 2),
    "arcsin": lambda x: np.arcsin(x / 2),
    "arccos": lambda x: np.arccos(x / 2),
    "arctan": np.arctan,
    "arctan2": lambda x: np.arctan2(x, Y),
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "arcsinh": np.arcsinh,
    "arccosh": lambda x: np.arccosh(1.5 + np.abs(x)),
    "arctanh": lambda x: np.arctanh(x / 2),
    "hypot": lambda x: np.hypot(x, Y),
    "logaddexp": lambda x: np.logaddexp(x, Y),
    "deg2rad": np.deg2rad,
    "rad2deg": np.rad2deg,
    "radians": np.radians,
    "degrees": np.degrees,
    "maximum": lambda x: np.maximum(x, Y),
    "minimum": lambda x: np.minimum(x, 0.3),
    "mod": lambda x: np.mod(x, 0.37),
    "clip": lambda x: np.clip(x, -0.5, 0.7),
    "clip by keyword": lambda x: np.clip(x, a_min=-0.5, a_max=None),
    "where": lambda x: np.where(Y > 0, x, Y * x),
    "nan_to_num": lambda x: np.nan_to_num(x, nan=1.0),
    "heaviside": lambda x: np.heaviside(Y, x),
    "copy": np.copy,
    "sum": lambda x: np.sum(x, axis=1),
    "mean": lambda x: np.mean(x, axis=0, keepdims=True),
    "average": lambda x: np.average(x, axis=1, weights=P[0]),
    "var": lambda x: np.var(x, axis=1, ddof=1),
    "std": lambda x: np.std(x, axis=0),
    "prod": lambda x: np.prod(x, axis=1),
    "max": lambda x: np.max(x, axis=1),
    "min": lambda x: np.min(x),
    "ptp": lambda x: np.ptp(x, axis=1),
    "nanmean": lambda x: np.nanmean(x, axis=1),
    "nansum": np.nansum,
    "cumsum": lambda x: np.cumsum(x, axis=1),
    "cumprod": lambda x: np.cumprod(x, axis=1),
    "diff": lambda x: np.diff(x, n=2, axis=1),
    "sort": lambda x: np.sort(x, axis=1),
    "matmul": lambda x: np.matmul(x, Y.T),
    "dot": lambda x: np.dot(Y.T, x),
    "vdot": lambda x: np.vdot(x, Y),
    "inner": lambda x: np.inner(x, Y),
    "outer": lambda x: np.outer(x[0], x[1]),
    "tensordot": lambda x: np.tensordot(x, STACK, axes=([1], [2])),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, Y),
    "einsum without output": lambda x: np.einsum("ij,jk", x, Y.T),
    "trace": lambda x: np.trace(x),
    "diagonal": lambda x: np.diagonal(x, 1),
    "diag": lambda x: np.diag(x[0], 1),
    "tril": np.tril,
    "triu": lambda x: np.triu(x, 1),
    "linalg.norm": lambda x: np.linalg.norm(x, axis=1),
    "linalg.norm of order 3": lambda x: np.linalg.norm(x, 3, axis=0),
    "linalg.inv": lambda x: np.linalg.inv(x[:, :3] + 3 * np.eye(3)),
    "linalg.det": lambda x: np.linalg.det(x[:, :3]),
    "linalg.solve": lambda x: np.linalg.solve(SQUARE, x),
    "reshape": lambda x: np.reshape(x, (2, -1)),
    "ravel": np.ravel,
    "transpose": np.transpose,
    "swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "moveaxis": lambda x: np.moveaxis(x, 0, 1),
    "rollaxis": lambda x: np.rollaxis(x, 1),
    "expand_dims": lambda x: np.expand_dims(x, 1),
    "squeeze": lambda x: np.squeeze(x[:, np.newaxis]),
    "broadcast_to": lambda x: np.broadcast_to(x, (2, 3, 4)),
    "atleast_1d": lambda x: np.atleast_1d(np.sum(x)),
    "atleast_2d": lambda x: np.atleast_2d(x[0]),
    "flip": lambda x: np.flip(x, axis=1),
    "fliplr": np.fliplr,
    "flipud": np.flipud,
    "rot90": np.rot90,
    "roll": lambda x: np.roll(x, 1, axis=1),
    "repeat": lambda x: np.repeat(x, 2, axis=0),
    "repeat by row": lambda x: np.repeat(x, [1, 0, 3], axis=0),
    "tile": lambda x: np.tile(x, (2, 1)),
    "pad": lambda x: np.pad(x, ((0, 1), (2, 0)), constant_values=1.5),
    "concatenate": lambda x: np.concatenate([x, Y, x], axis=1),
    "stack": lambda x: np.stack([x, Y], axis=-1),
    "hstack": lambda x: np.hstack([x, Y]),
    "vstack": lambda x: np.vstack([x[0], Y]),
    "dstack": lambda x: np.dstack([x, Y]),
    "column_stack": lambda x: np.column_stack([x[:, 0], Y]),
    "append": lambda x: np.append(x, Y, axis=0),
    "split": lambda x: np.split(x, 2, axis=1)[1] * 2,
    "hsplit": lambda x: np.hsplit(x, 2)[0],
    "vsplit": lambda x: np.vsplit(x, 3)[2],
    "take": lambda x: np.take(x, [0, 2, 0], axis=1),
    "take_along_axis": lambda x: np.take_along_axis(x, np.array([[0], [3], [3]]), axis=1),
    "full_like": lambda x: np.full_like(x, 2.0) * x,
    "zeros_like": lambda x: np.zeros_like(x) + x,
}


def test_at_least_sixty_numpy_functions_are_covered():
    assert len({name.partition(" ")[0] for name in CALLS}) >= 60


@pytest.mark.parametrize("name", CALLS)
def test_values_are_numpys_and_gradients_the_numeric_ones(name):
    function, x = CALLS[name], apart(3, 4) + 0.013
    expected = np.asarray(function(x))
    recording = Recording(name, training=True)
    tracked = recording.track(x)
    with recording.active():
        y = function(tracked)
    assert isinstance(y, TrackedTensor)
    np.testing.assert_allclose(value_of(y), expected, rtol=1e-12)
    rng = np.random.default_rng(1)
    dy = rng.normal(size=expected.shape)
    direction = rng.normal(size=x.shape)
    dx = recording.backward([y], [dy], [tracked])[0]
    step = 1e-6
    numeric = np.sum((np.asarray(function(x + step * direction)) - np.asarray(function(x - step * direction))) * dy) / (
        2 * step
    )
    np.testing.assert_allclose(np.sum(dx * direction), numeric, rtol=1e-6, atol=1e-8)


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")  # since NumPy 2.5
@pytest.mark.parametrize(
    "function",
    [np.isnan, np.isfinite, np.sign, np.floor, np.fix, np.argmax, np.argsort, lambda x: x > 0, lambda x: np.round(x, 1)],
)
def test_functions_without_a_gradient_return_plain_arrays(function):
    recording = Recording("plain")
    with recording.active():
        found = function(recording.track(X))
    assert isinstance(found, (np.ndarray, np.generic))
    np.testing.assert_array_equal(found, function(X))


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (np.unwrap, "numpy.unwrap"),
        (np.fft.fft, "numpy.fft"),
        (np.add.reduce, "numpy.add.reduce"),
        (np.gradient, "numpy.gradient"),
    ],
)
def test_the_error_for_a_function_without_a_known_gradient_names_it_and_the_alternatives(function, name):
    recording = Recording("the test")
    with recording.active(), pytest.raises(TypeError, match=name) as error:
        function(recording.track(X))
    assert "minidl.ops" in str(error.value)
    assert "forward and backward" in str(error.value)


def test_the_same_functions_work_on_symbolic_tensors():
    start = Input((4,))
    y = np.concatenate([np.tanh(start), np.clip(start, -0.5, 0.5)], axis=-1) / np.linalg.norm(start, axis=-1, keepdims=True)
    x = X.astype("float32")
    expected = np.concatenate([np.tanh(x), np.clip(x, -0.5, 0.5)], axis=-1) / np.linalg.norm(x, axis=-1, keepdims=True)
    np.testing.assert_allclose(Model(start, y).predict(x, verbose=0), expected, rtol=1e-5)


def test_constants_do_not_widen_the_type():
    recording = Recording("types")
    x = recording.track(X.astype("float32"))
    with recording.active():
        for y in (x * np.float64(2), x + np.ones(4), 2.0 * x, np.where(Y > 0, x, Y), x**2, x @ np.ones((4, 2))):
            assert y.dtype == "float32"
    assert positive(2).dtype == "float64"
