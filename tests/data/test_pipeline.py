import itertools

import numpy as np
import pytest

import minidl
from minidl import layers
from minidl.utils import timeseries_dataset_from_array


def windows(rows: int = 10, batch_size: int = 3) -> minidl.data.pipeline.Transforms:
    return timeseries_dataset_from_array(np.arange(rows), np.arange(rows) * 10, sequence_length=1, batch_size=batch_size)


def values(dataset: object) -> list[list[int]]:
    return [np.ravel(x).tolist() for x, _ in dataset]


def test_each_method_gives_the_right_elements_and_length() -> None:
    dataset = windows()
    assert values(dataset) == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]
    for made, expected in (
        (dataset.take(2), [[0, 1, 2], [3, 4, 5]]),
        (dataset.take(-1), values(dataset)),
        (dataset.take(9), values(dataset)),
        (dataset.skip(2), [[6, 7, 8], [9]]),
        (dataset.skip(9), []),
        (dataset.map(lambda x, y: (x[:, 0] + y, y)), [[0, 11, 22], [33, 44, 55], [66, 77, 88], [99]]),
        (dataset.skip(3).repeat(3), [[9], [9], [9]]),
        (dataset.cache().prefetch(2), values(dataset)),
        (dataset.repeat().take(5), [*values(dataset), [0, 1, 2]]),
    ):
        assert values(made) == expected
        assert values(made) == expected  # again from the start
        assert len(made) == len(expected)
    assert values(dataset.unbatch().batch(4)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert values(dataset.unbatch().batch(4, drop_remainder=True)) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert values(dataset.filter(lambda x, y: x.sum() > 10)) == [[3, 4, 5], [6, 7, 8]]
    singles = timeseries_dataset_from_array(np.arange(7), None, 1, batch_size=None)
    assert [len(dropped) for dropped in (singles.batch(3), singles.batch(3, drop_remainder=True))] == [3, 2]
    assert [batch.ravel().tolist() for batch in singles.batch(3)] == [[0, 1, 2], [3, 4, 5], [6]]


def test_a_length_that_is_unknown_or_infinite_is_a_type_error() -> None:
    for made in (windows().unbatch(), windows().repeat(), windows().filter(lambda x, y: True)):
        with pytest.raises(TypeError, match="has no len"):
            len(made)


def test_shuffle_gives_every_element_once_in_another_order_each_time() -> None:
    singles = windows(40, 1)
    for size in (1, 7, 100):
        shuffled = singles.shuffle(size, seed=3)
        first, second = (list(itertools.chain(*values(shuffled))) for _ in range(2))
        assert sorted(first) == sorted(second) == list(range(40))
        assert size == 1 or first != second != list(range(40))
        assert max(place - value for place, value in enumerate(np.argsort(first))) <= size * 40
    fixed = singles.shuffle(40, seed=3, reshuffle_each_iteration=False)
    assert values(fixed) == values(fixed) != values(singles)
    assert values(singles.shuffle(40, seed=3)) == values(singles.shuffle(40, seed=3))


def test_cache_reads_once_and_a_file_name_raises_an_error() -> None:
    calls = []
    cached = windows().map(lambda x, y: (calls.append(1), x)).cache()
    assert [len(list(cached)) for _ in range(3)] == [4, 4, 4]
    assert len(calls) == 4
    with pytest.raises(ValueError, match="without a filename"):
        windows().cache("file")


def test_a_transformed_data_set_trains_evaluates_predicts_and_adapts() -> None:
    dataset = windows(40, 8).map(lambda x, y: (x.astype("float32") / 40, y / 400)).shuffle(5).prefetch(1)
    model = minidl.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(dataset, epochs=3, validation_data=dataset.take(2), verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    model.fit(dataset.repeat(), steps_per_epoch=3, epochs=2, verbose=0)
    assert model.predict(windows(40, 8).map(lambda x, y: x / 40), verbose=0).shape == (40, 1)
    batches = list(dataset)
    x, y = (np.concatenate([batch[part] for batch in batches]) for part in (0, 1))
    np.testing.assert_allclose(model.evaluate(dataset, verbose=0), model.evaluate(x, y, verbose=0), rtol=1e-5)
    normalization = layers.Normalization()
    normalization.adapt(windows(40, 8).map(lambda x, y: x.astype("float32")))
    np.testing.assert_allclose(np.ravel(normalization.mean), np.arange(40).mean(), rtol=1e-6)
