"""The same network by every optimizer of a textbook's table, with clipping, weight decay and moving averages."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(68)
x, y = rng.normal(size=(16, 4)).astype("float32"), rng.normal(size=(16, 1)).astype("float32")
optimizers = {
    "momentum": keras.optimizers.SGD(0.01, momentum=0.9, clipnorm=1.0),
    "adagrad": keras.optimizers.Adagrad(0.1),
    "adam": keras.optimizers.Adam(0.01, amsgrad=True, clipvalue=0.5),
    "adamw": keras.optimizers.AdamW(0.01, weight_decay=0.01, use_ema=True, ema_momentum=0.9),
    "lion": keras.optimizers.Lion(0.001),
}
losses = {}
for name, optimizer in optimizers.items():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    # same weights: model
    model.compile(optimizer, "mse")
    losses[name] = model.fit(x, y, epochs=3, batch_size=8, shuffle=False, verbose=0).history["loss"]
rate = keras.optimizers.Adam(0.02).get_config()["learning_rate"]
