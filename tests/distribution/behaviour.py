"""What ranks do together, each check a function that returns plain values; run under `mpiexec`."""

import json
import os
import sys
from pathlib import Path

import numpy as np

import minidl
from minidl import callbacks, layers
from minidl.config.processes import processes
from minidl.distribution import DataParallel, distribution, set_distribution
from minidl.kernels.threads import threads

RANDOM = np.random.default_rng(5)
X, Y = RANDOM.normal(size=(60, 4)).astype("float32"), RANDOM.integers(0, 2, 60)


def net(*hidden, optimizer="sgd", **options):
    model = minidl.Sequential([minidl.Input((4,)), *hidden, layers.Dense(2, "softmax")])
    model.compile(optimizer, "sparse_categorical_crossentropy", **options)
    return model


def error_of(work, kind=ValueError):
    """The message of the error that every rank gets."""
    try:
        work()
    except kind as error:
        return str(error)
    return "no error"


def differences():
    """The messages for what differs between ranks, or cannot be."""
    rank = distribution().rank
    other = np.roll(X, rank, axis=0)
    own_seed = net()
    own_seed.layers[-1].kernel.assign(own_seed.layers[-1].kernel + rank)
    stateful = minidl.Sequential([minidl.Input((3, 4), batch_size=6), layers.LSTM(2, stateful=True), layers.Dense(2)])
    stateful.compile("sgd", "mse")
    return {
        "rows": error_of(lambda: net().fit(X[rank:], Y[rank:], verbose=0)),
        "data": error_of(lambda: net().fit(other, Y, verbose=0)),
        "weights": error_of(lambda: own_seed.fit(X, Y, verbose=0)),
        "model": error_of(lambda: net(layers.Dense(3 + rank)).fit(X, Y, verbose=0)),
        "optimizer": error_of(lambda: net(optimizer=minidl.optimizers.SGD(0.1 + rank)).fit(X, Y, verbose=0)),
        "call": error_of(lambda: net().fit(X, Y, verbose=0) if rank else net().evaluate(X, Y, verbose=0)),
        "small batch": error_of(lambda: net().fit(X, Y, batch_size=2, verbose=0)),
        "few rows": error_of(lambda: net().fit(X[:2], Y[:2], verbose=0)),
        "batch of state": error_of(lambda: stateful.fit(np.zeros((6, 3, 4)), X[:6, :2], verbose=0)),
        "ended data": error_of(lambda: net().fit(iter([(X[:9], Y[:9])] * (3 - (rank == 1))), verbose=0)),
    }


class LargestInput(minidl.Metric):
    """A metric that is no sum over rows."""

    def __init__(self, name="largest", dtype=None):
        super().__init__(dtype, name)
        self.largest = self.add_variable((), "zeros", name="largest")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.largest.assign(np.maximum(self.largest, np.max(y_pred)))

    def result(self):
        return float(self.largest.value)


def metric_of_ones_own():
    model = net(metrics=[LargestInput()])
    shown = model.fit(X, Y, 25, epochs=2, verbose=0).history["largest"]
    return [*shown, float(model.predict(X, verbose=0).max()), model.evaluate(X, Y, verbose=0)[1]]


class Masks(callbacks.Callback):
    """Records which units a dropout drops in each batch."""

    def __init__(self):
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(self.model.layers[0].generators[0].bit_generator.state["state"]["state"] % 1_000_003)


def dropout():
    minidl.utils.set_random_seed(2)
    model, found = net(layers.Dropout(0.5)), []
    for _ in range(2):
        masks = Masks()
        model.fit(X, Y, 30, epochs=1, verbose=0, callbacks=[masks])
        found.append(masks.seen)
    after = [generator.bit_generator.state["state"]["state"] % 1_000_003 for generator in model.generators]
    return {"during": found, "after": after}


