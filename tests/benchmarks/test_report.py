"""Medians, ratios, goals, equal work and the table."""

from dataclasses import replace

import pytest

from tests.benchmarks import report
from tests.benchmarks.distance import round_trip
from tests.benchmarks.rounds import Series
from tests.benchmarks.workloads import BY_NAME

WORKLOAD = replace(BY_NAME["mlp-128"], rows=256, epochs=1, goal=0.7)  # two steps a round


def series(framework, seconds, variant="default", counts=2, result=0.5):
    return Series(framework, variant, [s * 2e-3 for s in seconds], [counts] * len(seconds), [result] * len(seconds))


def test_the_ratio_is_our_median_divided_by_that_of_the_best_other():
    row = report.summary(WORKLOAD, [series("minidl", [1, 9, 2]), series("torch", [4, 4, 4]), series("keras", [8, 8, 1])])
    assert row["ratio"] == pytest.approx(0.5)
    assert row["best"] == "torch default"
    assert row["met"] is True


def test_the_better_of_two_variants_counts():
    both = [series("torch", [4], "contiguous"), series("torch", [2.5], "channels_last")]
    row = report.summary(WORKLOAD, [series("minidl", [2]), *both])
    assert row["best"] == "torch channels_last"
    assert row["ratio"] == pytest.approx(0.8)
    assert row["met"] is False


def test_only_frameworks_named_in_the_goal_are_compared():
    workload = replace(WORKLOAD, judged=("torch",))
    row = report.summary(workload, [series("minidl", [1]), series("torch", [10]), series("keras", [1])])
    assert row["ratio"] == pytest.approx(0.1)


def test_values_are_shown_in_milliseconds_per_step_with_minimum_and_maximum():
    row = report.summary(WORKLOAD, [series("minidl", [3, 1, 2])])
    assert row["measured"] == [{"framework": "minidl", "variant": "default", "median": 2.0, "least": 1.0, "most": 3.0}]
    assert "| 2 [1, 3] |" in report.table([row])


def test_without_another_framework_there_is_no_ratio():
    row = report.summary(WORKLOAD, [series("minidl", [1])])
    assert row["ratio"] is row["met"] is row["best"] is None
    assert report.table([row]).splitlines()[-1].endswith("|  |  | 0.7 |  |  | 0.7 |  |")


def test_compiled_kernels_have_their_own_column_and_goal():
    row = report.summary(WORKLOAD, [series("minidl", [3]), series("minidl", [1], "fast"), series("torch", [2])])
    assert (row["ratio"], row["met"], row["fast_ratio"], row["fast_met"]) == (1.5, False, 0.5, True)
    assert "| 3 [3, 3] | 1 [1, 1] | " in report.table([row])


def test_another_number_of_steps_is_unequal_work():
    found = report.unequal_work(WORKLOAD, [series("minidl", [1]), series("torch", [1], counts=3)])
    assert found == ["torch (default) did [3] a round, not 2"]


@pytest.mark.parametrize(
    ("result", "equal"), [(0.5001, True), (0.495, True), (0.48, False), (0.52, False), (float("nan"), False)]
)
def test_another_loss_is_unequal_work(result, equal):
    found = report.unequal_work(WORKLOAD, [series("minidl", [1]), series("keras", [1], result=result)])
    assert (not found) == equal


def test_a_framework_that_failed_is_named_and_not_measured():
    failed = Series("torch", "eager", error="no memory")
    row = report.summary(WORKLOAD, [series("minidl", [1]), failed])
    assert [one["framework"] for one in row["measured"]] == ["minidl"]
    assert report.doubts(row) == ["torch (eager) failed: no memory"]


@pytest.mark.parametrize(("share", "doubts"), [(None, 0), (0.01, 0), (0.3, 1)])
def test_a_busy_machine_gives_a_warning(share, doubts):
    assert len(report.doubts(report.summary(WORKLOAD, [series("minidl", [1])], share))) == doubts


@pytest.mark.parametrize(("distances", "doubts"), [([None, 70.0], 0), ([70.0, 330.0], 1)])
def test_cores_without_a_common_cache_give_a_warning(distances, doubts):
    apart = series("minidl", [1, 1])
    apart.distances = distances
    found = report.doubts(report.summary(WORKLOAD, [apart]))
    assert found == ["the cores shared no cache in 1 of 2 rounds, which slows two threads down"] * doubts


def test_a_message_between_two_cores_takes_some_nanoseconds():
    pytest.importorskip("numba")
    nanoseconds = round_trip()
    if nanoseconds is None:
        pytest.skip("this system does not assign threads to cores, or has one core")
    assert nanoseconds > 10


def test_the_best_other_framework_is_bold_in_the_table():
    two = [series("torch", [4], "1 thread"), series("torch", [5], "2 threads")]
    line = report.table([report.summary(WORKLOAD, [series("minidl", [1]), *two])]).splitlines()[-1]
    assert line.count("**") == 2
    assert "**torch (1 thread) 4 [4, 4]**" in line


@pytest.mark.parametrize(("value", "shown"), [(0.01234, "0.0123"), (12.345, "12.3"), (999.9, "1000"), (12345.6, "12346")])
def test_numbers_have_three_digits(value, shown):
    assert report.number(value) == shown


def test_several_runs_are_in_one_row_each_with_its_ratio():
    first = report.summary(WORKLOAD, [series("minidl", [2]), series("torch", [4]), series("keras", [8])])
    second = report.summary(WORKLOAD, [series("minidl", [3]), series("torch", [6]), series("keras", [4])])
    assert report.repeated([first]) == ""
    row = report.repeated([first, second]).splitlines()[-1]
    assert row == "| mlp-128 | ms per step | 2, 3 | 4 torch, 4 keras | 0.50, 0.75 | 0.7 | not each time |"


def test_losses_may_differ_more_in_later_rounds_up_to_a_limit():
    ours, theirs = series("minidl", [1, 1]), series("torch", [1, 1])
    theirs.results[-1] = 0.42
    assert report.unequal_work(WORKLOAD, [ours, theirs]) == []
    theirs.results[-1] = 0.3
    assert report.unequal_work(WORKLOAD, [ours, theirs]) == ["torch (default) ended at 0.3, minidl at 0.5"]
    ours.results[-1], theirs.results[-1] = 0.017, 0.024  # of a few rows that one of both has not learnt yet
    assert report.unequal_work(WORKLOAD, [ours, theirs]) == []
    theirs.results[-1] = 0.04
    assert report.unequal_work(WORKLOAD, [ours, theirs]) == ["torch (default) ended at 0.04, minidl at 0.017"]


def test_the_goal_counts_for_the_default_and_other_settings_are_named():
    series = [Series("minidl", "default", [2.0], [1], [0.5]), Series("minidl", "1 thread", [1.0], [1], [0.5])]
    row = report.summary(replace(BY_NAME["busy"], rows=32), [*series, Series("keras", "fit", [4.0], [1], [0.5])])
    assert row["ratio"] == 0.5
    assert "(1 thread)" in report.table([row])
