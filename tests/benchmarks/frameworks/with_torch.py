"""PyTorch: a training loop as its documentation writes it, with fused optimizers, on slices of tensors (no DataLoader)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.benchmarks.workloads import Workload

IMPORT = "import torch"


def variants(workload: Workload) -> list[str]:
    match workload.kind, workload.model:
        case "train", "mlp" if workload.spinning:
            return ["2 threads", "1 thread"]
        case "train", "convnet":
            return ["contiguous", "channels_last", "channels_last, compiled"]
        case "memory", "convnet":
            return ["contiguous", "channels_last"]
        case "train", "transformer":
            return ["TransformerEncoderLayer", "scaled_dot_product_attention", "scaled_dot_product_attention, compiled"]
        case "predict", "convnet":
            return ["contiguous, 250 rows", "channels_last, 250 rows", "channels_last, 1000 rows"]
        case "predict", _:
            return ["1000 rows", "10000 rows"]
        case "train", "mlp":
            return ["2 threads", "1 thread", "compiled"] if workload.batch_size < 1000 else ["eager", "compiled"]
        case "call", "mlp":
            return ["2 threads", "1 thread"]
    return ["eager"]


def make(workload: Workload, variant: str, data: dict[str, Any]) -> Callable[[], tuple[int, Any]]:
    """A function that does one round; it returns how much it did, and the loss or outputs."""
    import torch

    if variant == "1 thread":
        torch.set_num_threads(1)
    model = built(workload, variant)
    load(model, workload, data["weights"])
    x = torch.from_numpy(data["x"])
    if workload.model == "convnet":
        x = x.permute(0, 3, 1, 2).contiguous()
    if variant.startswith("channels_last"):
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    if workload.kind in ("predict", "call"):
        return predicting(model, workload, variant, x)
    if variant.endswith("compiled"):
        model = torch.compile(model)
    return learning(model, workload, x, torch.from_numpy(data["y"]))


def predicting(model: Any, workload: Workload, variant: str, x: Any) -> Callable[[], tuple[int, Any]]:
    """A function that predicts for a round, in inference mode."""
    import torch

    model = torch.nn.Sequential(model, torch.nn.Softmax(-1)).eval()
    rows = 1 if workload.kind == "call" else int(variant.split()[-2])

    @torch.inference_mode()
    def predict() -> tuple[int, Any]:
        outputs = [model(x[start : start + rows]) for start in range(0, len(x), rows)]
        if workload.kind == "call":
            return len(outputs), outputs[-1].numpy()
        return len(y := torch.cat(outputs) if len(outputs) > 1 else outputs[0]), y.numpy()

    return predict


def learning(model: Any, workload: Workload, x: Any, y: Any) -> Callable[[], tuple[int, Any]]:
    """A function that trains for a round."""
    import torch
    from torch.nn.functional import cross_entropy

    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if workload.optimizer == "adam":
        optimizer: torch.optim.Optimizer = torch.optim.Adam(learned, workload.learning_rate, eps=1e-7, fused=True)
    else:
        optimizer = torch.optim.SGD(learned, workload.learning_rate, fused=True)

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


def built(workload: Workload, variant: str) -> Any:
    """The model that ends at the logits, with weights yet to be set."""
    from torch import nn

    match workload.model:
        case "convnet":
            return nn.Sequential(
                *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
                *(nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
                *(nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10)),
            )
        case "lstm" | "gru" | "transformer":
            from tests.benchmarks.frameworks import torch_modules

            is_block = workload.model == "transformer"
            return torch_modules.transformer(variant) if is_block else torch_modules.recurrent(workload.model)
    layers: list[nn.Module] = []
    for features, units in zip(workload.sizes, workload.sizes[1:], strict=False):
        layers += [nn.Linear(features, units), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def load(model: Any, workload: Workload, weights: list[np.ndarray]) -> None:
    """Copy Keras's weights into PyTorch's."""
    import torch

    with torch.no_grad():
        for parameter, weight in zip(model.parameters(), layouts(workload, weights), strict=True):
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(weight)))


def layouts(workload: Workload, weights: list[np.ndarray]) -> list[np.ndarray]:
    """Keras's weights in PyTorch's order and layout."""
    match workload.model:
        case "convnet":
            first, first_bias, second, second_bias, kernel, bias = weights
            kernel = kernel.reshape(5, 5, 64, 10).transpose(3, 2, 0, 1).reshape(10, 1600)  # flattened channels first
            return [first.transpose(3, 2, 0, 1), first_bias, second.transpose(3, 2, 0, 1), second_bias, kernel, bias]
        case "lstm":
            kernel, recurrent, bias, *rest = weights  # both libraries have the gates in the order i, f, c, o
            return [kernel.T, recurrent.T, bias, np.zeros_like(bias), *(weight.T for weight in rest)]
        case "gru":  # Keras has the gates in the order z, r, h, PyTorch r, z, h
            gates = (np.split(weight, 3, axis=-1) for weight in weights[:3])
            kernel, recurrent, bias = (np.concatenate([r, z, h], -1) for z, r, h in gates)
            return [kernel.T, recurrent.T, *bias, *(weight.T for weight in weights[3:])]
        case "transformer":
            joined = [
                np.concatenate([w.reshape(*shape) for w in weights[n:6:2]], -1) for n, shape in ((0, (128, 128)), (1, (128,)))
            ]
            output, output_bias, gamma, beta, *rest = weights[6:]
            inner, outer, last = rest[:4], rest[4:6], rest[6:]
            attention = [joined[0], joined[1], output.reshape(128, 128), output_bias]
            return [weight.T for weight in (*attention, *inner, gamma, beta, *outer, *last)]
    return [weight.T for weight in weights]
