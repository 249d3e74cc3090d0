"""Several ranks give the loss curves, metrics and predictions of one process."""

import json

import numpy as np
import pytest

from tests.distribution import curves
from tests.distribution.running import run


@pytest.fixture(scope="module")
def alone():
    """The results of one process, by model."""
    return {name: curves.train(name) for name in curves.MODELS}


@pytest.fixture(scope="module", params=[2, 3, 4])
def together(request, tmp_path_factory):
    """The results of each rank, by model."""
    path = tmp_path_factory.mktemp("curves") / "found"
    done = run("curves.py", path, ranks=request.param)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == ""
    return [json.loads(path.with_suffix(f".{rank}").read_text()) for rank in range(request.param)]


@pytest.mark.parametrize("name", curves.MODELS)
def test_all_ranks_have_the_results_of_one_process(name, alone, together):
    for rank in together:
        assert rank[name].keys() == alone[name].keys()
        for key, values in alone[name].items():
            np.testing.assert_allclose(rank[name][key], values, rtol=1e-4, atol=1e-4, err_msg=key)


@pytest.mark.parametrize("name", curves.MODELS)
def test_all_ranks_have_the_same_weights_and_metrics_bit_by_bit(name, together):
    first = together[0][name]
    assert all(rank[name] == first for rank in together)
