"""Options that every optimizer has: averaged weights, accumulated gradients, clipping, decay; state carried over."""

import keras
import numpy as np

rng = np.random.default_rng(106)
x = rng.normal(size=(16, 3)).astype("float32")
y = x.sum(axis=1, keepdims=True)
start = [rng.normal(size=(3, 4)), np.zeros(4), rng.normal(size=(4, 1)), np.zeros(1)]
options = {
    "SGD": {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 3},
    "Adam": {"gradient_accumulation_steps": 2},
    "Lion": {"clipvalue": 0.05},
    "Lamb": {"global_clipnorm": 0.1, "weight_decay": 0.01},
}
losses = {}
for name, option in options.items():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(1)])
    model.set_weights(start)
    model.compile(getattr(keras.optimizers, name)(learning_rate=0.02, **option), "mse")
    losses[name] = [model.train_on_batch(x[i : i + 4], y[i : i + 4]) for i in range(0, 16, 4)]
    losses[f"{name} weights"] = [float(np.sum(weight)) for weight in model.get_weights()]
