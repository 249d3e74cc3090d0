"""PyTorch: a training loop as its documentation writes it, with the fused optimizer, on slices of tensors (no DataLoader)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.benchmarks.workloads import Workload


def variants(workload: Workload) -> list[str]:
    return ["contiguous", "channels_last"] if workload.model == "convnet" else ["eager"]


def make(workload: Workload, variant: str, data: dict[str, Any]) -> Callable[[], tuple[int, Any]]:
    """A function that does one round and returns the steps done and the mean loss."""
    import torch
    from torch.nn.functional import cross_entropy

    model = built(workload)
    with torch.no_grad():
        for parameter, weight in zip(model.parameters(), layouts(workload, data["weights"]), strict=True):
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(weight)))
    x, y = torch.from_numpy(data["x"]), torch.from_numpy(data["y"])
    if workload.model == "convnet":
        x = x.permute(0, 3, 1, 2).contiguous()
    if variant == "channels_last":
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    if workload.optimizer == "adam":
        optimizer = torch.optim.Adam(model.parameters(), workload.learning_rate, eps=1e-7, fused=True)
    else:
        optimizer = torch.optim.SGD(model.parameters(), workload.learning_rate, fused=True)

    def learn() -> tuple[int, Any]:
        steps, total = 0, torch.zeros(())
        for _ in range(workload.epochs):
            total = torch.zeros(())
            for start in range(0, len(x), workload.batch_size):
                rows, targets = x[start : start + workload.batch_size], y[start : start + workload.batch_size]
                loss = cross_entropy(model(rows), targets)
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
                total += loss.detach() * len(rows)
                steps += 1
        return steps, total.item() / len(x)

    model.train()
    return learn


def built(workload: Workload) -> Any:
    """The model that ends at the logits, with weights yet to be set."""
    from torch import nn

    match workload.model:
        case "convnet":
            return nn.Sequential(
                *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
                *(nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
                *(nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10)),
            )
    layers: list[nn.Module] = []
    for features, units in zip(workload.sizes, workload.sizes[1:], strict=False):
        layers += [nn.Linear(features, units), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def layouts(workload: Workload, weights: list[np.ndarray]) -> list[np.ndarray]:
    """Keras's weights in PyTorch's order and layout."""
    if workload.model == "convnet":
        first, first_bias, second, second_bias, kernel, bias = weights
        kernel = kernel.reshape(5, 5, 64, 10).transpose(3, 2, 0, 1).reshape(10, 1600)  # flattened channels first
        return [first.transpose(3, 2, 0, 1), first_bias, second.transpose(3, 2, 0, 1), second_bias, kernel, bias]
    return [weight.T for weight in weights]
