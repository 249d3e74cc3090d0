"""A metric as a class with weights, used in compile and alone, as in the training guide."""

import keras
import numpy as np
from keras import layers, ops


class CategoricalTruePositives(keras.metrics.Metric):
    def __init__(self, name="categorical_true_positives", **kwargs):
        super().__init__(name=name, **kwargs)
        self.true_positives = self.add_variable(shape=(), name="ctp", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = ops.reshape(ops.argmax(y_pred, axis=1), (-1, 1))
        values = ops.cast(y_true, "int32") == ops.cast(y_pred, "int32")
        values = ops.cast(values, "float32")
        if sample_weight is not None:
            sample_weight = ops.cast(sample_weight, "float32")
            values = ops.multiply(values, sample_weight)
        self.true_positives.assign_add(ops.sum(values))

    def result(self):
        return self.true_positives.value

    def reset_state(self):
        self.true_positives.assign(0.0)


rng = np.random.default_rng(65)
x, y = rng.normal(size=(24, 4)).astype("float32"), rng.integers(0, 3, (24, 1))
model = keras.Sequential([keras.Input((4,)), layers.Dense(8, activation="relu"), layers.Dense(3, activation="softmax")])
# same weights: model
model.compile(
    optimizer=keras.optimizers.RMSprop(learning_rate=1e-3),
    loss=keras.losses.SparseCategoricalCrossentropy(),
    metrics=[CategoricalTruePositives()],
)
history = model.fit(x, y, batch_size=12, epochs=3, shuffle=False, verbose=0)
metric = CategoricalTruePositives()
metric.update_state(np.array([[0], [1]]), np.eye(2, dtype="float32"))
metric.update_state(np.array([[1], [1]]), np.eye(2, dtype="float32"), sample_weight=np.array([[1.0], [0.5]]))
result = float(metric.result())
metric.reset_state()
after = float(metric.result())
mean = keras.metrics.Mean()
for value in (1.0, 2.0, 6.0):
    mean.update_state(value)
average = float(mean.result())
