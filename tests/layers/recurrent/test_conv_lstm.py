"""`ConvLSTM1D`, `2D`, `3D`: against `LSTM` and a slow loop over windows, masks, and refusals."""

import numpy as np
import pytest

from minidl.layers import LSTM, ConvLSTM1D, ConvLSTM2D, ConvLSTM3D


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def slow(x, kernel, recurrent_kernel, bias, filters):
    """One row of pixels in time, windows of three, zeros beyond the ends."""
    time, width = x.shape[:2]
    h, c, outputs = np.zeros((width, filters)), np.zeros((width, filters)), []
    for t in range(time):
        new_h, new_c = np.zeros_like(h), np.zeros_like(c)
        for place in range(width):
            z = bias.copy()
            for k in range(3):
                if 0 <= place + k - 1 < width:
                    z += x[t, place + k - 1] @ kernel[k] + h[place + k - 1] @ recurrent_kernel[k]
            i, f, g, o = np.split(z, 4)
            new_c[place] = sigmoid(f) * c[place] + sigmoid(i) * np.tanh(g)
            new_h[place] = sigmoid(o) * np.tanh(new_c[place])
        h, c = new_h, new_c
        outputs.append(h)
    return np.stack(outputs)


def test_the_output_is_that_of_a_slow_loop(rng):
    x = rng.standard_normal((2, 4, 5, 3))
    layer = ConvLSTM1D(2, 3, padding="same", return_sequences=True, dtype="float64")
    y = layer(x)
    for row in range(2):
        np.testing.assert_allclose(y[row], slow(x[row], *layer.get_weights(), 2))


@pytest.mark.parametrize(("kind", "sizes"), [(ConvLSTM1D, (5,)), (ConvLSTM2D, (3, 4)), (ConvLSTM3D, (2, 3, 2))])
def test_with_windows_of_one_every_position_is_an_independent_lstm(kind, sizes, rng):
    x, mask = rng.standard_normal((3, 4, *sizes, 2)), rng.random((3, 4)) > 0.4
    layer = kind(3, 1, return_sequences=True, return_state=True, go_backwards=True, dtype="float64")
    y, h, c = layer(x, mask=mask)
    alone = LSTM(3, return_sequences=True, return_state=True, go_backwards=True, dtype="float64")
    alone.build_for((3, 4, 2))
    alone.set_weights([weight.reshape(shape.shape) for weight, shape in zip(layer.get_weights(), alone.weights, strict=True)])
    for place in np.ndindex(sizes):
        here = (slice(None), *place)
        for mine, its in zip(
            (y[(slice(None), *here)], h[here], c[here]), alone(x[(slice(None), *here)], mask=mask), strict=True
        ):
            np.testing.assert_allclose(mine, its)


def test_a_sequence_may_continue_from_its_last_states(rng):
    x = rng.standard_normal((2, 5, 2, 6, 4))
    layer = ConvLSTM2D(3, 2, data_format="channels_first", return_sequences=True, return_state=True, dtype="float64")
    whole = layer(x)[0]
    first, *states = layer(x[:, :2])
    np.testing.assert_allclose(np.concatenate([first, layer(x[:, 2:], initial_state=states)[0]], axis=1), whole)


def test_unit_forget_bias_initializes_the_forget_gate_to_one():
    for unit_forget_bias in (True, False):
        layer = ConvLSTM1D(2, 3, unit_forget_bias=unit_forget_bias)
        layer.build((None, 4, 5, 1))
        assert layer.bias.value.tolist() == [0, 0, unit_forget_bias, unit_forget_bias, 0, 0, 0, 0]


def test_wrong_arguments_and_inputs_raise_an_error():
    with pytest.raises(ValueError, match="ConvLSTM1D expects filters"):
        ConvLSTM1D(0, 3)
    with pytest.raises(ValueError, match="ConvLSTM2D expects kernel_size to be an integer, or a tuple of 2"):
        ConvLSTM2D(2, (3, 3, 3))
    with pytest.raises(ValueError, match="strides or a dilation_rate above 1, not both"):
        ConvLSTM1D(2, 3, strides=2, dilation_rate=2)
    layer = ConvLSTM2D(2, 3, name="film")
    with pytest.raises(ValueError, match=r'"film" expects sequences, shape \(batch, time, height, width, channels\), got'):
        layer(np.ones((2, 5, 5, 3)))
    with pytest.raises(ValueError, match=r"windows of \(3, 3\), got images of \(2, 5\)"):
        layer(np.ones((2, 4, 2, 5, 3)))
    with pytest.raises(ValueError, match="needs to know the sizes of its images"):
        layer.build((None, 4, None, 5, 3))
    layer(np.ones((2, 4, 5, 5, 3)))
    with pytest.raises(ValueError, match=r"expects steps of shape \(5, 5, 3\)"):
        layer(np.ones((2, 4, 6, 5, 3)))
