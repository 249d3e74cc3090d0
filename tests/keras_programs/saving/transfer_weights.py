"""Weights moved between models: by get_weights, layer by layer, and a part of a functional model as a base."""

import keras
import numpy as np

inputs = keras.Input(shape=(6,), name="digits")
x = keras.layers.Dense(5, activation="relu", name="dense_1")(inputs)
x = keras.layers.Dense(4, activation="relu", name="dense_2")(x)
outputs = keras.layers.Dense(3, name="predictions")(x)
functional_model = keras.Model(inputs=inputs, outputs=outputs, name="3_layer_mlp")
# same weights: functional_model
extractor = keras.Model(functional_model.inputs, functional_model.layers[-2].output)
transferred = keras.Sequential([extractor, keras.layers.Dense(2, name="dense_3")])
transferred.build((None, 6))
# same weights: transferred
new_layer = keras.layers.Dense(5)
new_layer.build((None, 6))
new_layer.set_weights(functional_model.layers[1].get_weights())
kernel = keras.ops.convert_to_numpy(new_layer.kernel)
for layer in functional_model.layers[:2]:
    layer.trainable = False
counts = [
    len(functional_model.trainable_variables),
    len(functional_model.non_trainable_variables),
    len(functional_model.variables),
]
x = np.random.default_rng(82).random((8, 6)).astype("float32")
predictions = transferred.predict(x, verbose=0)
features = extractor.predict(x, verbose=0)
