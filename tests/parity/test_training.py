"""The same models trained compared with Keras's: History keys equal, values and final weights to 1e-4 over several epochs."""

import keras
import numpy as np
import pytest

import minidl
from tests.parity.comparing import assert_close, both

GENERATOR = np.random.default_rng(0)
ROWS, FEATURES, CLASSES = 50, 6, 3
X = GENERATOR.normal(size=(ROWS, FEATURES)).astype("float32")
LABELS = (X[:, 0] + 0.5 * X[:, 1] > 0).astype(int) + (X[:, 2] > 0.3)
ONE_HOT = np.eye(CLASSES, dtype="float32")[LABELS]
BITS = (LABELS > 0).astype(int)
NUMBERS = (X[:, :2] @ [[1.0], [-2.0]] + 0.3).astype("float32")
WEIGHTS = GENERATOR.uniform(0.2, 2.0, ROWS).astype("float32")

# What is learned -> (last layer's units and activation, loss, y, metrics)
PROBLEMS = {
    "softmax, labels": (CLASSES, "softmax", "sparse_categorical_crossentropy", LABELS, ["accuracy"]),
    "softmax, one-hot": (CLASSES, "softmax", "categorical_crossentropy", ONE_HOT, ["accuracy", "mse"]),
    "sigmoid": (1, "sigmoid", "binary_crossentropy", BITS, ["accuracy", "mae"]),
    "regression": (1, None, "mse", NUMBERS, ["mae", "mean_squared_error"]),
}
HELD_OUT = slice(0, 25)
OPTIONS = {
    "plain": lambda y: {"batch_size": 16},  # the last batch of an epoch has 2 rows
    "sample_weight": lambda y: {"sample_weight": WEIGHTS},
    "validation_split": lambda y: {"validation_split": 0.3, "sample_weight": WEIGHTS},
    "validation_data": lambda y: {"validation_data": (X[HELD_OUT], y[HELD_OUT]), "validation_freq": 2},
    "weighted validation_data": lambda y: {"validation_data": (X[HELD_OUT], y[HELD_OUT], WEIGHTS[HELD_OUT])},
    "class_weight": lambda y: {"class_weight": {0: 0.5, 1: 2.0} | ({} if y is BITS else {2: 1.5})},
}


def twins(make):
    """A model in both libraries, with Keras's first weights and the same names of them, in the same order."""
    ours, theirs = both(make)
    assert [(v.name, v.shape, v.trainable) for v in ours.weights if v.name != "rnn_state"] == [
        (v.name, tuple(v.shape), v.trainable) for v in theirs.weights
    ]
    ours.set_weights(theirs.get_weights())
    return ours, theirs


def mlp(units, activation):
    return lambda k: k.Sequential(
        [
            k.Input((FEATURES,)),
            k.layers.Dense(8, activation="relu"),
            k.layers.Dropout(0),
            k.layers.Dense(5, activation="tanh"),
            k.layers.Dense(units, activation=activation),
        ]
    )


def fit_both(models, x, y, callbacks=lambda k: [], other=(), **options):
    """Their histories, and the assertion that these (but for the `other` figures) and the weights agree."""
    options = {"epochs": 4, "batch_size": 25, "shuffle": False, "verbose": 0} | options
    mine, its = (model.fit(x, y, callbacks=callbacks(k), **options) for model, k in zip(models, (minidl, keras), strict=True))
    assert list(mine.history) == list(its.history)
    for key, values in its.history.items():
        if key not in other:
            assert_close(mine.history[key], values, 1e-4, key)
    known = [variable for variable in models[0].weights if variable.name != "rnn_state"]
    for variable, other in zip(known, models[1].weights, strict=True):
        assert_close(variable.value, other, 1e-4, other.path)
    return mine, its


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize(
    ("problem", "option"),
    [
        *((problem, option) for problem in PROBLEMS for option in ("plain", "validation_split")),
        *((problem, "class_weight") for problem in PROBLEMS if problem != "regression"),
        ("softmax, labels", "sample_weight"),
        ("softmax, one-hot", "weighted validation_data"),
        ("sigmoid", "validation_data"),
        ("regression", "sample_weight"),
    ],
)
def test_a_multilayer_perceptron_learns_as_in_keras(problem, option):
    units, activation, loss, y, metrics = PROBLEMS[problem]
    models = twins(mlp(units, activation))
    for model in models:
        model.compile("adam", loss, metrics=metrics, weighted_metrics=metrics[:1] if "weight" in option else None)
    fit_both(models, X, y, **OPTIONS[option](y))


