"""Callbacks: what happens at set moments of training."""

from minidl.callbacks.callback import Callback, CallbackList
from minidl.callbacks.history import History
from minidl.callbacks.progress import ProgressBar, choose_mode
from minidl.callbacks.stopping import EarlyStopping

__all__ = ["Callback", "CallbackList", "EarlyStopping", "History", "ProgressBar", "choose_mode"]
