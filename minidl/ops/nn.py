"""The functions of `minidl.ops` that neural networks are made of, as `ops.nn.relu`."""

from minidl.ops import activation_functions, attention, convolution, crossentropy, ctc, normalization, patches, pooling
from minidl.ops.activation_functions import *
from minidl.ops.attention import *
from minidl.ops.complex import polar
from minidl.ops.convolution import *
from minidl.ops.crossentropy import *
from minidl.ops.ctc import *
from minidl.ops.logic import multi_hot, one_hot
from minidl.ops.normalization import *
from minidl.ops.patches import *
from minidl.ops.pooling import *
from minidl.ops.statistics import moments, psnr

__all__ = ["moments", "multi_hot", "one_hot", "polar", "psnr"]
__all__ += activation_functions.__all__
__all__ += attention.__all__
__all__ += convolution.__all__
__all__ += crossentropy.__all__
__all__ += ctc.__all__
__all__ += normalization.__all__
__all__ += patches.__all__
__all__ += pooling.__all__