@pytest.mark.quick_rows(3, whole=True)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_models_are_evaluated_as_in_keras(problem):
    units, activation, loss, y, metrics = PROBLEMS[problem]
    models = twins(mlp(units, activation))
    for model in models:
        model.compile("sgd", loss, metrics=metrics[:1], weighted_metrics=metrics[1:])
    judged = [model.evaluate(X, y, batch_size=20, sample_weight=WEIGHTS, verbose=0) for model in models]
    assert_close(*judged, 1e-4)
    assert_close(*(model.test_on_batch(X[:20], y[:20]) for model in models), 1e-4)
    assert_close(*(model.train_on_batch(X[:20], y[:20], sample_weight=WEIGHTS[:20]) for model in models), 1e-4)
    assert_close(*(model.predict(X, verbose=0) for model in models), 1e-4)
    logs = [model.evaluate(X, y, batch_size=20, verbose=0, return_dict=True) for model in models]
    assert logs[0] == {key: pytest.approx(value, rel=1e-4) for key, value in logs[1].items()}


def with_penalties(k):
    bias = {
        "bias_initializer": k.initializers.Constant(0.1),
        "bias_regularizer": k.regularizers.L1L2(0.01, 0.02),
    }  # 0 has no slope
    return k.Sequential(
        [
            k.Input((FEATURES,)),
            k.layers.Dense(7, activation="tanh", kernel_regularizer="l2", activity_regularizer=k.regularizers.L1(0.02)),
            k.layers.ActivityRegularization(l2=0.03),
            k.layers.Dense(5, activation="gelu", kernel_constraint="max_norm", **bias),
            k.layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def with_batch_statistics(k):
    layers = [
        k.Input((FEATURES,)),
        k.layers.Dense(7, use_bias=False),
        k.layers.BatchNormalization(momentum=0.8),
        k.layers.ReLU(),
    ]
    return k.Sequential([*layers, k.layers.Dense(CLASSES), k.layers.Softmax()])


def half_frozen(k):
    model = with_batch_statistics(k)
    model.layers[0].trainable = model.layers[1].trainable = False
    return model


def nested(k):
    inner = k.Sequential([k.Input((FEATURES,)), k.layers.Dense(5, activation="silu"), k.layers.BatchNormalization()])
    head = k.Sequential([k.Input((5,)), k.layers.Dense(4, activation="elu"), k.layers.Dense(CLASSES, activation="softmax")])
    return k.Sequential([k.Input((FEATURES,)), inner, head])


def skipping(k):
    x = k.Input((FEATURES,))
    h = k.layers.Dense(FEATURES, activation="softplus")(x)
    h = k.layers.Dense(4, activation="leaky_relu")(k.layers.Add()([x, h]))
    return k.Model(x, k.layers.Activation("softmax")(k.layers.Dense(CLASSES)(h)))


def reshaping(k):
    layers = [k.Input((FEATURES,)), k.layers.Reshape((2, 3)), k.layers.SimpleRNN(4, return_sequences=True), k.layers.Flatten()]
    return k.Sequential([*layers, k.layers.Dense(CLASSES, activation="softmax")])


OPTIMIZERS = {
    with_penalties: lambda k: k.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    with_batch_statistics: lambda k: k.optimizers.SGD(0.1, momentum=0.5),
    half_frozen: lambda k: k.optimizers.Adam(0.01, global_clipnorm=0.1),
    nested: lambda k: k.optimizers.Adam(0.01, clipvalue=0.01),
    skipping: lambda k: k.optimizers.SGD(0.1, clipnorm=0.2),
    reshaping: lambda k: k.optimizers.Adam(0.01),
}


@pytest.mark.quick_rows(4, whole=True)
@pytest.mark.parametrize("make", OPTIMIZERS, ids=lambda make: make.__name__)
def test_models_of_many_kinds_learn_as_in_keras(make):
    models = twins(make)
    for model, k in zip(models, (minidl, keras), strict=True):
        model.compile(OPTIMIZERS[make](k), "sparse_categorical_crossentropy", metrics=["accuracy"])
    fit_both(models, X, LABELS, validation_split=0.2)


IDS = np.where(np.arange(7) < GENERATOR.integers(0, 8, (ROWS, 1)), GENERATOR.integers(1, 9, (ROWS, 7)), 0)
IDS[:, 0] = 5  # no row is masked whole


def one_answer(k):
    layers = [k.Input((7,), dtype="int32"), k.layers.Embedding(9, 4, mask_zero=True), k.layers.SimpleRNN(5)]
    return k.Sequential([*layers, k.layers.Dense(1, activation="sigmoid")])


def an_answer_a_step(k):
    layers = [
        k.Input((7,), dtype="int32"),
        k.layers.Embedding(9, 4, mask_zero=True),
        k.layers.SimpleRNN(5, return_sequences=True),
    ]
    return k.Sequential([*layers, k.layers.Dense(3, activation="softmax")])


@pytest.mark.quick_rows(2, whole=True)
@pytest.mark.parametrize(
    ("make", "loss", "y", "weighted"),
    [
        (one_answer, "binary_crossentropy", BITS, True),
        (an_answer_a_step, "sparse_categorical_crossentropy", IDS % 3, False),
        (an_answer_a_step, "sparse_categorical_crossentropy", IDS % 3, True),
    ],
    ids=["one answer, weighted", "an answer a step", "an answer a step, weighted"],
)
def test_masked_sequences_are_learned_as_in_keras(make, loss, y, weighted):
    models = twins(make)
    for model in models:
        model.compile("adam", loss, metrics=["accuracy"], weighted_metrics=["accuracy"])
    # In training, though not in validation, Keras on JAX loses the mask on the way to the metrics and counts masked steps.
    other = ("accuracy", "weighted_accuracy") if make is an_answer_a_step else ()
    weights = WEIGHTS[:, np.newaxis] if weighted else None
    fit_both(models, IDS, y, other=other, sample_weight=weights, validation_split=0.2, epochs=3)


def test_a_stateful_rnn_keeps_its_state_from_batch_to_batch_in_fit_where_keras_on_jax_does_not():
    steps = GENERATOR.normal(size=(40, 3, 2)).astype("float32")
    answers = steps.sum(axis=(1, 2))

    def make(k):
        return k.Sequential([k.Input(batch_shape=(10, 3, 2)), k.layers.SimpleRNN(4, stateful=True), k.layers.Dense(1)])

    ours, theirs = both(make)
    ours.set_weights(theirs.get_weights())
    ours.compile(minidl.optimizers.SGD(0.0), "mse")
    loss = ours.fit(steps, answers, batch_size=10, shuffle=False, verbose=0).history["loss"]
    batches = [slice(start, start + 10) for start in range(0, 40, 10)]
    called = [np.square(np.asarray(theirs(steps[rows]))[:, 0] - answers[rows]).mean() for rows in batches]
    assert_close(loss[0], np.mean(called))


def two_in_two_out(k):
    a, b = k.Input((4,), name="left"), k.Input((4,), name="right")
    shared = k.layers.Dense(5, activation="tanh", name="shared")
    h = k.layers.Add(name="sum")([shared(a), shared(b)])
    y = k.layers.Dense(CLASSES, activation="softmax", name="kind")(h)
    return k.Model([a, b], [y, k.layers.Dense(1, name="size")(shared(b))])


BY_LIST = {
    "loss": ["sparse_categorical_crossentropy", "mse"],
    "loss_weights": [0.7, 0.2],
    "metrics": [["accuracy"], ["mae", "mse"]],
}
BY_NAME = {
    "loss": {"kind": "sparse_categorical_crossentropy", "size": "mse"},
    "loss_weights": {"kind": 0.7, "size": 0.2},
    "metrics": {"kind": ["accuracy"], "size": ["mae", "mse"]},
    "weighted_metrics": {"kind": ["accuracy"]},
}


@pytest.mark.quick_rows(3, whole=True)
@pytest.mark.parametrize(
    "settings",
    [BY_LIST, BY_NAME, {"loss": BY_LIST["loss"]}, {"loss": "mse"}, {"loss": ["sparse_categorical_crossentropy", None]}],
    ids=["lists", "dicts", "losses alone", "one loss", "one output judged"],
)
def test_two_inputs_and_outputs_with_a_shared_layer_learn_as_in_keras(settings):
    models = twins(two_in_two_out)
    assert models[0].output_names == models[1].output_names
    for model in models:
        model.compile("adam", **settings)
    y = [ONE_HOT if settings["loss"] == "mse" else LABELS, NUMBERS]
    fit_both(models, [X[:, :4], X[:, 2:]], y, validation_data=([X[:9, :4], X[:9, 2:]], [one[:9] for one in y]))
    assert [layer.name for layer in models[0].layers] == [layer.name for layer in models[1].layers]
    for mine, its in zip(*(model.predict([X[:, :4], X[:, 2:]], verbose=0) for model in models), strict=True):
        assert_close(mine, its, 1e-4)


def test_inputs_targets_and_weights_may_be_given_by_name_where_keras_wants_lists():
    models = twins(two_in_two_out)
    for model in models:
        model.compile("adam", **BY_NAME)
    x, y, weights = [X[:, :4], X[:, 2:]], [LABELS, NUMBERS], [WEIGHTS, WEIGHTS[::-1].copy()]
    named = [dict(zip(names, arrays, strict=True)) for names, arrays in ((("left", "right"), x), (("kind", "size"), y))]
    options = {"epochs": 2, "shuffle": False, "verbose": 0}
    mine = models[0].fit(*named, sample_weight=dict(zip(("kind", "size"), weights, strict=True)), **options)
    its = models[1].fit(x, y, sample_weight=weights, **options)
    assert mine.history == {key: pytest.approx(values, rel=1e-4) for key, values in its.history.items()}


def test_evaluate_and_predict_give_the_same_numbers_at_any_batch_size():
    models = twins(mlp(CLASSES, "softmax"))
    x, y = np.tile(X, (7, 1)), np.tile(LABELS, 7)
    for model in models:
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    assert_close(*(model.predict(x, verbose=0) for model in models))
    assert_close(*(model.evaluate(x, y, verbose=0) for model in models))


@pytest.mark.parametrize(
    ("activation", "loss", "y"),
    [("softmax", "sparse_categorical_crossentropy", np.array([1])), ("sigmoid", "binary_crossentropy", np.array([[0.0, 1.0]]))],
)
def test_the_loss_of_a_confident_mistake_is_computed_from_logits_where_keras_clips(activation, loss, y):
    models = both(lambda k: k.Sequential([k.Input((2,)), k.layers.Activation(activation)]))
    for model in models:
        model.compile("adam", loss)
    x = np.array([[100.0, -100.0]], "float32")
    mine, its = (model.evaluate(x, y, verbose=0) for model in models)
    assert_close(mine, 200.0 if activation == "softmax" else 100.0)
    assert its == pytest.approx(-np.log(1e-7), rel=0.02)


class MonitoredModel:
    """The part of a model that callbacks use."""

    optimizer, metrics = None, ()

    def __init__(self):
        self.stop_training, self.epoch, self.restored = False, -1, None

    def get_weights(self):
        return [self.epoch]

    def set_weights(self, weights):
        self.restored = weights[0]


CURVES = {
    "falls": [5.0, 4, 3, 2, 1],
    "rises": [1.0, 2, 3, 4, 5],
    "valley": [5.0, 3, 4, 2.9, 4, 4, 4, 4],
    "slowly": [3.0, 2.95, 2.9, 2.5, 2.45, 2.44, 2.43],
    "level": [2.0] * 6,
}
STOPPING = [
    {},
    {"patience": 2},
    {"patience": 2, "restore_best_weights": True},
    {"patience": 1, "min_delta": 0.2, "restore_best_weights": True},
    {"patience": 1, "min_delta": -0.2},
    {"mode": "max", "patience": 1, "restore_best_weights": True},
    {"mode": "min", "baseline": 2.95, "patience": 1, "restore_best_weights": True},
    {"baseline": 0.5, "patience": 3},
    {"start_from_epoch": 3, "patience": 1, "restore_best_weights": True},
    {"monitor": "loss", "patience": 1},
]


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("arguments", STOPPING, ids=str)
def test_early_stopping_decides_as_in_keras(arguments, curve):
    decisions = []
    for stopper in both(lambda k: k.callbacks.EarlyStopping(**arguments)):
        model = MonitoredModel()
        stopper.set_model(model)
        stopper.on_train_begin()
        for epoch, value in enumerate(CURVES[curve]):
            model.epoch = epoch
            stopper.on_epoch_end(epoch, {"val_loss": value, "loss": -value})
            if model.stop_training:
                break
        stopper.on_train_end()
        decisions.append(
            (model.epoch, model.stop_training, model.restored, stopper.stopped_epoch, stopper.best_epoch, stopper.wait)
        )
    assert decisions[0] == decisions[1]


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy"])
def test_training_stops_early_and_restores_as_in_keras(monitor):
    models = twins(mlp(CLASSES, "softmax"))
    for model, k in zip(models, (minidl, keras), strict=True):
        model.compile(k.optimizers.Adam(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])

    def callbacks(k):
        return [k.callbacks.EarlyStopping(monitor, patience=2, restore_best_weights=True)]

    mine, its = fit_both(models, X, LABELS, callbacks, validation_split=0.3, epochs=30)
    assert mine.epoch == its.epoch
    assert len(mine.epoch) < 30


def test_invalid_weights_raise_an_error_where_keras_trains():
    ours, theirs = twins(mlp(CLASSES, "softmax"))
    for model in (ours, theirs):
        model.compile("sgd", "sparse_categorical_crossentropy")
    for wrong in ({"class_weight": {7: 2.0}}, {"sample_weight": -WEIGHTS}):
        theirs.fit(X, LABELS, verbose=0, **wrong)
        with pytest.raises(ValueError, match="which is not a class|weights are at least 0"):
            ours.fit(X, LABELS, verbose=0, **wrong)


def test_a_cross_entropy_of_raw_outputs_warns_where_keras_is_silent():
    ours, theirs = twins(mlp(CLASSES, None))
    for model in (ours, theirs):
        model.compile("sgd", "sparse_categorical_crossentropy")
    theirs.fit(X, LABELS, verbose=0)
    with pytest.warns(minidl.utils.ModelWarning, match="has no activation"):
        ours.fit(X, LABELS, verbose=0)
