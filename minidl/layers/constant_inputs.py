"""Arrays among the symbolic tensors that a layer is called on, as in `Add()([tensor, array])`."""

import numpy as np

from minidl.config.layer_like import LayerLike
from minidl.config.nest import flatten, rebuild
from minidl.config.types import Array, Tensors
from minidl.graph.operation_call import OperationCall
from minidl.graph.symbolic import SymbolicTensor, connect
from minidl.variable import Variable


def as_symbolic(inputs: Array) -> Tensors:
    """The inputs with a symbolic tensor for each array or variable; one of a single row is repeated for each row of the batch.

    Raises:
        TypeError: an input is neither a symbolic tensor nor an array.
    """
    from minidl import ops

    members = flatten(inputs)
    if all(isinstance(member, SymbolicTensor) for member in members):
        return inputs
    batch = next(member for member in members if isinstance(member, SymbolicTensor))

    def symbolic(member: LayerLike) -> Tensors:
        if isinstance(member, SymbolicTensor) or not isinstance(member, (np.ndarray, Variable)) or np.ndim(member) == 0:
            return member
        if member.shape[0] == 1:
            return ops.broadcast_to(member, (ops.shape(batch)[0], *member.shape[1:]))
        return connect(OperationCall("broadcast_to", [member], {"shape": list(member.shape)}, []), [], {})

    return rebuild(inputs, [symbolic(member) for member in members])
