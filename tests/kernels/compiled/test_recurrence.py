"""The compiled steps and loops of LSTM and GRU agree with the reference, and so do layers, which use or need the reference."""

import numpy as np
import pytest

from minidl import activations, layers
from minidl.config.randomness import set_random_seed
from minidl.kernels.blas_threads import blas_libraries
from minidl.kernels.compiled import set_compiled
from minidl.kernels.in_use import in_use
from minidl.kernels.recurrence import gru, lstm
from minidl.kernels.recurrence.gates import MatrixProduct
from tests.kernels.compiled.both import assert_close, compiled_version, dtypes, strange, switched_on

compiled_kernels = pytest.fixture(scope="module", autouse=True)(switched_on)

# Name of the step, the shape of each array in units, and which of them it fills or changes.
STEPS = {
    lstm.lstm_step: ((4, 4, 1, 4, 1, 1, 1, 1), [3, 4, 5, 6]),
    lstm.lstm_step_backward: ((1, 1, 4, 4, 1, 1, 1, 4, 1), [1, 7]),
    gru.gru_step: ((3, 3, 1, 3, 1, 1, 1), [3, 4, 5]),
    gru.gru_step_backward: ((1, 3, 3, 1, 1, 3, 3, 1), [5, 6, 7]),
}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
@pytest.mark.parametrize("dtype", dtypes())
@pytest.mark.parametrize(("batch", "units"), [(3, 5), (1, 1), (0, 4), (4, 0), (17, 33)])
def test_a_step_agrees_with_the_reference(step, dtype, batch, units):
    random, (widths, filled) = np.random.default_rng(units), STEPS[step]
    arrays = [strange(random, (batch, width * units), dtype) for width in widths]
    sigmoid, tanh, like = activations.get("sigmoid"), activations.get("tanh"), arrays[widths.index(1)]
    if step in (lstm.lstm_step, gru.gru_step):
        arrays[3] = arrays[0]  # the gates overwrite their arguments, as in the layers
    gates = (lstm.lstm_gates if 4 in widths else gru.gru_gates)(sigmoid, tanh, like)
    copies = [array.copy() for array in arrays]
    copies[3] = copies[0] if arrays[3] is arrays[0] else copies[3]
    with np.errstate(all="ignore"):
        step(*arrays, *gates)
        compiled_version(step)(*copies, *gates)
    for number in filled:
        assert_close(copies[number], arrays[number])


def loop(name, batch, units, steps, dtype, dy_steps):
    """Every result of a loop over time and of the loop backward, in the version that is in use."""
    random, gates_of = np.random.default_rng(units), lstm.lstm_gates if name == "lstm" else gru.gru_gates

    def draw(*shape):
        return random.normal(size=shape).astype(dtype)

    width = (4 if name == "lstm" else 3) * units
    z, h, bias = draw(steps, batch, width), draw(batch, units), draw(width)
    kernel = draw(units, width) / units  # small: rounding errors do not grow from step to step
    gates = gates_of(activations.get("sigmoid"), activations.get("tanh"), h)
    dy, dh, dc = draw(batch, dy_steps, units).swapaxes(0, 1), draw(batch, units), draw(batch, units)
    if name == "lstm":
        cache = in_use[lstm.lstm](z, h, draw(batch, units), MatrixProduct(kernel), *gates, None, None)
        backward = MatrixProduct(np.ascontiguousarray(kernel.T))
        return [*cache, *in_use[lstm.lstm_backward](dy, dh, dc, cache, backward, *gates, None, None)]
    cache = in_use[gru.gru](z, h, kernel, bias if steps % 2 else None, True, *gates, None, None)
    return [*cache, *in_use[gru.gru_backward](dy, dh, cache, kernel, True, *gates, None, None)]


@pytest.mark.parametrize("name", ["lstm", "gru"])
@pytest.mark.parametrize("dtype", dtypes())
@pytest.mark.parametrize(
    ("batch", "units", "steps", "dy_steps"),
    [(3, 5, 4, 4), (1, 1, 1, 1), (17, 33, 6, 1), (0, 4, 3, 3), (2, 3, 0, 0), (64, 64, 33, 2)],
)
def test_the_loops_over_time_agree_with_the_reference(name, dtype, batch, units, steps, dy_steps):
    fast = loop(name, batch, units, steps, dtype, dy_steps)
    set_compiled(False)
    plain = loop(name, batch, units, steps, dtype, dy_steps)
    set_compiled(True)
    for one, other in zip(fast, plain, strict=True):
        scale = np.abs(other).max(initial=1)
        np.testing.assert_allclose(one, other, rtol=0, atol=scale * (3e-5 if dtype == "float32" else 1e-13))


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_a_compiled_loop_gives_the_same_bits_each_time_and_leaves_the_threads_of_blas_as_they_are(name):
    first = loop(name, 64, 64, 33, "float32", 33)  # large enough for several threads
    before = [library.get_num_threads() for library in blas_libraries()]
    for one, other in zip(first, loop(name, 64, 64, 33, "float32", 33), strict=True):
        np.testing.assert_array_equal(one, other)
    assert [library.get_num_threads() for library in blas_libraries()] == before


FORMS = [
    ("LSTM", {"return_sequences": True}),
    ("LSTM", {"recurrent_activation": "hard_sigmoid"}),  # takes the reference
    ("LSTM", {"recurrent_dropout": 0.5, "go_backwards": True}),
    ("GRU", {}),
    ("GRU", {"reset_after": False}),
    ("GRU", {"activation": "relu"}),
]


def results(name, arguments, masked):
    """Output, gradient of the input, and of every weight."""
    set_random_seed(0)
    layer, random = getattr(layers, name)(7, seed=3, **arguments), np.random.default_rng(1)
    x = random.normal(size=(5, 4, 3)).astype("float32")
    layer.build(x.shape)
    mask = {"mask": np.arange(4) < np.arange(5)[:, np.newaxis]} if masked else {}
    y, cache = layer.forward(x, training=True, **mask)
    dx = layer.backward(random.normal(size=y.shape).astype("float32"), cache)
    return [y, dx, *(variable.grad.copy() for variable in layer.trainable_variables)]


@pytest.mark.parametrize(("name", "arguments"), FORMS, ids=str)
@pytest.mark.parametrize("masked", [False, True])
def test_a_recurrent_layer_agrees_with_its_plain_version(name, arguments, masked):
    fast = results(name, arguments, masked)
    set_compiled(False)
    plain = results(name, arguments, masked)
    set_compiled(True)
    for one, other in zip(fast, plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=2e-6)
