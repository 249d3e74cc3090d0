"""Every learning rate schedule by value and in training, averaged weights, clipping, accumulated gradients."""

import keras
import numpy as np
from keras import layers
from keras.optimizers import schedules

rng = np.random.default_rng(22)
x, y = rng.normal(size=(32, 4)).astype("float32"), rng.normal(size=(32, 1)).astype("float32")
every = {
    "exponential": schedules.ExponentialDecay(0.1, decay_steps=4, decay_rate=0.9, staircase=True),
    "piecewise": schedules.PiecewiseConstantDecay([3, 7], [0.1, 0.05, 0.01]),
    "polynomial": schedules.PolynomialDecay(0.1, 8, end_learning_rate=0.01, power=2.0, cycle=True),
    "inverse": schedules.InverseTimeDecay(0.1, 2, 0.5),
    "cosine": schedules.CosineDecay(0.0, 8, alpha=0.1, warmup_target=0.1, warmup_steps=4),
    "restarts": schedules.CosineDecayRestarts(0.1, 4, t_mul=2.0, m_mul=0.9, alpha=0.01),
}
values = {name: [float(schedule(step)) for step in range(0, 14, 3)] for name, schedule in every.items()}


@keras.saving.register_keras_serializable()
class LinearWarmup(schedules.LearningRateSchedule):
    def __init__(self, initial_learning_rate, warmup):
        self.initial_learning_rate = initial_learning_rate
        self.warmup = warmup

    def __call__(self, step):
        step = keras.ops.cast(step, "float32")
        return self.initial_learning_rate * keras.ops.minimum(1.0, (step + 1) / self.warmup)

    def get_config(self):
        return {"initial_learning_rate": self.initial_learning_rate, "warmup": self.warmup}


every["own"] = LinearWarmup(0.1, 5)
histories = {}
for name, schedule in every.items():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="tanh", name="a"), layers.Dense(1, name="b")])
    # same weights: model
    model.compile(keras.optimizers.SGD(schedule, momentum=0.5, clipvalue=0.5), "mse")
    histories[name] = model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0).history["loss"]
model = keras.Sequential([keras.Input((4,)), layers.Dense(1, name="b")])
# same weights: model
model.compile(
    keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=3, global_clipnorm=1.0), "mse"
)
ema = model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0)
slow = keras.Sequential([keras.Input((4,)), layers.Dense(1, name="b")])
# same weights: slow
slow.compile(keras.optimizers.RMSprop(0.01, gradient_accumulation_steps=2, centered=True), "mse")
accumulated = slow.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
serialized = schedules.serialize(every["own"])
restored = float(schedules.deserialize(keras.optimizers.schedules.serialize(every["piecewise"]))(5))
