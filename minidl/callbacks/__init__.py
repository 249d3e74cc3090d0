"""Callbacks: objects whose hooks are called during training, evaluation and prediction."""

from typing import TYPE_CHECKING

from minidl.config import registry

if TYPE_CHECKING:  # a test holds this equal to the table below
    from minidl.callbacks.backup import BackupAndRestore
    from minidl.callbacks.callback import Callback, CallbackList
    from minidl.callbacks.checkpoint import ModelCheckpoint
    from minidl.callbacks.csv_logger import CSVLogger
    from minidl.callbacks.early_stopping import EarlyStopping
    from minidl.callbacks.history import History
    from minidl.callbacks.lambda_callback import LambdaCallback
    from minidl.callbacks.learning_rate import LearningRateScheduler
    from minidl.callbacks.progbar_logger import ProgbarLogger
    from minidl.callbacks.progress import ProgressBar, choose_mode
    from minidl.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
    from minidl.callbacks.swap_ema_weights import SwapEMAWeights
    from minidl.callbacks.tensorboard import TensorBoard
    from minidl.callbacks.terminate_on_nan import TerminateOnNaN

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgbarLogger",
    "ProgressBar",
    "ReduceLROnPlateau",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
    "choose_mode",
]

_FILES = {  # file -> its public names
    "backup": "BackupAndRestore",
    "callback": "Callback CallbackList",
    "checkpoint": "ModelCheckpoint",
    "csv_logger": "CSVLogger",
    "early_stopping": "EarlyStopping",
    "history": "History",
    "lambda_callback": "LambdaCallback",
    "learning_rate": "LearningRateScheduler",
    "progbar_logger": "ProgbarLogger",
    "progress": "ProgressBar choose_mode",
    "reduce_lr_on_plateau": "ReduceLROnPlateau",
    "swap_ema_weights": "SwapEMAWeights",
    "tensorboard": "TensorBoard",
    "terminate_on_nan": "TerminateOnNaN",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = registry.lazy_names(__name__, _FILES, __all__)
