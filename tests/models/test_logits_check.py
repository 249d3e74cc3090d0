"""`fit` warns once if a cross-entropy does not fit the last activation, and never without being sure."""

import warnings

import numpy as np
import pytest

from minidl import Input, Model, Sequential, activations, layers, losses, ops
from minidl.layers import Activation, Dense, Flatten, Lambda
from minidl.utils import ModelWarning

X = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")
LABELS = np.arange(12) % 3
ONE_HOT = np.eye(3, dtype="float32")[LABELS]
# Each cross-entropy, its activation and its targets.
CROSS_ENTROPIES = [
    (losses.SparseCategoricalCrossentropy, "softmax", LABELS),
    (losses.CategoricalCrossentropy, "softmax", ONE_HOT),
    (losses.CategoricalFocalCrossentropy, "softmax", ONE_HOT),
    (losses.BinaryCrossentropy, "sigmoid", ONE_HOT),
    (losses.BinaryFocalCrossentropy, "sigmoid", ONE_HOT),
]


def warned(model, loss, y=LABELS, x=X, **options):
    model.compile("sgd", loss)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(x, y, epochs=2, verbose=0, **options)
    assert all(item.category is ModelWarning and item.filename == __file__ for item in caught)
    return [str(item.message) for item in caught]


@pytest.mark.parametrize(("kind", "paired", "y"), CROSS_ENTROPIES)
def test_warnings_about_raw_outputs_and_double_activations_give_the_fix(kind, paired, y):
    raw, probable = Sequential([Dense(3, name="out")]), Sequential([Dense(3, activation=paired, name="out")])
    assert warned(raw, kind(), y) == [
        f'Dense "out" has no activation, so its outputs are not the probabilities that {kind.__name__} expects; use '
        f'activation="{paired}", or compile with {kind.__name__}(from_logits=True)'
    ]
    assert warned(probable, kind(from_logits=True), y) == [
        f'Dense "out" ends in a {paired}, and {kind.__name__}(from_logits=True) applies a {paired} to it again; remove '
        f"from_logits=True, or the activation"
    ]
    assert warned(raw, kind(from_logits=True), y) == warned(probable, kind(), y) == []


def test_names_of_losses_count_too():
    assert len(warned(Sequential([Dense(3)]), "sparse_categorical_crossentropy")) == 1
    assert len(warned(Sequential([Dense(1)]), "binary_crossentropy", LABELS % 2)) == 1
    assert len(warned(Sequential([Dense(3)]), losses.CategoricalGeneralizedCrossEntropy())) == 1
    assert warned(Sequential([Dense(3)]), "mse", ONE_HOT) == []


def functional(last, wrap=lambda outputs: outputs):
    start = Input((4,))
    return Model(start, wrap(last(Dense(5, activation="relu")(start))))


RAW = [
    lambda: functional(Dense(3)),
    lambda: functional(Dense(3, activation="relu")),
    lambda: functional(lambda x: ops.relu(Dense(3)(x))),
    lambda: functional(lambda x: layers.Dropout(0.1)(Dense(3)(x))),
    lambda: Sequential([Dense(3), layers.BatchNormalization()]),
    lambda: Sequential([Dense(3), Activation("linear")]),
    lambda: Sequential([Dense(3), Activation("tanh")]),
    lambda: Sequential([Dense(3), layers.LeakyReLU()]),
    lambda: Sequential([layers.Reshape((2, 2)), layers.Conv1D(3, 1), layers.GlobalAveragePooling1D()]),
    lambda: Sequential([layers.Reshape((2, 2)), layers.LSTM(3)]),
    lambda: Sequential([Sequential([Dense(4), Dense(3)]), Flatten()]),
    lambda: functional(Sequential([Dense(3)])),
    lambda: functional(functional(Dense(3)).layers[-1]),
]
PROBABLE = [
    lambda: functional(Dense(3, activation="softmax")),
    lambda: functional(lambda x: ops.softmax(Dense(3)(x))),
    lambda: functional(lambda x: activations.softmax(Dense(3)(x))),
    lambda: functional(lambda x: layers.Softmax()(Dense(3)(x))),
    lambda: Sequential([Dense(3), layers.Softmax()]),
    lambda: Sequential([Dense(3), Activation("softmax"), Activation("linear", dtype="float32")]),
    lambda: Sequential([Dense(3, activation="sigmoid"), layers.Reshape((3,))]),
    lambda: Sequential([Sequential([Dense(3, activation="softmax")])]),
]


class Own(layers.Layer):
    def call(self, x):
        return ops.softmax(x)


class OwnDense(Dense):
    def forward(self, x, training=False):
        y, cache = super().forward(x, training)
        return y, cache


class OwnModel(Model):
    def __init__(self):
        super().__init__()
        self.out = Dense(3)

    def call(self, x):
        return self.out(x)


class OwnStep(Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(ops.square(y_pred))


def own_step():
    start = Input((4,))
    return OwnStep(start, Dense(3)(start))


UNSURE = [
    lambda: Sequential([Dense(3), Lambda(lambda x: ops.softmax(x))]),
    lambda: Sequential([Dense(3), Own()]),
    lambda: Sequential([OwnDense(3)]),
    lambda: Sequential([Dense(3, activation=lambda x: ops.softmax(x))]),
    lambda: Sequential([Dense(3), Activation(lambda x: ops.sigmoid(x))]),
    lambda: Sequential([Dense(3, activation="hard_sigmoid")]),
    lambda: functional(lambda x: layers.Average()([Dense(3, "softmax")(x), Dense(3, "softmax")(x)])),
    lambda: functional(lambda x: Dense(3, "softmax")(x) * 0.5 + 0.1),
    OwnModel,
    own_step,
]


@pytest.mark.parametrize("make", RAW)
def test_every_kind_of_raw_output_gives_a_warning(make):
    (message,) = warned(make(), losses.SparseCategoricalCrossentropy())
    assert "not the probabilities" in message
    assert warned(make(), losses.SparseCategoricalCrossentropy(from_logits=True)) == []


@pytest.mark.parametrize("make", PROBABLE)
def test_every_kind_of_probability_used_as_logits_gives_a_warning(make):
    (message,) = warned(make(), losses.SparseCategoricalCrossentropy(from_logits=True))
    assert "to it again" in message
    assert warned(make(), losses.SparseCategoricalCrossentropy()) == []


@pytest.mark.parametrize("make", UNSURE)
def test_custom_code_gives_no_warning(make):
    assert warned(make(), losses.SparseCategoricalCrossentropy()) == []
    assert warned(make(), losses.SparseCategoricalCrossentropy(from_logits=True)) == []


def test_every_output_is_checked_against_its_own_loss():
    start = Input((4,))
    model = Model(
        start, [Dense(3, name="a")(start), Dense(1, name="b")(start), Dense(3, activation="softmax", name="c")(start)]
    )
    kinds = ["sparse_categorical_crossentropy", "mse", losses.CategoricalCrossentropy(from_logits=True)]
    messages = warned(model, kinds, [LABELS, X[:, 0], ONE_HOT])
    assert [message[:9] for message in messages] == ['Dense "a"', 'Dense "c"']


def test_the_warning_can_be_switched_off_or_made_an_error():
    model = Sequential([Dense(3)])
    model.compile("sgd", "sparse_categorical_crossentropy")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ModelWarning):
            model.fit(X, LABELS, verbose=0)
        warnings.filterwarnings("ignore", category=ModelWarning)
        model.fit(X, LABELS, verbose=0)
