"""The layers: what a model is made of."""

from minidl.layers.activation import Activation
from minidl.layers.activity_regularization import ActivityRegularization
from minidl.layers.batch_normalization import BatchNormalization
from minidl.layers.dense import Dense
from minidl.layers.dropout import Dropout
from minidl.layers.embedding import Embedding
from minidl.layers.flatten import Flatten
from minidl.layers.input_layer import Input, InputLayer
from minidl.layers.layer import Layer
from minidl.layers.merging import Add, add
from minidl.layers.relu import ReLU
from minidl.layers.reshape import Reshape
from minidl.layers.simple_rnn import SimpleRNN
from minidl.layers.softmax import Softmax

__all__ = [
    "Activation",
    "ActivityRegularization",
    "Add",
    "BatchNormalization",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "Input",
    "InputLayer",
    "Layer",
    "ReLU",
    "Reshape",
    "SimpleRNN",
    "Softmax",
    "add",
]
