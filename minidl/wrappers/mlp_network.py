"""The network of a multi-layer perceptron with scikit-learn's settings, as a minidl model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minidl.config.randomness import seeds_from
from minidl.config.types import Array
from minidl.layers import Dense, Input, Layer
from minidl.losses import BinaryCrossentropy, Loss, MeanSquaredError, Poisson, SparseCategoricalCrossentropy
from minidl.models import Sequential
from minidl.optimizers import SGD, Adam, Optimizer
from minidl.wrappers.mlp_checks import hidden_sizes

if TYPE_CHECKING:
    from minidl.wrappers.mlp_base import BaseMLP

# scikit-learn's names -> Keras's
ACTIVATIONS = {
    "identity": "linear",
    "logistic": "sigmoid",
    "tanh": "tanh",
    "relu": "relu",
    "softmax": "softmax",
    "exp": "exponential",
}
_MEAN = "mean_with_sample_weight"


def make_network(settings: BaseMLP, features: int, dtype: str, seed: int) -> Sequential:
    """A built model: `Dense` layers, or copies of the given `hidden_layers`, and a `Dense` layer for the outputs."""
    given, activation = settings.hidden_layers, ACTIVATIONS[settings.activation]
    with seeds_from(seed):
        if given is None:
            hidden: list[Layer] = [Dense(size, activation, dtype=dtype) for size in hidden_sizes(settings)]
        else:
            hidden = [type(layer).from_config(layer.get_config() | {"dtype": dtype}) for layer in given]
        output = Dense(settings.n_outputs_, ACTIVATIONS[settings.out_activation_], dtype=dtype, name="output")
        return Sequential([Input((features,), dtype=dtype), *hidden, output])


def draw_weights(model: Sequential, activation: str, random_state: np.random.RandomState) -> None:
    """Draw the weights of all `Dense` layers as scikit-learn does: with the same `random_state` they are the same numbers.

    Kernels and biases are uniform within `sqrt(6 / (fan_in + fan_out))`, with the logistic function `sqrt(2 / ...)`
    (Glorot & Bengio 2010).
    """
    for layer in dense_layers(model):
        bound = np.sqrt((2.0 if activation == "logistic" else 6.0) / sum(layer.kernel.shape))
        for variable in layer.weights:
            variable.assign(random_state.uniform(-bound, bound, variable.shape))


def dense_layers(model: Sequential) -> list[Dense]:
    """The `Dense` layers, whose weights are `coefs_` and `intercepts_`."""
    return [layer for layer in model.layers if isinstance(layer, Dense)]


def compile_network(model: Sequential, optimizer: Optimizer, out_activation: str) -> None:
    """Compile with the loss that belongs to the output's activation, so that `dL/dz` is `y_pred - y` for each.

    scikit-learn sums the loss of a row over its outputs where Keras takes the mean: the loss weight compensates for that.
    """
    outputs = dense_layers(model)[-1].units
    loss: Loss
    if out_activation == "softmax":
        loss, weight = SparseCategoricalCrossentropy(reduction=_MEAN), 1.0
    elif out_activation == "logistic":
        loss, weight = BinaryCrossentropy(reduction=_MEAN), float(outputs)
    elif out_activation == "exp":
        loss, weight = Poisson(reduction=_MEAN), float(outputs)
    else:
        loss, weight = MeanSquaredError(reduction=_MEAN), outputs / 2  # half the sum of squares
    model.compile(optimizer, loss, loss_weights=[weight])


def make_optimizer(settings: BaseMLP) -> Optimizer:
    """The optimizer of an estimator with `solver`, `learning_rate_init`, `momentum`, and so on."""
    if settings.solver == "sgd":
        nesterov = settings.nesterovs_momentum and settings.momentum > 0
        return SGD(settings.learning_rate_init, momentum=float(settings.momentum), nesterov=nesterov)
    return Adam(settings.learning_rate_init, settings.beta_1, settings.beta_2, settings.epsilon)


def set_weights(model: Sequential, coefs: list[Array], intercepts: list[Array]) -> None:
    """Take over arrays that a user has put into `coefs_` and `intercepts_`; the lists then hold the model's own arrays."""
    for index, layer in enumerate(dense_layers(model)):
        for arrays, variable in ((coefs, layer.kernel), (intercepts, layer.bias)):
            if arrays[index] is not variable.value:
                if not np.array_equal(arrays[index], variable.value):  # after unpickling they are equal
                    variable.assign(arrays[index])
                arrays[index] = variable.value
