"""Every layer compared with Keras's: outputs to 1e-5, gradients of input and weights to 1e-4, penalties, masks."""

import inspect

import jax
import keras
import numpy as np
import pytest

import minidl
from minidl.config.public_names import PACKAGES
from minidl.models.training import add_weight_penalties
from tests.parity.comparing import assert_close, both, copy_random_weights
from tests.table.layers import gathered
from tests.table.layers.common import SEQUENCES, known_ids
from tests.test_every_public_class import LEFT_OUT

# class -> rows of (arguments, or a function from the library to them; input shape or arrays; how it is called)
LAYERS = gathered("COMPARED_WITH_KERAS")
NOT_IN_OUR_CONFIG, NO_SECOND_VALUES = gathered("NOT_IN_OUR_CONFIG"), gathered("NO_SECOND_VALUE")
SLOW_IN_KERAS = {"Equalization-0"}  # 256 bins
FORMS = [
    pytest.param(name, *row, id=f"{name}-{n}", marks=[pytest.mark.thorough] * (f"{name}-{n}" in SLOW_IN_KERAS))
    for name, rows in LAYERS.items()
    for n, row in enumerate(rows)
]

# Arguments that take one value in the table, whatever the layer, and why that is enough.
NO_SECOND_VALUE = dict.fromkeys(("autocast", "input_shape", "name", "dtype"), "tested for every layer alike") | {
    "trainable": "every layer alike; frozen batch normalisation above, the rest in test_training",
    "activity_regularizer": "one mechanism for all layers: Dense above",
}


def arguments_for(arguments, library):
    return dict(arguments(library) if callable(arguments) else arguments)


def make_both(name, arguments):
    return both(lambda k: getattr(k.layers, name)(**arguments_for(arguments, k)))


def arrays_of(shape, generator):
    if isinstance(shape, np.ndarray):
        return shape
    if isinstance(shape, list):
        return [arrays_of(one, generator) for one in shape]
    return generator.normal(size=shape).astype("float32")


def as_tuples(shapes):
    return str(shapes).replace("[", "(").replace("]", ")")


def flat(structure):
    return [leaf for one in structure for leaf in flat(one)] if isinstance(structure, (list, tuple)) else [structure]


def takes_shapes_one_by_one(layer):
    return "query_shape" in inspect.signature(layer.build).parameters


def call_keras(layer, x, call):
    """Keras's layer called as its users do, with what it knows of our call; ours gets all tensors as one list."""
    known = inspect.signature(layer.call).parameters
    call = {key: value for key, value in call.items() if key in known or (key == "mask" and "query" in known)}
    if isinstance(x, list) and "initial_state" in known:
        return layer(x[0], initial_state=x[1:], **call)
    if isinstance(x, list) and "states" in known:
        output, states = layer(x[0], x[1:], **call)
        return (output, *states)
    if "query" not in known:
        return layer(x, **call)
    for one, mask in zip(x, call.pop("mask", ())):  # as an Embedding in front would leave them
        keras.src.backend.set_keras_mask(one, mask)
    return layer(*x, **call)


def keras_pass(layer, x, dys, call):
    """Outputs, penalties, new state; and the gradients of weights and inputs under these output gradients."""
    differentiable = not np.issubdtype(np.asarray(flat(x)[0]).dtype, np.integer)
    trainable, state = layer.trainable_variables, layer.non_trainable_variables

    def scalar(values, inputs):
        mapping = [*zip(trainable, values), *((v, v.value) for v in state)]
        with keras.StatelessScope(mapping, collect_losses=True) as scope:
            y = flat(call_keras(layer, inputs, call))  # a whole call: activity regularisers are part of it
            penalty = sum(layer.losses)
            new_state = {v.name: scope.get_current_value(v) for v in state}
        return penalty + sum((dy * one).sum() for dy, one in zip(dys, y, strict=True)), (y, new_state, penalty)

    chosen = (0, 1) if differentiable else (0,)
    values = [v.value for v in trainable]
    (_, aside), gradients = jax.jit(jax.value_and_grad(scalar, argnums=chosen, has_aux=True))(values, x)
    return (*aside, gradients[0], flat(gradients[1]) if differentiable else None)


