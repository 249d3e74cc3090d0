"""Losses as functions, closures and classes with a config, and metrics as functions, in one program."""

import keras
import numpy as np
from keras import layers, ops


def root_mean_squared_log_error(y_true, y_pred):
    msle = keras.losses.mean_squared_logarithmic_error(y_true, y_pred)
    return ops.sqrt(ops.mean(msle))


def create_huber(threshold=1.0):
    def huber_fn(y_true, y_pred):
        error = y_true - y_pred
        is_small_error = ops.abs(error) < threshold
        squared_loss = ops.square(error) / 2
        linear_loss = threshold * ops.abs(error) - threshold**2 / 2
        return ops.where(is_small_error, squared_loss, linear_loss)

    return huber_fn


class CustomMSE(keras.losses.Loss):
    def __init__(self, regularization_factor=0.1, name="custom_mse", **kwargs):
        super().__init__(name=name, **kwargs)
        self.regularization_factor = regularization_factor

    def call(self, y_true, y_pred):
        mse = ops.mean(ops.square(y_true - y_pred), axis=-1)
        reg = ops.mean(ops.square(0.5 - y_pred), axis=-1)
        return mse + reg * self.regularization_factor

    def get_config(self):
        return {**super().get_config(), "regularization_factor": self.regularization_factor}


def mean_prediction(y_true, y_pred):
    return ops.mean(y_pred)


rng = np.random.default_rng(64)
x, y = rng.normal(size=(20, 4)).astype("float32"), rng.uniform(size=(20, 1)).astype("float32")
histories = {}
for name, loss in {"huber": create_huber(0.5), "rmsle": root_mean_squared_log_error, "class": CustomMSE(0.2)}.items():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(4, activation="tanh"), layers.Dense(1, activation="sigmoid")])
    # same weights: model
    model.compile("sgd", loss, metrics=["mae", mean_prediction])
    histories[name] = model.fit(x, y, epochs=3, batch_size=10, shuffle=False, verbose=0).history
factor = CustomMSE(0.3).get_config()["regularization_factor"]
value = float(CustomMSE(0.3)(y, y * 0.5))
