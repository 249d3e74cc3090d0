"""Saving in every form: whole models with custom classes, weights, configs and JSON."""

import os

import keras
import numpy as np
from keras import layers


@keras.saving.register_keras_serializable(package="my_package", name="custom_fn")
def custom_fn(x):
    return x**2


@keras.saving.register_keras_serializable()
class Scaled(layers.Layer):
    def __init__(self, factor=2.0, inner=None, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor
        self.inner = inner or layers.Dense(3)

    def call(self, x):
        return self.factor * self.inner(x)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor, "inner": keras.saving.serialize_keras_object(self.inner)}

    @classmethod
    def from_config(cls, config):
        inner = keras.saving.deserialize_keras_object(config.pop("inner"))
        return cls(inner=inner, **config)


rng = np.random.default_rng(9)
x, y = rng.normal(size=(12, 4)).astype("float32"), rng.normal(size=(12, 1)).astype("float32")
inputs = keras.Input((4,), name="in")
h = Scaled(0.5, layers.Dense(3, activation=custom_fn, name="inner"), name="scaled")(inputs)
outputs = layers.Dense(1, name="out", kernel_constraint=keras.constraints.MaxNorm(2))(h)
model = keras.Model(inputs, outputs, name="whole")
# same weights: model
model.compile(
    keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.01, 20, warmup_steps=3, warmup_target=0.02)),
    "mse",
    metrics=["mae"],
)
history = model.fit(x, y, epochs=2, verbose=0, batch_size=6, shuffle=False)
before = model.predict(x, verbose=0)
model.save("model.keras")
reloaded = keras.models.load_model("model.keras")
after = reloaded.predict(x, verbose=0)
history_again = reloaded.fit(x, y, epochs=1, verbose=0, batch_size=6, shuffle=False)
model.save_weights("w.weights.h5")
fresh = keras.Model.from_config(model.get_config())
fresh.load_weights("w.weights.h5")
fresh_out = fresh.predict(x, verbose=0)
from_json = keras.models.model_from_json(model.to_json())
from_json.set_weights(model.get_weights())
json_out = from_json.predict(x, verbose=0)
with keras.saving.custom_object_scope({"Scaled": Scaled, "custom_fn": custom_fn}):
    scoped = keras.models.load_model("model.keras", compile=False, safe_mode=True)
scoped_out = scoped.predict(x, verbose=0)
files = sorted(os.listdir("."))
_layer_config = keras.layers.serialize(layers.Dense(3, activation="relu", name="d"))
layer_again = keras.layers.deserialize(_layer_config)
units = layer_again.units
iterations = int(reloaded.optimizer.iterations)
compiled = (reloaded.compiled, scoped.compiled)
