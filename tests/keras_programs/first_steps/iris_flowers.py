"""The iris notebook: integer labels, one-hot by NumPy, Adam with its rate, evaluation with names."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(4)
centres = np.array([[5.0, 3.4, 1.5, 0.2], [5.9, 2.8, 4.3, 1.3], [6.6, 3.0, 5.6, 2.0]])
y = np.repeat([0, 1, 2], 20)
X = centres[y] + rng.normal(scale=0.3, size=(60, 4))
X = (X - X.mean(axis=0)) / X.std(axis=0)
order = rng.permutation(60)
X_train, X_test, y_train, y_test = X[order[:45]], X[order[45:]], y[order[:45]], y[order[45:]]

model = keras.models.Sequential(name="iris")
model.add(keras.Input((4,)))
model.add(layers.Dense(10, activation="tanh", kernel_initializer="he_normal"))
model.add(layers.Dense(3, activation="softmax", name="species"))
# same weights: model
model.compile(
    loss=keras.losses.SparseCategoricalCrossentropy(),
    optimizer=keras.optimizers.Adam(learning_rate=0.01),
    metrics=[keras.metrics.SparseCategoricalAccuracy(name="acc")],
)
history = model.fit(X_train, y_train, epochs=3, batch_size=15, shuffle=False, verbose=0)
results = model.evaluate(X_test, y_test, verbose=0, return_dict=True)
y_pred = np.argmax(model.predict(X_test, verbose=0), axis=-1)
confusion = np.zeros((3, 3), int)
np.add.at(confusion, (y_test, y_pred), 1)
names = [layer.name for layer in model.layers]
