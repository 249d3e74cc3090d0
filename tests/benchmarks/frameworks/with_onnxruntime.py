"""ONNX Runtime, which predicts only: the same network as a graph of ONNX, at its default, highest level of optimization."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.benchmarks.frameworks.with_torch import layouts
from tests.benchmarks.workloads import Workload

IMPORT = "import onnxruntime"


def variants(workload: Workload) -> list[str]:
    if workload.kind == "predict":
        return ["2 threads", "1 thread", "2 threads, 250 rows"]
    return ["2 threads", "1 thread"]


def make(workload: Workload, variant: str, data: dict[str, Any]) -> Callable[[], tuple[int, Any]]:
    """A function that does one round; it returns how much it predicted, and the outputs."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(variant.split()[0])
    session = onnxruntime.InferenceSession(graph(workload, data["weights"]), options, providers=["CPUExecutionProvider"])
    x = data["x"].reshape(-1, 1, 28, 28) if workload.model == "convnet" else data["x"]  # one channel: the same bytes
    if workload.kind == "call":
        return lambda: (len([y := session.run(None, {"x": x[n : n + 1]})[0] for n in range(workload.rows)]), y)
    rows = int(variant.split()[-2]) if "rows" in variant else len(x)

    def predict() -> tuple[int, Any]:
        outputs = [session.run(None, {"x": x[start : start + rows]})[0] for start in range(0, len(x), rows)]
        return len(y := np.concatenate(outputs) if len(outputs) > 1 else outputs[0]), y

    return predict


def graph(workload: Workload, weights: list[np.ndarray]) -> bytes:
    """The network as an ONNX file."""
    from onnx import TensorProto, checker, helper, numpy_helper

    convolutional = workload.model == "convnet"
    arrays = layouts(workload, weights)  # dense kernels (units, features), convolutions' (filters, channels, height, width)
    pairs = len(arrays) // 2
    nodes, name = [], "x"

    def add(kind: str, *more: str, **attributes: Any) -> None:
        nonlocal name
        nodes.append(helper.make_node(kind, [name, *more], [f"y{len(nodes)}"], **attributes))
        name = f"y{len(nodes) - 1}"

    for n in range(pairs):
        if convolutional and n < 2:
            add("Conv", f"w{2 * n}", f"w{2 * n + 1}")
            add("Relu")
            add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
        else:
            if convolutional:
                add("Flatten")
            add("Gemm", f"w{2 * n}", f"w{2 * n + 1}", transB=1)
            add("Relu" if n < pairs - 1 else "Softmax")
    shape = ["rows", 1, 28, 28] if convolutional else ["rows", workload.sizes[0]]
    made = helper.make_graph(
        nodes,
        workload.name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", 10])],
        [numpy_helper.from_array(np.ascontiguousarray(array), f"w{n}") for n, array in enumerate(arrays)],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model)
    return bytes(model.SerializeToString())
