"""XOR by SGD with momentum in one batch: each row is printed with its output."""

import keras
import numpy as np

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype="float32")
y = np.array([[0], [1], [1], [0]], dtype="float32")
model = keras.Sequential(
    [
        keras.layers.InputLayer(shape=(2,)),
        keras.layers.Dense(6, activation="tanh"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
# same weights: model
model.compile(optimizer=keras.optimizers.SGD(0.5, momentum=0.9, nesterov=True), loss="mse", metrics=["binary_accuracy"])
history = model.fit(x, y, epochs=10, batch_size=4, verbose=0)
for row, output in zip(x, model.predict(x, verbose=0), strict=True):
    print(row, output)
weights, biases = model.layers[0].get_weights()
steps = int(model.optimizer.iterations)
