"""`CSVLogger`: its columns and cells beside those that Keras writes too, and errors."""

import csv

import numpy as np
import pytest

from minidl import Input, Sequential, layers
from minidl.callbacks import CSVLogger, LearningRateScheduler


def run(path, *epochs, **options):
    logger = CSVLogger(path, **options)
    logger.on_train_begin()
    for epoch, logs in enumerate(epochs):
        logger.on_epoch_end(epoch, logs)
    logger.on_train_end()
    with open(path, newline="") as file:
        return list(csv.reader(file, delimiter=options.get("separator", ",")))


def test_a_metric_with_several_values_is_one_cell_on_its_line(tmp_path):
    values = np.array([0.1, 0.25] * 40, "float32")
    rows = run(tmp_path / "a.csv", {"f1_score": values, "loss": 1.0})
    assert rows[0] == ["epoch", "f1_score", "loss", "val_f1_score", "val_loss"]
    assert rows[1] == ["0", "[" + ", ".join(["0.1", "0.25"] * 40) + "]", "1.0", "NA", "NA"]
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 2


def test_folders_are_created(tmp_path):
    assert run(tmp_path / "runs" / "1" / "a.csv", {"loss": 1.0})[1] == ["0", "1.0", "NA"]


def test_a_file_is_continued_in_its_own_columns(tmp_path):
    run(tmp_path / "a.csv", {"loss": 1.0, "mae": 2.0})
    rows = run(tmp_path / "a.csv", {"loss": 3.0, "val_loss": 4.0}, append=True)
    assert rows[0] == ["epoch", "loss", "mae", "val_loss", "val_mae"]
    assert rows[2] == ["0", "3.0", "NA", "4.0", "NA"]


def test_a_file_of_other_columns_altogether_is_not_continued(tmp_path):
    run(tmp_path / "a.csv", {"loss": 1.0}, separator=";")
    before = (tmp_path / "a.csv").read_bytes()
    with pytest.raises(ValueError, match=r"whose columns are \['epoch;loss;val_loss'\], without one named 'epoch'"):
        run(tmp_path / "a.csv", {"loss": 1.0}, append=True)
    assert (tmp_path / "a.csv").read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"epoch,l\xf6ss\r\n", b"epoch,loss\r0,1\r", b"epoch," + b"x" * 200_000, b"epoch,loss\n" + b"9" * 200_000]
)
def test_a_file_that_is_not_csv_is_not_continued(content, tmp_path):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(ValueError, match="CSVLogger cannot continue .*a.csv, which is not a CSV file"):
        run(tmp_path / "a.csv", {"loss": 1.0}, append=True)
    assert (tmp_path / "a.csv").read_bytes() == content


def test_a_file_that_excel_saved_is_continued(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfepoch,loss\r\n0,2.0\r\n")
    run(tmp_path / "a.csv", {"loss": 1.0}, append=True)
    assert (tmp_path / "a.csv").read_bytes() == b"\xef\xbb\xbfepoch,loss\r\n0,2.0\r\n0,1.0\r\n"


def test_nothing_is_read_from_a_device():
    logger = CSVLogger("/dev/zero", append=True)
    logger.on_train_begin()
    logger.on_epoch_end(0, {"loss": 1.0})
    logger.on_train_end()


def test_an_empty_file_gets_a_header(tmp_path):
    (tmp_path / "a.csv").touch()
    assert run(tmp_path / "a.csv", {"loss": 1.0}, append=True)[0] == ["epoch", "loss", "val_loss"]


@pytest.mark.parametrize("separator", ["", ", ", "\n", '"'])
def test_a_separator_is_one_character(separator):
    with pytest.raises(ValueError, match="CSVLogger expects separator to be one character, such as"):
        CSVLogger("a.csv", separator)


@pytest.mark.parametrize(
    ("validation", "columns"),
    [
        ({}, ["loss", "mae"]),
        ({"validation_split": 0.5}, ["loss", "mae", "val_loss", "val_mae"]),
        ({"validation_split": 0.5, "validation_freq": 2}, ["loss", "mae", "val_loss", "val_mae"]),
        ({"validation_split": 0.5, "validation_freq": [3]}, ["loss", "mae", "val_loss", "val_mae"]),
        ({"validation_split": 0.5, "validation_freq": 5}, ["loss", "mae"]),
        ({"validation_split": 0.5, "validation_freq": [9]}, ["loss", "mae"]),
    ],
)
@pytest.mark.parametrize("rate", [False, True])
def test_there_are_columns_for_validation_if_an_epoch_is_validated(validation, columns, rate, tmp_path):
    model = Sequential([Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    others = [LearningRateScheduler(lambda epoch: 0.1)] if rate else []
    path = tmp_path / "a.csv"
    model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=3, verbose=0, callbacks=[*others, CSVLogger(path)], **validation)
    rows = [line.split(",") for line in path.read_text().splitlines()]
    assert sorted(rows[0]) == sorted(["epoch", *columns, *(["learning_rate"] if rate else [])])
    assert {len(row) for row in rows} == {len(rows[0])}


def test_a_run_whose_log_another_one_replaces_does_not_write_into_it(tmp_path):
    path = tmp_path / "log.csv"

    class SlowLogger(CSVLogger):
        """Between the moment at which its log gets its name and that at which it is opened again, the other run starts."""

        def _open(self):
            if self._columns:
                second.on_epoch_end(0, {"loss": 3.0})
            super()._open()

    first, second = SlowLogger(path), CSVLogger(path)
    for logger in (first, second):
        logger.on_train_begin()
    first.on_epoch_end(0, {"loss": 1.0})
    first.on_epoch_end(1, {"loss": 2.0})
    second.on_epoch_end(1, {"loss": 4.0})
    for logger in (first, second):
        logger.on_train_end()
    assert path.read_text().splitlines() == ["epoch,loss,val_loss", "0,3.0,NA", "1,4.0,NA"]
