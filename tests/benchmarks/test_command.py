"""The command line, and a tiny workload measured with minidl alone."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks import __main__ as command
from tests.benchmarks import data, growth, machine, report, rounds, worker
from tests.benchmarks.frameworks import with_minidl
from tests.benchmarks.workloads import BY_NAME, WORKLOADS

ROOT = Path(__file__).parents[2]
BENCHMARKS = Path(__file__).parent
OPPONENTS = {"jax", "keras", "onnxruntime", "sklearn", "torch"}


@pytest.fixture(scope="module")
def images():
    return data.made_up(300)


def test_the_command_line_is_read():
    chosen = command.parse(["mlp-128", "lstm", "--against", "torch", "keras", "--rounds", "3"])
    assert (chosen.workloads, chosen.against, chosen.rounds) == (["mlp-128", "lstm"], ["torch", "keras"], 3)


def test_five_rounds_are_measured_by_default():
    chosen = command.parse([])
    assert (chosen.workloads, chosen.against, chosen.rounds) == ([], list(command.OPPONENTS), 5)


def test_other_frameworks_may_be_left_out():
    assert command.parse(["--against"]).against == []


@pytest.mark.parametrize("wrong", [["mlp"], ["--rounds", "0"], ["--against", "tensorflow"]])
def test_a_wrong_command_line_raises_an_error_of_one_sentence(wrong, capsys):
    with pytest.raises(SystemExit):
        command.parse(wrong)
    assert wrong[-1] in capsys.readouterr().err


def test_workloads_have_names_of_their_own():
    assert len(BY_NAME) == len(WORKLOADS)


def test_other_frameworks_are_imported_only_when_they_are_measured():
    # In a process of its own: in this one other tests, or libraries that use what is installed, may have imported one.
    names = [f"tests.benchmarks.{path.stem}" for path in BENCHMARKS.glob("[!_]*.py") if not path.stem.startswith("test_")]
    names += [
        "tests.benchmarks.__main__",
        *(f"tests.benchmarks.frameworks.{path.stem}" for path in BENCHMARKS.glob("frameworks/with_*.py")),
    ]
    code = f"import {', '.join(names)}, sys\nprint(*sorted({OPPONENTS} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("workload", [one for one in WORKLOADS if one.kind == "train"], ids=lambda one: one.name)
def test_every_model_trains_the_stated_number_of_steps(workload, images):
    tiny = replace(workload, rows=8, batch_size=4, epochs=1)
    weights = data.initial_weights(data.weight_shapes(tiny))
    do_round = with_minidl.make(
        tiny, "default", {"x": data.inputs(tiny, images[0][:8]), "y": images[1][:8], "weights": weights}
    )
    count, loss = do_round()
    assert count == tiny.count == 2
    assert np.isfinite(loss)


def test_data_and_weights_survive_the_file(images, tmp_path):
    tiny = replace(BY_NAME["convnet"], rows=5)
    data.write(tiny, tmp_path / "data.npz", *images)
    back = data.read(tmp_path / "data.npz")
    np.testing.assert_array_equal(back["x"][..., 0], images[0][:5])
    np.testing.assert_array_equal(back["y"], images[1][:5])
    assert [weight.shape for weight in back["weights"]] == [shape for _, shape in data.weight_shapes(tiny)]


def test_random_images_are_used_and_reported_without_mnist(monkeypatch, tmp_path):
    monkeypatch.setenv("MINIDL_HOME", str(tmp_path))
    x, y, source = data.mnist()
    assert x.shape == (60_000, 28, 28)
    assert y.shape == (60_000,)
    assert x.dtype == np.float32
    assert "made-up" in source


def test_outputs_are_compared_by_their_mean_square():
    assert worker.time_of_a_round(lambda: (2, np.array([[1.0, 3.0]])))["result"] == 5
    assert worker.time_of_a_round(lambda: (2, 0.25))["result"] == 0.25


def test_peak_memory_is_what_was_held_at_most():
    code = """
import numpy as np
from tests.benchmarks import memory
memory.reset_peak()
before = memory.peak()
held = np.ones(4_000_000)
print(memory.peak() - before > 0.9 * held.nbytes or memory.resident() == 0)
"""  # in a process of its own: in this one, freed memory that is still resident would be taken again
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_a_worker_measures_each_round_in_its_own_process(images, tmp_path):
    workload = BY_NAME["mlp-128"]
    data.write(workload, tmp_path / "data.npz", images[0][:256], images[1][:256])
    found = rounds.run(workload, ["minidl"], 2, tmp_path / "data.npz", print)
    assert [one.variant for one in found] == with_minidl.variants(workload)
    for one in found:
        assert (one.framework, len(one.values), one.counts) == ("minidl", 2, [2, 2])
        assert one.results[1] < one.results[0]  # it goes on learning


def test_a_worker_that_fails_says_why(tmp_path):
    said = []
    found = rounds.run(BY_NAME["mlp-128"], ["minidl"], 1, tmp_path / "none.npz", said.append)
    assert "No such file" in found[0].error
    assert len(said) == len(with_minidl.variants(BY_NAME["mlp-128"]))


def test_what_is_not_installed_is_left_out_and_the_rest_is_written_with_every_setting(tmp_path, monkeypatch, capsys):
    for package in ("torch", "keras", "jax", "sklearn", "onnxruntime", "onnx"):
        monkeypatch.setitem(sys.modules, package, None)  # Python then says that it is not there
    monkeypatch.setenv("MINIDL_HOME", str(tmp_path))
    assert command.main(["import", "--rounds", "2", "--json", str(tmp_path / "out.json")]) == 0
    printed = capsys.readouterr().out
    assert "not installed, so left out: torch, keras, sklearn, onnxruntime" in printed
    written = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert {"date", "commit", "cpu", "cores", "python", "versions", "data", "rounds"} <= set(written["settings"])
    assert len(written["rows"][0]["series"][0]["values"]) == 2

    command.main(["--table", str(tmp_path / "out.json"), str(tmp_path / "out.json")])
    assert capsys.readouterr().out.count("| import, and touch") == 2


class Measured(machine.Neighbours):
    """Seconds of all cores, of those the busy ones, and of those this program's: first and ten seconds later."""

    times = iter([(10.0, 2.0, 1.0), (20.0, 9.0, 3.0), None])

    def _now(self):
        return next(self.times)


def test_the_share_of_other_programs_is_what_the_cores_did_for_them():
    neighbours = Measured()
    assert neighbours.share() == (7 - 2) / 10
    assert neighbours.share() is None  # the system does not tell
    assert machine.Neighbours._now() is None or len(machine.Neighbours._now()) == 3


@pytest.mark.parametrize("name", ["OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "OMP_NUM_THREADS", "ONEDNN_MAX_CPU_ISA"])
def test_no_framework_is_measured_with_limited_threads_or_kernels(name, monkeypatch):
    monkeypatch.setenv(name, "1")
    assert name not in machine.environment()
    assert machine.settings()["cleared"][name] == "1"
    assert f"{name}=1" in report.heading(machine.settings() | {"data": ""})


def test_the_growth_of_one_axis_is_printed_as_json(capsys):
    growth.main(["batch", "2", "0.001"])
    found = json.loads(capsys.readouterr().out)
    assert (found["axis"], found["sizes"]) == ("batch", list(growth.BATCHES))
    assert [len(sample) for sample in found["samples"]] == [len(growth.BATCHES)] * 2
