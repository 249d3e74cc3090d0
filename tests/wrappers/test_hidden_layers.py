"""`hidden_layers=`: multi-layer perceptrons with any layers of minidl."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris

from minidl.callbacks import History
from minidl.layers import BatchNormalization, Dense, Dropout
from minidl.wrappers import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, Y = load_iris(return_X_y=True)
LAYERS = [Dense(16, "gelu"), BatchNormalization(), Dropout(0.1), Dense(8, "tanh")]


def test_layers_are_copied_trained_and_repeatable():
    settings = {"max_iter": 40, "batch_size": 16, "learning_rate_init": 0.02, "random_state": 0}
    first, second = (MLPClassifier(hidden_layers=LAYERS, **settings).fit(X, Y) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert first.score(X, Y) > 0.9
    assert [coef.shape for coef in first.coefs_] == [(4, 16), (16, 8), (8, 3)]
    assert not LAYERS[0].built
    assert first.model_.layers[1].moving_mean.value.any()  # batch normalization saw the data


POINTS = []  # the bytes of the kernel at each forward pass


class Counted(Dense):
    def forward(self, x, training=False):
        POINTS.append(self.kernel.value.tobytes())
        return super().forward(x, training)


def test_lbfgs_computes_value_and_gradient_of_a_point_together():
    POINTS.clear()
    fitted = MLPRegressor(hidden_layers=[Counted(5, "tanh")], solver="lbfgs", max_iter=20, random_state=0).fit(X, Y)
    assert len(POINTS) >= fitted.n_iter_ == 20
    assert len(set(POINTS)) >= len(POINTS) - 1  # once more at the result


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_hidden_layers_equal_to_the_default_ones_give_the_same_model(kind):
    default = kind(hidden_layer_sizes=(16, 8), activation="tanh", max_iter=1)
    given = kind(hidden_layers=[Dense(16, "tanh"), Dense(8, "tanh")], max_iter=1)
    configs = [[layer.get_config() for layer in model.fit(X, Y).model_.layers] for model in (default, given)]
    for config in (*configs[0], *configs[1]):
        del config["name"]
    assert configs[0] == configs[1]


def test_other_seeds_give_other_weights():
    one, other = (MLPRegressor(hidden_layers=LAYERS, max_iter=2, random_state=seed).fit(X, Y) for seed in (0, 1))
    assert np.abs(one.coefs_[0] - other.coefs_[0]).max() > 1e-3


def test_the_estimator_can_be_cloned():
    copied = clone(MLPClassifier(hidden_layers=LAYERS, max_iter=3))
    assert [type(layer) for layer in copied.hidden_layers] == [type(layer) for layer in LAYERS]
    copied.fit(X, Y)


def test_history_and_model_are_those_of_minidl(tmp_path):
    from minidl import load_model

    fitted = MLPClassifier(max_iter=5, random_state=0, early_stopping=True).fit(X, Y)
    assert isinstance(fitted.history_, History)
    assert fitted.history_.history["loss"] == fitted.loss_curve_
    assert fitted.history_.history["val_score"] == fitted.validation_scores_
    fitted.model_.save(tmp_path / "iris.safetensors")
    np.testing.assert_array_equal(load_model(tmp_path / "iris.safetensors").predict(X), fitted.predict_proba(X))


def test_verbose_prints_a_line_for_each_iteration(capsys):
    MLPClassifier(max_iter=2, verbose=True, early_stopping=True).fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines[::2]] == ["Iteration 1", "Iteration 2"]
    assert all(line.startswith("Validation score: ") for line in lines[1::2])
