"""When Numba is imported, what switches the compiled kernels off, and what happens where Numba does not work."""

import os
import subprocess
import sys

import numpy as np
import pytest

from minidl import Sequential, Variable, layers
from minidl.kernels.compiled import set_compiled, what_is_in_use
from minidl.kernels.in_use import in_use, is_compiled, name_of, use_compiled_functions
from minidl.kernels.reductions import row_max
from minidl.optimizers import Adam

PREPARED = """
import sys
import numpy as np
import minidl
from minidl import layers
from minidl.kernels.in_use import is_compiled
x, y = np.ones((8, 3), "float32"), np.arange(8) % 2
model = minidl.Sequential([minidl.Input((3,)), layers.Dense(4, "relu"), layers.Dense(2, "softmax")])
model.compile("adam", "crossentropy")
"""
FITS = (
    PREPARED
    + """
model.fit(x, y, verbose=2)
assert np.isfinite(model.get_weights()[0]).all()
print(is_compiled(), "numba" in sys.modules)
"""
)


def start(program, **variables):
    """A fresh interpreter that runs the program; with MINIDL_COMPILED only if it is given."""
    names = os.environ | {name: str(value) for name, value in ({"MINIDL_COMPILED": ""} | variables).items()}
    command = [sys.executable, "-c", program]
    return subprocess.Popen(command, env=names, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run(program, **variables):
    """Lines of its output, and of its errors."""
    process = start(program, **variables)
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    return output.splitlines(), errors.splitlines()


def numba_that(folder, statement):
    """A folder whose package Numba does this when it is imported."""
    (folder / "numba.py").write_text(statement, encoding="utf-8")
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH"), os.getcwd()])])


def test_a_prediction_does_not_import_numba():
    assert run(PREPARED + 'model.predict(x, verbose=0); print("numba" in sys.modules)')[0] == ["False"]


def test_the_variable_switches_compiled_kernels_off():
    assert run(FITS, MINIDL_COMPILED=0)[0][-1] == "False False"


def test_without_numba_the_plain_version_trains_without_a_message():
    output, errors = run('import sys; sys.modules["numba"] = None' + FITS.replace('"numba" in sys.modules', "1"))
    assert (output[-1], errors) == ("False 1", [])


@pytest.mark.parametrize(
    "error", ["ImportError('Numba needs NumPy 1.0 or less')", "AttributeError('no njit')", "OSError('llvmlite')"]
)
def test_a_broken_numba_is_reported_in_one_line_and_the_plain_version_trains(error, tmp_path):
    output, errors = run(FITS, PYTHONPATH=numba_that(tmp_path, f"raise {error}"))
    assert output[-1].startswith("False")
    assert len(errors) == 1
    assert errors[0].startswith(f"minidl: Numba cannot be used: {error.partition('(')[0]}: ")
    assert errors[0].endswith("; the plain version runs instead")


def test_switching_on_without_numba_says_how_to_install_it():
    program = 'import sys; sys.modules["numba"] = None\nimport minidl\nminidl.utils.set_compiled(True)'
    process = start(program)
    assert process.communicate()[1].splitlines()[-1] == ("ImportError: compiled kernels need Numba: pip install numba")


def test_a_kernel_that_cannot_be_compiled_leaves_the_plain_versions(capsys):
    def fails(*arguments):
        raise OSError("no space left")

    use_compiled_functions({name_of(Adam.update_vector): fails})
    model = Sequential([layers.Dense(1)])
    model.compile("adam", "mse")
    for _ in range(2):
        model.train_on_batch(np.ones((2, 2)), np.zeros(2))
    assert np.isfinite(model.get_weights()[0]).all()
    assert capsys.readouterr().err == (
        "minidl: update_vector could not be compiled: OSError: no space left; the plain version runs instead\n"
    )
    set_compiled(False)
    assert not is_compiled()
    assert what_is_in_use().startswith("off")


def test_a_kernel_that_cannot_be_compiled_leaves_large_gradients_limited():
    def fails(*arguments):
        raise OSError("no space left")

    use_compiled_functions({name_of(Adam.update_vector): fails})
    weight, optimizer = Variable(np.ones(2)), Adam(0.1)
    for gradient in ([1e30, 1.0], [1.0, 1.0]):
        optimizer.apply([np.array(gradient, "float32")], [weight])
    assert np.isfinite(weight.value).all()
    assert np.isfinite(optimizer.slots(weight)["velocity"]).all()
    set_compiled(False)


def test_an_error_of_the_caller_does_not_switch_compiled_kernels_off():
    def fails(*arguments):
        raise ValueError("a wrong argument")

    use_compiled_functions({name_of(row_max): fails})
    with pytest.raises(AttributeError, match="shape"):
        in_use[row_max](None)
    assert is_compiled()
    set_compiled(False)


class TestWithNumba:
    """Fresh processes with Numba and an empty cache."""

    @pytest.fixture(autouse=True)
    def installed(self):
        pytest.importorskip("numba")  # the extra `test` installs it

    def test_two_processes_may_compile_at_once_and_a_third_uses_the_cache(self, tmp_path):
        processes = [start(FITS, NUMBA_CACHE_DIR=tmp_path) for _ in range(2)]
        for process in processes:
            output, errors = process.communicate()
            assert (process.returncode, errors) == (0, "")
            assert output.splitlines()[-1] == "True True"
            assert f"only this once (kept in {tmp_path}" in output
        assert "only this once" not in "".join(run(FITS, NUMBA_CACHE_DIR=tmp_path)[0])

    def test_a_cache_that_cannot_be_written_is_reported_in_one_line_and_the_plain_version_trains(self, tmp_path):
        no_space = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"
        output, errors = run(no_space + FITS, NUMBA_CACHE_DIR=tmp_path)
        assert output[-1] == "False True"
        assert len(errors) == 1
        assert errors[0].endswith("could not be compiled: OSError: [Errno 27] File too large; the plain version runs instead")

    def test_a_processor_that_llvm_does_not_know_trains_with_compiled_kernels(self, tmp_path):
        output, errors = run(FITS, NUMBA_CACHE_DIR=tmp_path, NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="")
        assert (output[-1], errors) == ("True True", [])


REPORTS = """
import threading, time
import numpy as np
from minidl.kernels.compiled import compilation_report, relu, set_compiled
set_compiled(True)
x = [np.ones(5000, dtype) for dtype in ("float32", "float64")]
threads = [threading.Thread(target=relu.positive_part_of, args=(one, one)) for one in x]
for thread in threads:
    thread.start()
while any(thread.is_alive() for thread in threads):
    print(compilation_report(), end="")
    time.sleep(0.001)
print(compilation_report())
"""


def test_kernels_that_other_threads_compile_are_reported_once_they_are_finished(tmp_path):
    output = "".join(run(REPORTS, NUMBA_CACHE_DIR=tmp_path)[0])
    assert output.count("compiled 1 kernel") + 2 * output.count("compiled 2 kernels") == 2, output
