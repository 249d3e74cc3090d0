"""What a compiled model is judged by: its losses, one for each output, and its metrics."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minidl.config.structures import flatten, is_structure, rebuild
from minidl.config.types import Array
from minidl.losses.loss import Loss
from minidl.losses.targets import align_weights
from minidl.metrics import get as get_metric
from minidl.metrics import resolve_accuracy
from minidl.metrics.mean import Mean
from minidl.metrics.metric import Metric


class Judged(NamedTuple):
    """The value of a loss over several outputs, its parts, and the gradient for each output."""

    total: float
    parts: list[float]
    gradient: Any


class Objective:
    """The weighted sum of one loss for each output (`None` where an output is not judged).

    Where `activations` names a softmax or sigmoid, that output arrives as logits: its loss reads them as such.
    """

    def __init__(self, losses: Sequence[Loss | None], weights: Sequence[float], activations: Sequence[Any]) -> None:
        self.weights, self.activations = list(weights), list(activations)
        self.losses = [
            loss.with_logits() if loss is not None and activation is not None else loss
            for loss, activation in zip(losses, activations, strict=True)
        ]

    def value_and_grad(self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None) -> Judged:
        """The total, each output's part, and the gradient in the form of `y_pred`."""
        predictions = flatten(y_pred)
        targets, weights, masks = (spread(part, len(predictions)) for part in (y_true, sample_weight, mask))
        gradients: list[Array | None] = []
        total, parts = 0.0, []
        for number, (loss, factor) in enumerate(zip(self.losses, self.weights, strict=True)):
            if loss is None:
                gradients.append(None)
                continue
            weight = masked_weights(loss.reduction, masks[number], weights[number])
            value, gradient = loss.value_and_grad(targets[number], predictions[number], weight)
            total += factor * float(value)
            parts.append(float(value))
            gradients.append(gradient if factor == 1 else gradient * factor)
        return Judged(total, parts, rebuild(y_pred, gradients))

    def predictions(self, y_pred: Any) -> Any:
        """The outputs as the user knows them: logits turned into probabilities."""
        if not any(self.activations):
            return y_pred
        outputs = zip(flatten(y_pred), self.activations, strict=True)
        return rebuild(y_pred, [y if activation is None else activation.forward(y) for y, activation in outputs])


class Scores:
    """The running mean of the loss and the compiled metrics; read out as Keras's logs."""

    def __init__(
        self,
        metrics: list[list[Any]],
        weighted_metrics: list[list[Any]],
        output_names: Sequence[str],
        judged: Sequence[bool],
    ) -> None:
        self.output_names = list(output_names)
        self.loss = Mean(name="loss")
        several = sum(judged) > 1
        self.parts = [Mean(name=f"{n}_loss") for n, j in zip(output_names, judged, strict=True) if j] if several else []
        self._given = [(metrics, False), (weighted_metrics, True)]
        self._placed: list[tuple[str, Metric, int, bool]] | None = None  # key, metric, output, weighted

    def settle(self, y_true: Any, y_pred_shapes: Sequence[tuple[int | None, ...]]) -> None:
        """Turn names into metrics, now that the shapes of targets and outputs say what "accuracy" means."""
        if self._placed is not None:
            return
        targets = spread(y_true, len(y_pred_shapes))
        placed: list[tuple[str, Metric, int, bool]] = []
        for given, weighted in self._given:
            for output, wanted in enumerate(given):
                for item in wanted:
                    if item in ("accuracy", "acc"):
                        metric = resolve_accuracy(item, np.shape(targets[output]), y_pred_shapes[output])
                    else:
                        metric = get_metric(item)
                    name = metric.name if not isinstance(item, str) else item
                    key = name if len(self.output_names) == 1 else f"{self.output_names[output]}_{name}"
                    placed.append((_unused(key, [other[0] for other in placed]), metric, output, weighted))
        self._placed = placed

    @property
    def metrics(self) -> list[Metric]:
        """The loss's running mean and every metric."""
        return [self.loss, *self.parts, *(metric for _, metric, _, _ in self._placed or ())]

    @property
    def needs_predictions(self) -> bool:
        """Whether any metric wants to see the outputs."""
        return bool(self._placed)

    def update(self, judged: Judged, y_true: Any, y_pred: Any, sample_weight: Any, mask: Any) -> None:
        """Take in one batch."""
        outputs = flatten(y_pred)
        rows = outputs[0].shape[0]
        self.loss.update_state(judged.total, sample_weight=rows)
        for mean, part in zip(self.parts, judged.parts, strict=False):
            mean.update_state(part, sample_weight=rows)
        targets, weights, masks = (spread(part, len(outputs)) for part in (y_true, sample_weight, mask))
        for _, metric, output, weighted in self._placed or ():
            weight = masked_weights(None, masks[output], weights[output] if weighted else None)
            metric.update_state(targets[output], outputs[output], sample_weight=weight)

    def result(self) -> dict[str, float]:
        """Loss first, then the rest in their compiled order."""
        found = {mean.name: mean.result() for mean in [self.loss, *self.parts]}
        return found | {key: metric.result() for key, metric, _, _ in self._placed or ()}

    def reset(self) -> None:
        """Start over."""
        for metric in self.metrics:
            metric.reset_state()


def check_metrics(given: Any, names: Sequence[str]) -> None:
    """Refuse a metric that does not exist, or one for an output that does not."""
    for wanted in per_output(given, names):
        for item in wanted:
            if item not in ("accuracy", "acc"):
                get_metric(item)


def per_output(given: Any, names: Sequence[str]) -> list[list[Any]]:
    """The metrics of each output, from one, a list, a list of lists or a dict by output name."""
    if given is None:
        return [[] for _ in names]
    if isinstance(given, dict):
        if unknown := sorted(set(given) - set(names)):
            raise ValueError(f"metrics are given for outputs {unknown}; the model's outputs are {list(names)}")
        return [_as_list(given.get(name)) for name in names]
    given = _as_list(given)
    if len(names) > 1 and any(isinstance(item, (list, tuple)) for item in given):
        if len(given) != len(names):
            raise ValueError(f"metrics are given for {len(given)} outputs, the model has {len(names)}: {list(names)}")
        return [_as_list(item) for item in given]
    if len(names) > 1 and len(given) == len(names):
        return [_as_list(item) for item in given]
    return [list(given) for _ in names]


def spread(part: Any, outputs: int) -> list[Any]:
    """One entry for each output, from a structure or one thing; `None` stands for each."""
    if part is None:
        return [None] * outputs
    members = flatten(part) if is_structure(part) else [part]
    if len(members) == 1 and outputs > 1:
        members = members * outputs
    if len(members) != outputs:
        raise ValueError(f"the model has {outputs} outputs, got {len(members)} arrays for them")
    return members


def masked_weights(reduction: Any, mask: Any, sample_weight: Any) -> Array | None:
    """Sample weights that count a masked step as nothing; under a mean over all values, the others count for it."""
    if mask is None:
        return sample_weight  # type: ignore[no-any-return]
    weight = np.asarray(mask, np.float64)
    if reduction in ("sum_over_batch_size", "mean"):
        weight = weight * (weight.size / max(weight.sum(), 1.0))
    return weight if sample_weight is None else weight * align_weights(np.asarray(sample_weight), weight.shape)


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def _unused(key: str, taken: list[str]) -> str:
    number, free = 0, key
    while free in taken:
        number += 1
        free = f"{key}_{number}"
    return free
