"""Every example runs with --quick from its own file, without MNIST and without a network connection."""

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.distribution.running import environment, mpiexec

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("[!_]*.py"))


def run(name: str, *options: str, directory: Path, code: int = 0) -> str:
    """What the example prints."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "MINIDL_HOME": str(directory / "empty"),
        "https_proxy": "http://127.0.0.1:9",  # nobody listens there: a download fails at once
    }
    command = [sys.executable, "-W", "error", str(ROOT / "examples" / f"{name}.py"), *options]
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def accuracies(text: str) -> list[float]:
    """Every test accuracy printed, in percent."""
    return [float(percent) for percent in re.findall(r"[Tt]est accuracy:? +([\d.]+)%", text)]


def number_in(pattern: str, text: str) -> float:
    """The single number that the pattern's group matches in a line of the text."""
    (found,) = re.findall(pattern, text, re.MULTILINE)
    return float(found)


def test_all_examples_exist() -> None:
    assert EXAMPLES == [
        "autoencoder",
        "character_transformer",
        "custom_layer",
        "deploy",
        "digits",
        "distributed_digits",
        "draw_digits",
        "forecasting",
        "gan",
        "mnist_convnet",
        "mnist_mlp",
        "mnist_rows_lstm",
        "regression",
        "residual_net",
        "sequence_to_sequence",
        "serve",
        "siamese",
        "tabular",
        "text_classifier",
        "vanishing_gradients",
        "variational_autoencoder",
    ]


@pytest.mark.parametrize("name", EXAMPLES)
def test_help_begins_with_what_the_example_shows_and_lists_the_common_options(name: str, tmp_path: Path) -> None:
    text = run(name, "--help", directory=tmp_path)
    assert "You see" in text
    for option in ("--epochs", "--quick", "--seed", "--plot"):
        assert option in text