def keras_shape(layer, shape):
    """The shape that Keras's layer wants to be told: that of the first input, where the others are its states."""
    takes_states = {"initial_state", "states"} & set(inspect.signature(layer.call).parameters)
    return shape[0] if isinstance(shape, list) and takes_states else shape


def build_both(name, arguments, x, generator):
    """The two layers, built for that input, with the same random weights."""
    ours, theirs = make_both(name, arguments)
    shapes = [one.shape for one in x] if isinstance(x, list) else x.shape
    ours.build(shapes)
    theirs.build(*shapes) if takes_shapes_one_by_one(theirs) else theirs.build(keras_shape(theirs, shapes))
    copy_random_weights(ours, theirs, generator)
    return ours, theirs


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize(("name", "arguments", "shape", "call"), FORMS)
def test_outputs_gradients_penalties_masks_and_state_are_those_of_keras(name, arguments, shape, call):
    generator = np.random.default_rng(0)
    x = arrays_of(shape, generator)
    ours, theirs = build_both(name, arguments, x, generator)
    mask = call.get("mask")
    options = {key: value for key, value in call.items() if key not in ("mask", "training")}
    if not call.get("training"):
        with ours.preserved_state():
            inferred = ours(x, mask=mask, training=False, **options)

    y, cache, y_mask = ours._forward(x, mask, call.get("training", False), **options)
    dys = [generator.normal(size=one.shape).astype("float32") for one in flat(y)]
    for variable in ours.weights:
        variable.grad.fill(0)
    penalty = ours._penalty(cache)
    penalty += add_weight_penalties([v for v in ours.weights if v.regularizer is not None])
    dx = ours._backward(tuple(dys) if isinstance(y, tuple) else dys[0], cache)

    its_y, its_state, its_penalty, its_gradients, its_dx = keras_pass(theirs, x, dys, call)
    for mine, its in zip(flat(y), its_y, strict=True):
        assert_close(mine, its, 1e-5, "output")
    if not call.get("training"):
        for mine, its in zip(flat(inferred), its_y, strict=True):
            assert_close(mine, its, 1e-5, "output in inference")
    assert_close(np.float32(penalty), np.float32(its_penalty), 1e-5, "penalty")
    for variable, gradient in zip(ours.trainable_weights, its_gradients, strict=True):
        assert_close(variable.grad, gradient, 1e-4, f"gradient of {variable.name}")
    assert (dx is None) == (its_dx is None)
    for mine, its in zip(flat(dx) if its_dx else [], its_dx or [], strict=True):
        assert_close(mine, its, 1e-4, "dx")
    for variable in ours.weights:
        if variable.name in its_state and variable.name != "rnn_state":
            assert_close(variable.value, its_state[variable.name], 1e-5, f"new {variable.name}")

    assert ours.supports_masking == theirs.supports_masking
    its_mask = theirs.compute_mask(x, mask) if theirs.supports_masking else None
    if takes_shapes_one_by_one(theirs) and mask is not None:  # its compute_mask is given the first argument's alone
        its_mask = mask[0]
    assert [None if m is None else m.tolist() for m in flat(y_mask)] == [
        None if m is None else np.asarray(m).tolist() for m in flat(its_mask)
    ]


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize(("name", "arguments", "shape", "call"), FORMS)
def test_shapes_constraints_and_names_of_arguments_are_those_of_keras(name, arguments, shape, call):
    x = arrays_of(shape, np.random.default_rng(0))
    ours, theirs = build_both(name, arguments, x, np.random.default_rng(0))
    for mine, its in zip([v for v in ours.weights if v.name != "rnn_state"], theirs.weights, strict=True):
        assert (mine.constraint is None) == (its.constraint is None)
        if mine.constraint is not None:
            assert_close(mine.constraint(mine.value), its.constraint(its.value))
    shapes = [(None, *one.shape[1:]) for one in flat(x)]
    if not arguments_for(arguments, minidl).get("stateful") and "states" not in inspect.signature(theirs.call).parameters:
        given = shapes if isinstance(x, list) else shapes[0]
        its_shapes = given if takes_shapes_one_by_one(theirs) else [keras_shape(theirs, given)]
        mine, its = ours.compute_output_shape(given), theirs.compute_output_shape(*its_shapes)
        assert as_tuples(mine) == as_tuples(its)
    left_out = set(LEFT_OUT.get(("layers", name), ())) | NOT_IN_OUR_CONFIG.get(name, {}).keys()
    taken = set(ours.get_config()) | set(inspect.signature(minidl.Layer).parameters)
    assert set(theirs.get_config()) - left_out <= taken


