"""`minidl.distillation` compared with the real Keras."""

import keras
import numpy as np
import pytest

import minidl
from tests.parity.comparing import assert_close, both, copy_random_weights

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(12, 4)).astype("float32")
LABELS = GENERATOR.integers(0, 3, 12)


def network(k, width):
    layers = [k.Input((4,)), k.layers.Dense(width, "tanh", name="hidden"), k.layers.Dense(3, name="logits")]
    return k.Sequential(layers)


def distiller(k, losses, **options):
    options = {"student_loss_weight": 0.3} | options
    made = k.distillation.Distiller(network(k, 5), network(k, 5), losses(k.distillation), **options)
    loss = k.losses.SparseCategoricalCrossentropy(from_logits=True)
    made.compile(k.optimizers.SGD(0.1), loss, metrics=["accuracy"])
    return made


CASES = {
    "logits": (lambda d: d.LogitsDistillation(2.0, "mse"), {}),
    "features": (lambda d: d.FeatureDistillation("mae", "hidden", "hidden"), {}),
    "both": (
        lambda d: [d.LogitsDistillation(3.0, "mse"), d.FeatureDistillation("mse", "hidden", "hidden")],
        {"distillation_loss_weights": [1.0, 0.5]},
    ),
    "outputs alone": (lambda d: d.FeatureDistillation("cosine_similarity"), {"student_loss_weight": 0.0}),
    "no distillation": (lambda d: d.FeatureDistillation(), {"student_loss_weight": 1.0}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_student_learns_as_in_keras(case):
    losses, options = CASES[case]
    mine, its = both(lambda k: distiller(k, losses, **options))
    for number, (a, b) in enumerate(((mine.teacher, its.teacher), (mine.student, its.student))):
        b.trainable = a.trainable = True
        copy_random_weights(a, b, np.random.default_rng(number))
    for one in (mine, its):
        one.teacher.trainable = False
    teacher = [weight.copy() for weight in mine.teacher.get_weights()]
    ours, theirs = (one.fit(X, LABELS, batch_size=4, epochs=2, shuffle=False, verbose=0).history for one in (mine, its))
    assert set(ours) == set(theirs)
    for name, values in ours.items():
        assert_close(values, theirs[name], what=name)
    for a, b in zip(mine.student.get_weights(), its.student.get_weights(), strict=True):
        assert_close(a, b)
    for before, after in zip(teacher, mine.teacher.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert_close(mine.predict(X, verbose=0), its.predict(X, verbose=0))
    assert len(mine.trainable_weights) == 4


def test_the_kl_divergence_by_name_compares_probabilities_where_keras_compares_the_logits():
    teacher, student = np.array([[1.0, -2.0, 0.5]], "float32"), np.array([[0.3, 0.1, -1.0]], "float32")
    by_name, by_object = (
        minidl.distillation.LogitsDistillation(2.0, loss) for loss in ("kl_divergence", minidl.losses.KLDivergence())
    )
    theirs = keras.distillation.LogitsDistillation(2.0, keras.losses.KLDivergence()).compute_loss(teacher, student)
    p, q = (np.exp(one / 2) / np.exp(one / 2).sum() for one in (teacher, student))
    assert_close(by_name.compute_loss(teacher, student), 4 * (p * np.log(p / q)).sum())
    assert_close(by_object.compute_loss(teacher, student), theirs)
    wrong = keras.distillation.LogitsDistillation(2.0, "kl_divergence").compute_loss(teacher, student)
    assert abs(float(wrong) - float(theirs)) > 1


def test_a_loaded_distiller_predicts_alike(tmp_path):
    first = distiller(minidl, CASES["both"][0], distillation_loss_weights=[1.0, 0.5])
    first.fit(X, LABELS, verbose=0)
    first.save(tmp_path / "distiller.safetensors")
    again = minidl.load_model(tmp_path / "distiller.safetensors")
    np.testing.assert_array_equal(again.predict(X, verbose=0), first.predict(X, verbose=0))
    assert again.distillation_loss_weights == [1.0, 0.5]
    assert [type(one).__name__ for one in again.distillation_losses] == ["LogitsDistillation", "FeatureDistillation"]


WRONG = [
    (lambda d, m: d.Distiller(m(4), 3, d.LogitsDistillation()), "the student to be a model"),
    (lambda d, m: d.Distiller(m(4), m(4), None), "expects distillation losses"),
    (lambda d, m: d.Distiller(m(4), m(4), d.LogitsDistillation(), student_loss_weight=2.0), "student_loss_weight"),
    (lambda d, m: d.Distiller(m(4), m(4), [d.LogitsDistillation()], [1.0, 2.0]), "1 distillation losses and 2 weights"),
    (lambda d, m: d.Distiller(m(4), m(4), d.FeatureDistillation("mse", "x")), "the teacher has no layer 'x'"),
    (lambda d, m: d.Distiller(m(4), m(4), d.LogitsDistillation()).compile("sgd"), "expects the loss of the student"),
    (lambda d, m: d.LogitsDistillation(0.0), "temperature to be a number above 0"),
    (lambda d, m: d.FeatureDistillation([None]), "a loss for at least one output"),
]


@pytest.mark.parametrize(("make", "message"), WRONG)
def test_wrong_arguments_raise_an_error_in_both(make, message):
    with pytest.raises(ValueError, match=message):
        make(minidl.distillation, lambda width: network(minidl, width))
    with pytest.raises(ValueError, match=r"\w"):
        make(keras.distillation, lambda width: network(keras, width))
