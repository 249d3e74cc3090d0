"""The functions of `minidl.ops` that NumPy has too, as `ops.numpy.sum`."""

from minidl.ops import (
    arithmetic,
    complex,
    conversion,
    creation,
    elements,
    integers,
    joining,
    logic,
    math,
    matrix_products,
    nan_reductions,
    products,
    reductions,
    repetition,
    shapes,
    special,
    statistics,
)
from minidl.ops.activation_functions import tanh
from minidl.ops.arithmetic import *
from minidl.ops.complex import *
from minidl.ops.control_flow import vectorize
from minidl.ops.conversion import *
from minidl.ops.creation import *
from minidl.ops.decompositions import slogdet
from minidl.ops.elements import *
from minidl.ops.indexing import select
from minidl.ops.integers import *
from minidl.ops.joining import *
from minidl.ops.logic import *
from minidl.ops.math import *
from minidl.ops.matrix_products import *
from minidl.ops.nan_reductions import *
from minidl.ops.products import *
from minidl.ops.reductions import *
from minidl.ops.repetition import *
from minidl.ops.shapes import *
from minidl.ops.special import *
from minidl.ops.statistics import *

__all__ = ["select", "slogdet", "tanh", "vectorize"]
__all__ += arithmetic.__all__
__all__ += complex.__all__
__all__ += creation.__all__
__all__ += conversion.__all__
__all__ += elements.__all__
__all__ += integers.__all__
__all__ += joining.__all__
__all__ += logic.__all__
__all__ += math.__all__
__all__ += matrix_products.__all__
__all__ += nan_reductions.__all__
__all__ += products.__all__
__all__ += reductions.__all__
__all__ += shapes.__all__
__all__ += repetition.__all__
__all__ += special.__all__
__all__ += statistics.__all__
