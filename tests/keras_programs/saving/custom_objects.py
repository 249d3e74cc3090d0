"""A registered layer and a registered activation in a saved model, and custom_object_scope."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="MyLayers")
class CustomLayer(keras.layers.Layer):
    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x):
        return x * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


@keras.saving.register_keras_serializable(package="my_package", name="custom_fn")
def custom_fn(x):
    return x**2


class Plain(keras.layers.Layer):
    def call(self, x):
        return ops.tanh(x)


inputs = keras.Input((4,))
outputs = keras.layers.Dense(2, activation=custom_fn)(Plain()(CustomLayer(2.0)(inputs)))
model = keras.Model(inputs, outputs)
# same weights: model
model.save("custom_model.keras")
loaded = keras.models.load_model("custom_model.keras", custom_objects={"Plain": Plain})
with keras.saving.custom_object_scope({"Plain": Plain}):
    again = keras.models.load_model("custom_model.keras")
x = np.random.default_rng(81).random((4, 4)).astype("float32")
predictions = [m.predict(x, verbose=0) for m in (model, loaded, again)]
registered = keras.saving.get_registered_name(CustomLayer)
config = loaded.layers[1].get_config()["factor"]
