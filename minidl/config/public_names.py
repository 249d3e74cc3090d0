"""The public classes of each package, and for layers their files.

Saved models name classes; only names listed here, or registered by the user, are looked up.
"""

# File in layers/ -> the classes in it.
_LAYERS = {
    "activation": "Activation",
    "activations.leaky_relu": "ELU LeakyReLU",
    "activations.prelu": "PReLU",
    "activations.relu": "ReLU",
    "activations.softmax": "Softmax",
    "attention.additive_attention": "AdditiveAttention",
    "attention.attention": "Attention",
    "attention.group_query_attention": "GroupQueryAttention",
    "attention.multi_head_attention": "MultiHeadAttention",
    "attention.positions": "PositionEmbedding SinePositionEncoding",
    "convolution.conv": "Conv1D Conv2D Conv3D",
    "convolution.depthwise": "DepthwiseConv1D DepthwiseConv2D",
    "convolution.separable": "SeparableConv1D SeparableConv2D",
    "convolution.transpose": "Conv1DTranspose Conv2DTranspose Conv3DTranspose",
    "dense": "Dense",
    "einsum_dense": "EinsumDense",
    "embedding": "Embedding",
    "identity": "Identity",
    "input_layer": "InputLayer",
    "lambda_layer": "Lambda",
    "masking": "Masking",
    "merging.concatenate": "Concatenate",
    "merging.dot": "Dot",
    "merging.elementwise": "Add Average Maximum Minimum Multiply Subtract",
    "normalization.batch_normalization": "BatchNormalization",
    "normalization.group_normalization": "GroupNormalization",
    "normalization.layer_normalization": "LayerNormalization",
    "normalization.rms_normalization": "RMSNormalization",
    "normalization.spectral_normalization": "SpectralNormalization",
    "normalization.unit_normalization": "UnitNormalization",
    "pooling.global_pooling": "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D "
    "GlobalMaxPooling2D GlobalMaxPooling3D",
    "pooling.pooling": "AveragePooling1D AveragePooling2D AveragePooling3D MaxPooling1D MaxPooling2D MaxPooling3D",
    "recurrent.bidirectional": "Bidirectional",
    "preprocessing.category_encoding": "CategoryEncoding",
    "preprocessing.cropping": "CenterCrop RandomCrop",
    "preprocessing.discretization": "Discretization",
    "preprocessing.normalization": "Normalization",
    "preprocessing.random_affine": "RandomRotation RandomTranslation RandomZoom",
    "preprocessing.random_contrast": "RandomContrast",
    "preprocessing.random_flip": "RandomFlip",
    "preprocessing.rescaling": "Rescaling",
    "preprocessing.resizing": "Resizing",
    "preprocessing.lookup": "IntegerLookup StringLookup",
    "preprocessing.text_vectorization": "TextVectorization",
    "recurrent.time_distributed": "TimeDistributed",
    "recurrent.conv_lstm": "ConvLSTM1D ConvLSTM2D ConvLSTM3D",
    "recurrent.gru": "GRU GRUCell",
    "recurrent.lstm": "LSTM LSTMCell",
    "recurrent.rnn": "RNN",
    "recurrent.simple_rnn": "SimpleRNN SimpleRNNCell",
    "recurrent.stacked": "StackedRNNCells",
    "regularization.activity_regularization": "ActivityRegularization",
    "regularization.alpha_dropout": "AlphaDropout",
    "regularization.dropout": "Dropout",
    "regularization.gaussian": "GaussianDropout GaussianNoise",
    "regularization.spatial_dropout": "SpatialDropout1D SpatialDropout2D SpatialDropout3D",
    "reshaping.cropping": "Cropping1D Cropping2D Cropping3D",
    "reshaping.flatten": "Flatten",
    "reshaping.permute": "Permute",
    "reshaping.repeat_vector": "RepeatVector",
    "reshaping.reshape": "Reshape",
    "reshaping.up_sampling": "UpSampling1D UpSampling2D UpSampling3D",
    "reshaping.zero_padding": "ZeroPadding1D ZeroPadding2D ZeroPadding3D",
    "wrapper": "Wrapper",
}
# File in layers/ -> its other public names: functions, and the base class.
_OTHER_NAMES = {
    "input_layer": "Input",
    "layer": "Layer",
    "merging.concatenate": "concatenate",
    "serialization": "deserialize serialize",
    "merging.dot": "dot",
    "merging.elementwise": "add average maximum minimum multiply subtract",
}
# Keras's second names of a layer -> the first.
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

LAYER_FILES = {name: file for table in (_LAYERS, _OTHER_NAMES) for file, names in table.items() for name in names.split()}

_PACKAGES = {
    "activations": "celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu linear log_sigmoid "
    "log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid sparsemax "
    "squareplus tanh tanh_shrink threshold",
    "callbacks": "BackupAndRestore CSVLogger Callback CallbackList EarlyStopping History LambdaCallback "
    "LearningRateScheduler ModelCheckpoint ProgressBar ReduceLROnPlateau SwapEMAWeights TensorBoard TerminateOnNaN",
    "constraints": "MaxNorm MinMaxNorm NonNeg UnitNorm",
    "diagnostics": "WatchLayers",
    "initializers": "Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LecunNormal LecunUniform Ones Orthogonal "
    "RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros",
    "layers": " ".join(sorted(" ".join(_LAYERS.values()).split())),
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
    "optimizers": "Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl LBFGS Lamb Lion Muon Nadam RMSprop SGD ScheduleFreeAdamW",
    "optimizers.schedules": "CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay OneCycle "
    "PiecewiseConstantDecay PolynomialDecay",
    "random": "SeedGenerator",
    "regularizers": "L1 L1L2 L2 OrthogonalRegularizer",
}
PACKAGES: dict[str, tuple[str, ...]] = {package: tuple(names.split()) for package, names in _PACKAGES.items()}

# Classes that files may name although users never make one: what graphs of models hold besides layers.
IN_FILES: dict[str, tuple[str, ...]] = {"graph": ("OperationCall",), "random": ("Draw",)}

_FUNCTIONS = {
    "datasets": "digits mnist",
    "models": "clone_model",
    "random": "normal uniform",
    "saving": "load_weights register_keras_serializable save_model save_weights",
    "utils": "PyDataset clear_session epsilon floatx image_dataset_from_directory normalize pad_sequences "
    "plot_confusion_matrix plot_weights set_epsilon set_floatx set_random_seed set_threads split_dataset threads "
    "timeseries_dataset_from_array to_categorical",
}
# Other public names, which files never hold: where messages look up what the user may have meant.
FUNCTIONS: dict[str, tuple[str, ...]] = {package: tuple(names.split()) for package, names in _FUNCTIONS.items()}
