"""The tutorial with `input_dim`, which Keras 3 still accepts, and accuracy printed in percent."""

import numpy as np
from keras.layers import Dense
from keras.models import Sequential

rng = np.random.default_rng(5)
X = rng.normal(size=(64, 8))
y = (X[:, 1] + X[:, 5] > 0).astype(int)
model = Sequential()
model.add(Dense(12, input_dim=8, activation="relu"))
model.add(Dense(8, activation="relu"))
model.add(Dense(1, activation="sigmoid"))
# same weights: model
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
history = model.fit(X, y, epochs=3, batch_size=32, shuffle=False, verbose=0)
_, accuracy = model.evaluate(X, y, verbose=0)
print(f"Accuracy: {accuracy * 100:.2f}")
predictions = (model.predict(X, verbose=0) > 0.5).astype(int)
shape = model.input_shape
