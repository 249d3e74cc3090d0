"""Every public callback: how one is made, for the contract of what has a config; and what is left out of Keras's arguments."""

import numpy as np

from minidl import callbacks, diagnostics


def halved(epoch, learning_rate):
    return learning_rate / 2


CALLBACKS = {
    "BackupAndRestore": [lambda: callbacks.BackupAndRestore("backup", 7, double_checkpoint=True)],
    "CSVLogger": [lambda: callbacks.CSVLogger("log.csv", ";")],
    "Callback": [callbacks.Callback],
    "CallbackList": [lambda: callbacks.CallbackList([])],
    "EarlyStopping": [lambda: callbacks.EarlyStopping("loss", patience=3, restore_best_weights=True)],
    "History": [callbacks.History],
    "LambdaCallback": [
        callbacks.LambdaCallback,
        lambda: callbacks.LambdaCallback(on_epoch_end=halved, on_test_begin=halved),
        lambda: callbacks.LambdaCallback(on_train_end=lambda logs: None),
    ],
    "LearningRateScheduler": [lambda: callbacks.LearningRateScheduler(halved, verbose=1)],
    "ModelCheckpoint": [lambda: callbacks.ModelCheckpoint("{epoch}.safetensors", "loss", save_best_only=True, mode="max")],
    "ProgbarLogger": [callbacks.ProgbarLogger],
    "ProgressBar": [callbacks.ProgressBar],
    "ReduceLROnPlateau": [lambda: callbacks.ReduceLROnPlateau("loss", 0.5, 3, mode="min", min_delta=-0.1, cooldown=2)],
    "SwapEMAWeights": [callbacks.SwapEMAWeights, lambda: callbacks.SwapEMAWeights(True)],
    "TensorBoard": [lambda: callbacks.TensorBoard("logs/run", histogram_freq=2, update_freq=10)],
    "TerminateOnNaN": [callbacks.TerminateOnNaN, lambda: callbacks.TerminateOnNaN(raise_error=True)],
}
WATCHERS = {
    "WatchLayers": [
        lambda: diagnostics.WatchLayers(np.ones((3, 2)), np.ones(3), rows=2, bins=7, limit=9),
        lambda: diagnostics.WatchLayers([np.ones((3, 2)), np.ones((3, 1))]),
    ]
}
