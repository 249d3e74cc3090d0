"""A wide and deep model as a subclass of Model, whose call branches in Python."""

import keras
import numpy as np

rng = np.random.default_rng(43)
X_wide = rng.normal(size=(20, 3)).astype("float32")
X_deep = rng.normal(size=(20, 4)).astype("float32")
y = X_wide[:, :1] + X_deep[:, :1]


class WideAndDeepModel(keras.Model):
    def __init__(self, units=30, activation="relu", **kwargs):
        super().__init__(**kwargs)
        self.hidden1 = keras.layers.Dense(units, activation=activation)
        self.hidden2 = keras.layers.Dense(units, activation=activation)
        self.main_output = keras.layers.Dense(1)
        self.aux_output = keras.layers.Dense(1)

    def call(self, inputs):
        input_wide, input_deep = inputs
        hidden1 = self.hidden1(input_deep)
        hidden2 = self.hidden2(hidden1)
        concat = keras.layers.concatenate([input_wide, hidden2])
        output = self.main_output(concat)
        aux_output = self.aux_output(hidden2)
        return output, aux_output


model = WideAndDeepModel(6, activation="relu", name="my_cool_model")
model((X_wide[:2], X_deep[:2]))
# same weights: model
model.compile(loss=["mse", "mae"], loss_weights=[0.9, 0.1], optimizer="sgd")
history = model.fit((X_wide, X_deep), (y, y), epochs=3, batch_size=10, shuffle=False, verbose=0)
outputs = model.predict((X_wide[:3], X_deep[:3]), verbose=0)
