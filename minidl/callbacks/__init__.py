"""Callbacks: objects whose hooks are called during training, evaluation and prediction."""

from typing import TYPE_CHECKING

from minidl.callbacks.backup import BackupAndRestore
from minidl.callbacks.callback import Callback, CallbackList
from minidl.callbacks.checkpoint import ModelCheckpoint
from minidl.callbacks.csv_logger import CSVLogger
from minidl.callbacks.early_stopping import EarlyStopping
from minidl.callbacks.history import History
from minidl.callbacks.lambda_callback import LambdaCallback
from minidl.callbacks.learning_rate import LearningRateScheduler
from minidl.callbacks.progress import ProgressBar, choose_mode
from minidl.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from minidl.callbacks.swap_ema_weights import SwapEMAWeights
from minidl.callbacks.tensorboard import TensorBoard
from minidl.callbacks.terminate_on_nan import TerminateOnNaN
from minidl.config.missing_names import attribute_error

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
    "ProgressBar",
    "ReduceLROnPlateau",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
    "choose_mode",
]

if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, __all__)
