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

_PACKAGES = {
    "activations": "celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_tanh keras_2_hard_sigmoid "
    "leaky_relu linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign "
    "sparse_plus sparse_sigmoid sparsemax squareplus tanh tanh_shrink threshold",
    "callbacks": "BackupAndRestore CSVLogger Callback CallbackList EarlyStopping History LambdaCallback "
    "LearningRateScheduler ModelCheckpoint ProgbarLogger ProgressBar ReduceLROnPlateau SwapEMAWeights TensorBoard "
    "TerminateOnNaN",
    "constraints": "MaxNorm MinMaxNorm NonNeg UnitNorm",
    "diagnostics": "WatchLayers",
    "distillation": "Distiller FeatureDistillation LogitsDistillation",
    "initializers": "Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LecunNormal LecunUniform Ones Orthogonal "
    "RandomNormal RandomUniform STFT TruncatedNormal VarianceScaling Zeros",
    "interop.keras": "",
    "interop.onnx": "",
    "layers": " ".join(LAYERS),
    "losses": "BinaryCrossentropy BinaryFocalCrossentropy CTC CategoricalCrossentropy CategoricalFocalCrossentropy "
    "CategoricalGeneralizedCrossEntropy CategoricalHinge Circle CosineSimilarity Dice FunctionLoss Hinge Huber "
    "KLDivergence LogCosh MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError "
    "MeanSquaredLogarithmicError Poisson SparseCategoricalCrossentropy SquaredHinge Tversky",
    "metrics": "AUC Accuracy BinaryAccuracy BinaryCrossentropy BinaryIoU CategoricalAccuracy CategoricalCrossentropy "
    "CategoricalHinge ConcordanceCorrelation CosineSimilarity F1Score FBetaScore FalseNegatives FalsePositives "
    "Hinge IoU KLDivergence LogCoshError Mean MeanAbsoluteError MeanAbsolutePercentageError MeanIoU "
    "MeanMetricWrapper MeanSquaredError MeanSquaredLogarithmicError OneHotIoU OneHotMeanIoU PearsonCorrelation "
    "Poisson Precision PrecisionAtRecall R2Score Recall RecallAtPrecision RootMeanSquaredError "
    "SensitivityAtSpecificity SparseCategoricalAccuracy SparseCategoricalCrossentropy SparseTopKCategoricalAccuracy "
    "SpecificityAtSensitivity SquaredHinge Sum TopKCategoricalAccuracy TrueNegatives TruePositives",
    "models": "Model Sequential",
    "ops": "",
    "optimizers": "Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl LBFGS Lamb Lion Muon Nadam RMSprop SGD ScheduleFreeAdamW",
    "optimizers.schedules": "CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay OneCycle "
    "PiecewiseConstantDecay PolynomialDecay",
    "random": "SeedGenerator",
    "regularizers": "L1 L1L2 L2 OrthogonalRegularizer",
}
PACKAGES: dict[str, tuple[str, ...]] = {package: tuple(names.split()) for package, names in _PACKAGES.items()}

# Classes that files may name although users never make one: what graphs of models hold besides public layers.
IN_FILES: dict[str, tuple[str, ...]] = {
    "applications": ("CustomScaleLayer", "LayerScale"),
    "graph": ("OperationCall",),
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
    "utils": "CustomObjectScope FeatureSpace ModelWarning Progbar PyDataset array_to_img audio_dataset_from_directory "
    "bounding_boxes clear_session custom_object_scope deserialize_keras_object disable_interactive_logging "
    "enable_interactive_logging epsilon floatx get_custom_objects get_file get_registered_name "
    "get_registered_object get_source_inputs "
    "image_dataset_from_directory img_to_array is_interactive_logging_enabled is_keras_tensor load_img model_to_dot normalize "
    "pack_x_y_sample_weight pad_sequences plot_confusion_matrix plot_model plot_weights register_keras_serializable "
    "save_img serialize_keras_object set_compiled set_epsilon set_floatx set_random_seed set_threads show_config split_dataset "
    "standardize_dtype text_dataset_from_directory threads timeseries_dataset_from_array to_categorical "
    "unpack_x_y_sample_weight",
}
# Other public names, which files never hold: where messages look up what the user may have meant.
FUNCTIONS: dict[str, tuple[str, ...]] = {package: tuple(names.split()) for package, names in _FUNCTIONS.items()}
