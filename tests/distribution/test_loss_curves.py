"""Several ranks give the loss curves, metrics and predictions of one process."""

import json

import numpy as np
import pytest

from tests.distribution import curves
from tests.distribution.running import run


@pytest.fixture(scope="module")
def alone():
    """The results of one process, by model."""
    return {name: curves.train(name) for name in curves.TRAININGS}


@pytest.fixture(scope="module")
def backup(tmp_path_factory):
    """The folder of a training that each number of ranks continues for two epochs."""
    return tmp_path_factory.mktemp("backup")


@pytest.fixture(scope="module", params=[2, 3, pytest.param(4, marks=pytest.mark.thorough)])
def together(request, backup, tmp_path_factory):
    """The results of each rank, by model; three ranks train as if each had a machine, and send gradients while they compute."""
    path = tmp_path_factory.mktemp("curves") / "found"
    done = run("curves.py", path, backup, 2 * request.param - 2, ranks=request.param, apart=request.param == 3)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == ""
    return [json.loads(path.with_suffix(f".{rank}").read_text()) for rank in range(request.param)]


@pytest.mark.parametrize("name", curves.TRAININGS)
def test_all_ranks_have_the_results_of_one_process(name, alone, together):
    for rank in together:
        assert rank[name].keys() == alone[name].keys()
        for key, values in alone[name].items():
            np.testing.assert_allclose(rank[name][key], values, rtol=1e-4, atol=1e-5, err_msg=key)


def test_all_ranks_have_the_same_results_bit_by_bit(together):
    assert all(rank == together[0] for rank in together)


def test_a_training_resumes_with_another_number_of_ranks(together, tmp_path):
    uninterrupted = curves.resume(tmp_path, 2 * len(together) - 2)
    np.testing.assert_allclose(together[0]["resume"]["loss"], uninterrupted, rtol=1e-4)
