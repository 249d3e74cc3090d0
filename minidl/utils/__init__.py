"""Utilities with Keras's names: seed, float type, threads, targets and sequences, data sets from arrays and folders, plots."""

from typing import TYPE_CHECKING

from minidl.config import registry

if TYPE_CHECKING:  # a test holds this equal to the table below
    from minidl.config.custom_objects import (
        CustomObjectScope,
        custom_object_scope,
        get_custom_objects,
        get_registered_name,
        get_registered_object,
        register_keras_serializable,
    )
    from minidl.config.dtypes import standardize_dtype
    from minidl.config.model_warning import ModelWarning
    from minidl.config.naming import clear_session
    from minidl.config.randomness import set_random_seed
    from minidl.config.registry import deserialize_keras_object, serialize_keras_object
    from minidl.config.settings import (
        disable_interactive_logging,
        enable_interactive_logging,
        epsilon,
        floatx,
        is_interactive_logging_enabled,
        set_epsilon,
        set_floatx,
    )
    from minidl.data.dataset import PyDataset, Sequence
    from minidl.graph.symbolic import get_source_inputs, is_keras_tensor
    from minidl.kernels.compiled import set_compiled
    from minidl.kernels.threads import set_threads, threads
    from minidl.utils import bounding_boxes
    from minidl.utils.audio import audio_dataset_from_directory
    from minidl.utils.categories import normalize, to_categorical
    from minidl.utils.configuration import show_config
    from minidl.utils.feature_space import Cross, Feature, FeatureSpace  # noqa: F401  # Cross and Feature are in files
    from minidl.utils.files import get_file
    from minidl.utils.images import image_dataset_from_directory
    from minidl.utils.model_plots import model_to_dot, plot_model
    from minidl.utils.packing import pack_x_y_sample_weight, unpack_x_y_sample_weight
    from minidl.utils.pillow import array_to_img, img_to_array, load_img, save_img
    from minidl.utils.plots import plot_confusion_matrix, plot_weights
    from minidl.utils.progress import Progbar
    from minidl.utils.sequences import pad_sequences, timeseries_dataset_from_array
    from minidl.utils.splitting import split_dataset
    from minidl.utils.summary import summarize  # noqa: F401  # for Model.summary
    from minidl.utils.texts import text_dataset_from_directory

__all__ = [
    "CustomObjectScope",
    "FeatureSpace",
    "ModelWarning",
    "Progbar",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "audio_dataset_from_directory",
    "bounding_boxes",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "epsilon",
    "floatx",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "image_dataset_from_directory",
    "img_to_array",
    "is_interactive_logging_enabled",
    "is_keras_tensor",
    "load_img",
    "model_to_dot",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_confusion_matrix",
    "plot_model",
    "plot_weights",
    "register_keras_serializable",
    "save_img",
    "serialize_keras_object",
    "set_compiled",
    "set_epsilon",
    "set_floatx",
    "set_random_seed",
    "set_threads",
    "show_config",
    "split_dataset",
    "standardize_dtype",
    "text_dataset_from_directory",
    "threads",
    "timeseries_dataset_from_array",
    "to_categorical",
    "unpack_x_y_sample_weight",
]

_FILES = {  # file, or module of another package -> its public names
    "minidl.config.custom_objects": "CustomObjectScope custom_object_scope get_custom_objects get_registered_name "
    "get_registered_object register_keras_serializable",
    "minidl.config.dtypes": "standardize_dtype",
    "minidl.config.model_warning": "ModelWarning",
    "minidl.config.naming": "clear_session",
    "minidl.config.randomness": "set_random_seed",
    "minidl.config.registry": "deserialize_keras_object serialize_keras_object",
    "minidl.config.settings": "disable_interactive_logging enable_interactive_logging epsilon floatx "
    "is_interactive_logging_enabled set_epsilon set_floatx",
    "minidl.data.dataset": "PyDataset Sequence",
    "minidl.graph.symbolic": "get_source_inputs is_keras_tensor",
    "minidl.kernels.compiled": "set_compiled",
    "minidl.kernels.threads": "set_threads threads",
    "minidl.utils": "bounding_boxes",
    "audio": "audio_dataset_from_directory",
    "categories": "normalize to_categorical",
    "configuration": "show_config",
    "feature_space": "Cross Feature FeatureSpace",
    "files": "get_file",
    "images": "image_dataset_from_directory",
    "model_plots": "model_to_dot plot_model",
    "packing": "pack_x_y_sample_weight unpack_x_y_sample_weight",
    "pillow": "array_to_img img_to_array load_img save_img",
    "plots": "plot_confusion_matrix plot_weights",
    "progress": "Progbar",
    "sequences": "pad_sequences timeseries_dataset_from_array",
    "splitting": "split_dataset",
    "summary": "summarize",
    "texts": "text_dataset_from_directory",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = registry.lazy_names(__name__, _FILES, __all__)
