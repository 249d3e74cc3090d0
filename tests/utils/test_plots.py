"""Plots show the right content, and do not change matplotlib's global state."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from minidl import Input, Model, Sequential, layers
from minidl.callbacks import History
from minidl.utils import plot_confusion_matrix, plot_weights
from minidl.utils.model_plots import draw_model


def texts(axes):
    return [text.get_text() for text in axes.texts]


def filled(**logs):
    history = History()
    history.epoch = list(range(4))
    history.history = logs
    return history


def test_a_history_has_a_panel_for_each_metric_and_a_curve_for_each_series():
    curve = [4.0, 3, 2, 1]
    figure = filled(accuracy=curve, loss=curve, val_accuracy=curve, val_loss=curve, learning_rate=curve, mae=curve).plot()
    assert isinstance(figure, Figure)
    panels = {axes.get_title(): axes for axes in figure.axes}
    assert list(panels) == ["loss", "accuracy", "learning_rate", "mae"]
    assert [len(axes.lines) for axes in panels.values()] == [2, 2, 1, 1]
    np.testing.assert_array_equal(panels["loss"].lines[1].get_xydata(), [[1, 4], [2, 3], [3, 2], [4, 1]])


def test_values_that_some_epochs_lack_are_plotted_at_their_epochs():
    history = History()
    history.on_train_begin()
    for epoch in (7, 8, 9):
        history.on_epoch_end(epoch, {"loss": 2.0, "val_loss": 3.0} if epoch != 8 else {"loss": 1.0})
    training, validation = history.plot().axes[0].lines
    np.testing.assert_array_equal(training.get_xdata(), [8, 9, 10])
    np.testing.assert_array_equal(validation.get_xdata(), [8, 10])
    with pytest.raises(ValueError, match="the history is empty"):
        History().plot()


def test_a_confusion_matrix_counts_truths_in_rows():
    true, predicted = [0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 2, 0]
    expected = ["1", "1", "0", "0", "1", "0", "1", "0", "2"]
    scores = np.eye(3)[predicted] * 0.6 + 0.1
    for y_true in (true, np.eye(3)[true]):
        for y_pred in (predicted, scores, np.array(predicted, float)[:, np.newaxis]):
            figure = plot_confusion_matrix(y_true, y_pred, class_names=["a", "b", "c"])
            assert texts(figure.axes[0]) == expected
    assert figure.axes[0].get_title() == "66.7% of 6 are right"
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "b", "c"]
    shares = plot_confusion_matrix(true, predicted, normalize=True, title="mine")
    assert texts(shares.axes[0])[:3] == ["0.50", "0.50", "0.00"]
    assert shares.axes[0].get_title() == "mine"


def test_labels_may_be_strings():
    figure = plot_confusion_matrix(np.array(["cat", "dog", "dog"]), ["dog", "dog", "cat"])
    assert texts(figure.axes[0]) == ["0", "1", "1", "1"]
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["cat", "dog"]
    figure = plot_confusion_matrix(["cat", "dog"], ["cat", "dog"], class_names=["dog", "cat", "emu"])
    assert texts(figure.axes[0]) == ["1", "0", "0", "0", "1", "0", "0", "0", "0"]
    with pytest.raises(ValueError, match=r"the labels \['cat'\], which are not among class_names \['dog'\]"):
        plot_confusion_matrix(["cat"], ["dog"], class_names=["dog"])


def test_plot_weights_raises_an_error_for_anything_but_a_layer():
    with pytest.raises(TypeError, match="plot_weights expects a layer, .* got 'dense'"):
        plot_weights("dense")


def test_a_single_probability_is_thresholded_at_one_half():
    figure = plot_confusion_matrix([0, 1, 1], [[0.2], [0.7], [0.4]])
    assert texts(figure.axes[0]) == ["1", "0", "1", "1"]


@pytest.mark.parametrize(
    ("true", "predicted", "names", "message"),
    [
        ([0, 1], [0], None, "as many predictions as truths, got 1 and 2"),
        ([0.5, 1], [0, 1], None, "y_true to be labels 0, 1, 2"),
        ([-1, 1], [0, 1], None, "y_true to be labels"),
        (["a", "b"], [0, 1], None, "y_true to be labels"),
        ([0, 1], np.ones((1, 2, 3)), None, "for sequences give all steps in one row"),
        ([0, 2], [0, 1], ["a"], "class_names has 1 names, there are 3 classes"),
    ],
)
def test_invalid_labels_of_a_confusion_matrix_raise_an_error(true, predicted, names, message):
    with pytest.raises(ValueError, match=message):
        plot_confusion_matrix(true, predicted, names)


def images(figure):
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]


def test_weights_are_plotted_as_images_on_one_scale():
    convolution, dense = layers.Conv2D(4, (3, 2)), layers.Dense(5)
    convolution(np.ones((1, 6, 6, 2), np.float32))
    dense(np.ones((1, 12), np.float32))
    drawn = images(plot_weights(convolution))
    assert len(drawn) == 8
    np.testing.assert_array_equal(drawn[3], convolution.kernel.value[:, :, 1, 1])  # filter 1, channel 1
    np.testing.assert_array_equal(images(plot_weights(dense))[0], dense.kernel.value)
    units = images(plot_weights(dense, image_shape=(3, 4), limit=2))
    assert len(units) == 2
    np.testing.assert_array_equal(units[1], dense.kernel.value[:, 1].reshape(3, 4))
    colored = images(plot_weights(dense, image_shape=(2, 2, 3)))
    assert len(colored) == 15
    assert images(plot_weights(dense, "bias"))[0].shape == (1, 5)
    volume = layers.Conv3D(2, (2, 3, 4))
    volume(np.ones((1, 4, 4, 4, 1), np.float32))
    slices = images(plot_weights(volume))
    assert len(slices) == 4
    np.testing.assert_array_equal(slices[3], volume.kernel.value[1, :, :, 0, 1])  # filter 1, slice 1
    sequence = layers.Conv1D(3, 4)
    sequence(np.ones((1, 6, 2), np.float32))
    assert images(plot_weights(sequence))[0].shape == (2, 4)


def test_missing_weights_and_weights_that_are_not_images_raise_an_error():
    dense = layers.Dense(5, name="mine")
    with pytest.raises(ValueError, match="Dense \"mine\" has no weight 'kernel'; it has none: build it first"):
        plot_weights(dense)
    dense(np.ones((1, 12), np.float32))
    with pytest.raises(ValueError, match="no weight 'gamma'; it has kernel, bias"):
        plot_weights(dense, "gamma")
    with pytest.raises(ValueError, match=r"shape \(12, 5\), which cannot be shown as images of shape \(5, 5\)"):
        plot_weights(dense, image_shape=(5, 5))


def boxes(figure):
    """Text of each box: its first line, its second, and where it stands."""
    shown = [(text.get_text(), *text.get_position()) for text in figure.axes[0].texts if text.get_text()]
    return {
        first[0]: (second[0], round(first[1], 3), round(first[2], 3))
        for first, second in zip(shown[1::2], shown[2::2], strict=True)
    }


def test_a_sequential_is_drawn_from_top_to_bottom():
    model = Sequential([Input((4,)), layers.Dense(3, name="a"), layers.Dropout(0.5, name="b"), layers.Dense(2, name="c")])
    found = boxes(draw_model(model))
    assert [name.split()[0] for name in found] == ["a", "b", "c"]
    assert found["a (Dense)"][0] == "(None, 3)   15 parameters"
    places = [place for _, _, place in found.values()]
    assert places == sorted(places, reverse=True)
    unbuilt = Sequential([layers.Dense(3, name="a")])
    assert boxes(draw_model(unbuilt))["a (Dense)"][0] == "?   ? parameters"
    with pytest.raises(ValueError, match='Sequential "none" has no layers to draw'):
        draw_model(Sequential([], name="none"))


def test_a_graph_is_drawn_with_every_layer_below_its_inputs_and_no_overlap():
    a, b = Input((4,), name="a"), Input((4,), name="b")
    shared = layers.Dense(4, name="shared")
    h = layers.Add(name="sum")([shared(a), shared(b)])
    deep = layers.Dense(4, name="second")(layers.Dense(4, name="first")(h))
    model = Model([a, b], [layers.Add(name="skip")([h, deep]), layers.Concatenate(name="joined")([deep, a])])
    figure = draw_model(model)
    height = {name.split()[0]: y for name, (_, _, y) in boxes(figure).items()}
    for upper, lower in [
        ("a", "shared"),
        ("b", "shared"),
        ("shared", "sum"),
        ("first", "second"),
        ("sum", "skip"),
        ("a", "joined"),
    ]:
        assert height[upper] > height[lower]
    assert len({(x, y) for _, x, y in boxes(figure).values()}) == 8
    arrows = [text for text in figure.axes[0].texts if not text.get_text()]
    assert len(arrows) == 9  # one for each pair of layers


def test_pyplot_and_its_global_state_are_never_touched(tmp_path):
    program = """
import sys
import numpy as np
from minidl import Sequential, Input, layers, utils
from minidl.utils.model_plots import draw_model
assert "matplotlib" not in sys.modules
model = Sequential([Input((2,)), layers.Dense(2)])
history = model.fit(np.ones((4, 2)), np.ones((4, 2)), verbose=0)
figures = [history.plot(), draw_model(model), utils.plot_weights(model.layers[0]), utils.plot_confusion_matrix([0, 1], [1, 1])]
for figure in figures:
    figure.savefig(sys.argv[1])
assert "matplotlib.pyplot" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "a.png")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match="pictures need matplotlib: pip install matplotlib"):
        plot_confusion_matrix([0, 1], [1, 1])
