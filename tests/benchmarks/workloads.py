"""What is measured: every row of the table, with its goal."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Workload:
    """One row of the table.

    Args:
        name: how the command line calls it.
        title: how the table calls it.
        kind: "train", "predict", "call" (one row), "import" or "memory".
        model: "mlp", "convnet", "lstm" or "transformer".
        goal: the largest ratio, minidl over the best opponent, that meets the goal.
        sizes: widths of an mlp, its input first.
        rows: rows of data that a round goes through.
        epochs: how many times it does.
        batch_size: rows a step.
        optimizer: "adam" or "sgd".
        learning_rate: its step size.
        against: the frameworks that are measured.
        judged: those among them that the goal names; all of them where it is empty.
        tolerance: how far, relatively, the results of two frameworks may lie apart while their work still counts as equal.
    """

    name: str
    title: str
    kind: str
    model: str
    goal: float
    sizes: tuple[int, ...] = ()
    rows: int = 60_000
    epochs: int = 1
    batch_size: int = 128
    optimizer: str = "adam"
    learning_rate: float = 0.001
    against: tuple[str, ...] = ("torch", "keras")
    judged: tuple[str, ...] = ()
    tolerance: float = 0.02

    @property
    def steps(self) -> int:
        """Steps a round."""
        return self.epochs * -(-self.rows // self.batch_size)

    @property
    def units(self) -> tuple[str, float]:
        """What the table shows for this row: the unit, and what a round's value is divided by."""
        match self.kind:
            case "train":
                return "ms a step", self.steps / 1e3
            case "call":
                return "us a call", self.rows / 1e6
            case "predict":
                return "ms", 1e-3
            case "memory":
                return "MB", 1e6
        return "s", 1.0


ALL_FOUR = ("torch", "keras", "sklearn")
MLP, WIDE, ARTICLE = (784, 128, 10), (784, 512, 512, 10), (400, 200, 100, 100, 50, 10)

WORKLOADS = (
    Workload("mlp-128", "MLP 784-128-10, Adam, batch 128, an epoch of MNIST", "train", "mlp", 0.7, MLP, against=ALL_FOUR),
    Workload("mlp-32", "the same, batch 32", "train", "mlp", 0.7, MLP, batch_size=32, against=ALL_FOUR),
    Workload("mlp-wide", "MLP 784-512-512-10, Adam, batch 128", "train", "mlp", 1.0, WIDE, rows=128 * 150, against=ALL_FOUR),
    Workload(
        "article",
        "MLP 400-200-100-100-50-10, SGD, full batch of 5,000",
        *("train", "mlp", 0.7, ARTICLE),
        rows=5_000,
        epochs=20,
        batch_size=5_000,
        optimizer="sgd",
        learning_rate=0.1,
        against=ALL_FOUR,
    ),
    Workload("convnet", "Keras's MNIST convnet, Adam, batch 128", "train", "convnet", 1.0, rows=128 * 40, tolerance=0.15),
)

BY_NAME = {workload.name: workload for workload in WORKLOADS}
