"""`Trainer`: what a model does with data: compile, fit, evaluate, predict, and the same for single batches."""

from __future__ import annotations

from contextvars import copy_context
from functools import partial
from typing import Any

from minidl.callbacks.callback import CallbackList, Callbacks
from minidl.callbacks.history import History
from minidl.callbacks.progbar_logger import with_progress
from minidl.callbacks.progress import ProgressBar, choose_mode
from minidl.callbacks.step_progress import StepProgress
from minidl.config.checks import is_integer
from minidl.config.limits import check_counts, limited, limited_steps, max_epochs
from minidl.config.nest import unpack
from minidl.config.processes import print_once, processes
from minidl.config.types import ArraysLike, DataLike, MaybeNone, Tensors
from minidl.data.batches import ArrayBatches, ArrayData, StreamBatches, split_rows, unpack_data
from minidl.data.columns import Columns, check_columns, columns_of
from minidl.data.epoch_iterator import EpochIterator
from minidl.graph.network import Network
from minidl.layers.layer import Layer
from minidl.models import loops
from minidl.models.auto_compile import prepare_model, warn_about_logits
from minidl.models.compilation import Compiled
from minidl.models.data_adapter import cast_once, make_batches, read_data, rows_to_predict
from minidl.models.full_batch_step import full_batch_rows, full_batch_step
from minidl.models.inference_step import test_step
from minidl.models.training import TrainingSteps, gradient_step


