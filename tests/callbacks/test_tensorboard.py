"""`TensorBoard`: the contents of its event files."""

import struct
import sys

import numpy as np
import pytest
from tensorboardX.proto.event_pb2 import Event

from minidl import Input, Sequential, layers, metrics
from minidl.callbacks import TensorBoard

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def fit(folder, **arguments):
    model = Sequential([Input((3,)), layers.Dense(2, "tanh"), layers.Dense(1)])
    model.compile("sgd", "mse")
    callback = TensorBoard(folder, **arguments)
    history = model.fit(X, Y, epochs=3, batch_size=5, validation_split=0.5, verbose=0, callbacks=[callback])
    return model, callback, history.history


def written(folder):
    """(tag, step, value or None) of each entry of the files in a folder: length, checksum, event, checksum, over and over."""
    entries = []
    for file in sorted(folder.iterdir()):
        data, place = file.read_bytes(), 0
        while place < len(data):
            (length,) = struct.unpack_from("<Q", data, place)
            event = Event.FromString(data[place + 12 : place + 12 + length])
            place += 16 + length
            entries += [(value.tag, event.step, value) for value in event.summary.value]
    return entries


def scalars(folder):
    return {
        (tag, step): value.simple_value for tag, step, value in written(folder) if value.WhichOneof("value") == "simple_value"
    }


def test_curves_have_keras_s_names_and_the_history_s_values(tmp_path):
    _, _, history = fit(tmp_path)
    train, validation = scalars(tmp_path / "train"), scalars(tmp_path / "validation")
    assert [train["epoch_loss", epoch] for epoch in range(3)] == pytest.approx(history["loss"])
    assert [validation["epoch_loss", epoch] for epoch in range(3)] == pytest.approx(history["val_loss"])
    assert [validation["evaluation_loss_vs_iterations", 2 * (epoch + 1)] for epoch in range(3)] == pytest.approx(
        history["val_loss"]
    )
    assert set(train) == {("epoch_loss", epoch) for epoch in range(3)}


@pytest.mark.parametrize(("update_freq", "steps"), [("batch", [1, 2, 3, 4, 5, 6]), (4, [4])])
def test_running_means_are_written_every_update_freq_batches(update_freq, steps, tmp_path):
    fit(tmp_path, update_freq=update_freq, write_steps_per_second=True)
    found = scalars(tmp_path / "train")
    assert [step for tag, step in found if tag == "batch_loss"] == steps
    assert all(value > 0 for (tag, _), value in found.items() if tag == "epoch_steps_per_second")


def test_weights_are_written_as_histograms_and_images(tmp_path):
    model, _, _ = fit(tmp_path, histogram_freq=2, write_images=True, write_graph=False)
    entries = written(tmp_path / "train")
    name = model.layers[0].name
    assert [step for tag, step, _ in entries if tag == f"{name}/kernel/histogram"] == [0, 2]
    assert [step for tag, step, _ in entries if tag == f"{name}/kernel/image"] == [0, 2]
    assert not [tag for tag, *_ in entries if tag.startswith("model")]


def test_the_summary_is_written_as_text(tmp_path):
    fit(tmp_path)
    (text,) = [value for tag, _, value in written(tmp_path / "train") if tag.startswith("model")]
    assert b"Total params: 11" in text.tensor.string_val[0]


def test_evaluate_alone_writes_too(tmp_path):
    model, _, _ = fit(tmp_path / "other")
    loss = model.evaluate(X, Y, verbose=0, callbacks=[TensorBoard(tmp_path)])
    assert scalars(tmp_path / "validation") == {("evaluation_loss_vs_iterations", 6): pytest.approx(loss)}


def test_a_metric_with_several_values_has_a_curve_for_each(tmp_path):
    model = Sequential([Input((3,)), layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=[metrics.Recall(thresholds=[0.0, 0.3, 0.6], name="recall")])
    callback = TensorBoard(tmp_path, update_freq="batch")
    history = model.fit(X, Y > 0, batch_size=20, validation_data=(X, Y > 0), verbose=0, callbacks=[callback]).history
    train, validation = scalars(tmp_path / "train"), scalars(tmp_path / "validation")
    for number in range(3):
        assert train[f"epoch_recall_{number}", 0] == pytest.approx(history["recall"][0][number])
        assert train[f"batch_recall_{number}", 1] == pytest.approx(history["recall"][0][number])
        assert validation[f"epoch_recall_{number}", 0] == pytest.approx(history["val_recall"][0][number])
        assert validation[f"evaluation_recall_{number}_vs_iterations", 1] == pytest.approx(history["val_recall"][0][number])


def test_without_tensorboardx_the_extra_is_named_before_training(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ImportError, match="TensorBoard needs tensorboardX: pip install tensorboardX"):
        fit(tmp_path)
    with pytest.raises(ImportError, match="tensorboardX"):
        fit(tmp_path, write_graph=False)


def test_an_unknown_frequency_raises_an_error():
    with pytest.raises(ValueError, match="TensorBoard expects update_freq to be .* or a number of batches, got 'never'"):
        TensorBoard(update_freq="never")


def test_embeddings_are_written_with_their_labels(tmp_path):
    labels = tmp_path / "words.txt"
    labels.write_text("zero\none\ntwo\n")
    model = Sequential([Input((2,)), layers.Embedding(3, 4, name="words"), layers.Flatten()])
    model.add(layers.Dense(1))
    model.compile("sgd", "mse")
    board = TensorBoard(tmp_path / "logs", embeddings_freq=1, embeddings_metadata={"words": str(labels)})
    model.fit(np.array([[0, 1], [1, 2]]), np.ones((2, 1)), verbose=0, callbacks=[board])
    written = {path.name: path.read_text() for path in (tmp_path / "logs" / "train").rglob("*.tsv")}
    assert written["metadata.tsv"].split() == ["zero", "one", "two"]
    assert len(written["tensors.tsv"].splitlines()) == 3
