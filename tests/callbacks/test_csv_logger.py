"""`CSVLogger`: its columns and cells beside those that Keras writes too, and errors."""

import csv

import numpy as np
import pytest

from minidl.callbacks import CSVLogger


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


def test_folders_are_made(tmp_path):
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


def test_an_empty_file_is_begun(tmp_path):
    (tmp_path / "a.csv").touch()
    assert run(tmp_path / "a.csv", {"loss": 1.0}, append=True)[0] == ["epoch", "loss", "val_loss"]


@pytest.mark.parametrize("separator", ["", ", ", "\n", '"'])
def test_a_separator_is_one_character(separator):
    with pytest.raises(ValueError, match="CSVLogger expects separator to be one character, such as"):
        CSVLogger("a.csv", separator)
