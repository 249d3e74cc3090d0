"""Models in models in models, their clones, layers found by name, frozen parts, and layers popped and added."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(29)
x, y = rng.normal(size=(12, 6)).astype("float32"), rng.integers(0, 2, (12, 1))


@keras.saving.register_keras_serializable()
class Block(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.stack = [layers.Dense(units, activation="relu"), layers.Dense(units)]
        self.extra = {"norm": layers.LayerNormalization(), "act": layers.Activation("relu")}

    def call(self, x):
        out = x
        for layer in self.stack:
            out = layer(out)
        return self.extra["act"](self.extra["norm"](out + x))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


inner = keras.Sequential([Block(6, name="b1"), Block(6, name="b2")], name="inner")
middle_in = keras.Input((6,))
middle = keras.Model(middle_in, [inner(middle_in), layers.Dense(2, name="side")(middle_in)], name="middle")
inputs = keras.Input((6,))
main, side = middle(inputs)
outputs = layers.Dense(1, activation="sigmoid", name="top")(layers.concatenate([main, side]))
model = keras.Model(inputs, outputs)
# same weights: model
model.compile("adam", "binary_crossentropy", metrics=["binary_accuracy"])
history = model.fit(x, y, epochs=2, batch_size=6, shuffle=False, verbose=0)
clone = keras.models.clone_model(model)
clone.set_weights(model.get_weights())
same = np.abs(clone.predict(x, verbose=0) - model.predict(x, verbose=0)).max() < 1e-6
paths = [v.name for v in model.weights]
shapes = [tuple(w.shape) for w in model.get_weights()]
middle.get_layer("inner").get_layer("b1").trainable = False
counts = (len(model.trainable_variables), len(model.non_trainable_variables))
seq = keras.Sequential([keras.Input((6,)), layers.Dense(3, name="one"), layers.Dense(2, name="two")])
seq.pop()
seq.add(layers.Dense(4, activation="softmax", name="three"))
# same weights: seq
last = seq.layers[-1].output.shape
part = keras.Model(inputs=seq.inputs, outputs=[layer.output for layer in seq.layers])
activations = part.predict(x, verbose=0)
config_names = [layer["config"]["name"] for layer in seq.get_config()["layers"]]
