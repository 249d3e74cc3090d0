"""A learning-rate schedule of one's own with warmup, read in a callback, saved and loaded with the model."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="programs")
class Warmup(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, peak, warmup_steps):
        self.peak = peak
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        step = ops.cast(step, "float32")
        warming = ops.minimum(step + 1.0, self.warmup_steps) / self.warmup_steps
        return self.peak * warming / ops.sqrt(ops.maximum(step, 1.0))

    def get_config(self):
        return {"peak": self.peak, "warmup_steps": self.warmup_steps}


class RateHistory(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.rates = []

    def on_train_batch_end(self, batch, logs=None):
        self.rates.append(float(ops.convert_to_numpy(self.model.optimizer.learning_rate)))


rng = np.random.default_rng(101)
x = rng.normal(size=(64, 4)).astype("float32")
y = 2 * x[:, :1] - x[:, 1:2]
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="tanh"), keras.layers.Dense(1)])
# same weights: model
model.compile(keras.optimizers.Adam(Warmup(0.1, 5.0)), "mse", metrics=["mae", keras.metrics.RootMeanSquaredError()])
recorder = RateHistory()
history = model.fit(x, y, epochs=3, batch_size=16, shuffle=False, validation_split=0.25, callbacks=[recorder], verbose=0)
rates = recorder.rates
model.save("warmup.keras")
restored = keras.models.load_model("warmup.keras")
steps = int(restored.optimizer.iterations)
scores = restored.evaluate(x, y, verbose=0)
