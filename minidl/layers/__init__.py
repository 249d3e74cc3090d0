"""The layers. Each is imported when it is first used."""

import importlib
from typing import TYPE_CHECKING, Any

from minidl.config.missing_names import missing_name
from minidl.config.public_names import LAYER_ALIASES, LAYER_FILES

if TYPE_CHECKING:  # the same names for type checkers and editors; a test holds the two lists equal
    from minidl.layers.activation import Activation as Activation
    from minidl.layers.activations.leaky_relu import ELU as ELU
    from minidl.layers.activations.leaky_relu import LeakyReLU as LeakyReLU
    from minidl.layers.activations.prelu import PReLU as PReLU
    from minidl.layers.activations.relu import ReLU as ReLU
    from minidl.layers.activations.softmax import Softmax as Softmax
    from minidl.layers.attention.additive_attention import AdditiveAttention as AdditiveAttention
    from minidl.layers.attention.attention import Attention as Attention
    from minidl.layers.attention.group_query_attention import GroupQueryAttention as GroupQueryAttention
    from minidl.layers.attention.multi_head_attention import MultiHeadAttention as MultiHeadAttention
    from minidl.layers.attention.positions import PositionEmbedding as PositionEmbedding
    from minidl.layers.attention.positions import SinePositionEncoding as SinePositionEncoding
    from minidl.layers.convolution.conv import Conv1D as Conv1D
    from minidl.layers.convolution.conv import Conv1D as Convolution1D
    from minidl.layers.convolution.conv import Conv2D as Conv2D
    from minidl.layers.convolution.conv import Conv2D as Convolution2D
    from minidl.layers.convolution.conv import Conv3D as Conv3D
    from minidl.layers.convolution.conv import Conv3D as Convolution3D
    from minidl.layers.convolution.depthwise import DepthwiseConv1D as DepthwiseConv1D
    from minidl.layers.convolution.depthwise import DepthwiseConv2D as DepthwiseConv2D
    from minidl.layers.convolution.separable import SeparableConv1D as SeparableConv1D
    from minidl.layers.convolution.separable import SeparableConv1D as SeparableConvolution1D
    from minidl.layers.convolution.separable import SeparableConv2D as SeparableConv2D
    from minidl.layers.convolution.separable import SeparableConv2D as SeparableConvolution2D
    from minidl.layers.convolution.transpose import Conv1DTranspose as Conv1DTranspose
    from minidl.layers.convolution.transpose import Conv1DTranspose as Convolution1DTranspose
    from minidl.layers.convolution.transpose import Conv2DTranspose as Conv2DTranspose
    from minidl.layers.convolution.transpose import Conv2DTranspose as Convolution2DTranspose
    from minidl.layers.convolution.transpose import Conv3DTranspose as Conv3DTranspose
    from minidl.layers.convolution.transpose import Conv3DTranspose as Convolution3DTranspose
    from minidl.layers.dense import Dense as Dense
    from minidl.layers.einsum_dense import EinsumDense as EinsumDense
    from minidl.layers.embedding import Embedding as Embedding
    from minidl.layers.identity import Identity as Identity
    from minidl.layers.input_layer import Input as Input
    from minidl.layers.input_layer import InputLayer as InputLayer
    from minidl.layers.input_spec import InputSpec as InputSpec
    from minidl.layers.lambda_layer import Lambda as Lambda
    from minidl.layers.layer import Layer as Layer
    from minidl.layers.masking import Masking as Masking
    from minidl.layers.merging.concatenate import Concatenate as Concatenate
    from minidl.layers.merging.concatenate import concatenate as concatenate
    from minidl.layers.merging.dot import Dot as Dot
    from minidl.layers.merging.dot import dot as dot
    from minidl.layers.merging.elementwise import Add as Add
    from minidl.layers.merging.elementwise import Average as Average
    from minidl.layers.merging.elementwise import Maximum as Maximum
    from minidl.layers.merging.elementwise import Minimum as Minimum
    from minidl.layers.merging.elementwise import Multiply as Multiply
    from minidl.layers.merging.elementwise import Subtract as Subtract
    from minidl.layers.merging.elementwise import add as add
    from minidl.layers.merging.elementwise import average as average
    from minidl.layers.merging.elementwise import maximum as maximum
    from minidl.layers.merging.elementwise import minimum as minimum
    from minidl.layers.merging.elementwise import multiply as multiply
    from minidl.layers.merging.elementwise import subtract as subtract
    from minidl.layers.normalization.batch_normalization import BatchNormalization as BatchNormalization
    from minidl.layers.normalization.group_normalization import GroupNormalization as GroupNormalization
    from minidl.layers.normalization.layer_normalization import LayerNormalization as LayerNormalization
    from minidl.layers.normalization.rms_normalization import RMSNormalization as RMSNormalization
    from minidl.layers.normalization.spectral_normalization import SpectralNormalization as SpectralNormalization
    from minidl.layers.normalization.unit_normalization import UnitNormalization as UnitNormalization
    from minidl.layers.pipeline import Pipeline as Pipeline
    from minidl.layers.pooling.adaptive_pooling import AdaptiveAveragePooling1D as AdaptiveAveragePooling1D
    from minidl.layers.pooling.adaptive_pooling import AdaptiveAveragePooling2D as AdaptiveAveragePooling2D
    from minidl.layers.pooling.adaptive_pooling import AdaptiveAveragePooling3D as AdaptiveAveragePooling3D
    from minidl.layers.pooling.adaptive_pooling import AdaptiveMaxPooling1D as AdaptiveMaxPooling1D
    from minidl.layers.pooling.adaptive_pooling import AdaptiveMaxPooling2D as AdaptiveMaxPooling2D
    from minidl.layers.pooling.adaptive_pooling import AdaptiveMaxPooling3D as AdaptiveMaxPooling3D
    from minidl.layers.pooling.global_pooling import GlobalAveragePooling1D as GlobalAveragePooling1D
    from minidl.layers.pooling.global_pooling import GlobalAveragePooling1D as GlobalAvgPool1D
    from minidl.layers.pooling.global_pooling import GlobalAveragePooling2D as GlobalAveragePooling2D
    from minidl.layers.pooling.global_pooling import GlobalAveragePooling2D as GlobalAvgPool2D
    from minidl.layers.pooling.global_pooling import GlobalAveragePooling3D as GlobalAveragePooling3D
    from minidl.layers.pooling.global_pooling import GlobalAveragePooling3D as GlobalAvgPool3D
    from minidl.layers.pooling.global_pooling import GlobalMaxPooling1D as GlobalMaxPool1D
    from minidl.layers.pooling.global_pooling import GlobalMaxPooling1D as GlobalMaxPooling1D
    from minidl.layers.pooling.global_pooling import GlobalMaxPooling2D as GlobalMaxPool2D
    from minidl.layers.pooling.global_pooling import GlobalMaxPooling2D as GlobalMaxPooling2D
    from minidl.layers.pooling.global_pooling import GlobalMaxPooling3D as GlobalMaxPool3D
    from minidl.layers.pooling.global_pooling import GlobalMaxPooling3D as GlobalMaxPooling3D
    from minidl.layers.pooling.pooling import AveragePooling1D as AveragePooling1D
    from minidl.layers.pooling.pooling import AveragePooling1D as AvgPool1D
    from minidl.layers.pooling.pooling import AveragePooling2D as AveragePooling2D
    from minidl.layers.pooling.pooling import AveragePooling2D as AvgPool2D
    from minidl.layers.pooling.pooling import AveragePooling3D as AveragePooling3D
    from minidl.layers.pooling.pooling import AveragePooling3D as AvgPool3D
    from minidl.layers.pooling.pooling import MaxPooling1D as MaxPool1D
    from minidl.layers.pooling.pooling import MaxPooling1D as MaxPooling1D
    from minidl.layers.pooling.pooling import MaxPooling2D as MaxPool2D
    from minidl.layers.pooling.pooling import MaxPooling2D as MaxPooling2D
    from minidl.layers.pooling.pooling import MaxPooling3D as MaxPool3D
    from minidl.layers.pooling.pooling import MaxPooling3D as MaxPooling3D
    from minidl.layers.preprocessing.aug_mix import AugMix as AugMix
    from minidl.layers.preprocessing.category_encoding import CategoryEncoding as CategoryEncoding
    from minidl.layers.preprocessing.clahe import (
        ContrastLimitedAdaptiveHistogramEqualization as ContrastLimitedAdaptiveHistogramEqualization,
    )
    from minidl.layers.preprocessing.contrast_curves import AutoContrast as AutoContrast
    from minidl.layers.preprocessing.contrast_curves import Equalization as Equalization
    from minidl.layers.preprocessing.cropping import CenterCrop as CenterCrop
    from minidl.layers.preprocessing.cropping import RandomCrop as RandomCrop
    from minidl.layers.preprocessing.discretization import Discretization as Discretization
    from minidl.layers.preprocessing.hashing import HashedCrossing as HashedCrossing
    from minidl.layers.preprocessing.hashing import Hashing as Hashing
    from minidl.layers.preprocessing.lookup import IntegerLookup as IntegerLookup
    from minidl.layers.preprocessing.lookup import StringLookup as StringLookup
    from minidl.layers.preprocessing.max_num_bounding_boxes import MaxNumBoundingBoxes as MaxNumBoundingBoxes
    from minidl.layers.preprocessing.mel_spectrogram import MelSpectrogram as MelSpectrogram
    from minidl.layers.preprocessing.normalization import Normalization as Normalization
    from minidl.layers.preprocessing.rand_augment import RandAugment as RandAugment
    from minidl.layers.preprocessing.random_affine import RandomRotation as RandomRotation
    from minidl.layers.preprocessing.random_affine import RandomShear as RandomShear
    from minidl.layers.preprocessing.random_affine import RandomTranslation as RandomTranslation
    from minidl.layers.preprocessing.random_affine import RandomZoom as RandomZoom
    from minidl.layers.preprocessing.random_brightness import RandomBrightness as RandomBrightness
    from minidl.layers.preprocessing.random_color_jitter import RandomColorJitter as RandomColorJitter
    from minidl.layers.preprocessing.random_contrast import RandomContrast as RandomContrast
    from minidl.layers.preprocessing.random_elastic_transform import RandomElasticTransform as RandomElasticTransform
    from minidl.layers.preprocessing.random_erasing import CutMix as CutMix
    from minidl.layers.preprocessing.random_erasing import MixUp as MixUp
    from minidl.layers.preprocessing.random_erasing import RandomErasing as RandomErasing
    from minidl.layers.preprocessing.random_filters import RandomGaussianBlur as RandomGaussianBlur
    from minidl.layers.preprocessing.random_filters import RandomSharpness as RandomSharpness
    from minidl.layers.preprocessing.random_flip import RandomFlip as RandomFlip
    from minidl.layers.preprocessing.random_grayscale import RandomColorDegeneration as RandomColorDegeneration
    from minidl.layers.preprocessing.random_grayscale import RandomGrayscale as RandomGrayscale
    from minidl.layers.preprocessing.random_hue import RandomHue as RandomHue
    from minidl.layers.preprocessing.random_hue import RandomSaturation as RandomSaturation
    from minidl.layers.preprocessing.random_invert import RandomInvert as RandomInvert
    from minidl.layers.preprocessing.random_invert import Solarization as Solarization
    from minidl.layers.preprocessing.random_perspective import RandomPerspective as RandomPerspective
    from minidl.layers.preprocessing.random_posterization import RandomPosterization as RandomPosterization
    from minidl.layers.preprocessing.rescaling import Rescaling as Rescaling
    from minidl.layers.preprocessing.resizing import Resizing as Resizing
    from minidl.layers.preprocessing.stft_spectrogram import STFTSpectrogram as STFTSpectrogram
    from minidl.layers.preprocessing.text_vectorization import TextVectorization as TextVectorization
    from minidl.layers.recurrent.bidirectional import Bidirectional as Bidirectional
    from minidl.layers.recurrent.conv_lstm import ConvLSTM1D as ConvLSTM1D
    from minidl.layers.recurrent.conv_lstm import ConvLSTM2D as ConvLSTM2D
    from minidl.layers.recurrent.conv_lstm import ConvLSTM3D as ConvLSTM3D
    from minidl.layers.recurrent.gru import GRU as GRU
    from minidl.layers.recurrent.gru import GRUCell as GRUCell
    from minidl.layers.recurrent.lstm import LSTM as LSTM
    from minidl.layers.recurrent.lstm import LSTMCell as LSTMCell
    from minidl.layers.recurrent.rnn import RNN as RNN
    from minidl.layers.recurrent.simple_rnn import SimpleRNN as SimpleRNN
    from minidl.layers.recurrent.simple_rnn import SimpleRNNCell as SimpleRNNCell
    from minidl.layers.recurrent.stacked import StackedRNNCells as StackedRNNCells
    from minidl.layers.recurrent.time_distributed import TimeDistributed as TimeDistributed
    from minidl.layers.regularization.activity_regularization import ActivityRegularization as ActivityRegularization
    from minidl.layers.regularization.alpha_dropout import AlphaDropout as AlphaDropout
    from minidl.layers.regularization.dropout import Dropout as Dropout
    from minidl.layers.regularization.gaussian import GaussianDropout as GaussianDropout
    from minidl.layers.regularization.gaussian import GaussianNoise as GaussianNoise
    from minidl.layers.regularization.spatial_dropout import SpatialDropout1D as SpatialDropout1D
    from minidl.layers.regularization.spatial_dropout import SpatialDropout2D as SpatialDropout2D
    from minidl.layers.regularization.spatial_dropout import SpatialDropout3D as SpatialDropout3D
    from minidl.layers.reshaping.cropping import Cropping1D as Cropping1D
    from minidl.layers.reshaping.cropping import Cropping2D as Cropping2D
    from minidl.layers.reshaping.cropping import Cropping3D as Cropping3D
    from minidl.layers.reshaping.flatten import Flatten as Flatten
    from minidl.layers.reshaping.permute import Permute as Permute
    from minidl.layers.reshaping.repeat_vector import RepeatVector as RepeatVector
    from minidl.layers.reshaping.reshape import Reshape as Reshape
    from minidl.layers.reshaping.up_sampling import UpSampling1D as UpSampling1D
    from minidl.layers.reshaping.up_sampling import UpSampling2D as UpSampling2D
    from minidl.layers.reshaping.up_sampling import UpSampling3D as UpSampling3D
    from minidl.layers.reshaping.zero_padding import ZeroPadding1D as ZeroPadding1D
    from minidl.layers.reshaping.zero_padding import ZeroPadding2D as ZeroPadding2D
    from minidl.layers.reshaping.zero_padding import ZeroPadding3D as ZeroPadding3D
    from minidl.layers.reversible_embedding import ReversibleEmbedding as ReversibleEmbedding
    from minidl.layers.serialization import deserialize as deserialize
    from minidl.layers.serialization import serialize as serialize
    from minidl.layers.wrapper import Wrapper as Wrapper

__all__ = sorted([*LAYER_FILES, *LAYER_ALIASES])  # computed, from the one list


def __getattr__(name: str) -> Any:
    known = LAYER_ALIASES.get(name, name)
    if known not in LAYER_FILES:
        raise AttributeError(missing_name("minidl.layers", name, __all__))
    found = getattr(importlib.import_module(f"minidl.layers.{LAYER_FILES[known]}"), known)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
