"""`Compiled`: what `compile` was given; and the training plan made of it, with the loss and metrics of each output."""

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Never, cast

import numpy as np

from minidl import optimizers
from minidl.activations import ActivationFunction
from minidl.config import registry
from minidl.config.find_objects import find_objects
from minidl.config.layer_like import LayerLike
from minidl.config.missing_names import unknown_argument
from minidl.config.naming import unique_names
from minidl.config.nest import flatten, is_structure
from minidl.config.tree import leaves
from minidl.config.types import Config, Identifier, Options, Structure
from minidl.graph.network import Network, output_layers_of
from minidl.layers.call_arguments import names_of
from minidl.layers.custom_loss import CustomLoss, CustomLossNetwork
from minidl.layers.custom_passes import ModelAsLayer
from minidl.layers.layer import Layer
from minidl.layers.recorder import LayerTrace, Recorder
from minidl.losses.compile_loss import CompileLoss
from minidl.losses.loss import Loss
from minidl.losses.output_losses import loss_names, losses_per_output, make_losses, named_losses
from minidl.metrics.compile_metrics import CompileMetrics
from minidl.metrics.metric import Metric
from minidl.metrics.per_output import check_metrics, per_output
from minidl.models.protocol import Trainable
from minidl.models.training_plan import TrainingPlan


class Compiled:
    """The part of a model that `compile` sets.

    Attributes:
        optimizer: what `compile` was given, as an object.
        loss: what `compile` was given.
        run_eagerly, jit_compile, steps_per_execution: what `compile` was given; they have no meaning here.
    """

    if TYPE_CHECKING:

        @property
        def title(self) -> str: ...
        @property
        def plan(self) -> TrainingPlan: ...
        def overrides(self, method: str) -> bool: ...

    network: Network
    loss: Any = None
    _losses: Any = None  # the same as objects
    compile_settings: Options
    run_eagerly, jit_compile, steps_per_execution = False, False, 1
    _plan: TrainingPlan | None
    optimizer: Any

    def compile(
        self,
        optimizer: object = "rmsprop",
        loss: object = None,
        loss_weights: Structure[float | None] = None,
        metrics: Structure[Identifier | None] = None,
        weighted_metrics: Structure[Identifier | None] = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
        **unknown: Never,
    ) -> None:
        """Choose the optimizer, the loss and the metrics.

        Args:
            optimizer: name or object. (`fit` without `compile` takes "adam".)
            loss: name, function or object; a list or dict of them for several outputs, `None` for one without a loss.
                Several for one output are added. "crossentropy" means the one that fits the targets.
            loss_weights: a factor for each output's loss, in the same form.
            metrics: names or objects; "accuracy" means the one that fits the targets.
            weighted_metrics: metrics that also take the sample weights into account.
            run_eagerly, steps_per_execution, jit_compile, auto_scale_loss: Keras's; they have no meaning here.
        Raises:
            ValueError: an unknown name; the nearest known one is named.
            TypeError: an unknown argument.
        """
        for name in unknown:
            raise TypeError(unknown_argument("compile", name, names_of(Compiled.compile) - {"self", "unknown"}))
        made_optimizer = optimizers.get(optimizer)
        made_losses = make_losses(self.network.listed_outputs(loss))
        for given in (losses_per_output(made_losses, self.output_names), loss_weights):
            if is_structure(given) and self.output_names:
                by_output(cast(Trainable, self), given)
        listed_weights = self.network.listed_outputs(loss_weights)
        check_loss_weights(listed_weights, flatten(listed_weights) if self.output_names else leaves(listed_weights))
        for given in map(self.network.listed_outputs, (metrics, weighted_metrics)):
            check_metrics(given, self.output_names)
        self.optimizer, self.loss, self._losses = made_optimizer, loss, made_losses
        self.compile_settings = {"loss_weights": loss_weights, "metrics": metrics, "weighted_metrics": weighted_metrics}
        self.run_eagerly, self.jit_compile, self.steps_per_execution = run_eagerly, jit_compile is True, steps_per_execution
        self._plan = None

    @property
    def compiled(self) -> bool:
        """Whether the model knows its optimizer."""
        return self.optimizer is not None

    def drop_stale_plan(self) -> None:
        """Forget the plan if layers were added, removed or changed since it was made."""
        if self._plan is not None and not fits(self._plan, cast(Trainable, self)):
            self._plan = None

    @property
    def output_losses(self) -> list[Loss | None]:
        """The loss of each output; `None` for one without a loss."""
        listed = losses_per_output(self.network.listed_outputs(self._losses), self.output_names)
        return by_output(cast(Trainable, self), listed) if self.output_names else flatten(listed)

    @property
    def named_losses(self) -> list[str]:
        """The names in a dict of losses, in its order; "heads/left" in nested ones."""
        return named_losses(self.loss)

    @property
    def loss_names(self) -> list[str]:
        """A name for each output's loss, as it was given."""
        names = loss_names(self.network.listed_outputs(self.loss))
        return names * len(self.output_losses) if len(names) == 1 else [*names, *[""] * (len(self.output_losses) - len(names))]

    @property
    def output_names(self) -> list[str]:
        """A name for each output, as logs use them."""
        return self.network.output_names

    @property
    def metrics(self) -> list[Metric]:
        """The loss's running mean, all compiled metrics as one, the loss of each output, and metrics that attributes hold."""
        return self.plan.metrics.listed if self.compiled else held_metrics(cast(Trainable, self))

    @property
    def metrics_names(self) -> list[str]:
        """The names of the metrics."""
        return [metric.name for metric in self.metrics]

    def listed_logs(self, logs: dict[str, float]) -> float | list[float]:
        """The logs in Keras's order: losses first, for several outputs then metrics by name; a single one as a number."""
        outputs = self.output_names
        parts = [mean.name for mean in self.plan.metrics.in_order]
        first = list(logs) if len(outputs) < 2 else [name for name in ("loss", *parts) if name in logs]
        stems = dict(zip(outputs, self.network.output_stems, strict=False))

        def by_name(name: str) -> tuple[str, int]:
            """Outputs of one layer in their order: "head_mae" before "head_1_mae"."""
            output = max((one for one in stems if name.startswith(f"{one}_")), key=len, default="")
            return stems.get(output, "") + name.removeprefix(output), list(stems).index(output) if output else 0

        values = [logs[name] for name in (*first, *sorted(set(logs) - set(first), key=by_name))]
        return values if len(values) > 1 else values[0]

    def get_compile_config(self) -> Config:
        """The arguments of `compile` as plain JSON values."""
        if not self.compiled:
            return {}
        config: Config = registry.serialize({"optimizer": self.optimizer, "loss": self.loss} | self.compile_settings)
        return config

    def compile_from_config(self, config: Config) -> None:
        """Compile the model with the result of `get_compile_config`."""
        if config:
            self.compile(**registry.deserialize(config))


