"""Methods that a class inherits from a mixin without a base class count as its own."""

import numpy as np
import pytest

from minidl import Input, Model, Sequential, layers, losses, metrics, ops, regularizers


class Doubled:
    def call(self, x):
        return x * 2


class Factor:
    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def build(self, input_shape):
        self.scale = self.add_weight((input_shape[-1],), "ones", name="scale")

    def call(self, x):
        return x * self.scale * self.factor


def test_call_of_a_mixin_makes_a_layer_that_trains():
    class Double(Doubled, layers.Layer):
        pass

    model = Sequential([Input((3,)), Double(), layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse")
    model.fit(np.ones((2, 3)), np.zeros(2), verbose=0)
    np.testing.assert_allclose(model.layers[1].kernel, 1 - 0.01 * 2 * 6 * 2, rtol=1e-6)  # the gradient is 2 * y * x = 24
    np.testing.assert_array_equal(Double()(np.ones((1, 3), int)), [[2, 2, 2]])  # integers are not cast, as with call


def test_constructor_and_build_of_a_mixin_are_the_layer_s():
    class Scaled(Factor, layers.Layer):
        pass

    layer = Scaled(3.0, name="scaled")
    for _ in range(2):  # built once
        np.testing.assert_array_equal(layer(np.ones((1, 2))), [[3.0, 3.0]])
    assert [weight.path for weight in layer.weights] == ["scaled/scale"]
    assert layer.get_config()["factor"] == 3.0
    np.testing.assert_array_equal(Scaled.from_config(layer.get_config())(np.ones((1, 2))), [[3.0, 3.0]])

    class Further(Scaled):
        pass

    assert Further(factor=4.0).get_config()["factor"] == 4.0
    np.testing.assert_array_equal(Further(4.0)(np.ones((1, 2))), [[4.0, 4.0]])


def test_super_in_a_mixin_is_the_layer_after_it():
    class Twice:
        def call(self, x):
            return 2 * super().call(x)

    class TwiceDense(Twice, layers.Dense):
        pass

    np.testing.assert_array_equal(TwiceDense(1, kernel_initializer="ones")(np.ones((1, 3))), [[6.0]])


def test_forward_of_a_mixin_goes_before_call_of_its_base():
    class Tripled:
        def forward(self, x, training=False):
            return x * 3, None

        def backward(self, dy, cache):
            return dy * 3

    class Called(layers.Layer):
        def call(self, x):
            return x

    class Triple(Tripled, Called):
        pass

    np.testing.assert_array_equal(Triple()(np.ones((1, 2))), [[3.0, 3.0]])


def test_models_losses_metrics_and_regularizers_take_mixins():
    class HasDense:
        def call(self, x):
            return self.dense(x)

    class Own(HasDense, Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1, kernel_initializer="zeros")

    class Squares:
        def call(self, y_true, y_pred):
            return ops.mean(ops.square(y_true - y_pred), axis=-1)

    class OwnLoss(Squares, losses.Loss):
        pass

    class Counts:
        def update_state(self, y_true, y_pred, sample_weight=None):
            self.rows.assign_add(float(len(y_pred)))

        def result(self):
            return float(self.rows.value)

    class OwnMetric(Counts, metrics.Metric):
        def __init__(self):
            super().__init__(name="rows")
            self.rows = self.add_weight(name="rows")

    class Penalty:
        def __call__(self, x):
            return 0.5 * ops.sum(ops.square(x))

    class OwnPenalty(Penalty, regularizers.Regularizer):
        pass

    model = Own()
    model.compile("sgd", OwnLoss(), metrics=[OwnMetric()])
    history = model.fit(np.ones((4, 2)), np.ones(4), batch_size=2, shuffle=False, verbose=0).history
    assert history["rows"] == [4.0]
    np.testing.assert_allclose(history["loss"], (1 + (1 - 0.06) ** 2) / 2, rtol=1e-6)  # two weights and a bias of 0.02
    np.testing.assert_array_equal(OwnPenalty().gradient(np.array([1.0, -3.0])), [1.0, -3.0])


def test_the_gradient_of_a_regularizer_with_only_a_call_is_recorded_or_raises_an_error():
    class Recorded(regularizers.Regularizer):
        def __call__(self, x):
            return 0.1 * ops.sum(ops.abs(x) ** 3)

    class Plain(regularizers.Regularizer):
        def __call__(self, x):
            return float(np.sum(x**2))

    layer = layers.Dense(1, kernel_initializer="ones", kernel_regularizer=Recorded())
    model = Sequential([Input((2,)), layer])
    model.compile("sgd", "mse")
    model.fit(np.zeros((2, 2)), np.zeros(2), verbose=0)
    np.testing.assert_allclose(layer.kernel, 1 - 0.01 * 0.3, rtol=1e-6)
    np.testing.assert_allclose(layer.losses, [0.2 * (1 - 0.003) ** 3], rtol=1e-6)
    with pytest.raises(TypeError, match=r"Plain defines no gradient\(x\), .* without float\(\), or define gradient\(x\)"):
        Plain().gradient(np.ones(2))
