"""Code with `call`: when it runs, and what gradients flow through."""

import numpy as np

from tests.parity.comparing import assert_close, both

X, T = np.ones((4, 1), "float32"), np.zeros((4, 1), "float32")


def count_runs(k):
    """How often `call` runs while three further epochs of two steps are trained."""

    class Counted(k.layers.Layer):
        runs = 0

        def build(self, input_shape):
            self.w = self.add_weight(shape=(1,), initializer="ones", name="w")

        def call(self, x):
            Counted.runs += 1
            return x * self.w

    model = k.Sequential([k.Input((1,)), Counted()])
    model.compile("sgd", "mse")
    model.fit(X, T, batch_size=2, epochs=1, verbose=0)
    before = Counted.runs
    model.fit(X, T, batch_size=2, epochs=3, verbose=0)
    return Counted.runs - before


def test_call_runs_at_every_training_step_where_keras_traces_it():
    ours, theirs = both(count_runs)
    assert ours >= 6
    assert theirs < 6


def train_through_an_assignment(k):
    class Assigns(k.layers.Layer):
        def build(self, input_shape):
            self.state = self.add_weight(shape=(1,), initializer="ones", name="state", trainable=False)
            self.w = self.add_weight(shape=(1,), initializer="ones", name="w")

        def call(self, x):
            self.state.assign(self.w * 3.0)
            return x * self.state

    model = k.Sequential([k.Input((1,)), Assigns()])
    model.compile(k.optimizers.SGD(0.1), "mse")
    model.fit(X, T, batch_size=4, verbose=0)
    return np.asarray(model.trainable_weights[0])


def test_gradients_flow_through_a_value_that_call_assigns():
    ours, theirs = both(train_through_an_assignment)
    assert_close(ours, [1 - 0.1 * 2 * 3 * 3])
    assert_close(ours, theirs)
