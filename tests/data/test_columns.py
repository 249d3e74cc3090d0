"""A model that was fitted on a frame notices columns in another order, missing ones and further ones."""

import copy
import pickle
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest

from minidl import Input, Model, Sequential, load_model
from minidl.layers import Concatenate, Dense

NUMBERS = np.random.default_rng(0).normal(size=(12, 3))
FRAME = pd.DataFrame(NUMBERS, columns=["a", "b", "c"])
Y = NUMBERS[:, 0]


def fitted(frame=FRAME, **options):
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse")
    model.fit(frame, Y, verbose=0, **options)
    return model


def ways(model, frame):
    return [
        lambda: model.predict(frame, verbose=0),
        lambda: model.predict([frame], verbose=0),
        lambda: model.evaluate(frame, Y, verbose=0),
        lambda: model.fit(frame, Y, verbose=0),
        lambda: model.fit(FRAME, Y, validation_data=(frame, Y), verbose=0),
        lambda: model.fit([(frame, Y)], verbose=0),
        lambda: model.train_on_batch(frame, Y),
        lambda: model.test_on_batch(frame, Y),
        lambda: model.predict_on_batch(frame),
        lambda: model.gradients(frame, Y),
        lambda: model(frame),
    ]


WRONG = [
    (
        ["b", "a", "c"],
        "x has its columns in another order than the frame that the model was fitted on: give x[['a', 'b', 'c']]",
    ),
    (["a", "b"], "x lacks the columns ['c'] of the frame"),
    (["a", "b", "c", "d"], "x has the columns ['d'], which the frame that the model was fitted on does not have"),
    (["a", "b", "d"], "x lacks the columns ['c'] of the frame that the model was fitted on, and has ['d'] instead"),
]


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize(("names", "message"), WRONG)
def test_other_columns_raise_an_error_in_every_method(kind, names, message):
    model = fitted(kind(dict(FRAME)) if kind is pd.DataFrame else pl.DataFrame(dict(zip("abc", NUMBERS.T, strict=True))))
    wide = FRAME.assign(d=0.0)[names]
    wrong = wide if kind is pd.DataFrame else pl.DataFrame({name: wide[name].to_numpy() for name in names})
    before = model.get_weights()
    for enter in ways(model, wrong):
        with pytest.raises(ValueError, match=re.escape(message)):
            enter()
    assert all((one == other).all() for one, other in zip(before, model.get_weights(), strict=True))


def test_the_same_columns_and_arrays_are_accepted():
    model = fitted()
    for enter in ways(model, FRAME.iloc[::-1]):
        enter()
    expected = model.predict(NUMBERS, verbose=0)
    for same in (FRAME, FRAME[["b", "a", "c"]][["a", "b", "c"]]):  # its columns are contiguous: BLAS may add in another order
        np.testing.assert_allclose(model.predict(same, verbose=0), expected, rtol=1e-5, atol=1e-6)


def test_validation_data_is_compared_with_the_frame_of_the_same_fit():
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="another order"):
        model.fit(FRAME, Y, validation_data=(FRAME[["c", "b", "a"]], Y), verbose=0)
    assert model.column_names is None
    assert not model.built


def test_the_column_names_are_saved_copied_and_can_be_cleared(tmp_path):
    model, swapped = fitted(), FRAME[["b", "a", "c"]]
    model.save(tmp_path / "net.safetensors")
    for other in (load_model(tmp_path / "net.safetensors"), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        with pytest.raises(ValueError, match="another order"):
            other.predict(swapped, verbose=0)
        other.column_names = None
        other.predict(swapped, verbose=0)
        other.fit(swapped, Y, verbose=0)
        with pytest.raises(ValueError, match="another order"):
            other.predict(FRAME, verbose=0)


def test_a_model_fitted_on_arrays_or_on_frames_without_names_takes_any_frame():
    for first in (NUMBERS, pd.DataFrame(NUMBERS), FRAME.to_numpy()):
        model = fitted(first)
        assert model.column_names is None
        model.predict(FRAME[["c", "b", "a"]], verbose=0)


def test_every_one_of_several_inputs_has_its_own_columns():
    one, other = Input((2,), name="one"), Input((1,), name="other")
    model = Model([one, other], Dense(1)(Concatenate()([one, other])))
    model.compile("sgd", "mse")
    given = {"one": FRAME[["a", "b"]], "other": FRAME[["c"]]}
    model.fit(given, Y, verbose=0)
    model.predict({"other": FRAME[["c"]], "one": FRAME[["a", "b"]]}, verbose=0)
    with pytest.raises(ValueError, match=r"x\['one'\] has its columns in another order"):
        model.predict(given | {"one": FRAME[["b", "a"]]}, verbose=0)
