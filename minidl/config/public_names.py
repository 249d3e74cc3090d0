"""The public classes of each package, and for layers their files.

Saved models name classes; only names listed here, or registered by the user, are looked up.
"""

from minidl.config.layer_names import LAYERS

# Functions of minidl.layers, and the base class -> their file.
LAYER_FUNCTIONS: dict[str, str] = {
    "Input": "input_layer",
    "InputSpec": "input_spec",
    "Layer": "layer",
    "add": "merging.elementwise",
    "average": "merging.elementwise",
    "concatenate": "merging.concatenate",
    "deserialize": "serialization",
    "dot": "merging.dot",
    "maximum": "merging.elementwise",
    "minimum": "merging.elementwise",
    "multiply": "merging.elementwise",
    "serialize": "serialization",
    "subtract": "merging.elementwise",
}
# Keras's aliases of layers -> their names.
LAYER_ALIASES: dict[str, str] = {
    "AvgPool1D": "AveragePooling1D",
    "AvgPool2D": "AveragePooling2D",
    "AvgPool3D": "AveragePooling3D",
    "Convolution1D": "Conv1D",
    "Convolution1DTranspose": "Conv1DTranspose",
    "Convolution2D": "Conv2D",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Convolution3D": "Conv3D",
    "Convolution3DTranspose": "Conv3DTranspose",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalAvgPool3D": "GlobalAveragePooling3D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "GlobalMaxPool3D": "GlobalMaxPooling3D",
    "MaxPool1D": "MaxPooling1D",
    "MaxPool2D": "MaxPooling2D",
    "MaxPool3D": "MaxPooling3D",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
}

LAYER_FILES = LAYERS | LAYER_FUNCTIONS

# The names in each file of packages that import a file when one of its names is first used; or in a module elsewhere.
LAZY_FILES: dict[str, dict[str, str]] = {
    "callbacks": {
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
    },
    "losses": {
        "binary_crossentropy_loss": "BinaryCrossentropy",
        "categorical_crossentropy_loss": "CategoricalCrossentropy",
        "circle_loss": "Circle",
        "ctc_loss": "CTC",
        "divergence": "KLDivergence Poisson",
        "focal": "BinaryFocalCrossentropy CategoricalFocalCrossentropy",
        "function_loss": "FunctionLoss",
        "functions": "binary_crossentropy binary_focal_crossentropy categorical_crossentropy "
        "categorical_focal_crossentropy categorical_generalized_cross_entropy categorical_hinge circle "
        "cosine_similarity ctc dice hinge huber kl_divergence log_cosh mean_absolute_error "
        "mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error poisson "
        "sparse_categorical_crossentropy squared_hinge tversky",
        "generalized_crossentropy": "CategoricalGeneralizedCrossEntropy",
        "hinge_losses": "CategoricalHinge Hinge SquaredHinge",
        "regression": "CosineSimilarity Huber LogCosh MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError "
        "MeanSquaredLogarithmicError",
        "segmentation": "Dice Tversky",
        "sparse_categorical_crossentropy_loss": "SparseCategoricalCrossentropy",
    },
    "metrics": {
        "minidl.losses.functions": "binary_crossentropy binary_focal_crossentropy categorical_crossentropy "
        "categorical_focal_crossentropy categorical_hinge hinge huber kl_divergence log_cosh "
        "mean_absolute_error mean_absolute_percentage_error mean_squared_error "
        "mean_squared_logarithmic_error poisson sparse_categorical_crossentropy squared_hinge",
        "accuracy": "Accuracy BinaryAccuracy CategoricalAccuracy SparseCategoricalAccuracy",
        "at_threshold": "PrecisionAtRecall RecallAtPrecision SensitivityAtSpecificity SpecificityAtSensitivity",
        "auc": "AUC",
        "confusion": "FalseNegatives FalsePositives Precision Recall TrueNegatives TruePositives",
        "correlation": "ConcordanceCorrelation PearsonCorrelation",
        "f_score": "F1Score FBetaScore",
        "functions": "binary_accuracy categorical_accuracy concordance_correlation pearson_correlation "
        "sparse_categorical_accuracy sparse_top_k_categorical_accuracy top_k_categorical_accuracy",
        "iou": "BinaryIoU IoU MeanIoU OneHotIoU OneHotMeanIoU",
        "loss_metrics": "BinaryCrossentropy CategoricalCrossentropy CategoricalHinge CosineSimilarity Hinge KLDivergence "
        "LogCoshError MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError "
        "MeanSquaredLogarithmicError Poisson RootMeanSquaredError SparseCategoricalCrossentropy "
        "SquaredHinge",
        "mean": "Mean MeanMetric",
        "mean_of_function": "MeanMetricWrapper",
        "r2_score": "R2Score",
        "sum": "Sum",
        "top_k_accuracy": "SparseTopKCategoricalAccuracy TopKCategoricalAccuracy",
    },
    "optimizers": {
        "adadelta": "Adadelta",
        "adafactor": "Adafactor",
        "adagrad": "Adagrad",
        "adam": "Adam",
        "adamax": "Adamax",
        "adamw": "AdamW",
        "ftrl": "Ftrl",
        "lamb": "Lamb",
        "lbfgs": "LBFGS",
        "lion": "Lion",
        "multi_optimizer": "MultiOptimizer OptimizerMap",
        "muon": "Muon",
        "nadam": "Nadam",
        "rmsprop": "RMSprop",
        "schedule_free": "ScheduleFreeAdamW",
        "sgd": "SGD",
    },
    "optimizers.schedules": {
        "cosine": "CosineDecay CosineDecayRestarts OneCycle",
        "decays": "ExponentialDecay InverseTimeDecay PiecewiseConstantDecay PolynomialDecay",
    },
    "utils": {
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
    },
}


