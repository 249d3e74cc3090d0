"""Trains small networks and returns their loss curves; run by one process, and under `mpiexec` by several."""

import json
import sys

import numpy as np

import minidl
from minidl import layers, losses, regularizers
from minidl.distribution import DataParallel, distribution, set_distribution
from minidl.utils import PyDataset

ROWS, BATCH = 69, 16  # the last of an epoch's batches has 5 rows, or after validation_split 7


def data(*shape, classes=3):
    """Random inputs of that shape, and labels."""
    random = np.random.default_rng(3)
    return random.normal(size=(ROWS, *shape)).astype("float32"), random.integers(0, classes, ROWS)


class Squares(layers.Layer):
    """A layer of one's own that defines only `call`."""

    def build(self, input_shape):
        self.scale = self.add_weight((input_shape[-1],), "ones", name="scale")

    def call(self, x):
        self.add_loss(0.01 * minidl.ops.mean(x * x))
        return x * x * self.scale


class Batches(PyDataset):
    """Batches of arrays."""

    def __init__(self, x, y):
        super().__init__(workers=0)
        self.x, self.y = x, y

    def __len__(self):
        return -(-len(self.x) // BATCH)

    def __getitem__(self, index):
        rows = slice(index * BATCH, (index + 1) * BATCH)
        return self.x[rows], self.y[rows]


def mlp(loss="sparse_categorical_crossentropy", optimizer="adam", hidden=None):
    net = [minidl.Input((5,)), hidden or layers.Dense(8, "relu"), layers.Dense(3, "softmax")]
    model = minidl.Sequential(net)
    model.compile(optimizer, loss, metrics=["accuracy"], weighted_metrics=["accuracy"])
    return model


def train_plain():
    x, y = data(5)
    model = mlp()
    found = results(model, x, y, validation_split=0.2)
    found["one row"] = model.predict(x[:1], verbose=0)
    found["on batch"] = model.train_on_batch(x[:7], y[:7])
    found["test"] = model.test_on_batch(x[:7], y[:7])
    return found


def train_convnet():
    x, y = data(6, 6, 2)
    net = [layers.Conv2D(4, 3), layers.BatchNormalization(synchronized=True), layers.Flatten(), layers.Dense(3, "softmax")]
    model = minidl.Sequential([minidl.Input((6, 6, 2)), *net])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return results(model, x, y, validation_data=(x[:9], y[:9]))


def train_lstm():
    x, _ = data(6, classes=5)
    words, labels = (np.abs(x) * 4).astype(int) % 5, (x > 0).astype(int)
    words[:, 3:] *= np.arange(ROWS)[:, np.newaxis] % 3 > 0  # masked steps, not equally many in each row
    net = [layers.Embedding(5, 4, mask_zero=True), layers.LSTM(6, return_sequences=True), layers.Dense(2, "softmax")]
    model = minidl.Sequential([minidl.Input((6,)), *net])
    model.compile("adam", "sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
    return results(model, words, labels)


def train_two_inputs():
    x, y = data(5)
    one, two = minidl.Input((3,), name="one"), minidl.Input((2,), name="two")
    joined = layers.concatenate([layers.Dense(4, "relu", kernel_regularizer=regularizers.L2(0.01))(one), two])
    shared = layers.Dense(6, "relu", activity_regularizer=regularizers.L2(0.01))(joined)
    model = minidl.Model([one, two], [layers.Dense(3, "softmax", name="kind")(shared), layers.Dense(1, name="size")(shared)])
    chosen = {"kind": losses.SparseCategoricalCrossentropy(ignore_class=1), "size": losses.MeanSquaredError(reduction="sum")}
    model.compile("adam", chosen, loss_weights=[1.0, 0.02], metrics={"kind": "accuracy"})
    return results(model, [x[:, :3], x[:, 3:]], {"kind": y, "size": x[:, :1] * 2})


def train_call():
    x, y = data(5)
    return results(mlp(hidden=Squares()), x, y)


def train_class_weight():
    x, y = data(5)
    return results(mlp(), x, y, class_weight={0: 1.0, 1: 3.0, 2: 0.5})


def train_sample_weight():
    x, y = data(5)
    loss = losses.SparseCategoricalCrossentropy(reduction="mean_with_sample_weight")
    return results(mlp(loss), x, y, sample_weight=np.arange(ROWS) % 4)


def train_lbfgs():
    x, y = data(5)
    return results(mlp(optimizer=minidl.optimizers.LBFGS()), x, y, batch_size=None)


def train_dataset():
    x, y = data(5)
    return results(mlp(), Batches(x, y), None, batch_size=None, validation_data=Batches(x[:20], y[:20]))


def train_generator():
    x, y = data(5)
    forever = ((x[rows : rows + 16], y[rows : rows + 16]) for rows in [0, 7, 14, 66] * 9)
    return results(mlp(), forever, None, batch_size=None, steps_per_epoch=4)


def resume(folder, epochs):
    """A training that continues from the backup in a folder, and keeps it."""
    minidl.utils.set_random_seed(1)
    x, y = data(5)
    backup = minidl.callbacks.BackupAndRestore(folder, delete_checkpoint=False)
    return plain(mlp().fit(x, y, BATCH, epochs=epochs, verbose=0, callbacks=[backup]).history["loss"])


def results(model, x, y, batch_size=BATCH, **options):
    """The history of a training, and what evaluate and predict return after it."""
    found = dict(model.fit(x, y, batch_size, epochs=3, verbose=0, **options).history)
    if y is not None:
        found["evaluate"] = model.evaluate(x, y, 20, verbose=0)
        found["predict"] = model.predict(x, verbose=0)
    return found


TRAININGS = {name.removeprefix("train_"): made for name, made in list(globals().items()) if name.startswith("train_")}


def train(name):
    """Loss curves, metrics and predictions of one training, as lists."""
    minidl.utils.set_random_seed(1)
    return {key: plain(values) for key, values in TRAININGS[name]().items()}


def plain(values):
    parts = values if isinstance(values, list) else [values]
    return [number for part in parts for number in np.ravel(part).astype(float).tolist()]


if __name__ == "__main__":
    set_distribution(DataParallel())
    path, backup, epochs, *names = sys.argv[1:]
    found = {name: train(name) for name in names or TRAININGS} | {"resume": {"loss": resume(backup, int(epochs))}}
    with open(f"{path}.{distribution().rank}", "w") as file:
        json.dump(found, file)
