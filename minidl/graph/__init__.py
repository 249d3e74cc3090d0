"""Networks: symbolic tensors and the graphs they make, chains of layers, and code with `call`."""

from minidl.graph.chain import Chain
from minidl.graph.graph import Graph
from minidl.graph.network import Network
from minidl.graph.operation_call import OperationCall
from minidl.graph.symbolic import Node, SymbolicTensor, is_symbolic

__all__ = ["Chain", "Graph", "Network", "Node", "OperationCall", "SymbolicTensor", "is_symbolic"]
