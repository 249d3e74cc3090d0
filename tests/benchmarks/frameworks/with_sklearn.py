"""scikit-learn's MLPClassifier, on float32 and without its default penalty."""

import warnings
from collections.abc import Callable
from typing import Any

from tests.benchmarks.workloads import Workload

IMPORT = "from sklearn.neural_network import MLPClassifier"


def variants(workload: Workload) -> list[str]:
    return ["default"]


def make(workload: Workload, variant: str, data: dict[str, Any]) -> Callable[[], tuple[int, Any]]:
    """A function that does one round; it returns how much it did, by the count of epochs, and the loss or outputs."""
    from sklearn.exceptions import ConvergenceWarning

    warnings.simplefilter("ignore", ConvergenceWarning)  # a round ends before the model has converged
    model, x, y = built(workload, data), data["x"], data["y"]
    match workload.kind:
        case "predict":
            return lambda: (len(p := model.predict_proba(x)), p)
        case "call":
            return lambda: (len([p := model.predict_proba(x[n : n + 1]) for n in range(workload.rows)]), p)

    def learn() -> tuple[int, Any]:
        before = model.t_
        if workload.optimizer == "adam":
            for _ in range(workload.epochs):
                model.partial_fit(x, y)  # an epoch; fit would reset Adam's moments
        else:
            model.fit(x, y)
        epochs = (model.t_ - before) // len(x)
        return epochs * -(-len(x) // workload.batch_size), model.loss_

    return learn


def built(workload: Workload, data: dict[str, Any]) -> Any:
    """The model, with its weights."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        workload.sizes[1:-1],
        solver=workload.optimizer,
        alpha=0.0,
        batch_size=min(workload.batch_size, len(data["x"])),
        learning_rate_init=workload.learning_rate,
        epsilon=1e-7,
        momentum=0.0,
        shuffle=False,
        max_iter=workload.epochs,
        n_iter_no_change=10**9,
        warm_start=True,
    )
    model.partial_fit(data["x"][: workload.batch_size], data["y"][: workload.batch_size], classes=range(10))
    model.coefs_ = [weight.copy() for weight in data["weights"][0::2]]
    model.intercepts_ = [weight.copy() for weight in data["weights"][1::2]]
    del model._optimizer  # its moments are those of the step that only made the weights
    return model
