"""Functions of tensors under NumPy's and Keras's names.

On arrays they compute values. On symbolic tensors they become nodes of a model, and inside `call` they are recorded: each has
a gradient, so code written with them needs no `backward`. NumPy functions on such tensors are the same operations.

`minidl.ops.nn`, `numpy`, `linalg` and `image` hold the same functions under Keras's second spelling, `ops.nn.relu`.
"""

from typing import TYPE_CHECKING

from minidl.autodiff import TABLE, Operation
from minidl.config.missing_names import attribute_error
from minidl.ops import (
    control_flow,
    custom_gradients,
    fourier,
    image,
    indexing,
    linalg,
    nn,
    numpy,
    numpy_functions,
    rearrangement,
    segments,
)
from minidl.ops.activation_functions import *
from minidl.ops.arithmetic import *
from minidl.ops.attention import *
from minidl.ops.complex import *
from minidl.ops.control_flow import *
from minidl.ops.conversion import *
from minidl.ops.convolution import *
from minidl.ops.creation import *
from minidl.ops.crossentropy import *
from minidl.ops.ctc import *
from minidl.ops.custom_gradients import *
from minidl.ops.decompositions import *
from minidl.ops.elements import *
from minidl.ops.fourier import *
from minidl.ops.indexing import *
from minidl.ops.integers import *
from minidl.ops.joining import *
from minidl.ops.logic import *
from minidl.ops.math import *
from minidl.ops.matrix_products import *
from minidl.ops.nan_reductions import *
from minidl.ops.normalization import *
from minidl.ops.norms import *
from minidl.ops.patches import *
from minidl.ops.pooling import *
from minidl.ops.products import *
from minidl.ops.rearrangement import *
from minidl.ops.reductions import *
from minidl.ops.repetition import *
from minidl.ops.segments import *
from minidl.ops.shapes import *
from minidl.ops.special import *
from minidl.ops.statistics import *

__all__ = ["TABLE", "Operation", "image", "linalg", "nn", "numpy"]
__all__ += control_flow.__all__
__all__ += custom_gradients.__all__
__all__ += fourier.__all__
__all__ += indexing.__all__
__all__ += rearrangement.__all__
__all__ += segments.__all__
__all__ += linalg.__all__
__all__ += nn.__all__
__all__ += numpy.__all__

if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, __all__)
