"""The compiled steps of LSTM and GRU agree with the reference, and so do layers that use them or need the reference."""

import numpy as np
import pytest

from minidl import activations, layers
from minidl.config.randomness import set_random_seed
from minidl.kernels.compiled import set_compiled
from minidl.kernels.recurrence import gru, lstm
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


FORMS = [
    ("LSTM", {"return_sequences": True}),
    ("LSTM", {"recurrent_activation": "hard_sigmoid"}),  # takes the reference
    ("LSTM", {"recurrent_dropout": 0.5, "go_backwards": True}),
    ("GRU", {}),
    ("GRU", {"reset_after": False}),
    ("GRU", {"activation": "relu"}),
]


def results(name, arguments):
    """Output, gradient of the input, and of every weight."""
    set_random_seed(0)
    layer, random = getattr(layers, name)(7, seed=3, **arguments), np.random.default_rng(1)
    x = random.normal(size=(5, 4, 3)).astype("float32")
    layer.build(x.shape)
    y, cache = layer.forward(x, training=True, mask=np.arange(4) < np.arange(5)[:, np.newaxis])
    dx = layer.backward(random.normal(size=y.shape).astype("float32"), cache)
    return [y, dx, *(variable.grad.copy() for variable in layer.trainable_variables)]


@pytest.mark.parametrize(("name", "arguments"), FORMS, ids=str)
def test_a_recurrent_layer_agrees_with_its_plain_version(name, arguments):
    fast = results(name, arguments)
    set_compiled(False)
    plain = results(name, arguments)
    set_compiled(True)
    for one, other in zip(fast, plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=2e-6)
