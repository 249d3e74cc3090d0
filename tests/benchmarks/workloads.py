"""What is measured: every row of the table, with its goal."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Workload:
    """One row of the table.

    Args:
        name: how the command line calls it.
        title: how the table calls it.
        kind: "train", "predict", "call" (one row), "import", "memory" or "growth" (of minidl alone).
        model: "mlp", "convnet", "lstm", "gru" or "transformer".
        goal: the largest ratio, minidl over the best opponent, that meets the goal.
        fast_goal: the same with compiled kernels.
        sizes: widths of an mlp, its input first.
        rows: rows of data that a round goes through; calls a round, where the kind is "call".
        epochs: how many times it does.
        batch_size: rows a step.
        optimizer: "adam" or "sgd".
        learning_rate: its step size.
        against: the frameworks that are measured.
        judged: those among them that the goal names; all of them where it is empty.
        spinning: number of other processes that compute all the time meanwhile.
        tolerance: how far, relatively, the first results of two frameworks may lie apart while their work counts as equal.
    """

    name: str
    title: str
    kind: str
    model: str = "mlp"
    goal: float = 1.0
    sizes: tuple[int, ...] = ()
    rows: int = 60_000
    epochs: int = 1
    batch_size: int = 128
    optimizer: str = "adam"
    learning_rate: float = 0.001
    against: tuple[str, ...] = ("torch", "keras")
    judged: tuple[str, ...] = ()
    tolerance: float = 0.02
    fast_goal: float = 1.0
    spinning: int = 0

    @property
    def count(self) -> int:
        """What a round must report as done: steps where something learns, else rows or calls."""
        learns = self.kind in ("train", "memory")
        return self.epochs * -(-self.rows // self.batch_size) if learns else self.rows

    @property
    def units(self) -> tuple[str, float]:
        """The table's unit for this row, and what a round's value (seconds or bytes) is divided by."""
        match self.kind:
            case "train":
                return "ms per step", self.count / 1e3
            case "call":
                return "us a call", self.rows / 1e6
            case "predict":
                return "ms", 1e-3
            case "memory":
                return "MB", 1e6
        return "s", 1.0


TRAINERS, ALL = ("torch", "keras", "sklearn"), ("torch", "keras", "sklearn", "onnxruntime")
NARROW = Workload("mlp-128", "MLP 784-128-10, Adam, batch 128, an epoch of MNIST", "train", "mlp", 1.1, (784, 128, 10))
NARROW = replace(NARROW, against=TRAINERS, fast_goal=0.7)
CONVNET = Workload("convnet", "Keras's MNIST convnet, Adam, batch 128", "train", "convnet", 1.2, rows=128 * 40, tolerance=0.05)
CONVNET = replace(CONVNET, fast_goal=0.8)

WORKLOADS = (
    NARROW,
    replace(NARROW, name="mlp-32", title="MLP 784-128-10, Adam, batch 32, an epoch of MNIST", batch_size=32),
    replace(
        NARROW,
        name="mlp-wide",
        title="MLP 784-512-512-10, Adam, batch 128",
        goal=1.2,
        fast_goal=0.85,
        sizes=(784, 512, 512, 10),
        rows=128 * 150,
    ),
    replace(
        NARROW,
        name="article",
        title="MLP 400-200-100-100-50-10, SGD, full batch of 5,000",
        fast_goal=0.9,
        sizes=(400, 200, 100, 100, 50, 10),
        rows=5_000,
        epochs=20,
        batch_size=5_000,
        optimizer="sgd",
        learning_rate=0.03,  # at 0.1 the loss jumps about, and the last bits decide where it ends
    ),
    CONVNET,
    Workload("lstm", "LSTM(128) over 28x28 rows, Adam, batch 64", "train", "lstm", 1.5, rows=64 * 40, batch_size=64),
    Workload("gru", "GRU(128) over 28x28 rows, Adam, batch 64", "train", "gru", 1.5, rows=64 * 40, batch_size=64),
    Workload(
        "transformer",
        "Transformer block, width 128, 4 heads, 64 tokens, Adam, batch 32",
        *("train", "transformer"),
        fast_goal=0.8,
        rows=32 * 20,
        batch_size=32,
    ),
    replace(
        NARROW,
        name="call",
        title="model(x) of one row, MLP 784-128-10",
        kind="call",
        goal=1.5,
        fast_goal=1.0,
        rows=2_000,
        against=ALL,
        tolerance=1e-3,
    ),
    replace(
        NARROW,
        name="predict-mlp",
        title="predict of 10,000 rows, MLP 784-128-10",
        kind="predict",
        fast_goal=0.9,
        rows=10_000,
        against=ALL,
        tolerance=1e-3,
    ),
    replace(
        CONVNET,
        name="predict-convnet",
        title="predict of 10,000 rows, convnet",
        goal=1.5,
        fast_goal=1.0,
        kind="predict",
        rows=10_000,
        against=("torch", "keras", "onnxruntime"),
        tolerance=1e-3,
    ),
    replace(
        NARROW,
        name="busy",
        title="MLP 100-500-10, Adam, batch 32, while six other processes compute",
        goal=1.0,
        fast_goal=1.0,
        sizes=(100, 500, 10),
        rows=32 * 100,
        batch_size=32,
        against=("torch", "keras"),
        spinning=6,
    ),
    Workload(
        "import",
        "import, and touch Sequential and Dense",
        "import",
        goal=0.12,
        fast_goal=0.12,
        rows=1,
        against=ALL,
        judged=("torch",),
    ),
    replace(
        CONVNET,
        name="memory",
        rows=128 * 10,
        title="peak memory of the convnet's training, beyond data",
        kind="memory",
        goal=0.7,
        fast_goal=0.7,
        judged=("torch",),
    ),
    replace(
        CONVNET,
        name="memory-training",
        rows=128 * 10,
        title="the same, beyond what the libraries hold before",
        kind="memory",
        goal=0.7,
        fast_goal=0.7,
        judged=("torch",),
    ),
    Workload("growth-batch", "growth of a step's time with the batch, 8 to 4096", "growth", against=()),
    Workload("growth-width", "growth of a step's time with the width, 32 to 4096", "growth", against=()),
)

BY_NAME = {workload.name: workload for workload in WORKLOADS}
