"""Why names of Keras are not in minidl, and what to use instead: for error messages and the page of names."""

from minidl.config.keras_only_names import KERAS_ONLY

# Namespace of Keras ("" is the top) -> {names, separated by spaces: why, and what to use}; "*" is every other name there.
# What makes no sense with NumPy on one CPU:
IMPOSSIBLE: dict[str, dict[str, str]] = {
    "": {
        "Quantizer quantizers": "it computes with quantized weights, which are slower than float32 in NumPy; use float32",
        "StatelessScope SymbolicScope": "it serves JAX's tracing; use layers and variables without a scope",
        "RematScope": "activations are always kept; use remat, which is accepted and changes nothing",
        "export": "it writes formats of TensorFlow; use model.export(path) for ONNX, and model.save(path) to save a model",
        "legacy": "it holds names of Keras 2 for old files; use minidl.saving",
    },
    "callbacks": {
        "OrbaxCheckpoint": "it writes JAX's Orbax format; use callbacks.ModelCheckpoint or callbacks.BackupAndRestore",
        "RemoteMonitor": "it sends the logs to a web server; use callbacks.LambdaCallback with the function that sends them",
    },
    "dtype_policies": {"*": "it is for quantized weights, which are slower than float32 in NumPy; use DTypePolicy('float32')"},
    "export": {"*": "it writes formats of TensorFlow; use model.export(path) for ONNX, and model.save(path) to save a model"},
    "layers": {
        "FlaxLayer JaxLayer": "it wraps code of JAX; use a layer of your own with call, written with minidl.ops",
        "TFSMLayer": "it runs a SavedModel of TensorFlow; use a layer of your own with call, written with minidl.ops",
        "TorchModuleWrapper": "it wraps a module of PyTorch; use a layer of your own with call, written with minidl.ops",
    },
    "legacy": {"*": "it holds names of Keras 2 for old files; use minidl.saving"},
    "legacy.saving": {"*": "it is for files of Keras 2; use saving.serialize_keras_object and saving.deserialize_keras_object"},
    "mixed_precision": {"LossScaleOptimizer": "it is for float16, which is not faster on a CPU; use the optimizer itself"},
    "optimizers": {
        "LossScaleOptimizer": "it is for float16, which is not faster on a CPU; use the optimizer itself",
        "legacy": "it holds Keras 2's optimizers; use those of minidl.optimizers",
    },
    "optimizers.legacy": {"*": "it is Keras 2's optimizer; use the one of that name in minidl.optimizers"},
    "quantizers": {"*": "it is for quantized weights, which are slower than float32 in NumPy; use float32"},
    "saving": {"KerasFileEditor": "it edits HDF5 files of Keras; use model.get_weights and model.set_weights"},
    "utils": {"legacy": "it is for files of Keras 2; use utils.serialize_keras_object and utils.deserialize_keras_object"},
    "utils.legacy": {"*": "it is for files of Keras 2; use utils.serialize_keras_object and utils.deserialize_keras_object"},
}
# What could be added:
NOT_YET: dict[str, dict[str, str]] = {
    "": {
        "Operation": "not yet; use a layer of your own with call, or a function written with minidl.ops",
        "visualization": "not yet; use matplotlib's imshow",
    },
    "distribution": {"*": "not yet; use mpiexec -n 4 python train.py, with set_distribution(DataParallel()) in the script"},
    "utils": {"*": "not yet; use NumPy and the standard library"},
    "visualization": {"*": "not yet; use matplotlib's imshow"},
}
# Names that exist here and differ, besides the differences of numbers and arguments in docs/differences_from_keras.md.
DIFFERENT: dict[str, dict[str, str]] = {
    "": {
        "DTypePolicy FloatDTypePolicy": "float32 and float64 alone",
        "KerasTensor": "made by Input and by layers, not by its constructor",
        "device": "accepts the CPU, raises an error for others",
        "name_scope remat": "accepted, without effect",
    },
    "backend": {"set_floatx": "float32 and float64 alone", "backend": 'always "numpy"'},
    "callbacks": {"TensorBoard": "needs tensorboardX; writes scalars and histograms"},
    "config": {
        "set_floatx set_dtype_policy": "float32 and float64 alone; both set the same",
        "backend": 'always "numpy"',
        "set_backend": 'accepts "numpy" alone',
        "enable_traceback_filtering disable_traceback_filtering": "accepted, without effect: tracebacks are whole",
        "is_traceback_filtering_enabled is_flash_attention_enabled is_nnx_enabled": "always False",
        "disable_flash_attention": "accepted, without effect",
        "enable_flash_attention enable_unsafe_deserialization": "raise an error",
    },
    "dtype_policies": {"DTypePolicy FloatDTypePolicy get deserialize": "float32 and float64 alone"},
    "layers": {
        "RandomContrast": "one factor f means contrasts from 1 - f to 1 + f",
        "RandomCrop RandomPerspective RandomRotation RandomShear Resizing RandAugment": "boxes follow the pixels exactly",
        "RandomElasticTransform": "segmentation masks follow the images",
        "AutoContrast": 'right also with data_format="channels_first"',
        "CutMix MixUp": "labels are (batch, classes); labels of boxes and masks are mixed along the right axis",
        "Solarization": "both ends of a factor are parts of 255; Keras takes the lower end as it is",
    },
    "mixed_precision": {"DTypePolicy Policy set_dtype_policy set_global_policy": "float32 and float64 alone"},
    "random": {"*": "the same distributions, other numbers for a seed"},
    "saving": {"load_model": "nothing that a file says is ever executed"},
    "utils": {"normalize": "axis 0 is the first axis"},
}

Table = dict[str, dict[str, str]]


def entry(table: Table, namespace: str, name: str) -> str | None:
    """What a table says about a name: in its row, or in the row "*" of its namespace or of one around it."""
    while True:
        rows = table.get(namespace, {})
        for names, text in rows.items():
            if name in names.split():
                return text
        if "*" in rows:
            return rows["*"]
        if "." not in namespace:
            return None
        namespace, _, name = namespace.rpartition(".")


def why_absent(namespace: str, name: str) -> str | None:
    """Why minidl does not have a name of Keras, and what to use instead; `None` for a name that Keras does not have either.

    Example:
        >>> why_absent("saving", "KerasFileEditor")
        'it edits HDF5 files of Keras; use model.get_weights and model.set_weights'
    """
    if name not in KERAS_ONLY.get(namespace, "").split():
        return None
    return entry(IMPOSSIBLE, namespace, name) or entry(NOT_YET, namespace, name)
