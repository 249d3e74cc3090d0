"""Programs for Keras run with only the import changed, and give the same results from the same weights."""

from pathlib import Path

import keras
import pytest

from tests.keras_programs.running import differences, random_names, run

HERE = Path(__file__).parent
PROGRAMS = sorted(path.relative_to(HERE).with_suffix("").as_posix() for path in HERE.glob("*/*.py"))
MINIDL_ALONE = [name for name in PROGRAMS if name.startswith("needing_tensorflow/")]
SAMPLE = {  # run for every change; the others with the thorough profile
    "first_steps/xor_sgd",
    "images/image_files",
    "models/several_heads",
    "models/shared_layers",
    "saving/registered_functions",
    "saving/transfer_weights",
    "text/masking_guide",
    "text/pretrained_vectors",
    "training/custom_layers",
    "training/early_stopping",
}


def marked(names: list[str]) -> list:
    return [name if name in SAMPLE else pytest.param(name, marks=pytest.mark.thorough) for name in names]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", marked([name for name in PROGRAMS if name not in MINIDL_ALONE]))
def test_a_program_gives_the_same_in_both_libraries(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = HERE / f"{name}.py"
    results = []
    weights: list = []
    for library in ("keras", "minidl"):
        (tmp_path / library).mkdir()
        monkeypatch.chdir(tmp_path / library)
        results.append(run(path, library, weights))
    theirs, ours = results
    random = random_names(path)
    assert random <= set(theirs)
    assert not weights
    found = [text for key in theirs for text in differences(ours[key], theirs[key], key, structure_only=key in random)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", MINIDL_ALONE)
def test_a_program_that_needs_tensorflow_under_keras_runs(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    run(HERE / f"{name}.py", "minidl", [])


def test_the_sample_exists() -> None:
    assert set(PROGRAMS) >= SAMPLE
    assert len(PROGRAMS) >= 60
    assert keras.backend.backend() == "jax"
