"""Show that a problem is present: a measured value of the network compared with that of the same network without it.

These compare two networks made for the purpose, so they need no rules such as the doctor's, who sees only one.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minidl.kernels.activations.smooth import sigmoid
from minidl.layers import LSTM
from tests.diagnostics.evaluation.cases import Subject
from tests.diagnostics.evaluation.judging import skill

ROWS = 256  # looked at where a layer's outputs are needed


class Proof(NamedTuple):
    """Whether the disease is there, and the figures that show it."""

    holds: bool
    figures: str


Prover = Callable[[Subject, Subject], Proof]


def compare(what: str, measure: Callable[[Subject], float], holds: Callable[[float, float], bool]) -> Prover:
    """A proof by one figure of both."""

    def prove(ill: Subject, sound: Subject) -> Proof:
        with np.errstate(all="ignore"):
            one, other = measure(ill), measure(sound)
        return Proof(bool(holds(one, other)), f"{what} {one:.3g} against {other:.3g}")

    return prove


def rows(array: Any) -> Any:
    """The first rows, as a table."""
    return np.asarray(array).reshape(len(array), -1)


def first_gradient(subject: Subject) -> float:
    """Length of the gradient of the kernel that the input meets."""
    return _kernel_gradients(subject)[0]


def largest_gradient(subject: Subject) -> float:
    """Length of the longest gradient of a kernel."""
    return max(_kernel_gradients(subject))


def _kernel_gradients(subject: Subject) -> list[float]:
    found = subject.model.gradients(subject.x[:ROWS], subject.y[:ROWS])
    return [float(np.linalg.norm(g.astype(np.float64))) for path, g in found.items() if path.endswith("/kernel")]


def saturated(subject: Subject) -> float:
    """Share of the outputs of sigmoid, tanh and gates that stand within a fiftieth of their ends; of the worst layer."""
    shares = [0.0]
    for entry in _hidden(subject):
        name = getattr(getattr(entry.layer, "activation", None), "__name__", "")
        if isinstance(entry.layer, LSTM):
            cell = entry.layer.cell if hasattr(entry.layer, "cell") else entry.layer
            ahead = entry.x[:, -1] @ cell.kernel.value + entry.y @ cell.recurrent_kernel.value + cell.bias.value
            gates = sigmoid(ahead)  # of one more step
            shares.append(float(np.mean(np.abs(2 * gates - 1) > 0.96)))
        elif name in ("tanh", "sigmoid"):
            y = entry.y if name == "tanh" else 2 * entry.y - 1
            shares.append(float(np.mean(np.abs(y) > 0.96)))
    return max(shares)


def dead(subject: Subject) -> float:
    """Share of the ReLUs of a layer that are 0 on every row; of the worst layer."""
    shares = [0.0]
    for entry in _hidden(subject):
        if getattr(getattr(entry.layer, "activation", None), "__name__", "") == "relu":
            y = entry.y.reshape(-1, entry.y.shape[-1])
            shares.append(float(np.mean((y == 0).all(axis=0))))
    return max(shares)


def _hidden(subject: Subject) -> list[Any]:
    return list(subject.model.trace(subject.x[:ROWS], subject.y[:ROWS]))[:-1]


def off_scale(array: Any) -> float:
    """How far the size of a table's largest column is from 1, as a factor."""
    size = float(np.sqrt(np.square(rows(array).astype(np.float64)).mean(axis=0).max()))
    return max(size, 1 / size)


def constant_columns(subject: Subject) -> float:
    """Columns that hold one value."""
    return float((np.ptp(rows(subject.x), axis=0) == 0).sum())


def repeated_columns(subject: Subject) -> float:
    """Columns that are equal to an earlier one."""
    columns = [column.tobytes() for column in rows(subject.x).T]
    return float(len(columns) - len(set(columns)))


def relative_start(subject: Subject) -> float:
    """The loss before training over that of who knows nothing: of chance, or of the mean."""
    loss = subject.model.evaluate(subject.x, subject.y, verbose=0)
    if subject.task == "values":
        return float(loss / np.var(subject.y, axis=0).mean())
    return float(loss / np.log(max(2, len(np.unique(subject.y_test)))))


def learned_by_heart(subject: Subject) -> float:
    """Skill on 32 rows after 300 steps on nothing but them."""
    x, y = subject.x[:32], subject.y[:32]
    subject.model.fit(x, y, epochs=300, batch_size=32, verbose=0)
    subject.x_test, subject.y_test = x, y
    return skill(subject)


