"""What the calls in `wrong_calls.txt` use: small models, data, and the public modules."""

import numpy as np

import minidl
from minidl import (
    Input,
    Model,
    Sequential,
    Variable,
    activations,
    callbacks,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    regularizers,
    utils,
)

X = np.linspace(-1, 1, 48, dtype="float32").reshape(16, 3)
Y = X[:, :1]


def model():
    return Sequential([Input((3,)), layers.Dense(1)])


def unbuilt():
    return Sequential([layers.Dense(1)])


def compiled():
    made = model()
    made.compile("sgd", "mse")
    return made


def classifier():
    made = Sequential([Input((3,)), layers.Dense(3, "softmax")])
    made.compile("sgd", "sparse_categorical_crossentropy")
    return made


def built_dense(x):
    layer = layers.Dense(8)
    layer(np.ones((2, 3)))
    return layer(x)


class OwnData(utils.PyDataset):
    pass


NAMES = {
    "np": np, "minidl": minidl, "Input": Input, "Model": Model, "Sequential": Sequential, "Variable": Variable,
    "activations": activations, "callbacks": callbacks, "constraints": constraints, "initializers": initializers,
    "layers": layers, "losses": losses, "metrics": metrics, "models": models, "ops": ops, "optimizers": optimizers,
    "regularizers": regularizers, "utils": utils, "X": X, "Y": Y, "model": model, "unbuilt": unbuilt, "compiled": compiled,
    "classifier": classifier, "built_dense": built_dense, "OwnData": OwnData,
}  # fmt: skip