class StopOnOneRank(callbacks.Callback):
    """Stops the training, on the last rank alone."""

    def __init__(self, batch=None):
        self.batch = batch

    def on_train_batch_end(self, batch, logs=None):
        if batch == self.batch:
            self.model.stop_training = distribution().rank == distribution().size - 1

    def on_epoch_end(self, epoch, logs=None):
        if self.batch is None and epoch == 1:
            self.model.stop_training = distribution().rank == distribution().size - 1


def stopping():
    in_epoch, after_epoch = net(), net()
    in_epoch.fit(X, Y, 10, epochs=5, verbose=0, callbacks=[StopOnOneRank(2)])
    epochs = after_epoch.fit(X, Y, 10, epochs=5, verbose=0, callbacks=[StopOnOneRank()]).epoch
    early = net().fit(X, Y, 10, epochs=9, verbose=0, callbacks=[callbacks.EarlyStopping("loss", min_delta=1.0, patience=1)])
    return {"batches": int(in_epoch.optimizer.iterations), "epochs": epochs, "early": early.epoch}


def files():
    """What is written, by the process that wrote it, and whether all ranks can read it at once."""
    model = net()
    written = [callbacks.ModelCheckpoint("best.safetensors", "loss"), callbacks.CSVLogger("log.csv")]
    model.fit(X, Y, 20, epochs=2, verbose=0, callbacks=[*written, callbacks.BackupAndRestore("backup")])
    model.save("model.safetensors")
    same = [
        bool(np.array_equal(minidl.load_model(path).get_weights()[0], model.get_weights()[0]))
        for path in ("best.safetensors", "model.safetensors")
    ]
    return {"same": same, "log": Path("log.csv").read_text().count("\n"), "files": sorted(os.listdir())}


def own_rows():
    """Each rank has a third of the rows, and trains as if it were one of all."""
    rank, size = distribution().rank, distribution().size
    model = net(metrics=["accuracy"])
    mine = slice(rank * 20, rank * 20 + 20)
    with DataParallel(auto_shard_dataset=False).scope():
        history = model.fit(X[mine], Y[mine], 12, epochs=2, verbose=0, shuffle=False).history
        judged = model.evaluate(X[mine], Y[mine], 12, verbose=0)
        uneven = error_of(lambda: net().fit(X[: 20 + 12 * rank], Y[: 20 + 12 * rank], 12, verbose=0))
        odd = error_of(lambda: net().fit(X, Y, 10, verbose=0))
    order = np.arange(60).reshape(size, 5, 4).swapaxes(0, 1).ravel()  # each batch has 4 rows of each rank
    return {"history": history, "judged": judged, "order": order.tolist(), "uneven": uneven, "odd": odd}


def moving_averages():
    """Without synchronization each rank normalizes with its own rows; the moving averages agree."""
    model = net(layers.BatchNormalization())
    model.fit(X, Y, 30, epochs=1, verbose=0, shuffle=False)
    return {variable.name: variable.value.tolist() for variable in model.layers[0].variables}


def printing():
    model = net()
    model.fit(X, Y, epochs=1, verbose=2)
    model.evaluate(X, Y, verbose=2)
    return None


def use_of_cores():
    return {"threads": threads(), "cores": len(os.sched_getaffinity(0))}


def unset():
    set_distribution(None)
    alone = processes() is None
    loss = net().evaluate(X, Y, verbose=0)
    return {"alone": alone, "loss": loss > 0}


CHECKS = (
    differences,
    metric_of_ones_own,
    dropout,
    stopping,
    files,
    own_rows,
    moving_averages,
    printing,
    use_of_cores,
    unset,
)

if __name__ == "__main__":
    os.chdir(sys.argv[1])
    set_distribution(DataParallel())
    rank = distribution().rank
    found = {}
    for check in CHECKS:
        minidl.utils.set_random_seed(1)
        found[check.__name__] = check()
    Path(f"found.{rank}").write_text(json.dumps(found))
