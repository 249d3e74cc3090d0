"""What three ranks do together: the checks of `behaviour.py`."""

import json

import numpy as np
import pytest

from minidl import Input, Sequential, layers
from minidl.utils import set_random_seed
from tests.distribution import behaviour
from tests.distribution.running import run

RANKS = 3


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """What was printed, and for each rank the results by check."""
    folder = tmp_path_factory.mktemp("ranks")
    finished = run("behaviour.py", folder, ranks=RANKS)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished, [json.loads((folder / f"found.{rank}").read_text()) for rank in range(RANKS)]


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("rows", "rank 1 and rank 0 differ in their number of rows: 59 and 60; give every rank all the data"),
        ("data", "rank 1 and rank 0 differ in their rows of data; give every rank the same data in the same order"),
        ("weights", "rank 1 and rank 0 differ in their weights; call set_distribution before the model is made"),
        ("model", "rank 1 and rank 0 differ in their model; build the same model on every rank"),
        ("optimizer", "differ in their optimizer: SGD(learning_rate=1.1) and SGD(learning_rate=0.1)"),
        ("call", "rank 1 and rank 0 differ in their call: fit and evaluate; all ranks must make the same calls"),
        ("small batch", "a batch of 2 rows is smaller than the number of ranks, 3: give fit a larger batch_size"),
        ("few rows", "a batch of 2 rows is smaller than the number of ranks, 3"),
        ("batch of state", "declares batches of 6 rows, which ranks cannot share: leave batch_size out of its Input"),
        ("ended data", "the data ended on 1 of 3 ranks, but not on the others"),
    ],
)
def test_a_difference_raises_one_error_on_all_ranks(case, words, done):
    messages = {rank["differences"][case] for rank in done[1]}
    assert len(messages) == 1
    assert words in messages.pop()


@pytest.mark.parametrize("check", ["metric_of_ones_own", "stopping", "files", "own_rows", "moving_averages"])
def test_all_ranks_agree(check, done):
    assert all(rank[check] == done[1][0][check] for rank in done[1])


def test_a_metric_that_is_not_a_sum_gets_the_outputs_of_all_ranks(done):
    *_, largest, judged = done[1][0]["metric_of_ones_own"]
    assert judged == pytest.approx(largest)


def test_random_layers_differ_by_rank_and_epoch_and_agree_after_fit(done):
    states = [rank["dropout"] for rank in done[1]]
    drawn = [state for rank in states for epoch in rank["during"] for state in epoch]
    assert len(set(drawn)) == len(drawn)
    assert states[0]["after"] == states[1]["after"] == states[2]["after"]


def test_one_rank_stops_all_after_the_same_batch_or_epoch(done):
    assert done[1][0]["stopping"] == {"batches": 3, "epochs": [0, 1], "early": [0, 1]}


def test_rank_0_alone_writes_and_the_others_read_complete_files(done):
    found = done[1][0]["files"]
    assert found == {"same": [True, True], "log": 3, "files": ["best.safetensors", "log.csv", "model.safetensors"]}


def test_rank_0_alone_prints(done):
    lines = done[0].stdout.splitlines()
    assert [line.split(" - ")[0] for line in lines] == ["Epoch 1/1", "1/1"]
    assert done[0].stderr == ""


def test_ranks_with_rows_of_their_own_train_like_one_process_with_all(done):
    found = done[1][0]["own_rows"]
    set_random_seed(1)
    model, order = behaviour.net(metrics=["accuracy"]), found["order"]
    history = model.fit(behaviour.X[order], behaviour.Y[order], 12, epochs=2, verbose=0, shuffle=False).history
    for key, values in history.items():
        np.testing.assert_allclose(found["history"][key], values, rtol=1e-5)
    np.testing.assert_allclose(found["judged"], model.evaluate(behaviour.X, behaviour.Y, verbose=0), rtol=1e-5)
    assert "number of batches: 8 and 5; give fit a number of steps_per_epoch" in found["uneven"]
    assert "batch_size must be a multiple of the number of ranks, 3, got 10" in found["odd"]


def test_moving_averages_are_the_mean_of_those_of_the_ranks(done):
    found, mean, variance = done[1][0]["moving_averages"], np.zeros(4), np.ones(4)
    for batch in behaviour.X[:30], behaviour.X[30:]:
        parts = np.split(batch, RANKS)
        mean = 0.99 * mean + 0.01 * np.mean([part.mean(axis=0) for part in parts], axis=0)
        variance = 0.99 * variance + 0.01 * np.mean([part.var(axis=0) for part in parts], axis=0)
    np.testing.assert_allclose(found["moving_mean"], mean, atol=1e-6)
    np.testing.assert_allclose(found["moving_variance"], variance, atol=1e-6)


def test_each_rank_uses_its_share_of_the_cores(done):
    for rank in done[1]:
        assert rank["use_of_cores"]["threads"] == max(1, rank["use_of_cores"]["cores"] // RANKS)


def test_without_distribution_each_process_is_alone_again(done):
    assert all(rank["unset"] == {"alone": True, "loss": True} for rank in done[1])


def test_synchronized_is_without_effect_in_one_process():
    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    plain, synchronized = (layers.BatchNormalization(synchronized=given) for given in (False, True))
    for layer in plain, synchronized:
        Sequential([Input((3,)), layer])
    assert np.array_equal(plain(x, training=True), synchronized(x, training=True))
