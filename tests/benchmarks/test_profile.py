"""The profile of one step."""

from dataclasses import replace

import pytest

from tests.benchmarks import data, profile
from tests.benchmarks.workloads import BY_NAME


@pytest.mark.parametrize("name", ["mlp-128", "transformer"])
def test_every_layer_is_in_the_profile_with_time_and_bytes(name):
    workload = replace(BY_NAME[name], batch_size=4)
    parts = profile.profile(workload, *data.made_up(4), steps=3)
    names = [part.name for part in parts]
    assert {"loss", "optimizer", "dense forward", "dense backward"} <= set(names)
    assert names[-1] == "the whole step"
    assert all(len(part.seconds) == 3 for part in parts)
    whole = parts[-1]
    assert whole.peak >= max(part.kept for part in parts) > 0
    assert len(profile.table(parts).splitlines()) == len(parts) + 1


def test_bytes_are_those_of_the_arrays():
    part = profile.Part("ones")
    kept = []
    profile.tracemalloc.start()
    try:
        part.watch(lambda: kept.append(bytearray(100_000)))()
    finally:
        profile.tracemalloc.stop()
    assert part.kept == pytest.approx(100_000, rel=0.1)
    assert part.peak >= part.kept
    assert part.seconds == []


def test_functions_of_fit_are_listed():
    workload = replace(BY_NAME["mlp-128"], batch_size=4)
    stats = profile.functions(workload, *data.made_up(4), steps=2)
    assert any(function[2] == "update_vector" for function in stats.stats)
