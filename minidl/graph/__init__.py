"""Symbolic tensors, and the graphs of layers that they draw."""

from minidl.graph.graph import Graph
from minidl.graph.symbolic import Node, SymbolicTensor, is_symbolic

__all__ = ["Graph", "Node", "SymbolicTensor", "is_symbolic"]
