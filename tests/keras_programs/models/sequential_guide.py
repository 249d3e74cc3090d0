"""The guide to Sequential: adding, popping, building late, and features of inner layers."""

import keras
import numpy as np
from keras import layers

model = keras.Sequential(name="my_sequential")
model.add(layers.Dense(2, activation="relu", name="layer1"))
model.add(layers.Dense(3, activation="relu", name="layer2"))
model.add(layers.Dense(4, name="layer3"))
model.pop()
first = len(model.layers)
built = model.built
x = np.ones((1, 4), dtype="float32")
y = model(x)
number = len(model.weights)
# same weights: model
model.summary()

initial_model = keras.Sequential(
    [
        keras.Input(shape=(16, 16, 3)),
        layers.Conv2D(3, 5, strides=2, activation="relu"),
        layers.Conv2D(3, 3, activation="relu", name="my_intermediate_layer"),
        layers.Conv2D(2, 3, activation="relu"),
    ]
)
# same weights: initial_model
feature_extractor = keras.Model(
    inputs=initial_model.inputs,
    outputs=[layer.output for layer in initial_model.layers],
)
features = [keras.ops.convert_to_numpy(f) for f in feature_extractor(np.ones((1, 16, 16, 3)))]
single = keras.Model(initial_model.inputs, initial_model.get_layer(name="my_intermediate_layer").output)
one = keras.ops.convert_to_numpy(single(np.ones((1, 16, 16, 3))))
# random: y
