"""Own activation, initializer, regularizer, constraint, loss, metrics and optimizer in one model that is saved."""

import keras
import numpy as np
from keras import layers, ops


@keras.saving.register_keras_serializable()
def my_softplus(z):
    return ops.log(1.0 + ops.exp(z))


@keras.saving.register_keras_serializable()
def my_initializer(shape, dtype="float32"):
    return ops.ones(shape, dtype=dtype) * 0.1


@keras.saving.register_keras_serializable()
class MyL1(keras.regularizers.Regularizer):
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, weights):
        return ops.sum(ops.abs(self.factor * weights))

    def get_config(self):
        return {"factor": self.factor}


@keras.saving.register_keras_serializable()
class Positive(keras.constraints.Constraint):
    def __call__(self, w):
        return w * ops.cast(ops.greater_equal(w, 0.0), w.dtype)


def quantile_loss(q):
    def loss(y_true, y_pred):
        e = y_true - y_pred
        return ops.mean(ops.maximum(q * e, (q - 1) * e), axis=-1)

    loss.__name__ = f"q{int(q * 100)}"
    return loss


def coverage(y_true, y_pred):
    return ops.mean(ops.cast(y_true <= y_pred, "float32"), axis=-1)


class HuberMetric(keras.metrics.Metric):
    def __init__(self, threshold=1.0, **kwargs):
        super().__init__(**kwargs)
        self.threshold = threshold
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")

    def huber_fn(self, y_true, y_pred):
        error = y_true - y_pred
        is_small_error = ops.abs(error) < self.threshold
        squared_loss = ops.square(error) / 2
        linear_loss = self.threshold * ops.abs(error) - self.threshold**2 / 2
        return ops.where(is_small_error, squared_loss, linear_loss)

    def update_state(self, y_true, y_pred, sample_weight=None):
        sample_metrics = self.huber_fn(y_true, y_pred)
        self.total.assign_add(ops.sum(sample_metrics))
        self.count.assign_add(ops.cast(ops.size(y_true), "float32"))

    def result(self):
        return self.total / self.count

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}


class MyMomentumOptimizer(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.001, momentum=0.9, name="MyMomentumOptimizer", **kwargs):
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.momentums = []
        for variable in variables:
            self.momentums.append(self.add_variable_from_reference(reference_variable=variable, name="momentum"))

    def update_step(self, gradient, variable, learning_rate):
        learning_rate = ops.cast(learning_rate, variable.dtype)
        m = self.momentums[self._get_variable_index(variable)]
        self.assign(
            m, ops.subtract(ops.multiply(m, ops.cast(self.momentum, variable.dtype)), ops.multiply(gradient, learning_rate))
        )
        self.assign_add(variable, m)

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum}


rng = np.random.default_rng(30)
x, y = rng.normal(size=(30, 3)).astype("float32"), rng.normal(size=(30, 1)).astype("float32")
model = keras.Sequential(
    [
        keras.Input((3,)),
        layers.Dense(
            4,
            activation=my_softplus,
            kernel_initializer=my_initializer,
            kernel_regularizer=MyL1(0.01),
            kernel_constraint=Positive(),
        ),
        layers.Dense(1),
    ]
)
# same weights: model
model.compile(MyMomentumOptimizer(0.01), quantile_loss(0.8), metrics=[coverage, HuberMetric(2.0, name="hub"), "mae"])
history = model.fit(x, y, batch_size=10, epochs=3, shuffle=False, verbose=0, validation_split=0.2)
model.save("q.keras")
loaded = keras.models.load_model(
    "q.keras",
    custom_objects={
        "HuberMetric": HuberMetric,
        "MyMomentumOptimizer": MyMomentumOptimizer,
        "q80": quantile_loss(0.8),
        "coverage": coverage,
    },
)
again = loaded.fit(x, y, batch_size=10, epochs=1, shuffle=False, verbose=0)
slots = [v.shape for v in loaded.optimizer.variables]
evaluated = loaded.evaluate(x, y, verbose=0)