def check_loss_weights(given: object, weights: list[object]) -> None:
    """Raise an error for loss weights that are not numbers, usually metrics passed by position."""
    for weight in weights:
        if weight is not None and not isinstance(weight, (int, float, np.integer, np.floating)):
            raise ValueError(
                f"compile expects loss_weights to be numbers, got {weight!r}; if they are metrics, write metrics={given!r}"
            )


def make_plan(model: Trainable, fused: bool = True) -> TrainingPlan:
    """The plan of a compiled, built model.

    Args:
        model: the model.
        fused: whether a softmax or sigmoid output and its cross-entropy are computed together.
    Raises:
        RuntimeError: the model is not compiled.
    """
    if not model.compiled:
        raise RuntimeError(f"{model.title} is not compiled: call compile(optimizer, loss) first, or fit, which chooses")
    settings, count = model.compile_settings, len(model.output_losses)
    names = model.output_names if len(model.output_names) == count else list(map(str, range(count)))
    plain, weighted = (
        per_output(model.network.listed_outputs(settings[kind]), names) for kind in ("metrics", "weighted_metrics")
    )
    shown, keys = (names, names) if model.network.names_outputs else ([""] * count, model.loss_names)
    parts = unique_names(model.network.loss_keys(keys))
    loss_parts = [None if loss is None else part for loss, part in zip(model.output_losses, parts, strict=True)]
    metrics = CompileMetrics(plain, weighted, shown, loss_parts)
    metrics.own, metrics.by_model = held_metrics(model), model.overrides("compute_metrics")
    metrics.listed_by_model = model.overrides("metrics")
    metrics.order_parts(model.named_losses)
    plain_loss = CompileLoss(model.output_losses, _loss_weights(model), [None] * count)
    if model.overrides("compute_loss"):
        custom = CustomLoss(model, count)
        plan = TrainingPlan(CustomLossNetwork(_network_of(model), custom), custom, plain_loss, metrics, model.variables)
        plan.regularized = []  # the model's own loss decides about penalties
        return plan
    network, activations = _fused(model) if fused else (_network_of(model), [None] * count)
    loss = CompileLoss(model.output_losses, _loss_weights(model), activations)
    return TrainingPlan(network, loss, plain_loss, metrics, model.variables)


