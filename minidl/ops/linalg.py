"""The functions of `minidl.ops` for matrices, as `ops.linalg.svd`."""

from minidl.ops import decompositions, norms
from minidl.ops.custom_gradients import jvp
from minidl.ops.decompositions import *
from minidl.ops.matrix_products import det, inv, solve
from minidl.ops.norms import *

__all__ = ["det", "inv", "jvp", "solve"]
__all__ += decompositions.__all__
__all__ += norms.__all__
