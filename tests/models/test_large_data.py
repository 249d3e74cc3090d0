"""Data that would not fit into memory: sparse matrices stay sparse, memory maps are read a batch at a time."""

import tracemalloc

import numpy as np
import pandas
import pytest
import scipy.sparse

from minidl import Input, Model, Sequential, layers, optimizers

ROWS, COLUMNS = 3000, 20_000  # 240 MB when dense


def wide_matrix(form="csr"):
    generator = np.random.default_rng(0)
    places = generator.integers(COLUMNS, size=(ROWS, 5))
    matrix = scipy.sparse.coo_array(
        (np.ones(5 * ROWS, np.float32), (np.repeat(np.arange(ROWS), 5), places.ravel())), (ROWS, COLUMNS)
    )
    return matrix.asformat(form), (places < COLUMNS // 2).sum(axis=1) > 2


def compiled(columns, units=3):
    model = Sequential([Input((columns,)), layers.Dense(units, "relu"), layers.Dense(1, "sigmoid")])
    model.compile(optimizers.SGD(0.1), "binary_crossentropy", metrics=["accuracy"])
    return model


def peak_of(work):
    """The largest sum of all that NumPy and Python held during the work, in bytes."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("form", ["csr", "csc", "coo"])
def test_a_sparse_matrix_never_becomes_dense_as_a_whole(form):
    x, y = wide_matrix(form)
    model = compiled(COLUMNS)

    def work():
        model.fit(x, y, batch_size=50, validation_split=0.5, verbose=0)
        model.evaluate(x, y, batch_size=50, verbose=0)
        assert model.predict(x, batch_size=50).shape == (ROWS, 1)

    assert peak_of(work) < 4 * ROWS * COLUMNS / 8


def test_a_sparse_matrix_trains_like_the_dense_one():
    x, y = wide_matrix()
    x = x[:200, :50]
    ends = []
    for given in (x, x.toarray()):
        model = compiled(50)
        model.set_weights([np.full_like(value, 0.1) for value in model.get_weights()])
        model._shuffler.generator.bit_generator.state = np.random.default_rng(0).bit_generator.state
        model.fit(given, y[:200], epochs=2, validation_split=0.2, verbose=0)
        ends.append(model.predict(given))
        assert model.evaluate(given, y[:200], verbose=0) == pytest.approx(model.evaluate(x.toarray(), y[:200], verbose=0))
        model.train_on_batch(given[:10], y[:10])
    np.testing.assert_array_equal(*ends)


def test_a_memory_map_is_read_a_batch_at_a_time(tmp_path):
    x = np.memmap(tmp_path / "x", np.float32, "w+", shape=(4000, 4000))  # 64 MB
    x[:] = 1
    model = compiled(4000)
    y = np.arange(4000) % 2

    def work():
        model.fit(x, y, validation_split=0.25, verbose=0)
        model.evaluate(x, y, batch_size=32, verbose=0)
        model.predict(x, batch_size=32)

    assert peak_of(work) < x.nbytes / 2  # pieces of 16 MB are looked at for NaN


def test_the_position_of_nan_is_named_for_a_sparse_matrix_too():
    x, y = wide_matrix()
    x.data[7] = np.nan
    with pytest.raises(ValueError, match=r"x holds nan at row 1, column \d+: .* x\.data = np\.nan_to_num\(x\.data\)"):
        compiled(COLUMNS).fit(x, y, verbose=0)


@pytest.mark.parametrize(
    "make",
    [
        lambda x, y: (pandas.DataFrame(x, columns=list("abcd")), pandas.Series(y)),
        lambda x, y: (pandas.DataFrame(x, index=range(5, 45)).astype("float32"), pandas.DataFrame({"y": y})),
        lambda x, y: (x.tolist(), y.tolist()),
        lambda x, y: (scipy.sparse.csc_matrix(x), y),
        lambda x, y: (x.astype("float16"), y.astype(bool)),
    ],
    ids=["frame and series", "frames", "lists", "csc", "small types"],
)
def test_many_forms_of_the_same_data_are_accepted(make):
    x = np.random.default_rng(0).integers(-3, 4, (40, 4)).astype(float)
    y = (x[:, 0] > 0).astype(int)
    given = make(x, y)
    model = compiled(4)
    before = model.get_weights()
    expected = model.fit(x, y, epochs=2, shuffle=False, verbose=0, validation_split=0.25).history
    model.set_weights(before)
    found = model.fit(*given, epochs=2, shuffle=False, verbose=0, validation_split=0.25).history
    for key, values in expected.items():
        np.testing.assert_allclose(found[key], values, rtol=1e-5)


def weighted_batches():
    x = np.ones((8, 4), np.float32)
    return [(x * number, np.ones((8, 1)), np.full(8, 0.5)) for number in range(3)]


class Again:
    def __iter__(self):
        return iter(weighted_batches())


@pytest.mark.parametrize("data", [weighted_batches(), Again()], ids=["a list", "what can be run through again"])
def test_batches_with_weights_are_accepted_in_training_and_evaluation(data):
    model = compiled(4)
    history = model.fit(data, epochs=2, verbose=0, validation_data=data)
    assert len(history.history["val_loss"]) == 2
    assert model.predict(data).shape == (24, 1)


def test_a_generator_is_one_pass_and_an_infinite_one_needs_steps():
    model = compiled(4)
    assert len(model.fit((batch for batch in weighted_batches()), verbose=0).epoch) == 1

    def endless():
        while True:
            yield from weighted_batches()

    assert model.fit(endless(), epochs=3, steps_per_epoch=5, verbose=0).epoch == [0, 1, 2]


def test_named_inputs_may_be_dicts_alone_or_in_batches():
    a, b = Input((2,), name="a"), Input((3,), name="b")
    model = Model({"a": a, "b": b}, layers.Dense(1)(layers.Concatenate()([a, b])))
    model.compile("sgd", "mse")
    x = {"b": np.ones((6, 3)), "a": scipy.sparse.csr_matrix(np.zeros((6, 2)))}
    assert len(model.fit(x, np.ones(6), validation_split=0.5, verbose=0).history) == 2
    model.fit([({"a": np.zeros((6, 2)), "b": np.ones((6, 3))}, np.ones(6))], verbose=0)
    assert model.predict(x).shape == (6, 1)
