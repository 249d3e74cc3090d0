"""Models that are given their layers and define `call`, which runs these layers by `super().call(x)`."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(0)
x = rng.normal(size=(6, 3)).astype("float32")
y = x[:, :1]
fit = {"epochs": 2, "batch_size": 3, "shuffle": False, "verbose": 0}


class Doubled(keras.Model):
    def call(self, inputs, training=None):
        return 2 * super().call(inputs, training=training)


start = keras.Input((3,))
hidden = layers.Dropout(0.0)(layers.Dense(4, activation="tanh", name="hidden")(start))
model = Doubled(start, layers.Dense(1, name="out", kernel_regularizer="l2")(hidden))
# same weights: model
direct = np.array(model(x))
about = [model.built, model.count_params(), model.input_shape, model.output_shape, [layer.name for layer in model.layers][1:]]
model.compile("sgd", "mse", metrics=["mae"])
history = model.fit(x, y, **fit).history
evaluated = model.evaluate(x, y, verbose=0)
predicted = model.predict(x, verbose=0)
features = keras.Model(model.inputs, model.get_layer("hidden").output).predict(x, verbose=0)


class Extended(keras.Model):
    """Made in its constructor; `call` uses a further layer."""

    def __init__(self, units, **kwargs):
        inputs = keras.Input((3,))
        super().__init__(inputs, layers.Dense(units, name="first", kernel_initializer="ones")(inputs), **kwargs)
        self.extra = layers.Dense(1, name="extra", kernel_initializer="ones")
        self.factor = 3.0

    def call(self, inputs, training=False):
        return self.extra(super().call(inputs, training=training)) * self.factor


extended = Extended(4)
extended.compile("sgd", "mse")
extended_history = extended.fit(x, y, **fit).history
shapes = [weight.shape for weight in extended.get_weights()]
extended.save_weights("extended.weights.h5")
other = Extended(4)
other(x)
other.load_weights("extended.weights.h5")
loaded = other.predict(x, verbose=0)


class Shifted(keras.Sequential):
    def call(self, inputs, training=None):
        return super().call(inputs, training=training) + 1


shifted = Shifted([keras.Input((3,)), layers.Dense(2, kernel_initializer="ones"), layers.Dense(1, kernel_initializer="ones")])
shifted.compile("sgd", "mse")
shifted_history = shifted.fit(x, y, **fit).history
late = Shifted([layers.Dense(2, kernel_initializer="ones")])
late.add(layers.Dense(1, kernel_initializer="ones"))
late_result, late_counts = np.array(late(x)), [len(late.layers), len(late.weights)]

inside = keras.Input((3,))
around = keras.Model(
    inside, layers.Dense(1, kernel_initializer="ones")(Extended(1)(inside))
)  # Keras has the shape of the layers
around.compile("sgd", "mse")
around_history = around.fit(x, y, **fit).history

first, second = keras.Input((3,), name="first"), keras.Input((3,), name="second")


class Chosen(keras.Model):
    def call(self, inputs):
        return super().call(inputs)["sum"] - 1


chosen = Chosen({"first": first, "second": second}, {"sum": layers.Add()([first, second]), "double": first * 2})
chosen_result = chosen.predict({"first": x, "second": x}, verbose=0)
