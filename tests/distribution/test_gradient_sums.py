"""Between machines, gradients are sent in buckets while the backward pass goes on; on one machine, after it."""

import numpy as np
import pytest

import minidl
from minidl import layers
from minidl.distribution.gradient_sums import LEAST, GradientSums

ROWS = 4


class TwoAlike:
    """A communicator of two ranks with the same gradients, which remembers what was sent."""

    def __init__(self, several_machines, network):
        self.several_machines, self.sent, self.during_backward = several_machines, [], []
        self._first = next(layer for layer in network.layers if layer.weights)

    def start_sum(self, arrays):
        self.sent.append(sum(array.size for array in arrays))
        self.during_backward.append(not self._first.kernel.grad.any())  # the first layer's gradient comes last
        for array in arrays:
            array *= 2
        return []

    def progress(self, started):
        """Everything has arrived."""


def chain():
    return minidl.Sequential([minidl.Input((5,)), layers.Dense(4), layers.Dense(3), layers.Dense(2)])


def branches():
    x = minidl.Input((5,))
    shared = layers.Dense(4)
    h = layers.Dense(5)(shared(x))
    return minidl.Model(x, layers.Dense(2)(layers.add([shared(x), shared(h)])))


def gradients(model, several_machines=None, rows=ROWS, least=LEAST):
    """Every weight's gradient, and the communicator; without one, the gradients of this process alone."""
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(ROWS, 5)).astype("float32")
    network, communicator = model.network, None
    for variable in model.weights:
        variable.grad_is_zero = True
    if several_machines is not None:
        communicator = TwoAlike(several_machines, network)
        sums = GradientSums(communicator, network, model.trainable_weights, rows, least)
        network = sums.network
    y, cache, _ = network.forward(x, None, training=True)
    network.backward(np.ones_like(y), cache, True)
    if communicator is not None:
        sums.finish()
        sums.divide(2 * (rows or 1))
    return [variable.grad.copy() for variable in model.trainable_weights], communicator


@pytest.mark.parametrize("several_machines", [False, True])
@pytest.mark.parametrize("make", [chain, branches])
def test_gradients_are_those_of_one_process(make, several_machines):
    minidl.utils.set_random_seed(0)
    model = make()
    expected, _ = gradients(model)
    found, communicator = gradients(model, several_machines, least=1)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    assert sum(communicator.sent) == sum(variable.size for variable in model.trainable_weights)


def test_between_machines_every_layer_is_sent_before_the_next_one_is_computed():
    _, communicator = gradients(chain(), True, least=1)
    assert communicator.sent == [3 * 2 + 2, 4 * 3 + 3, 5 * 4 + 4]
    assert communicator.during_backward == [True, True, False]


def test_small_gradients_travel_together():
    assert gradients(chain(), True)[1].sent == [47]


def test_on_one_machine_everything_is_sent_at_the_end():
    assert gradients(chain(), False)[1].during_backward == [False]


def test_a_layer_that_is_called_several_times_is_sent_after_its_last_backward_pass():
    model = branches()
    _, communicator = gradients(model, True, least=1)
    assert communicator.sent == [4 * 2 + 2, 4 * 5 + 5, 5 * 4 + 4]


def test_a_rank_without_rows_sends_zeros():
    model = chain()
    found, _ = gradients(model, True, rows=0)
    assert not any(gradient.any() for gradient in found)


def test_frozen_layers_send_nothing():
    model = chain()
    model.layers[1].trainable = False
    assert gradients(model, True, least=1)[1].sent == [8, 24]
