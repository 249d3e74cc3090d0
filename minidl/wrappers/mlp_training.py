"""How a multi-layer perceptron learns: epochs of batches with "sgd" and "adam", or L-BFGS on all rows at once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.optimize
from scipy.special import xlogy
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import gen_batches

from minidl.callbacks import History, ProgressBar
from minidl.callbacks.callback import Callback, CallbackList, Logs
from minidl.config.types import Array
from minidl.config.user_warnings import warn_user
from minidl.data.take_rows import take_rows
from minidl.kernels.threads import in_parallel
from minidl.models import Sequential
from minidl.models.training import loss_and_gradients
from minidl.optimizers.optimizer import Optimizer
from minidl.variable import find_slices
from minidl.wrappers.mlp_network import dense_layers

if TYPE_CHECKING:
    from minidl.wrappers.mlp_base import BaseMLP


LARGE_BATCH = 1 << 16  # numbers of a batch, from which a second thread takes its rows


@dataclass(frozen=True)
class TrainingData:
    """Rows to learn from: dense or sparse inputs, targets, and weights or `None`."""

    X: Array
    y: Array
    sample_weight: Array | None

    def __len__(self) -> int:
        return int(self.X.shape[0])

    def rows(self, index: slice | Array) -> TrainingData:
        """Some of the rows."""
        if isinstance(index, np.ndarray) and isinstance(self.X, np.ndarray):
            X = take_rows(self.X, index)
        else:
            X = self.X[index]
        return TrainingData(X, self.y[index], None if self.sample_weight is None else self.sample_weight[index])

    def rows_during(self, work: Callable[[], None], index: slice | Array) -> TrainingData:
        """`work()`, and meanwhile take some of the rows, in a second thread if they are many."""
        taken: list[TrainingData] = []
        pieces: list[Callable[[], None]] = [work, lambda: taken.append(self.rows(index))]
        large = isinstance(index, np.ndarray) and index.size * self.X.shape[1] >= LARGE_BATCH
        for_all = in_parallel if large else map
        list(for_all(lambda piece: piece(), pieces))
        return taken[0]

    @property
    def total_weight(self) -> float:
        """The sum of the weights; the number of rows without weights."""
        return float(len(self) if self.sample_weight is None else self.sample_weight.sum())


class MLPLoss:
    """The loss of a batch and its gradients: `data loss + alpha / (2 * total weight) * sum(coefs**2)`."""

    def __init__(self, model: Sequential, alpha: float, out_activation: str) -> None:
        self.plan, self.out_activation = model.plan, out_activation
        variables = [variable for layer in dense_layers(model) for variable in layer.weights]
        self._slices = find_slices(variables)
        alphas = [
            [np.full(v.size, alpha if len(v.shape) == 2 else 0.0, v.dtype) for v in part.variables] for part in self._slices
        ]
        self._alphas = list(map(np.concatenate, alphas))  # 0 for biases, so that all of a slice is one operation
        self._factors: tuple[float, list[Array]] = (0.0, [])

    def gradients(self, batch: TrainingData) -> tuple[float, float]:
        """Compute the data loss's gradients; returns that loss, and the one that scikit-learn reports, without penalty."""
        X = batch.X.toarray() if hasattr(batch.X, "toarray") else batch.X
        result = loss_and_gradients(self.plan, X, batch.y, batch.sample_weight)
        return result.loss, self._reported(result.loss, batch)

    def add_penalty(self, batch: TrainingData) -> float:
        """Add the penalty's gradients; returns the penalty."""
        total_weight = batch.total_weight or 1.0
        if self._factors[0] != total_weight:
            self._factors = (total_weight, [alphas / total_weight for alphas in self._alphas])
        penalty = 0.0
        for part, factors in zip(self._slices, self._factors[1], strict=True):
            value, gradient = part.value, part.grad
            decay = value * factors
            gradient += decay
            penalty += 0.5 * float(value.dot(decay))
        return penalty

    def _reported(self, loss: float, batch: TrainingData) -> float:
        if self.out_activation == "identity":
            return loss / int(batch.y.shape[1])  # the mean over outputs
        if self.out_activation == "exp":  # half the deviance, which is 0 for perfect predictions
            return loss + float(np.average(xlogy(batch.y, batch.y) - batch.y, axis=0, weights=batch.sample_weight).sum())
        return loss