@pytest.mark.parametrize("name", [name for name, rows in LAYERS.items() if rows])
def test_every_argument_takes_two_values_in_the_table(name):
    layer = getattr(minidl.layers, name)
    configs = [layer(**arguments_for(row[0], minidl)).get_config() for row in LAYERS[name]]
    for argument, parameter in inspect.signature(layer).parameters.items():
        if parameter.kind is not parameter.VAR_KEYWORD and argument not in NO_SECOND_VALUE | NO_SECOND_VALUES.get(name, {}):
            assert len({repr(config[argument]) for config in configs}) > 1, argument


def test_an_embedding_takes_its_first_weights():
    ours, theirs = make_both("Embedding", {"input_dim": 5, "output_dim": 3, "weights": [np.arange(15.0).reshape(5, 3)]})
    assert_close(ours(known_ids((5,))), theirs(known_ids((5,))))


def test_every_layer_is_in_the_table():
    assert set(LAYERS) == set(PACKAGES["layers"])


def test_a_stateful_rnn_continues_where_the_last_batch_ended():
    generator = np.random.default_rng(0)
    ours, theirs = make_both("SimpleRNN", {"units": 3, "stateful": True, "return_sequences": True})
    for layer in (ours, theirs):
        layer.build((2, 4, 3))
    copy_random_weights(ours, theirs, generator)
    for batch in range(3):
        if batch == 2:
            ours.reset_state()
            theirs.reset_state()
        x = generator.normal(size=(2, 4, 3)).astype("float32")
        assert_close(ours(x), theirs(x))


def test_the_state_of_a_stateful_rnn_is_among_its_variables_here():
    ours, theirs = make_both("SimpleRNN", {"units": 3, "stateful": True})
    for layer in (ours, theirs):
        layer.build((2, 4, 3))
    assert [v.name for v in ours.weights] == [v.name for v in theirs.weights]
    assert [v.name for v in ours.variables] == [*(v.name for v in theirs.weights), "rnn_state"]
    assert not any(v.name == "rnn_state" for v in theirs.variables)


def test_simple_rnn_applies_its_activity_regularizer_which_keras_ignores():
    x = np.random.default_rng(0).normal(size=SEQUENCES).astype("float32")
    ours, theirs = build_both("SimpleRNN", {"units": 2, "activity_regularizer": "l2"}, x, np.random.default_rng(0))
    y, cache, _ = ours._forward(x, training=True)
    assert_close(np.float32(ours._penalty(cache)), 0.01 * np.square(y).sum() / len(y))
    theirs(x)
    assert theirs.losses == []  # Keras's LSTM, GRU and Dense do heed theirs


def test_batch_normalization_follows_several_batches_as_keras_does():
    generator = np.random.default_rng(0)
    ours, theirs = make_both("BatchNormalization", {"momentum": 0.7})
    for _ in range(5):
        x = generator.normal(3.0, 2.0, size=(8, 4)).astype("float32")
        assert_close(ours(x, training=True), theirs(x, training=True))
    assert_close(ours.moving_mean.value, theirs.moving_mean)
    assert_close(ours.moving_variance.value, theirs.moving_variance)
    assert_close(ours(x), theirs(x))


@pytest.mark.parametrize(
    "arguments", [{"shape": (4,)}, {"batch_shape": (None, 3, 2), "dtype": "int32"}, {"shape": (None, 2), "batch_size": 3}]
)
def test_an_input_has_keras_s_shape(arguments):
    mine, its = both(lambda k: k.Input(**arguments, name="entry"))
    assert (tuple(mine.shape), mine.name, mine.dtype) == (tuple(its.shape), its.name, its.dtype)