class Trainer(TrainingSteps, Compiled, Layer):
    """The base of `Model`: everything that takes data.

    Attributes:
        stop_training, stop_evaluating, stop_predicting: a callback sets it to end that after the batch.
        epoch, step: where `fit` is, while it runs; `epoch` is `None` otherwise.
        epoch_iterator, fit_callbacks, validation_batches: the data, callbacks and validation data of a `fit` that runs.
        column_names: of the frames that the model was fitted on; later frames must have the same columns in the same order.
            `None` compares nothing.
    """

    is_model = True
    network: Network
    epoch_iterator: EpochIterator | None = None
    fit_callbacks: CallbackList | None = None
    validation_batches: ArrayBatches | StreamBatches | None = None
    column_names: Columns | None = None
    terminates_on_nan = False  # set by the callback of that name, for one fit

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.optimizer = None
        self.stop_training = self.stop_evaluating = self.stop_predicting = False
        self._history: History | MaybeNone = None
        self.epoch: int | None = None
        self.step = 0
        self.compile_settings = {}
        self._shuffler = self.add_late_generator()

    @property
    def history(self) -> History:
        """The history of the last `fit`, made on demand: a model and a history that hold one another would stay in memory."""
        return self._history.with_model(self) if isinstance(self._history, History) else self._history

    @history.setter
    def history(self, history: object) -> None:
        self._history = history

    def _choose_steps(self) -> None:
        """The steps for the optimizer, and for the other processes if there are any."""
        full_batch, others = self.optimizer is not None and self.optimizer.needs_full_batch, processes()
        self._step, self._test = full_batch_step if full_batch else gradient_step, test_step
        if others is not None:
            self._step, self._test = others.steps_for(full_batch)

    def fit(
        self,
        x: DataLike | None = None,
        y: ArraysLike | None = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Callbacks = None,
        validation_split: float = 0.0,
        validation_data: DataLike | None = None,
        shuffle: bool = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: ArraysLike | None = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> History:
        """Learn from data for some epochs.

        A model that was never compiled is compiled first: the loss is chosen from its last activation and the targets.

        Args:
            x: array, list, frame or sparse matrix of inputs, a list or dict of them, or an iterable of batches
                `(x, y)` or `(x, y, sample_weight)`.
            y: targets.
            batch_size: rows per step, 32 by default.
            epochs: number of the last epoch; 0 trains nothing, and the history is empty.
            verbose: 0 silent, 1 a bar, 2 one line per epoch, "auto" a bar on terminals and in notebooks, otherwise lines.
            callbacks: `Callback` objects.
            validation_split: share of the rows, the last ones, to evaluate after each epoch; ignored with `validation_data`.
            validation_data: `(x, y)` or `(x, y, sample_weight)` to evaluate after each epoch, or an iterable of such batches.
            shuffle: whether to draw a new order of the rows each epoch.
            class_weight: a weight for each class's rows.
            sample_weight: a weight for each row.
            initial_epoch: epoch to begin at, for going on.
            steps_per_epoch: batches an epoch.
            validation_steps, validation_batch_size, validation_freq: the same for validation; after which epochs it happens.
        Returns:
            The `History` of losses and metrics, with an entry for each epoch.
        Warns:
            ModelWarning: a cross-entropy does not fit the activation before it.
        Raises:
            ValueError, TypeError: the data does not fit the model; nothing was changed.
            FloatingPointError: the loss became NaN or infinite; names epoch, step and layer.
            KeyboardInterrupt: Ctrl-C. The model stays usable; `model.history` holds the finished epochs. `on_train_end` of
                callbacks is not called, as training did not finish.
        """
        check_counts(epochs=epochs, batch_size=batch_size, steps_per_epoch=steps_per_epoch, initial_epoch=initial_epoch)
        validation = {"validation_steps": validation_steps, "validation_batch_size": validation_batch_size}
        check_counts(**validation, validation_freq=validation_freq)
        epochs, steps_per_epoch = limited("epochs", epochs, max_epochs()) or 0, limited_steps(steps_per_epoch)
        validation_steps = limited_steps(validation_steps) if validation_data is not None else validation_steps
        mode, history = choose_mode(verbose), History()
        callback_list = CallbackList([*with_progress(callbacks, mode, ProgressBar), history], model=self)
        data, held_out = read_data(self, x, y, sample_weight, class_weight), None
        names = columns_of(x) if isinstance(data, ArrayData) else {}
        if validation_data is not None:
            rows_held_out = unpack_data(validation_data)
            check_columns(names, rows_held_out[0])
            held_out = read_data(self, *rows_held_out)
        elif validation_split:
            data, held_out = split_rows(data, validation_split)
            held_out = held_out if class_weight is None else held_out.with_parts(sample_weight=None)  # it weighs training alone
        data = cast_once(self, data, epochs - initial_epoch)
        self._choose_steps()
        if self.optimizer is not None and self.optimizer.needs_full_batch:
            batch_size = full_batch_rows(self, data, batch_size, steps_per_epoch)
        shuffler = self._shuffler.generator if shuffle else None
        batches = make_batches(self, data, batch_size, steps_per_epoch, shuffler, class_weight=class_weight)
        rows = batch_size if validation_batch_size is None else validation_batch_size
        validation_batches = None if held_out is None else make_batches(self, held_out, rows, validation_steps)
        choice = prepare_model(self, data, held_out)
        if choice is not None and verbose != 0:
            print_once(choice)
        warn_about_logits(self)
        self.column_names = names or self.column_names

        def is_due(epoch: int) -> bool:
            return (epoch + 1) % validation_freq == 0 if is_integer(validation_freq) else epoch + 1 in validation_freq

        def validate(epoch: int) -> dict[str, float]:
            if validation_batches is None or not is_due(epoch):
                return {}
            return loops.run_evaluation(self, validation_batches, callback_list, validation_steps)

        def train() -> None:
            validated = validation_batches is not None and any(map(is_due, range(initial_epoch, epochs)))
            steps = steps_per_epoch or batches.steps
            callback_list.set_params({"verbose": verbose, "epochs": epochs, "steps": steps, "do_validation": validated})
            self._history, self.validation_batches = history, validation_batches
            loops.run_epochs(self, batches, callback_list, range(initial_epoch, epochs), steps_per_epoch, validate)

        loops.run_alone(self, partial(loops.run_training, self, train), self._leave_fit)
        return history

    def evaluate(
        self,
        x: DataLike | None = None,
        y: ArraysLike | None = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: ArraysLike | None = None,
        steps: int | None = None,
        callbacks: Callbacks = None,
        return_dict: bool = False,
    ) -> Any:
        """Loss and metrics on data, in inference mode.

        Args:
            x, y, sample_weight: data, targets and weights, in any form that `fit` takes.
            batch_size: rows at a time.
            verbose: 0 silent, 1 a bar and the result, 2 only the result, "auto" 1 on terminals and in notebooks, otherwise 2.
            steps: number of batches, for iterables.
            callbacks: `Callback` objects with `on_test_...` hooks.
            return_dict: whether to return a dict.
        Returns:
            The loss, or a list of loss and metrics where there are any; a dict with `return_dict`.
        """
        if not self.compiled:
            raise RuntimeError(f"{self.title} is not compiled, so it has no loss to evaluate: call compile or fit first")
        data, steps = read_data(self, x, y, sample_weight), limited_steps(steps)
        with loops.unshared_metrics(self) as model:
            prepare_model(model, data)
            batches = make_batches(self, data, batch_size, steps, default=256, owner="evaluate")
            self._compare("evaluate", data)
            callback_list = self._with_progress(callbacks, verbose, steps or batches.steps)
            logs = copy_context().run(loops.run_evaluation, model, batches, callback_list, steps)  # as in run_with_threads_for
        return self._read(logs, return_dict)

    def predict(
        self, x: DataLike, batch_size: int | None = None, verbose: Any = "auto", steps: int | None = None, callbacks: Any = None
    ) -> Tensors:
        """Outputs for data, in inference mode.

        Args:
            x: inputs, in any form that `fit` takes.
            batch_size: rows at a time; by default 64 with convolutions, else 512, or more while outputs of layers that are
                vectors take up to 4 MB; or the model's fixed batch size.
            verbose: 0 silent, 1 a bar, 2 a line at the end, "auto" 1 on terminals and in notebooks, otherwise 2.
            steps: number of batches, for iterables.
            callbacks: `Callback` objects with `on_predict_...` hooks.
        Returns:
            An array with a row for each row of x; a list or dict of them where the model has several outputs.
        """
        data, steps = read_data(self, x, finite=False), limited_steps(steps)
        prepare_model(self, data, needs_loss=False)
        others = processes()
        own = data if others is None else others.own_rows(data)
        batches = make_batches(self, own, batch_size, steps, default=rows_to_predict(self, own), owner="predict")
        self._compare("predict", data)
        callback_list = self._with_progress(callbacks, verbose, steps or batches.steps)
        outputs = loops.run_prediction(self, batches, callback_list, steps)
        return outputs if others is None else others.join_rows(outputs, data)

    def predict_step(self, data: ArraysLike) -> Tensors:
        """Outputs for one batch."""
        return self.network.packed(self._infer(unpack(data)[0])[0])

    def train_on_batch(
        self, x: ArraysLike, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Learn from one batch; its loss and metrics as `evaluate` gives them."""
        data = read_data(self, x, y, sample_weight, class_weight)
        with loops.unshared_metrics(self) as model:
            prepare_model(model, data)
            model.reset_metrics()
            batch = self._one_part(model, "train_on_batch", data)
            return self._read(loops.run_training(model, lambda: model.train_step(batch)), return_dict)

    def test_on_batch(
        self, x: ArraysLike, y: ArraysLike | None = None, sample_weight: ArraysLike | None = None, return_dict: bool = False
    ) -> Any:
        """Evaluate one batch."""
        data = read_data(self, x, y, sample_weight)
        with loops.unshared_metrics(self) as model:
            prepare_model(model, data)
            model.reset_metrics()
            return self._read(model.test_step(self._one_part(model, "test_on_batch", data)), return_dict)

    def predict_on_batch(self, x: ArraysLike) -> Tensors:
        """Outputs for one batch."""
        data = read_data(self, x, finite=False)
        prepare_model(self, data, needs_loss=False)
        return self.predict_step(data.rows(slice(None)).as_batch())

    def score(self, x: DataLike | None = None, y: ArraysLike | None = None) -> float:
        """Raises TypeError, as scikit-learn looks for this method in its estimators."""
        raise TypeError(
            f"{self.title} is not a scikit-learn estimator: minidl.wrappers.SKLearnClassifier(model) is one; "
            f"without scikit-learn, evaluate(x, y) gives the loss and the metrics"
        )

    def _one_part(self, model: Any, call: str, data: ArrayData) -> Any:
        """The rows of one batch for this process."""
        model._compare(call, data)
        if (others := processes()) is not None:
            data = others.part(data)
        return data.rows(slice(None)).as_batch()

    def _compare(self, call: str, data: Any) -> None:
        """With other processes, raise ValueError unless they have the same model and data."""
        self._choose_steps()
        if (others := processes()) is not None:
            others.begin(call, self, data)

    def _with_progress(self, callbacks: Callbacks, verbose: int | str, steps: int | None) -> CallbackList:
        mode = choose_mode(verbose)
        return CallbackList(with_progress(callbacks, mode, StepProgress), model=self, verbose=verbose, epochs=1, steps=steps)

    def _read(self, logs: dict[str, float], return_dict: bool) -> Any:
        """The logs in Keras's order: a dict by name, or a number or list."""
        return dict(sorted(logs.items())) if return_dict else self.listed_logs(logs)

    def _leave_fit(self) -> None:
        """Forget what belongs to a `fit`, at its end."""
        if (others := processes()) is not None:
            others.leave_fit(self)
        self.epoch, self.epoch_iterator, self.terminates_on_nan = None, None, False
        self.fit_callbacks, self.validation_batches = None, None
        if isinstance(self._history, History):
            self._history = self._history.without_model()
