"""Utilities with Keras's names: seed, float type, threads, targets and sequences, data sets from arrays and folders, plots."""

from typing import TYPE_CHECKING

from minidl.config.missing_names import attribute_error
from minidl.config.randomness import set_random_seed
from minidl.config.settings import epsilon, floatx, set_epsilon, set_floatx
from minidl.data.dataset import PyDataset
from minidl.kernels.threads import set_threads, threads
from minidl.utils.categories import clear_session, normalize, to_categorical
from minidl.utils.images import image_dataset_from_directory
from minidl.utils.pictures import plot_confusion_matrix, plot_weights
from minidl.utils.sequences import pad_sequences, timeseries_dataset_from_array
from minidl.utils.splitting import split_dataset

Sequence = PyDataset  # Keras's older name

__all__ = [
    "PyDataset",
    "Sequence",
    "clear_session",
    "epsilon",
    "floatx",
    "image_dataset_from_directory",
    "normalize",
    "pad_sequences",
    "plot_confusion_matrix",
    "plot_weights",
    "set_epsilon",
    "set_floatx",
    "set_random_seed",
    "set_threads",
    "split_dataset",
    "threads",
    "timeseries_dataset_from_array",
    "to_categorical",
]

if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, __all__)