def recorded_plan(plan: TrainingPlan) -> tuple[TrainingPlan, list[LayerTrace]]:
    """The same plan with a `Recorder` for every layer, without penalties on weights, and the recorders' log."""
    log: list[LayerTrace] = []
    changed = copy.copy(plan)
    changed.network = plan.network.with_layers(lambda layer: layer.replace_layers(lambda inner: Recorder(inner, log)))
    changed.regularized = []
    return changed, log


def held_metrics(model: Trainable | Layer) -> list[Metric]:
    """The metrics that the attributes of a model and its layers hold; those of nested models are their own, as in Keras."""
    given = ("compile_settings", "loss", "_losses", "_plan", "_arguments", "_as_made")
    found = [metric for name, held in vars(model).items() if name not in given for metric in find_objects(held, Metric)]
    inner = [metric for layer in model.sublayers() if not isinstance(layer, Compiled) for metric in held_metrics(layer)]
    return list(dict.fromkeys([*found, *inner]))


def fits(plan: TrainingPlan, model: Trainable) -> bool:
    """Whether the model still has the variables and output activations that the plan was made for."""
    if plan.weights != model.variables:
        return False
    return model.overrides("compute_loss") or _fused(model)[1] == plan.loss.activations


def by_output(model: Trainable, given: object, default: float | None = None) -> list[Any]:
    """One entry for each output, from a list or from a dict by output name.

    Raises:
        ValueError: entries for more, fewer or other outputs.
    """
    names, given = model.output_names, model.network.listed_outputs(given)
    if isinstance(given, dict):
        if set(given) - set(names):
            whole = "; it has one output, so give the value itself" if len(names) == 1 else ""
            raise ValueError(f"{model.title} has the outputs {names}, got a dict with the keys {list(given)}{whole}")
        return [given.get(name, default) for name in names]
    entries = flatten(given)
    if len(entries) != len(names) and not model.network.opaque:  # custom code may have any number of outputs
        raise ValueError(
            f"{model.title} has {len(names)} output{'s' if len(names) > 1 else ''}, {names}, got a list of {len(entries)}"
        )
    return entries


def _loss_weights(model: Trainable) -> list[float]:
    given = model.compile_settings["loss_weights"]
    weights = [] if given is None else [float(weight) for weight in by_output(model, given, 1.0)]
    return [*weights, *[1.0] * (len(model.output_losses) - len(weights))]


def _network_of(model: Trainable) -> Network:
    """The model's network; the model as a network of one layer where its class adds something to what its layers do."""
    if model.activity_regularizer is None and not model.network.opaque:
        return model.network
    return ModelAsLayer(model)


def _fused(model: Trainable) -> tuple[Network, list[ActivationFunction | None]]:
    if model.activity_regularizer is not None or model.network.opaque:  # a penalty on probabilities, or custom code
        return _network_of(model), [None] * len(model.output_losses)
    return fuse_logits(model.network, model.output_losses)


def fuse_logits(network: Network, losses: Sequence[Loss | None]) -> tuple[Network, list[ActivationFunction | None]]:
    """The network without the activations that its losses compute themselves, and those activations, one for each output.

    An output is fused if a single layer makes it, ends in softmax or sigmoid, and the loss is the cross-entropy of that
    activation on probabilities along the last axis. The others have `None` for an activation.
    """
    views: list[LayerLike | None] = []
    activations: list[ActivationFunction | None] = []
    for loss, layer in zip(losses, output_layers_of(network, len(losses)), strict=True):
        split = None if layer is None or loss is None else layer.split_activation()
        fused = split is not None and loss is not None and _belong_together(loss, split[1])
        views.append(split[0] if fused and split is not None else None)
        activations.append(split[1] if fused and split is not None else None)
    return (network.with_output_layers(views) if any(views) else network), activations


def _belong_together(loss: Loss, activation: ActivationFunction) -> bool:
    """Whether this loss, with its arguments, can be fused with that activation."""
    return loss.paired_activation == activation.__name__ and not loss.from_logits and loss.axis == -1
