"""A classifier and a regressor in scikit-learn's tools by Keras's wrappers."""

import keras
import numpy as np
from keras import layers
from keras.wrappers import SKLearnClassifier, SKLearnRegressor

rng = np.random.default_rng(92)
x = rng.normal(size=(24, 4)).astype("float32")
labels = rng.integers(0, 3, 24)


def dynamic_model(X, y, loss, units=(4,)):  # noqa: N803  # scikit-learn's names
    inp = keras.Input(shape=(X.shape[1],))
    hidden = inp
    for width in units:
        hidden = layers.Dense(width, activation="relu")(hidden)
    n_outputs = y.shape[1] if len(y.shape) > 1 else 1
    out = layers.Dense(n_outputs, activation="softmax" if n_outputs > 1 else None)(hidden)
    model = keras.Model(inp, out)
    model.compile(loss=loss, optimizer="rmsprop")
    return model


classifier = SKLearnClassifier(
    model=dynamic_model,
    model_kwargs={"loss": "categorical_crossentropy", "units": (5,)},
    fit_kwargs={"epochs": 2, "verbose": 0},
)
classifier.fit(x, labels)
predicted = classifier.predict(x)
regressor = SKLearnRegressor(dynamic_model, model_kwargs={"loss": "mse"}, fit_kwargs={"epochs": 1, "verbose": 0})
regressor.fit(x, x[:, 0])
numbers = regressor.predict(x)
classes = list(classifier.classes_)
# random: predicted, numbers
