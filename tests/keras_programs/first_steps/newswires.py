"""Classification into several classes with one-hot labels, then with integer labels, as in a first chapter."""

import keras
import numpy as np
from keras.layers import Dense
from keras.models import Sequential
from keras.utils import to_categorical

rng = np.random.default_rng(1)
x_train = rng.normal(size=(60, 12)).astype("float32")
train_labels = np.argmax(x_train[:, :4], axis=1)
y_train = to_categorical(train_labels)
y_test = to_categorical([0, 3, 1], num_classes=4)

model = Sequential()
model.add(keras.Input(shape=(12,)))
model.add(Dense(16, activation="relu"))
model.add(Dense(4, activation="softmax"))
# same weights: model
model.summary()
model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x_train, y_train, epochs=3, batch_size=30, shuffle=False, validation_split=0.25, verbose=2)

model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
again = model.fit(x_train, train_labels, epochs=2, batch_size=60, verbose=0)
predictions = model.predict(x_train[:5], verbose=0)
total = predictions.sum(axis=1)
chosen = np.argmax(predictions[0])
number_of_parameters = model.count_params()
