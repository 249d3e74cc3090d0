"""The classes of operations that files of Keras hold, by the module of Keras that defines them."""

CLASSES = {
    "core": "Cast ConvertToTensor SaturateCast Scatter ScatterUpdate Slice SliceUpdate StopGradient Unstack",
    "einops": "Rearrange",
    "image": "AffineTransform CropImages ElasticTransform ExtractPatches GaussianBlur HSVToRGB MapCoordinates "
    "PadImages PerspectiveTransform Resize RGBToGrayscale RGBToHSV ScaleAndTranslate SobelEdges SSIM",
    "linalg": "Cholesky CholeskyInverse Det Eig Eigh Inv Lstsq LuFactor MatrixRank Norm Pinv Qr Solve SolveTriangular SVD",
    "math": "CDist Erf Erfc Erfinv ExtractSequences FFT FFT2 IFFT2 InTopK IRFFT ISTFT Logdet Logsumexp RFFT Rsqrt "
    "SegmentMax SegmentMin SegmentProd SegmentSum STFT TopK ViewAsComplex ViewAsReal",
    "nn": "AdaptiveAveragePool AdaptiveMaxPool AveragePool BatchNorm BinaryCrossentropy CategoricalCrossentropy "
    "Celu Conv ConvTranspose CTCDecode CTCLoss DepthToSpace DepthwiseConv DotProductAttention Elu Fold Gelu Glu "
    "HardShrink HardSigmoid HardSilu HardTanh LayerNorm LeakyRelu LogSigmoid LogSoftmax MaxPool Moments MultiHot "
    "Normalize OneHot Polar PSNR Relu Relu6 RMSNorm Selu SeparableConv Sigmoid Silu Softmax Softplus SoftShrink "
    "Softsign SpaceToDepth SparseCategoricalCrossentropy Sparsemax SparsePlus SparseSigmoid Squareplus TanhShrink "
    "Threshold Unfold",
    "numpy": "Abs Absolute Add All AllClose Amax Amin Angle Any Append Arange Arccos Arccosh Arcsin Arcsinh Arctan "
    "Arctan2 Arctanh Argmax Argmin Argpartition Argsort Array ArraySplit Average Bincount BitwiseAnd BitwiseInvert "
    "BitwiseLeftShift BitwiseNot BitwiseOr BitwiseRightShift BitwiseXor BroadcastTo Cbrt Ceil Clip Concatenate Conj "
    "Conjugate Copy Corrcoef Correlate Cos Cosh CountNonzero Cross Cumprod Cumsum Deg2rad Diag Diagflat Diagonal "
    "Diff Digitize Divide DivideNoNan Dot Dsplit Dstack Einsum EmptyLike Equal Exp Exp2 ExpandDims Expm1 Fabs Flip "
    "Fliplr Flipud Floor FloorDivide Fmax Fmin Fmod Full FullLike Gcd GetItem Greater GreaterEqual Heaviside "
    "Histogram Hsplit Hstack Hypot I0 Imag Inner Isclose Isfinite IsIn Isinf Isnan Isneginf Isposinf Isreal Kron "
    "Lcm Ldexp LeftShift Less LessEqual Linspace Log Log10 Log1p Log2 Logaddexp Logaddexp2 LogicalAnd LogicalNot "
    "LogicalOr LogicalXor Matmul Max Maximum Mean Median Meshgrid Min Minimum Mod Moveaxis Multiply Nanargmax "
    "Nanargmin Nancumprod Nancumsum Nanmax Nanmean Nanmedian Nanmin Nanpercentile Nanprod Nanquantile Nanstd Nansum "
    "NanToNum Nanvar Ndim Negative Nextafter Nonzero NotEqual OnesLike Outer Pad Percentile Power Prod Ptp Quantile "
    "Rad2deg Ravel Real Reciprocal Repeat Reshape RightShift Roll Rot90 Round SearchSorted Select Sign Signbit Sin "
    "Sinc Sinh Size Slogdet Sort Split Sqrt Square Squeeze Stack Std Subtract Sum Swapaxes Take TakeAlongAxis Tan "
    "Tanh Tensordot Tile Trace Transpose Trapezoid Tril Triu TrueDivide Trunc Unique UnravelIndex Vander Var Vdot "
    "View Vsplit Vstack Where ZerosLike",
}
# Classes whose functions have another name.
FUNCTIONS_OF_OTHER_NAMES = {
    "BatchNorm": "batch_normalization",
    "LayerNorm": "layer_normalization",
    "RMSNorm": "rms_normalization",
}
WITH_PYTHON_CODE = ("AssociativeScan", "Cond", "ForiLoop", "JVP", "Map", "Scan", "Switch", "VectorizedMap", "WhileLoop")
