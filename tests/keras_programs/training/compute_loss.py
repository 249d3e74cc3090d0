"""A model that overrides compute_loss and keeps a metric, as in the guide on customizing fit."""

import keras
import numpy as np
from keras import layers, ops


class CustomModel(keras.Model):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.loss_tracker = keras.metrics.Mean(name="my_loss")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = ops.mean(ops.square(y_pred - y))
        loss += ops.cast(sum(self.losses), "float32") if self.losses else 0.0
        return loss


rng = np.random.default_rng(67)
x, y = rng.normal(size=(16, 3)).astype("float32"), rng.normal(size=(16, 1)).astype("float32")
inputs = keras.Input(shape=(3,))
outputs = layers.Dense(1, kernel_regularizer="l2")(layers.Dense(4, activation="relu")(inputs))
model = CustomModel(inputs, outputs)
# same weights: model
model.compile(optimizer="adam")
history = model.fit(x, y, epochs=3, batch_size=8, shuffle=False, verbose=0)
predictions = model.predict(x, verbose=0)
