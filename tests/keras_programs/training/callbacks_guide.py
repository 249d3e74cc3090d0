"""A callback with every hook, and one that stops at the lowest loss, as in the guide on writing callbacks."""

import keras
import numpy as np
from keras import layers


class CustomCallback(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_begin(self, logs=None):
        self.seen.append(("start", list(logs.keys())))

    def on_train_end(self, logs=None):
        self.seen.append(("stop", list(logs.keys())))

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append((epoch, list(logs.keys())))

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append((batch, "loss" in logs))

    def on_test_batch_begin(self, batch, logs=None):
        self.seen.append((batch, "test"))

    def on_predict_batch_end(self, batch, logs=None):
        self.seen.append((batch, list(logs.keys())))


class EarlyStoppingAtMinLoss(keras.callbacks.Callback):
    def __init__(self, patience=0):
        super().__init__()
        self.patience = patience
        self.best_weights = None

    def on_train_begin(self, logs=None):
        self.wait = 0
        self.stopped_epoch = 0
        self.best = np.inf

    def on_epoch_end(self, epoch, logs=None):
        current = logs.get("loss")
        if np.less(current, self.best):
            self.best = current
            self.wait = 0
            self.best_weights = self.model.get_weights()
        else:
            self.wait += 1
            if self.wait >= self.patience:
                self.stopped_epoch = epoch
                self.model.stop_training = True
                self.model.set_weights(self.best_weights)


rng = np.random.default_rng(60)
x, y = rng.normal(size=(24, 4)), rng.normal(size=(24, 1))
model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
# same weights: model
model.compile(optimizer=keras.optimizers.RMSprop(learning_rate=0.1), loss="mean_squared_error", metrics=["mae"])
first, second = CustomCallback(), EarlyStoppingAtMinLoss()
history = model.fit(x, y, batch_size=12, epochs=3, shuffle=False, verbose=0, validation_split=0.5, callbacks=[first, second])
model.evaluate(x, y, batch_size=12, verbose=0, callbacks=[first])
model.predict(x, batch_size=12, verbose=0, callbacks=[first])
seen = first.seen
stopped = second.stopped_epoch
