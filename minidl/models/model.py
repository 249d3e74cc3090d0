"""`Model`: a layer that can be compiled, fitted, evaluated and saved."""

from typing import Any

from minidl import losses, optimizers
from minidl.callbacks import History, ProgressBar, choose_mode
from minidl.callbacks.callback import CallbackList
from minidl.config.nest import flatten, is_structure, rebuild
from minidl.data.batches import is_stream, split_rows, unpack
from minidl.metrics.compile_metrics import CompileMetrics, check_metrics, per_output
from minidl.models import training
from minidl.models.boundary import check_loss_weights, check_settings, gather, make_batches, prepare
from minidl.models.conveniences import Conveniences
from minidl.models.guards import run_claimed
from minidl.models.plan import Plan
from minidl.models.predicting import default_rows, run_prediction
from minidl.models.searching import training_rows


class Model(Conveniences):
    """Layers made into one that learns.

    Most models are a `Sequential`. `Model(inputs, outputs)` takes any graph of layers drawn with `Input`. A subclass may
    define `forward` and `backward` itself, or `train_step`.

    Args:
        inputs: symbolic tensors made by `Input`; one, a list or a dict.
        outputs: symbolic tensors made by calling layers on them; one, a list or a dict.
        **kwargs: `name` and what every `Layer` takes.
    Example:
        >>> from minidl.layers import Dense, Input
        >>> x = Input((3,))
        >>> Model(x, Dense(2)(x)).predict(np.ones((4, 3))).shape
        (4, 2)
    """

    _plan: Plan | None = None
    rounds: Any = None  # where `fit` stands in its data, while it runs
    terminates_on_nan = False  # set by the callback of that name, for one fit

    def __init__(self, inputs: Any = None, outputs: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.optimizer: Any = None
        self.loss: Any = None
        self.stop_training = False
        self.history: History | None = None
        self.epoch: int | None = None
        self.step = 0
        self.compile_settings: dict[str, Any] = {}
        self._shuffler = self.add_generator()
        if inputs is not None or outputs is not None:
            from minidl.models.functional import draw

            self.network, self.input_dtype = draw(inputs, outputs), "any"
            for function in self.network.functions:
                self._variables += [weight for weight in function.weights if weight not in self._variables]
                self._generators += function.generators
            self.build(self.network.input_shape)

    # Compiling.

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Choose how the model learns and is judged.

        Args:
            optimizer: name or object. (`fit` without `compile` takes "adam".)
            loss: name or object; a list or dict of them for several outputs.
            loss_weights: a factor for each output's loss, in the same form.
            metrics: names or objects; "accuracy" means the one that fits the targets.
            weighted_metrics: metrics that also take the sample weights into account.
            run_eagerly, steps_per_execution, jit_compile, auto_scale_loss: Keras's; they have no meaning here.
        Raises:
            ValueError: an unknown name; the nearest known one is named.
        """
        made_optimizer = optimizers.get(optimizer)
        made_loss = rebuild(loss, [losses.get(item) for item in flatten(loss)])
        for given in (loss, loss_weights):
            if is_structure(given) and self.output_names:
                self.by_output(given, None)
        check_loss_weights(loss_weights)
        for given in (metrics, weighted_metrics):
            check_metrics(given, self.output_names or (list(given) if isinstance(given, dict) else flatten(given)))
        self.optimizer, self.loss = made_optimizer, made_loss
        self.compile_settings = {"loss_weights": loss_weights, "metrics": metrics, "weighted_metrics": weighted_metrics}
        self._plan = None

    @property
    def compiled(self) -> bool:
        """Whether the model knows its optimizer."""
        return self.optimizer is not None

    @property
    def plan(self) -> Plan:
        """What training needs to know about the built model, worked out once."""
        if self._plan is None or not self.built:
            if not self.compiled:
                raise RuntimeError(f"{self.title} is not compiled: call compile(optimizer, loss) first, or fit, which chooses")
            settings = self.compile_settings
            names = self.output_names if len(self.output_names) == len(self.losses) else list(map(str, range(len(self.losses))))
            plain, weighted = (per_output(settings[kind], names) for kind in ("metrics", "weighted_metrics"))
            scores = CompileMetrics(plain, weighted, names, [loss is not None for loss in self.losses])
            self._plan = Plan(self, self.losses, self.loss_weights, scores)
        return self._plan

    @property
    def losses(self) -> list[Any]:
        """The loss of each output; `None` for one that is not judged."""
        if isinstance(self.loss, (list, tuple)) and self.network is None:
            return list(self.loss)
        return self.by_output(self.loss, None) if is_structure(self.loss) else [self.loss] * len(self.output_names)

    @property
    def loss_weights(self) -> list[float]:
        """The factor of each output's loss."""
        given = self.compile_settings["loss_weights"]
        return [1.0] * len(self.losses) if given is None else [float(w) for w in self.by_output(given, 1.0)]

    def by_output(self, given: Any, default: Any) -> list[Any]:
        """One entry for each output, from a list or from a dict by output name."""
        names = self.output_names
        if isinstance(given, dict):
            if unknown := sorted(set(given) - set(names)):
                raise ValueError(f"{self.title} has outputs {names}, got something for {unknown}")
            return [given.get(name, default) for name in names]
        if len(flatten(given)) != len(names):
            raise ValueError(f"{self.title} has {len(names)} outputs {names}, got {len(flatten(given))} entries for them")
        return flatten(given)

    # Learning and judging.

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
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
            batch_size: rows a step, 32 by default.
            epochs: number of the last epoch.
            verbose: 0 silent, 1 a bar, 2 a line an epoch, "auto" a bar on terminals and in notebooks, else lines.
            callbacks: `Callback` objects.
            validation_split: share of the rows, taken from the end before shuffling, to judge after each epoch.
            validation_data: `(x, y)` or `(x, y, sample_weight)` to judge after each epoch, or an iterable of such batches.
            shuffle: whether to draw a new order of the rows each epoch.
            class_weight: a weight for each class's rows.
            sample_weight: a weight for each row.
            initial_epoch: epoch to begin at, for going on.
            steps_per_epoch: batches an epoch.
            validation_steps, validation_batch_size, validation_freq: the same for validation; how often it happens.
        Returns:
            The `History` of losses and metrics, an entry an epoch.
        Raises:
            ValueError, TypeError: the data cannot be learned from; nothing has happened then.
            FloatingPointError: the loss became NaN or infinite; names epoch, step and layer.
            KeyboardInterrupt: Ctrl-C, as it came. The model is usable, of the moment of the interruption; `model.history` holds
                the finished epochs. No callback's `on_train_end` is called, which tells of training that came to its end.
        """
        check_settings(epochs=epochs, batch_size=batch_size, steps_per_epoch=steps_per_epoch, initial_epoch=initial_epoch)
        check_settings(validation_steps=validation_steps, validation_batch_size=validation_batch_size)
        check_settings(validation_freq=validation_freq)
        mode, history = choose_mode(verbose), History()
        listeners = CallbackList([*flatten(callbacks or []), history, *([] if mode is None else [ProgressBar(mode)])], self)
        data, held_out = gather(self, x, y, sample_weight, class_weight), None
        if validation_split:
            data, held_out = split_rows(data, validation_split)
        if validation_data is not None:
            alone = is_stream(validation_data) or not isinstance(validation_data, (list, tuple))
            arrays = (validation_data,) if alone else unpack(tuple(validation_data))
            held_out = gather(self, *arrays)
        batch_size = training_rows(self, data, batch_size, steps_per_epoch)
        batches = make_batches(self, data, batch_size, steps_per_epoch, self._shuffler if shuffle else None)
        rows = batch_size if validation_batch_size is None else validation_batch_size
        judging = None if held_out is None else make_batches(self, held_out, rows, validation_steps)
        choice = prepare(self, data, held_out)
        if choice is not None and verbose != 0:
            print(choice)

        def validate(epoch: int) -> dict[str, float]:
            due = (epoch + 1) % validation_freq == 0 if isinstance(validation_freq, int) else epoch + 1 in validation_freq
            if judging is None or not due:
                return {}
            return training.run_evaluation(self, judging, listeners, validation_steps)

        def train() -> None:
            listeners.set_params({"epochs": epochs, "steps": steps_per_epoch or batches.steps, "verbose": verbose})
            self.history = history
            training.run_epochs(self, batches, listeners, range(initial_epoch, epochs), steps_per_epoch, validate)

        run_claimed(self, train)
        return history

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Loss and metrics on data, in inference mode.

        Returns:
            The loss, or a list of loss and metrics where there are any; a dict with `return_dict`.
        """
        if not self.compiled:
            raise RuntimeError(f"{self.title} is not compiled, so there is nothing to evaluate by: call compile or fit first")
        data = gather(self, x, y, sample_weight)
        prepare(self, data)
        batches = make_batches(self, data, batch_size, steps, default=256)
        listeners = CallbackList(flatten(callbacks or []), self, {"steps": steps or batches.steps, "verbose": verbose})
        logs = training.run_evaluation(self, batches, listeners, steps)
        return self._read(logs, return_dict)

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = "auto", steps: int | None = None, callbacks: Any = None
    ) -> Any:
        """Outputs for data, in inference mode.

        Args:
            x: inputs, in any form that `fit` takes.
            batch_size: rows at a time; by default 512, with convolutions 64, or the model's fixed batch size.
            verbose: accepted for Keras's sake; predictions are silent.
            steps: number of batches, for iterables.
            callbacks: `Callback` objects with `on_predict_...` hooks.
        Returns:
            An array with a row for each row of x; a list or dict of them where the model has several outputs.
        """
        data = gather(self, x, finite=False)
        prepare(self, data, judged=False)
        batches = make_batches(self, data, batch_size, steps, default=default_rows(self))
        listeners = CallbackList(flatten(callbacks or []), self, {"steps": steps or batches.steps, "verbose": verbose})
        return run_prediction(self, batches, listeners, steps)

    def train_step(self, data: Any) -> dict[str, float]:
        """Learn from one batch `(x, y)` or `(x, y, sample_weight)`; override it to train differently.

        Returns:
            The logs: running means of loss and metrics.
        """
        training.train_step(self, *unpack(data))
        return self.get_metrics_result()

    def test_step(self, data: Any) -> dict[str, float]:
        """Judge one batch; the logs so far."""
        training.test_step(self, *unpack(data))
        return self.get_metrics_result()

    def predict_step(self, data: Any) -> Any:
        """Outputs for one batch."""
        return self._infer(unpack(data)[0])[0]

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The compiled losses of outputs; override it, in terms of `minidl.ops`, to judge differently: x is then `None`."""
        return self.plan.objective.value_and_grad(y, y_pred, sample_weight).total

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Learn from one batch; its loss and metrics as `evaluate` gives them."""
        data = gather(self, x, y, sample_weight, class_weight)
        prepare(self, data)
        self.reset_metrics()
        return self._read(self.train_step(data.rows(slice(None)).as_batch()), return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Judge one batch."""
        data = gather(self, x, y, sample_weight)
        prepare(self, data)
        self.reset_metrics()
        return self._read(self.test_step(data.rows(slice(None)).as_batch()), return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """Outputs for one batch."""
        data = gather(self, x, finite=False)
        prepare(self, data, judged=False)
        return self.predict_step(data.rows(slice(None)).as_batch())

    def reset_metrics(self) -> None:
        """Start the running means over."""
        self.plan.scores.reset()

    def get_metrics_result(self) -> dict[str, float]:
        """The running means of loss and metrics."""
        return self.plan.scores.result()

    @property
    def metrics(self) -> list[Any]:
        """The loss's running mean and the metrics."""
        return self.plan.scores.metrics if self.compiled else []

    def _read(self, logs: dict[str, float], return_dict: bool) -> Any:
        if return_dict:
            return logs
        return list(logs.values()) if len(logs) > 1 else next(iter(logs.values()))