def largest_class(subject: Subject) -> float:
    """Share of the commonest class."""
    return float(np.unique(subject.y, return_counts=True)[1].max() / len(subject.y))


def split_apart(subject: Subject) -> float:
    """How different the shares of the classes are before and behind the split: 0 for not at all, 1 for wholly."""
    cut = round(len(subject.y) * (1 - subject.arguments["validation_split"]))
    classes = np.unique(subject.y)
    before, behind = (np.array([(part == one).mean() for one in classes]) for part in (subject.y[:cut], subject.y[cut:]))
    return float(np.abs(before - behind).sum() / 2)


def known_rows(subject: Subject) -> float:
    """Share of the rows to judge by that stand among those to learn from."""
    x = subject.x
    if "validation_data" in subject.arguments:
        held_out = subject.arguments["validation_data"][0]
    else:
        cut = round(len(x) * (1 - subject.arguments["validation_split"]))
        x, held_out = x[:cut], x[cut:]
    seen = {row.tobytes() for row in rows(x)}
    return float(np.mean([row.tobytes() in seen for row in rows(held_out)]))


def spread_of_answers(subject: Subject) -> float:
    """Largest standard deviation of an output over the rows."""
    return float(np.asarray(subject.model.predict(subject.x), np.float64).std(axis=0).max())


def not_numbers(subject: Subject) -> float:
    """Share of rows whose answer is not finite."""
    return float(1 - np.isfinite(rows(subject.model.predict(subject.x))).all(axis=1).mean())


def rate(subject: Subject) -> float:
    """The optimizer's learning rate."""
    return float(subject.model.optimizer.learning_rate)


def other_end(ill: Subject, sound: Subject) -> Proof:
    """Loss, last layer or labels are others."""
    one, other = _end(ill), _end(sound)
    return Proof(one != other, f"{one} against {other}")


def _end(subject: Subject) -> str:
    last, loss, y = subject.model.layers[-1], subject.model.losses[0], np.asarray(subject.y)
    logits = " of logits" if loss.from_logits else ""
    labels = f"y {y.dtype}{list(y.shape[1:])} {y.min():.3g} to {y.max():.3g}"
    return f"{last.units} {last.activation.__name__}, {loss.name}{logits}, {labels}"


PROOFS: dict[str, Prover] = {
    "unscaled_inputs": compare("inputs off by a factor of", lambda s: off_scale(s.x), lambda a, b: a > 50 and b < 10),
    "unscaled_targets": compare("targets off by a factor of", lambda s: off_scale(s.y), lambda a, b: a > 1000 and b < 10),
    "constant_features": compare("constant columns:", constant_columns, lambda a, b: a > b),
    "duplicated_features": compare("repeated columns:", repeated_columns, lambda a, b: a > b),
    "wrong_loss": other_end,
    "initial_loss": compare("first loss over chance's", relative_start, lambda a, b: a > 3 and a > 5 * b),
    "saturated_units": compare("share saturated", saturated, lambda a, b: a > 0.5 and b < 0.25),
    "dead_units": compare("share dead", dead, lambda a, b: a > 0.8 and b < 0.4),
    "vanishing_gradients": compare("first gradient", first_gradient, lambda a, b: a < b / 100),
    "exploding_gradients": compare("largest gradient", largest_gradient, lambda a, b: a > 30 * b),
    "learning_rate_too_large": compare("rate", rate, lambda a, b: a > 20 * b),
    "learning_rate_too_small": compare("rate", rate, lambda a, b: a < b / 100),
    "cannot_overfit": compare("skill on 32 training rows", learned_by_heart, lambda a, b: a < 0.8 and b > 0.9),
    "unbalanced_classes": compare("share of the commonest class", largest_class, lambda a, b: a > 0.85 and b < 0.6),
    "sorted_validation": compare("difference of the parts", split_apart, lambda a, b: a > 0.5 and b < 0.2),
    "leaked_rows": compare("share of rows known", known_rows, lambda a, b: a > 0.25 and b < 0.02),
    "ignores_input": compare("spread of the answers", spread_of_answers, lambda a, b: a < 1e-5 and b > 1e-3),
    "nan": compare("share of rows without an answer", not_numbers, lambda a, b: a > 0 and b == 0),
}
