"""A rank that fails, leaves or does something else ends all ranks, with one error, within seconds."""

import subprocess
import sys

import pytest

from minidl.distribution import DataParallel, set_distribution
from tests.distribution.running import environment, mpiexec, run

SECONDS = 60  # many more than it takes, for machines that are busy


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (
            "raise",
            "Error: the reason on rank 1\nminidl: rank 1 of 2 ended with ZeroDivisionError, so all ranks end\n",
        ),
        ("leave", "RuntimeError: rank 1 of 2 is at the end of its script, but rank 0 is at a training or test step; all"),
        ("save", "RuntimeError: rank 1 of 2 is at saving a file, but rank 0 is at a training or test step; all"),
        (
            "nan",
            "FloatingPointError: the loss became nan at epoch 2, step 1; the first layer whose output is not finite",
        ),
        ("kill", ""),  # reported by the launcher, each in its own words
    ],
)
def test_a_rank_that_fails_ends_all_ranks(how, message):
    done = run("failing.py", how, ranks=2, seconds=SECONDS)
    assert done.returncode != 0
    assert message in done.stderr
    assert done.stderr.count("so all ranks end") == (how != "kill")


def test_an_error_on_all_ranks_is_reported_once(tmp_path):
    script = tmp_path / "wrong.py"
    script.write_text("from minidl.distribution import *\nset_distribution(DataParallel())\n1 / 0\n")
    done = run(script, ranks=3, seconds=SECONDS)
    assert done.returncode != 0
    assert done.stderr.count("ZeroDivisionError: division by zero") == 1


def test_a_rank_that_others_wait_for_at_the_end_is_no_failure(tmp_path):
    """The others have notified rank 0, which must have read that before MPI ends: MPICH's UCX prints a warning otherwise."""
    script = tmp_path / "late.py"
    script.write_text(
        "import time\nfrom minidl.distribution import *\nset_distribution(DataParallel())\n"
        "time.sleep(2.5 if distribution().rank == 0 else 0)\n"
    )
    done = run(script, ranks=2, seconds=SECONDS, apart=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_different_scripts_raise_an_error_before_anything_else(tmp_path):
    code = "from minidl.distribution import *\nset_distribution(DataParallel())\nprint('too far')\n"
    for number in range(2):
        (tmp_path / f"train_{number}.py").write_text(code + "#" * number)
    command = [mpiexec()]
    for number in range(2):
        command += [*[":"][: number > 0], "-n", "1", sys.executable, str(tmp_path / f"train_{number}.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=environment())
    assert done.returncode != 0
    assert "rank 1 and rank 0 differ in their script: train_1.py (" in done.stderr
    assert "start the same script on every rank: mpiexec -n 4 python train.py" in done.stderr
    assert "too far" not in done.stdout


def test_different_seeds_raise_an_error(tmp_path):
    script = tmp_path / "seeds.py"
    script.write_text(
        "import os\nfrom minidl.distribution import *\nfrom minidl.utils import set_random_seed\n"
        "own = DataParallel()\nset_random_seed(own.rank + 5)\nset_distribution(own)\n"
    )
    done = run(script, ranks=2, seconds=SECONDS)
    assert "ValueError: rank 1 and rank 0 differ in their random seed: 6 and 5; call set_random_seed" in done.stderr


def test_without_mpi_the_error_says_how_to_install_it():
    program = 'import sys; sys.modules["mpi4py"] = None\nimport minidl\nminidl.distribution.DataParallel()'
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == (
        "ImportError: DataParallel needs MPI: pip install mpi4py mpich, or on a cluster its own MPI"
    )


def test_arguments_of_keras_that_cannot_apply_raise_an_error():
    with pytest.raises(ValueError, match="the number of processes is that of mpiexec -n"):
        DataParallel(devices=["cpu:0"])
    with pytest.raises(TypeError, match="set_distribution takes a DataParallel object or None, got 4"):
        set_distribution(4)
