"""Own callbacks with every hook, early stopping at the smallest loss, and learning rates changed by callbacks."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(4)
x, y = rng.normal(size=(32, 5)).astype("float32"), rng.normal(size=(32, 1)).astype("float32")
events = []


class CustomCallback(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        events.append(("train begin", sorted(logs or {})))

    def on_train_end(self, logs=None):
        events.append(("train end", sorted(logs or {})))

    def on_epoch_begin(self, epoch, logs=None):
        events.append((f"epoch {epoch} begin", sorted(logs or {})))

    def on_epoch_end(self, epoch, logs=None):
        events.append((f"epoch {epoch} end", sorted(logs or {})))

    def on_test_begin(self, logs=None):
        events.append(("test begin", sorted(logs or {})))

    def on_test_end(self, logs=None):
        events.append(("test end", sorted(logs or {})))

    def on_predict_begin(self, logs=None):
        events.append(("predict begin", sorted(logs or {})))

    def on_predict_end(self, logs=None):
        events.append(("predict end", sorted(logs or {})))

    def on_train_batch_end(self, batch, logs=None):
        events.append((f"batch {batch} end", sorted(logs or {})))

    def on_test_batch_end(self, batch, logs=None):
        events.append((f"test batch {batch} end", sorted(logs or {})))

    def on_predict_batch_end(self, batch, logs=None):
        events.append((f"predict batch {batch} end", sorted(logs or {})))


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


class CustomLearningRateScheduler(keras.callbacks.Callback):
    def __init__(self, schedule):
        super().__init__()
        self.schedule = schedule

    def on_epoch_begin(self, epoch, logs=None):
        lr = self.model.optimizer.learning_rate
        scheduled_lr = self.schedule(epoch, float(keras.ops.convert_to_numpy(lr)))
        self.model.optimizer.learning_rate = scheduled_lr


def get_model():
    model = keras.Sequential([keras.Input((5,)), layers.Dense(3, activation="tanh"), layers.Dense(1)])
    model.compile(
        optimizer=keras.optimizers.RMSprop(learning_rate=0.1), loss="mean_squared_error", metrics=["mean_absolute_error"]
    )
    return model


model = get_model()
# same weights: model
losses = []
history = model.fit(
    x,
    y,
    batch_size=16,
    epochs=2,
    verbose=0,
    validation_split=0.5,
    shuffle=False,
    callbacks=[CustomCallback(), keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: losses.append(logs["loss"]))],
)
res = model.evaluate(x, y, batch_size=16, verbose=0, callbacks=[CustomCallback()])
res = model.predict(x, batch_size=16, verbose=0, callbacks=[CustomCallback()])
model2 = get_model()
# same weights: model2
stopper = EarlyStoppingAtMinLoss()
history2 = model2.fit(x, y, batch_size=8, epochs=12, verbose=0, callbacks=[stopper], shuffle=False)
stopped = stopper.stopped_epoch
model3 = get_model()
# same weights: model3
history3 = model3.fit(
    x,
    y,
    batch_size=16,
    epochs=5,
    verbose=0,
    shuffle=False,
    callbacks=[
        CustomLearningRateScheduler(lambda epoch, lr: lr * 0.5 if epoch in (2, 3) else lr),
        keras.callbacks.LearningRateScheduler(lambda e, lr: lr),
        keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=1, min_lr=1e-4),
    ],
)
rate = float(model3.optimizer.learning_rate)
