"""Batches with weights from a PyDataset and from a generator that never ends, with class weights beside the first."""

import keras
import numpy as np


class Batches(keras.utils.PyDataset):
    def __init__(self, count, **kwargs):
        super().__init__(**kwargs)
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        rng = np.random.default_rng(index)
        x = rng.normal(size=(4, 3)).astype("float32")
        return x, (x.sum(axis=1) > 0).astype("int32"), np.full(4, index + 1.0)


class Unweighted(Batches):
    def __getitem__(self, index):
        return super().__getitem__(index)[:2]


def endless():
    index = 0
    while True:
        yield Batches(1)[index]
        index += 1


model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation="sigmoid")])
# same weights: model
model.compile(
    keras.optimizers.SGD(0.3, momentum=0.9, nesterov=True),
    "binary_crossentropy",
    weighted_metrics=["accuracy"],
    metrics=["AUC"],
)
history = model.fit(Batches(3), validation_data=Batches(2), epochs=3, shuffle=False, verbose=0)
balanced = model.fit(Unweighted(3), class_weight={0: 0.5, 1: 2.0}, epochs=2, shuffle=False, verbose=0)
continued = model.fit(endless(), steps_per_epoch=4, epochs=2, verbose=0)
scores = model.evaluate(Batches(5), verbose=0)
predictions = model.predict(Unweighted(2), verbose=0)
stepwise = model.predict(endless(), steps=3, verbose=0)
