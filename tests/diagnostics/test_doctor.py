"""Arguments of `diagnose`, and that it changes nothing."""

import copy

import numpy as np
import pytest
import scipy.sparse

import minidl
from minidl import Input, Model, Sequential, diagnostics, layers, ops, optimizers
from minidl.config import randomness
from minidl.data import PyDataset
from minidl.diagnostics import Finding, Report, diagnose
from minidl.initializers import RandomNormal
from tests.diagnostics.sample_models import (
    compiled,
    digits_batch_normalization,
    digits_dropout,
    lstm,
    mlp,
    moons,
    pixels,
    sequences,
    table,
)


def kinds(report):
    return [finding.kind for finding in report]


def everything_of(model):
    """All that training could change, as bytes."""
    weights = [variable.value.tobytes() for variable in model.weights]
    grads = [variable.grad.tobytes() for variable in model.weights]
    draws = [repr(generator.bit_generator.state) for generator in model.generators]
    slots = [a.tobytes() for block in model.optimizer._slots.values() for a in block.values()] if model.compiled else []
    metrics = [(m.name, repr({k: v for k, v in vars(m).items() if not callable(v)})) for m in model.metrics]
    batches = model.optimizer.batches if model.compiled else None
    history = model.history and model.history.history
    return weights, grads, draws, slots, metrics, batches, model.built, model.compiled, history


def stateful():
    x, y = sequences()
    model = Sequential(
        [Input(batch_shape=(32, 20, 1)), layers.GRU(8, stateful=True), layers.Dropout(0.2), layers.Dense(2, "softmax")]
    )
    return compiled(model, metrics=["accuracy"]), x[:320], y[:320]


def shared():
    x, y = moons()
    twin = layers.Dense(8, "tanh")
    twin.build((None, 2))
    start = Input((2,))
    h = layers.Add()([twin(start), twin(layers.Rescaling(-1.0)(start))])
    Model(start, h)
    return compiled(Model(start, layers.Dense(2, "softmax")(h))), x, y


def sick():
    return compiled(mlp(kernel_initializer=RandomNormal(stddev=0.001)), optimizers.SGD(1e3)), *pixels()


@pytest.mark.parametrize("make", [digits_batch_normalization, digits_dropout, lstm, stateful, shared, sick])
@pytest.mark.parametrize("trained", [False, True])
def test_the_model_is_unchanged_bit_for_bit_and_trains_as_without_the_examination(make, trained):
    model, x, y = make()
    if trained:
        model.build(x.shape)
        model.optimizer.learning_rate = 1e-3
        model.fit(x, y, epochs=1, verbose=0, batch_size=32)
    twin, before = copy.deepcopy(model), everything_of(model)
    diagnose(model, x, y)
    assert everything_of(model) == before
    model.optimizer.learning_rate = twin.optimizer.learning_rate = 1e-3
    if model.built:
        losses = [one.fit(x, y, epochs=2, verbose=0, batch_size=32).history["loss"] for one in (model, twin)]
        assert losses[0] == losses[1]


def test_an_unbuilt_model_stays_unbuilt_and_no_seeds_and_names_are_used():
    x, y = pixels()
    model = mlp()
    drawn = randomness._source.spawned
    report = model.diagnose(x, y)
    assert report.healthy
    assert randomness._source.spawned == drawn
    assert not model.built
    assert not model.compiled
    assert layers.Dense(1).name == "dense_3"


def test_the_data_is_unchanged():
    x, y = table()
    x.flags.writeable = y.flags.writeable = False
    assert diagnose(compiled(mlp("relu", (16,), 1, None), loss="mse"), x, y).healthy


class Batches(PyDataset):
    """Rows of a table, 32 at a time."""

    def __len__(self):
        return 10

    def __getitem__(self, index):
        x, y = table()
        return x[32 * index : 32 * index + 32] * 300, y[32 * index : 32 * index + 32]


@pytest.mark.parametrize("form", ["dataset", "generator", "list", "sparse", "lists", "frame"])
def test_data_is_accepted_in_every_form_that_fit_takes(form):
    import pandas

    x, y = table()
    x = x * 300
    model = Sequential([Input((8,)), layers.Dense(16, "relu"), layers.Dense(1)])
    model.compile("adam", "mse")
    batches = [(x[n : n + 50], y[n : n + 50]) for n in range(0, 500, 50)]
    data = {
        "dataset": (Batches(),),
        "generator": ((batch for batch in batches),),
        "list": (batches,),
        "sparse": (scipy.sparse.csr_matrix(x), y),
        "lists": (x.tolist(), y.tolist()),
        "frame": (pandas.DataFrame(x), pandas.Series(y)),
    }[form]
    assert kinds(diagnose(model, *data)) == ["unscaled_inputs"]