def _names(package: str, without: str = "", classes_only: bool = True) -> str:
    """The names of such a package in alphabetical order."""
    names = {name for names in LAZY_FILES[package].values() for name in names.split()} - {*without.split()}
    return " ".join(sorted(name for name in names if name[0].isupper() or not classes_only))


_PACKAGES = {
    "activations": "celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_tanh keras_2_hard_sigmoid "
    "leaky_relu linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign "
    "sparse_plus sparse_sigmoid sparsemax squareplus tanh tanh_shrink threshold",
    "callbacks": _names("callbacks"),
    "constraints": "MaxNorm MinMaxNorm NonNeg UnitNorm",
    "diagnostics": "WatchLayers",
    "distillation": "Distiller FeatureDistillation LogitsDistillation",
    "initializers": "Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LecunNormal LecunUniform Ones Orthogonal "
    "RandomNormal RandomUniform STFT TruncatedNormal VarianceScaling Zeros",
    "interop.keras": "",
    "interop.onnx": "",
    "layers": " ".join(LAYERS),
    "losses": _names("losses"),
    "metrics": _names("metrics", without="MeanMetric"),
    "models": "Model Sequential",
    "ops": "",
    "optimizers": _names("optimizers", without="MultiOptimizer OptimizerMap"),
    "optimizers.schedules": _names("optimizers.schedules"),
    "random": "SeedGenerator",
    "regularizers": "L1 L1L2 L2 OrthogonalRegularizer",
}
PACKAGES: dict[str, tuple[str, ...]] = {package: tuple(names.split()) for package, names in _PACKAGES.items()}

_LOSS_FUNCTIONS = (
    "binary_crossentropy binary_focal_crossentropy categorical_crossentropy categorical_focal_crossentropy "
    "categorical_generalized_cross_entropy categorical_hinge circle cosine_similarity ctc dice hinge huber kl_divergence "
    "log_cosh mean_absolute_error mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error poisson "
    "sparse_categorical_crossentropy squared_hinge tversky"
)
_METRIC_FUNCTIONS = (
    "binary_accuracy categorical_accuracy concordance_correlation pearson_correlation sparse_categorical_accuracy "
    "sparse_top_k_categorical_accuracy top_k_categorical_accuracy"
)
# What files may name besides: classes in the graphs of models that users never make, and functions in `MeanMetricWrapper`.
IN_FILES: dict[str, tuple[str, ...]] = {
    "applications": ("CustomScaleLayer", "LayerScale"),
    "graph": ("OperationCall",),
    "losses": tuple(_LOSS_FUNCTIONS.split()),
    "metrics": tuple(_METRIC_FUNCTIONS.split()),
    "optimizers": ("MultiOptimizer", "OptimizerMap"),
    "random": ("Draw",),
    "utils": ("Cross", "Feature", "FeatureSpace"),
}

_FUNCTIONS = {
    "datasets": "boston_housing california_housing cifar10 cifar100 digits fashion_mnist imdb mnist reuters",
    "backend": "get_uid image_data_format is_float_dtype is_int_dtype is_keras_tensor result_type standardize_dtype",
    "config": "dtype_policy image_data_format set_dtype_policy set_image_data_format",
    "interop.onnx": "export",
    "models": "Function clone_model model_from_json",
    "random": "beta binomial categorical dropout gamma normal randint shuffle truncated_normal uniform",
    "saving": "load_weights register_keras_serializable save_model save_weights",
    "utils": _names("utils", without="Cross Feature Sequence summarize", classes_only=False),
}
# Other public names, which files never hold: where messages look up what the user may have meant.
FUNCTIONS: dict[str, tuple[str, ...]] = {package: tuple(names.split()) for package, names in _FUNCTIONS.items()}
