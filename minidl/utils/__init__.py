"""Utilities with Keras's names: seed, float type, threads, targets and sequences, data sets from arrays and folders, plots."""

from typing import TYPE_CHECKING

from minidl.config import registry

if TYPE_CHECKING:  # a test holds this equal to the table in config/public_names.py
    from minidl.config.custom_objects import CustomObjectScope as CustomObjectScope
    from minidl.config.custom_objects import custom_object_scope as custom_object_scope
    from minidl.config.custom_objects import get_custom_objects as get_custom_objects
    from minidl.config.custom_objects import get_registered_name as get_registered_name
    from minidl.config.custom_objects import get_registered_object as get_registered_object
    from minidl.config.custom_objects import register_keras_serializable as register_keras_serializable
    from minidl.config.dtypes import standardize_dtype as standardize_dtype
    from minidl.config.model_warning import ModelWarning as ModelWarning
    from minidl.config.naming import clear_session as clear_session
    from minidl.config.randomness import set_random_seed as set_random_seed
    from minidl.config.registry import deserialize_keras_object as deserialize_keras_object
    from minidl.config.registry import serialize_keras_object as serialize_keras_object
    from minidl.config.settings import disable_interactive_logging as disable_interactive_logging
    from minidl.config.settings import enable_interactive_logging as enable_interactive_logging
    from minidl.config.settings import epsilon as epsilon
    from minidl.config.settings import floatx as floatx
    from minidl.config.settings import is_interactive_logging_enabled as is_interactive_logging_enabled
    from minidl.config.settings import set_epsilon as set_epsilon
    from minidl.config.settings import set_floatx as set_floatx
    from minidl.data.dataset import PyDataset as PyDataset
    from minidl.data.dataset import Sequence as Sequence
    from minidl.graph.symbolic import get_source_inputs as get_source_inputs
    from minidl.graph.symbolic import is_keras_tensor as is_keras_tensor
    from minidl.kernels.compiled import set_compiled as set_compiled
    from minidl.kernels.threads import set_threads as set_threads
    from minidl.kernels.threads import threads as threads
    from minidl.utils import bounding_boxes as bounding_boxes
    from minidl.utils.audio import audio_dataset_from_directory as audio_dataset_from_directory
    from minidl.utils.categories import normalize as normalize
    from minidl.utils.categories import to_categorical as to_categorical
    from minidl.utils.configuration import show_config as show_config
    from minidl.utils.feature_space import Cross as Cross
    from minidl.utils.feature_space import Feature as Feature
    from minidl.utils.feature_space import FeatureSpace as FeatureSpace
    from minidl.utils.files import get_file as get_file
    from minidl.utils.images import image_dataset_from_directory as image_dataset_from_directory
    from minidl.utils.model_plots import model_to_dot as model_to_dot
    from minidl.utils.model_plots import plot_model as plot_model
    from minidl.utils.packing import pack_x_y_sample_weight as pack_x_y_sample_weight
    from minidl.utils.packing import unpack_x_y_sample_weight as unpack_x_y_sample_weight
    from minidl.utils.pillow import array_to_img as array_to_img
    from minidl.utils.pillow import img_to_array as img_to_array
    from minidl.utils.pillow import load_img as load_img
    from minidl.utils.pillow import save_img as save_img
    from minidl.utils.plots import plot_confusion_matrix as plot_confusion_matrix
    from minidl.utils.plots import plot_weights as plot_weights
    from minidl.utils.progress import Progbar as Progbar
    from minidl.utils.sequences import pad_sequences as pad_sequences
    from minidl.utils.sequences import timeseries_dataset_from_array as timeseries_dataset_from_array
    from minidl.utils.splitting import split_dataset as split_dataset
    from minidl.utils.summary import summarize as summarize
    from minidl.utils.texts import text_dataset_from_directory as text_dataset_from_directory

if not TYPE_CHECKING:
    __getattr__, __dir__, __all__ = registry.lazy_names(__name__, hidden="Cross Feature summarize")
