"""Common code of the examples: command line options, and images scaled to [0, 1]."""

import argparse
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from minidl.data.download import home
from minidl.datasets import digits, mnist
from minidl.utils import set_random_seed

Images: TypeAlias = npt.NDArray[np.floating]
Labels: TypeAlias = npt.NDArray[np.uint8]


def make_parser(description: str | None, epochs: int) -> argparse.ArgumentParser:
    """The options that every example has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=positive, metavar="N", help=f"passes over the training data (default: {epochs})")
    parser.add_argument(
        "--quick", action="store_true", help="run in a few seconds, with less data or fewer epochs and lower accuracy"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="random seed (default: 0)")
    parser.add_argument("--plot", type=plot_file, metavar="FILE", help="also plot the results to this file (.png, .svg, .pdf)")
    return parser


def read_options(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Parse the options and set the random seed."""
    options = parser.parse_args()
    if options.plot and find_spec("matplotlib") is None:
        parser.error("--plot needs matplotlib: pip install matplotlib")
    set_random_seed(options.seed)
    return options


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """Add the option to choose between MNIST and the digits data set."""
    parser.add_argument(
        "--data",
        choices=["mnist", "digits"],
        default="mnist",
        help="mnist: 70,000 images of 28x28, downloaded once; digits: 1,797 of 8x8, included in the package (default: mnist)",
    )


def load_images(data: str, quick: bool) -> tuple[Images, Labels, Images, Labels]:
    """`x_train, y_train, x_test, y_test`; a quick run downloads nothing and uses the digits if MNIST is missing."""
    if data == "mnist" and quick and not (home() / "mnist.npz").exists():
        print("MNIST is not on this machine, so this quick run uses the included digits (--data digits).\n")
        data = "digits"
    try:
        (x_train, y_train), (x_test, y_test) = mnist.load_data() if data == "mnist" else digits.load_data()
    except (ImportError, OSError) as error:
        raise SystemExit(f"{error}\nWithout MNIST, use the included digits: --data digits") from None
    white = np.float32(255 if data == "mnist" else 16)
    return x_train / white, y_train, x_test / white, y_test


def positive(text: str) -> int:
    """An integer of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected 1 or more, got {text}")
    return number


def plot_file(text: str) -> str:
    """A path that a plot can be written to, checked before any training."""
    path = Path(text)
    if path.suffix.lower() not in {".png", ".svg", ".pdf"}:
        raise argparse.ArgumentTypeError(f"expected a file name that ends in .png, .svg or .pdf, got {text}")
    if not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {path.parent} to write {path.name} to")
    return text