def train_with_batches(mlp: BaseMLP, data: TrainingData, validation: TrainingData | None, incremental: bool) -> None:
    """Epochs of shuffled batches until the loss, or the validation score, stops improving.

    Args:
        mlp: the estimator, whose attributes hold the progress.
        data: to learn from.
        validation: held out for early stopping, its targets as the user gave them.
        incremental: whether to run one epoch, for `partial_fit`.
    """
    loss, optimizer = MLPLoss(mlp.model_, mlp.alpha, mlp.out_activation_), mlp._optimizer
    order, size = np.arange(len(data)), batch_rows(mlp, len(data))
    parts = list(gen_batches(len(data), size))
    epochs = 1 if incremental else mlp.max_iter
    if mlp.batch_size not in ("auto", size):
        warn_user(f"batch_size={mlp.batch_size} is larger than the {size} rows, which make one batch")
    callback_list = _callback_list(mlp, epochs, -(-len(data) // size))
    total, batch = 0.0, data

    def update() -> None:
        nonlocal total
        total += loss.add_penalty(batch) * len(batch)
        optimizer.step(loss.plan.trainable())

    mlp.n_iter_ = 0
    callback_list.on_train_begin()
    try:
        for epoch in range(epochs):
            callback_list.on_epoch_begin(epoch)
            if mlp.shuffle:
                order = order[mlp._random_state.permutation(len(order))]  # in the order of sklearn.utils.shuffle
            total, batch = 0.0, data.rows(order[parts[0]] if mlp.shuffle else parts[0])
            for step, (rows, following) in enumerate(zip(parts, [*parts[1:], slice(0)], strict=True)):
                total += loss.gradients(batch)[1] * len(batch)
                batch = data.rows_during(update, order[following] if mlp.shuffle else following)
                if mlp.verbose:
                    callback_list.on_train_batch_end(step, {"loss": total / rows.stop})
            mlp.n_iter_ += 1
            mlp.t_ += len(data)
            mlp.loss_ = total / len(data)
            mlp.loss_curve_.append(mlp.loss_)
            logs = {"loss": mlp.loss_} | _validation_logs(mlp, validation)
            callback_list.on_epoch_end(epoch, logs)
            if mlp.solver == "sgd" and mlp.learning_rate == "invscaling":
                optimizer.learning_rate = mlp.learning_rate_init / (mlp.t_ + 1) ** mlp.power_t
            if mlp._no_improvement_count > mlp.n_iter_no_change and _stops(mlp, optimizer):
                break
            if not incremental and mlp.n_iter_ == mlp.max_iter:
                warn_user(
                    f"{type(mlp).__name__} stopped at max_iter={mlp.max_iter} before it converged; raise max_iter or tol",
                    ConvergenceWarning,
                )
    except KeyboardInterrupt:
        warn_user("Training interrupted by user.")
    callback_list.on_train_end()


def batch_rows(mlp: BaseMLP, rows: int) -> int:
    """Rows of a batch; "auto" is at most 200."""
    return min(200 if isinstance(mlp.batch_size, str) else int(mlp.batch_size), rows)


def _callback_list(mlp: BaseMLP, epochs: int, steps: int) -> CallbackList:
    """The history, and with `verbose` a progress bar on a terminal, or one line for each iteration."""
    mlp.history_ = History()
    shown: list[Callback] = []
    if mlp.verbose:
        bar = mlp.verbose is True and sys.stdout.isatty()
        shown = [ProgressBar("bar") if bar else _Lines()]
    return CallbackList([mlp.history_, *shown], model=mlp.model_, epochs=epochs, steps=steps, verbose=mlp.verbose)


class _Lines(History):
    """Prints a line for each iteration, as scikit-learn does."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs = logs or {}
        print(f"Iteration {epoch + 1}, loss = {logs['loss']:.8f}")
        if "val_score" in logs:
            print(f"Validation score: {logs['val_score']:f}")


def _validation_logs(mlp: BaseMLP, validation: TrainingData | None) -> dict[str, float]:
    """Count the epochs without improvement, by the validation score or the loss; keep the best weights."""
    if validation is None:
        mlp._no_improvement_count = mlp._no_improvement_count + 1 if mlp.loss_ > mlp.best_loss_ - mlp.tol else 0
        mlp.best_loss_ = min(mlp.best_loss_, mlp.loss_)
        return {}
    score = mlp._validation_score(validation)
    mlp.validation_scores_.append(score)
    mlp._no_improvement_count = mlp._no_improvement_count + 1 if score < mlp.best_validation_score_ + mlp.tol else 0
    if score > mlp.best_validation_score_:
        mlp.best_validation_score_ = score
        mlp._best_weights = mlp.model_.get_weights()
    return {"val_score": score}


def _stops(mlp: BaseMLP, optimizer: Optimizer) -> bool:
    """Whether training ends now; with the adaptive learning rate a fifth of the rate is tried first."""
    adaptive = mlp.solver == "sgd" and mlp.learning_rate == "adaptive" and float(optimizer.learning_rate) > 1e-6
    if mlp.verbose:
        what = "Training loss" if mlp.validation_scores_ is None else "Validation score"
        then = "the learning rate is divided by 5" if adaptive else "training stops"
        print(f"{what} did not improve by more than tol={mlp.tol:f} for {mlp.n_iter_no_change} epochs: {then}.")
    if adaptive:
        optimizer.learning_rate = float(optimizer.learning_rate) / 5
        mlp._no_improvement_count = 0
    return not adaptive


def train_with_lbfgs(mlp: BaseMLP, data: TrainingData) -> None:
    """SciPy's L-BFGS-B on all rows at once."""
    loss = MLPLoss(mlp.model_, mlp.alpha, mlp.out_activation_)
    slices = find_slices(loss.plan.trainable())
    point = b""  # where the gradients were computed last
    mlp.history_ = History()

    def write(values: Array) -> None:
        start = 0
        for part in slices:
            part.value[:] = values[start : start + len(part.value)]
            start += len(part.value)

    def value(values: Array) -> float:
        nonlocal point
        point = values.tobytes()
        write(values)
        result, reported = loss.gradients(data)
        penalty = loss.add_penalty(data)
        mlp.loss_ = reported + penalty
        return result + penalty

    def gradient(values: Array) -> Array:
        """SciPy asks for it where it has just asked for the value."""
        if values.tobytes() != point:
            value(values)
        return np.concatenate([part.grad for part in slices])

    def record(values: Array) -> None:
        """After an iteration: its point is the last one evaluated."""
        shown = mlp.loss_
        mlp.history_.on_epoch_end(len(mlp.history_.epoch), {"loss": shown})
        if mlp.verbose:
            print(f"Iteration {len(mlp.history_.epoch)}, loss = {shown:.8f}")

    first = np.concatenate([part.value for part in slices]).astype(float)
    options = {"maxfun": mlp.max_fun, "maxiter": mlp.max_iter, "gtol": mlp.tol}
    result = scipy.optimize.minimize(value, first, method="L-BFGS-B", jac=gradient, callback=record, options=options)
    value(result.x)
    mlp.n_iter_ = min(int(result.nit), mlp.max_iter)
    if result.status != 0:
        warn_user(
            f"L-BFGS did not converge after {result.nit} iterations: {result.message}; raise max_iter ({mlp.max_iter}) or "
            f"max_fun ({mlp.max_fun}), or scale the data",
            ConvergenceWarning,
        )
