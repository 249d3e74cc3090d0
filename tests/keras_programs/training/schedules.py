"""Learning rates by schedule objects and by a callback, read back in each epoch."""

import keras
import numpy as np
from keras import layers
from keras.optimizers import schedules

rng = np.random.default_rng(62)
x, y = rng.normal(size=(20, 4)).astype("float32"), rng.normal(size=(20, 1)).astype("float32")
made = {
    "exponential": schedules.ExponentialDecay(0.1, decay_steps=2, decay_rate=0.9, staircase=True),
    "piecewise": schedules.PiecewiseConstantDecay(boundaries=[2, 4], values=[0.1, 0.05, 0.01]),
    "cosine": schedules.CosineDecay(0.0, 10, warmup_target=0.1, warmup_steps=3),
    "polynomial": schedules.PolynomialDecay(0.1, 5, 0.01, power=0.5),
    "restarts": schedules.CosineDecayRestarts(0.1, 3),
}
rates = {name: [float(schedule(step)) for step in range(6)] for name, schedule in made.items()}


def scheduler(epoch, lr):
    return lr if epoch < 1 else lr * 0.5


model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
# same weights: model
model.compile(keras.optimizers.SGD(learning_rate=made["exponential"], momentum=0.9), "mse")
history = model.fit(x, y, epochs=3, batch_size=10, shuffle=False, verbose=0)
steps = int(model.optimizer.iterations)

model.compile(keras.optimizers.Adam(0.01), "mse")
callback = keras.callbacks.LearningRateScheduler(scheduler)
second = model.fit(x, y, epochs=3, batch_size=20, verbose=0, callbacks=[callback])
model.optimizer.learning_rate = 0.3
rate = float(model.optimizer.learning_rate)
