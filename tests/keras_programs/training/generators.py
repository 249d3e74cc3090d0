"""Batches from a generator and from a PyDataset, with steps, validation and class weights."""

import math

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(70)
x, y = rng.normal(size=(24, 4)).astype("float32"), rng.integers(0, 2, 24)


class Batches(keras.utils.PyDataset):
    def __init__(self, x_set, y_set, batch_size, **kwargs):
        super().__init__(**kwargs)
        self.x, self.y = x_set, y_set
        self.batch_size = batch_size

    def __len__(self):
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, idx):
        low = idx * self.batch_size
        high = min(low + self.batch_size, len(self.x))
        return self.x[low:high], self.y[low:high]


def generator():
    while True:
        for start in range(0, 24, 12):
            yield x[start : start + 12], y[start : start + 12]


model = keras.Sequential([keras.Input((4,)), layers.Dense(4, activation="relu"), layers.Dense(1, activation="sigmoid")])
# same weights: model
model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
first = model.fit(generator(), steps_per_epoch=2, epochs=3, verbose=0, validation_data=(x, y))
second = model.fit(Batches(x, y, 12), epochs=2, shuffle=False, verbose=0, class_weight={0: 1.0, 1: 3.0})
evaluated = model.evaluate(generator(), steps=2, verbose=0)
predicted = model.predict(Batches(x, y, 12), verbose=0)
# random: predicted