def test_text_models_get_the_checks_that_apply():
    texts = np.array(["a good film", "a bad film", "good good", "bad bad bad"] * 50, dtype=object)
    y = np.array([1, 0, 1, 0] * 50)
    words = layers.TextVectorization(max_tokens=20, output_sequence_length=4)
    words.adapt(texts)
    model = Sequential([words, layers.Embedding(20, 4), layers.GlobalAveragePooling1D(), layers.Dense(1, "sigmoid")])
    model.compile(optimizers.Adam(0.05), "binary_crossentropy")
    assert diagnose(model, texts, y).healthy
    report = diagnose(model, np.where(y, texts, texts), y * 2)
    assert kinds(report) == ["wrong_loss"]


def test_several_inputs_and_outputs_are_all_examined():
    x, y = pixels()
    one, other = Input((32,), name="one"), Input((32,), name="other")
    h = layers.Dense(32, "relu")(layers.Concatenate()([one, other]))
    outputs = {"digit": layers.Dense(10, "softmax", name="digit")(h), "ink": layers.Dense(1, name="ink")(h)}
    model = Model({"one": one, "other": other}, outputs)
    model.compile("adam", {"digit": "sparse_categorical_crossentropy", "ink": "mse"})
    report = diagnose(model, {"one": x[:, :32], "other": 400 * x[:, 32:]}, {"digit": y, "ink": 1e5 * x.mean(axis=1)})
    assert kinds(report) == ["unscaled_inputs", "unscaled_targets"]


class OwnStep(Model):
    """Learns in a way of its own."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(4)

    def build(self, input_shape):
        self.dense.build_for(input_shape)

    def forward(self, x, training=False):
        return self.dense._forward(x, None, training)[:2]

    def backward(self, dy, cache):
        return self.dense._backward(dy, cache)

    def train_step(self, data):
        return {"loss": 0.0}


def test_a_model_with_a_custom_train_step_is_examined_as_far_as_possible():
    x, _ = table()
    model = OwnStep()
    model.compile("adam")
    assert kinds(diagnose(model, 500 * x)) == ["unscaled_inputs"]


def test_targets_may_be_missing_and_optimizers_may_use_a_line_search():
    x, y = table()
    assert kinds(diagnose(mlp("relu", (16,), 1, None), 500 * x)) == ["unscaled_inputs"]
    assert diagnose(compiled(mlp("tanh", (16,), 1, None), optimizers.LBFGS(), "mse"), x, y).healthy


def test_a_schedule_is_used_and_multiplied_by_a_factor():
    x, y = pixels()
    optimizer = optimizers.SGD(optimizers.schedules.ExponentialDecay(50.0, 100, 0.9))
    assert kinds(diagnose(compiled(mlp(), optimizer), x, y)) == ["learning_rate_too_large"]


def test_data_that_fit_rejects_raises_the_same_error():
    x, y = table()
    model = compiled(mlp("relu", (16,), 1, None), loss="mse")
    with pytest.raises(ValueError, match="same number of rows"):
        diagnose(model, x, y[:-1])
    with pytest.raises(ValueError, match="no data"):
        diagnose(model)


def test_a_report_has_sentences_and_a_plot():
    model, x, y = sick()
    report = diagnose(model, x, y)
    assert not report
    assert not report.healthy
    assert report.findings[0].sentence.split(" ")[0] in str(report)
    assert "1. " in str(report)
    assert report[0].kind in repr(report)
    assert len(report) == len(report.findings) == len(list(report))
    assert [layer.name for layer in report.layers] == [layer.name for layer in model.layers]
    assert all(
        layer.gradient is not None and layer.step is not None and layer.output_std is not None for layer in report.layers
    )
    figure = report.plot()
    assert len(figure.axes) == 3
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [layer.name for layer in report.layers]


def test_a_finding_about_the_data_says_why_no_change_of_the_model_fixes_it():
    finding = Finding("leaked_rows", None, 0.5, "Rows are repeated.", "Take them out.")
    with pytest.raises(ValueError, match="leaked_rows cannot be fixed by changing .* alone: Take them out"):
        finding.apply(mlp())
    assert diagnostics.Report is Report


def test_a_model_that_begins_with_a_function_without_a_gradient_is_examined_as_it_is_trained():
    model, x, y = digits_dropout()
    cut = Sequential([layers.Lambda(np.floor), *model.layers])
    cut.compile("adam", "sparse_categorical_crossentropy")
    assert "ignores_input" in kinds(cut.diagnose(x * 0.9, y))


def test_operations_with_and_without_variables_are_examined_like_layers():
    x, y = table(60, 4)
    start = Input((4,))
    scale = minidl.Variable(np.full(4, 0.5))
    model = Model(start, layers.Dense(1)(ops.relu(layers.Dense(4)(start) * scale) + start))
    model.compile("adam", "mse")
    assert kinds(diagnose(model, x, y)) == []
