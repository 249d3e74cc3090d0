"""`PyDataset`: workers prepare batches in order, and their errors are raised in the training thread."""

import threading

import numpy as np
import pytest

from minidl import Input, Sequential, layers
from minidl.config.nest import unpack
from minidl.data import PyDataset, StreamBatches, as_data


class Numbers(PyDataset):
    """Batch i is a column that holds i; it notes who asks for what."""

    def __init__(self, count=6, **kwargs):
        super().__init__(**kwargs)
        self.count, self.asked, self.moments = count, [], []

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        self.asked.append((index, threading.current_thread().name))
        return np.full((2, 1), float(index)), np.zeros((2, 1))

    def on_epoch_begin(self):
        self.moments.append("begin")

    def on_epoch_end(self):
        self.moments.append("end")


class Endless(Numbers):
    @property
    def num_batches(self):
        return None


def firsts(batches):
    return [float(x[0, 0]) for x, y in batches]


@pytest.mark.parametrize("workers", [0, 1, 4])
@pytest.mark.parametrize("ahead", [1, 3, 10])
def test_batches_are_in_order_for_any_number_of_workers(workers, ahead):
    data = Numbers(workers=workers, max_queue_size=ahead)
    for _ in range(2):
        assert firsts(data.loaded()) == [0, 1, 2, 3, 4, 5]
    assert data.moments == ["begin", "end"] * 2
    assert sorted(index for index, _ in data.asked) == sorted(2 * list(range(6)))
    in_main = {name == threading.main_thread().name for _, name in data.asked}
    assert in_main == {workers == 0}


def test_processes_make_the_same_batches():
    assert firsts(Numbers(4, workers=2, use_multiprocessing=True).loaded()) == [0, 1, 2, 3]


def test_no_more_batches_are_made_ahead_than_allowed():
    data = Endless(max_queue_size=2)
    batches = data.loaded()
    next(batches)
    batches.close()  # waits for the one that is being made
    assert len(data.asked) <= 4
    assert data.moments == ["begin"]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("Endless")]


def test_a_new_order_is_drawn_in_each_pass():
    generator = np.random.default_rng(0)
    rounds = [firsts(Numbers().loaded(generator)) for _ in range(3)]
    assert all(sorted(one) == list(range(6)) for one in rounds)
    assert rounds[0] != rounds[1]
    assert firsts(Numbers()) == list(range(6))


def test_an_error_in_a_worker_is_raised_where_its_batch_is_read():
    class Faulty(Numbers):
        def __getitem__(self, index):
            if index == 3:
                raise OSError("no such file")
            return super().__getitem__(index)

    seen = []
    with pytest.raises(OSError, match="no such file"):
        seen += iter_noting(Faulty().loaded(), seen)
    assert seen == [0, 1, 2]


def iter_noting(batches, seen):
    for x, _ in batches:
        seen.append(float(x[0, 0]))
    return []


def test_missing_methods_and_wrong_arguments_raise_an_error():
    with pytest.raises(ValueError, match="PyDataset expects max_queue_size to be a positive integer, got 0"):
        Numbers(max_queue_size=0)
    with pytest.raises(ValueError, match="workers to be an integer of at least 0, got -1"):
        Numbers(workers=-1)
    with pytest.raises(TypeError, match=r"PyDataset and must define __len__\(self\)"):
        list(PyDataset())
    with pytest.raises(TypeError, match="must define __getitem__"):
        PyDataset()[0]
    with pytest.raises(ValueError, match="Endless has no end: say how many batches"):
        StreamBatches(Endless(), None, lambda item: as_data(*unpack(item)))


def test_a_subclass_may_forget_the_parent_s_constructor():
    class Bare(PyDataset):
        def __init__(self):
            pass

        def __len__(self):
            return 2

        def __getitem__(self, index):
            return np.full((1, 1), float(index)), np.zeros((1, 1))

    assert firsts(Bare().loaded()) == [0, 1]


def test_fit_evaluate_and_predict_accept_a_pydataset():
    model = Sequential([Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(Endless(), steps_per_epoch=4, epochs=2, verbose=0, validation_data=Numbers())
    assert len(history.history["val_loss"]) == 2
    assert history.params["steps"] == 4
    assert model.predict(Numbers()).shape == (12, 1)
    assert model.evaluate(Numbers(), verbose=0) == model.evaluate(list(Numbers()), verbose=0)
