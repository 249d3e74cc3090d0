"""scikit-learn's tests of its own multi-layer perceptrons, run on minidl's by changing their import."""

import os
import subprocess
import sys
from pathlib import Path

import sklearn.neural_network

ROOT = Path(__file__).parents[2]
IMPORT = "from sklearn.neural_network import MLPClassifier, MLPRegressor"
LEFT_OUT = [  # for private attributes; tests/wrappers/test_same_as_sklearn.py compares the results
    "test_gradient",  # calls _loss_grad_lbfgs
    "test_learning_rate_warmstart",  # compares _optimizer.learning_rate, a Variable here
]


def run(folder):
    source = Path(sklearn.neural_network.__path__[0], "tests/test_mlp.py").read_text(encoding="utf-8")
    assert IMPORT in source
    (folder / "test_mlp.py").write_text(source.replace(IMPORT, IMPORT.replace("sklearn.neural_network", "minidl.wrappers")))
    (folder / "conftest.py").write_text("import pytest\n@pytest.fixture\ndef global_random_seed(): return 42\n")
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mlp.py", "-rfE"]
    skipped = [option for name in LEFT_OUT for option in ("--deselect", f"test_mlp.py::{name}")]
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}
    return subprocess.run([*command, *skipped], cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_all_of_them_pass(tmp_path):
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout
