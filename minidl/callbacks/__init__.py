"""Callbacks: objects whose hooks are called during training, evaluation and prediction."""

from typing import TYPE_CHECKING

from minidl.config import registry

if TYPE_CHECKING:  # a test holds this equal to the table in config/public_names.py
    from minidl.callbacks.backup import BackupAndRestore as BackupAndRestore
    from minidl.callbacks.callback import Callback as Callback
    from minidl.callbacks.callback import CallbackList as CallbackList
    from minidl.callbacks.checkpoint import ModelCheckpoint as ModelCheckpoint
    from minidl.callbacks.csv_logger import CSVLogger as CSVLogger
    from minidl.callbacks.early_stopping import EarlyStopping as EarlyStopping
    from minidl.callbacks.history import History as History
    from minidl.callbacks.lambda_callback import LambdaCallback as LambdaCallback
    from minidl.callbacks.learning_rate import LearningRateScheduler as LearningRateScheduler
    from minidl.callbacks.progbar_logger import ProgbarLogger as ProgbarLogger
    from minidl.callbacks.progress import ProgressBar as ProgressBar
    from minidl.callbacks.progress import choose_mode as choose_mode
    from minidl.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau as ReduceLROnPlateau
    from minidl.callbacks.swap_ema_weights import SwapEMAWeights as SwapEMAWeights
    from minidl.callbacks.tensorboard import TensorBoard as TensorBoard
    from minidl.callbacks.terminate_on_nan import TerminateOnNaN as TerminateOnNaN

if not TYPE_CHECKING:
    __getattr__, __dir__, __all__ = registry.lazy_names(__name__)