def test_distributed_digits_gives_the_same_results_on_two_ranks_as_alone(tmp_path: Path) -> None:
    command = [mpiexec(), "-n", "2", sys.executable, "-W", "error", str(ROOT / "examples" / "distributed_digits.py"), "--quick"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    alone = run("distributed_digits", "--quick", directory=tmp_path)
    assert "2 ranks trained in" in done.stdout
    assert "1 rank trained in" in alone
    loss = "Loss of the last epoch: ([0-9.]+)"
    assert number_in(loss, done.stdout) == pytest.approx(number_in(loss, alone), abs=2e-4)
    assert accuracies(done.stdout)[0] == pytest.approx(accuracies(alone)[0], abs=0.6)


def test_digits_learns_prints_and_saves(tmp_path: Path) -> None:
    text = run("digits", "--quick", "--plot", "curves.png", directory=tmp_path)
    assert accuracies(text)[0] > 93
    assert "Epoch 5/5" in text
    assert "true | predicted    0   1" in text
    assert "predicted" in text.split("Some errors")[1]
    assert "Saved to digits.safetensors; loaded again, 360 of 360 predictions are the same" in text
    assert (tmp_path / "digits.safetensors").stat().st_size > 0
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_digits_reaches_its_accuracy_with_all_its_epochs(tmp_path: Path) -> None:
    # One seed reaches 97.2 to 99.2, depending on how sums are rounded.
    reached = [accuracies(run("digits", "--seed", str(seed), directory=tmp_path))[0] for seed in range(4)]
    assert np.mean(reached) >= 97.5


def test_another_seed_gives_other_results_and_the_same_seed_the_same(tmp_path: Path) -> None:
    def losses(seed: str) -> list[str]:
        return re.findall(r"loss: \S+", run("digits", "--epochs", "1", "--seed", seed, directory=tmp_path))

    assert losses("1") == losses("1") != losses("2")


def test_small_weights_stall_and_he_initialization_and_adam_learn(tmp_path: Path) -> None:
    text = run("vanishing_gradients", "--quick", "--plot", "curves.png", directory=tmp_path)
    assert "MNIST is not on this machine" in text
    stalled, learned, learned_well = accuracies(text)[-3:]
    assert stalled < 20 < 80 < learned < learned_well
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_gradients_vanish_with_small_weights_and_not_with_he_initialization(tmp_path: Path) -> None:
    text = run("vanishing_gradients", "--quick", "--epochs", "1", directory=tmp_path)
    tables = [re.findall(r"^(?:output|hidden_\d) +(\S+) +(\S+)$", part, re.MULTILINE) for part in text.split("===")]
    small, he = ([(float(kernel), float(bias)) for kernel, bias in table] for table in tables if table)
    assert len(small) == len(he) == 5
    for nearer_the_output, further in pairwise(small):
        assert further[1] < nearer_the_output[1] / 5
    assert all(large[0] > 1000 * tiny[0] for large, tiny in zip(he, small, strict=True))
    assert he[-1][1] > he[0][1] / 10


def test_mnist_mlp_uses_the_digits_in_a_quick_run_without_mnist(tmp_path: Path) -> None:
    text = run("mnist_mlp", "--quick", "--plot", "curves.png", directory=tmp_path)
    assert "MNIST is not on this machine" in text
    assert accuracies(text)[0] > 80
    assert "val_accuracy" in text
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_an_example_without_mnist_says_what_to_do(tmp_path: Path) -> None:
    text = run("mnist_mlp", directory=tmp_path, code=1)
    assert "Traceback" not in text
    assert "--data digits" in text.splitlines()[-1]


def test_mnist_convnet_learns_and_shows_its_errors(tmp_path: Path) -> None:
    text = run("mnist_convnet", "--quick", "--plot", "curves.png", directory=tmp_path)
    assert "MNIST is not on this machine" in text
    assert accuracies(text)[0] > 85
    misread, of = number_in(r"^(\d+) of ", text), number_in(r" of (\d+) digits are misclassified", text)
    assert 100 * (1 - misread / of) == pytest.approx(accuracies(text)[0], abs=0.01)
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_autoencoder_removes_more_noise_than_a_blur(tmp_path: Path) -> None:
    text = run("autoencoder", "--quick", "--plot", "digits.png", directory=tmp_path)
    assert "MNIST is not on this machine" in text
    noisy, blurred, denoised = (number_in(rf"^  {title} +(\S+)$", text) for title in ("noisy", "blurred", "denoised"))
    assert denoised < 0.8 * blurred < 0.8 * noisy
    drawing = text.split("clean, noisy, denoised\n\n")[1].split("\n\n")[0].splitlines()
    assert len(drawing) == 8
    assert all(line.count("   |   ") == 2 for line in drawing)
    assert (tmp_path / "digits.png").read_bytes().startswith(b"\x89PNG")


def test_regression_beats_the_linear_model_and_approaches_the_noise(tmp_path: Path) -> None:
    text = run("regression", "--quick", "--plot", "prices.png", directory=tmp_path)
    mean, linear, network, noise = (
        number_in(rf"^  {title} +(\S+) ", text)
        for title in ("always the mean", "a linear model", "the network", r"lower bound \(noise only\)")
    )
    assert noise < network < 0.7 * linear < 0.35 * mean
    assert (tmp_path / "prices.png").read_bytes().startswith(b"\x89PNG")


def test_regression_stops_early_and_says_which_weights_it_kept(tmp_path: Path) -> None:
    text = run("regression", directory=tmp_path)
    trained, kept = number_in(r"Trained for (\d+) epochs", text), number_in(r"restored weights of epoch (\d+)", text)
    assert kept + 25 == trained < 300


def test_custom_layer_is_checked_trained_saved_and_loaded(tmp_path: Path) -> None:
    text = run("custom_layer", "--quick", "--plot", "curves.png", directory=tmp_path)
    assert "check_layer finds nothing wrong with ScaledTanh" in text
    assert "[gradient] dx" in text
    assert accuracies(text)[0] > 85
    assert "loaded again, its predictions are the same" in text
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_plot_without_matplotlib_raises_an_error_before_any_work(tmp_path: Path) -> None:
    without = "import sys; sys.modules['matplotlib'] = None; sys.argv[1:] = ['--plot', 'x.png']; import digits; digits.main()"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "examples")])}
    done = subprocess.run([sys.executable, "-c", without], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("--plot needs matplotlib: pip install matplotlib")
    assert not done.stdout


def test_zero_epochs_raise_an_error(tmp_path: Path) -> None:
    assert "expected 1 or more, got 0" in run("digits", "--epochs", "0", directory=tmp_path, code=2)


def test_character_transformer_beats_character_frequencies_and_generates_text(tmp_path: Path) -> None:
    text = run("character_transformer", "--quick", "--plot", "curve.png", directory=tmp_path)
    found = re.search(r"held-out text: (\S+) bits per character; with character frequencies alone it was (\S+)\n", text)
    assert found is not None
    assert float(found[1]) < float(found[2]) - 0.3
    assert "Generated text that starts with 'The ':\n\nThe " in text
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_text_classifier_uses_word_order_where_a_bag_of_words_guesses(tmp_path: Path) -> None:
    text = run("text_classifier", "--quick", "--plot", "curve.png", directory=tmp_path)
    [(read, counted)] = re.findall(r"Test accuracy: ([\d.]+)% with the LSTM, ([\d.]+)% with the bag of words", text)
    assert float(read) > 95
    assert float(counted) < 60
    assert "loaded again, its predictions are the same" in text
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_sequence_to_sequence_learns_addition(tmp_path: Path) -> None:
    text = run("sequence_to_sequence", "--quick", "--plot", "curves.png", directory=tmp_path)
    assert number_in(r"([\d.]+)% of the training sums$", text) > 90
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_mnist_rows_lstm_learns_and_improves_with_every_row(tmp_path: Path) -> None:
    text = run("mnist_rows_lstm", "--quick", "--plot", "rows.png", directory=tmp_path)
    assert "MNIST is not on this machine" in text
    assert accuracies(text)[0] > 65
    first, *_, last = (float(right) for right in re.findall(r"^ +\d of 8 rows: +(\S+)% correct$", text, re.MULTILINE))
    assert first < 30
    assert last == pytest.approx(accuracies(text)[0], abs=0.1)
    assert (tmp_path / "rows.png").read_bytes().startswith(b"\x89PNG")


def test_forecasting_beats_the_naive_forecast_but_not_the_best_possible_one(tmp_path: Path) -> None:
    text = run("forecasting", "--quick", "--plot", "visitors.png", directory=tmp_path)
    naive, network, best = (
        number_in(rf"^  {title} +([\d.]+) ", text)
        for title in ("naive: same day last week", "the GRU", r"best possible \(noise only\)")
    )
    assert best < network < 0.9 * naive
    assert (tmp_path / "visitors.png").read_bytes().startswith(b"\x89PNG")


def test_residual_net_shows_what_a_shortcut_does(tmp_path: Path) -> None:
    text = run("residual_net", "--quick", "--plot", "curves.png", directory=tmp_path)
    first = {row[0]: float(row[1]) for row in re.findall(r"^(plain|residual) +(\S+) +\S+ +\S+ +\S+$", text, re.MULTILINE)}
    assert first["plain"] < 1e-4 < 1e-1 < first["residual"]
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_tabular_compares_estimators_and_plots_the_columns(tmp_path: Path) -> None:
    text = run("tabular", "--quick", "--plot", "columns.png", directory=tmp_path)
    scores = {name.strip(): float(r2) for name, r2 in re.findall(r"^  (.{26}) (\S+) \+- ", text, re.MULTILINE)}
    assert scores["minidl, the same network"] == pytest.approx(scores["scikit-learn's network"], abs=0.005)
    assert min(scores.values()) > 0.35
    assert number_in(r"^  bmi +(\S+)$", text) > 0.1
    assert (tmp_path / "columns.png").read_bytes().startswith(b"\x89PNG")


def test_siamese_distinguishes_pairs_of_known_digits(tmp_path: Path) -> None:
    text = run("siamese", "--quick", "--plot", "pairs.png", directory=tmp_path)
    pixels, network = map(float, re.findall(r"^new images of known digits +([\d.]+)% +([\d.]+)%$", text, re.MULTILINE)[0])
    assert network > max(pixels, 93)
    assert (tmp_path / "pairs.png").read_bytes().startswith(b"\x89PNG")


def test_variational_autoencoder_lowers_its_loss_and_plots_the_latent_space(tmp_path: Path) -> None:
    text = run("variational_autoencoder", "--quick", "--plot", "plane.png", directory=tmp_path)
    losses = [float(loss) for loss in re.findall(r"val_loss: ([\d.]+)", text)]
    assert losses[-1] < 0.95 * losses[0]
    assert (tmp_path / "plane.png").read_bytes().startswith(b"\x89PNG")


def test_gan_trains_and_generates_the_requested_digits(tmp_path: Path) -> None:
    text = run("gan", "--quick", "--plot", "digits.png", directory=tmp_path)
    assert "Generated digits 0 to 9" in text
    drawn = text.split("Generated digits 0 to 9")[1]
    assert drawn.count("@") > 50
    assert (tmp_path / "digits.png").read_bytes().startswith(b"\x89PNG")


def test_deploy_predicts_the_same_from_every_file(tmp_path: Path) -> None:
    text = run("deploy", "--quick", "--plot", "sizes.png", directory=tmp_path)
    found = re.findall(r"^(\S.*?) +([\d.]+) kB +[\d.]+ ms +(\S+)$", text, re.MULTILINE)
    left_out = re.findall(r"^(\S.*?) +left out: \S", text, re.MULTILINE)
    assert {name for name, *_ in found} | set(left_out) == {"safetensors", "Keras", "ONNX", "PyTorch's weights", "pickle"}
    assert len(found) >= 3
    assert max(float(difference) for *_, difference in found) < 1e-5
    assert (tmp_path / "sizes.png").read_bytes().startswith(b"\x89PNG")


def test_a_plot_that_cannot_be_written_raises_an_error_before_any_work(tmp_path: Path) -> None:
    text = run("digits", "--plot", "missing/curves.png", directory=tmp_path, code=2)
    assert "there is no folder missing to write curves.png to" in text
    text = run("digits", "--plot", "curves.txt", directory=tmp_path, code=2)
    assert "expected a file name that ends in .png, .svg or .pdf, got curves.txt" in text
