"""Operations on windows: convolutions, pooling and resizing of tensors (batch, ..., channels)."""

from minidl.config.types import Options
from minidl.interop.onnx.builder import Builder, Tensor, channels_first, known
from minidl.interop.onnx.call import AddCall, Call
from minidl.interop.onnx.convolution import padding_of, transposed_padding
from minidl.interop.onnx.resizing import resize
from minidl.kernels.geometry import transposed_geometry, transposed_outputs
from minidl.ops.convolution import sizes_of


def _kernel(g: Builder, kernel: Tensor, order: tuple[int, ...]) -> str:
    """The kernel with its axes in this order, which is done before the export if it is a constant."""
    name = kernel.views.get(tuple(range(kernel.rank)), "")
    return g.weight("kernel", g.weights[name].transpose(order)) if name in g.weights else g.view(kernel, order)


def _result(g: Builder, call: Call, y: str) -> Tensor:
    return g.tensor(y, call.shapes[0], call.dtypes[0], channels_first(len(call.shapes[0])))


def _window(call: Call, kernel: Tensor, rank: int) -> Options:
    """The attributes of a convolution, for a kernel whose first axes are the window."""
    steps, dilation = (sizes_of(call.options[name], rank) for name in ("strides", "dilation"))
    return {"kernel_shape": known(call.title, *kernel.shape[:rank]), "strides": steps, "dilations": dilation}


def _convolved(g: Builder, call: Call, x: Tensor, kernel: Tensor, filters: str, groups: int) -> Tensor:
    window = _window(call, kernel, x.rank - 2)
    pads = padding_of(
        list(x.shape[1:-1]), window["kernel_shape"], window["strides"], call.options["padding"], window["dilations"]
    )
    return _result(g, call, g.op("Conv", g.first(x), filters, group=groups, **window, **pads))


def convolve(g: Builder, call: Call) -> Tensor:
    """A convolution with a kernel (sizes ..., channels / groups, filters)."""
    x, kernel = (g.cast(one, call.dtypes[0]) for one in call.tensors)
    rank = x.rank - 2
    channels, width = known(call.title, x.shape[-1], kernel.shape[-2])
    return _convolved(g, call, x, kernel, _kernel(g, kernel, (rank + 1, rank, *range(rank))), channels // width)


def convolve_channels(g: Builder, call: Call) -> Tensor:
    """A depthwise convolution with a kernel (sizes ..., channels)."""
    x, kernel = (g.cast(one, call.dtypes[0]) for one in call.tensors)
    rank = x.rank - 2
    filters = g.expand_dims(_kernel(g, kernel, (rank, *range(rank))), 1)
    return _convolved(g, call, x, kernel, filters, *known(call.title, x.shape[-1]))


def convolve_transposed(g: Builder, call: Call) -> Tensor:
    """A transposed convolution with a kernel (sizes ..., filters, channels)."""
    x, kernel = (g.cast(one, call.dtypes[0]) for one in call.tensors)
    rank = x.rank - 2
    window = _window(call, kernel, rank)
    extra = call.options["extra"]
    given = ((8,) * rank, window["kernel_shape"], window["strides"], call.options["padding"], window["dilations"])
    more = None if extra is None else sizes_of(extra, rank)
    geometry, outputs = transposed_geometry(*given, more), known(call.title, *transposed_outputs(*given, more))
    pads = transposed_padding(geometry, outputs, window["kernel_shape"], window["strides"], window["dilations"])
    filters = _kernel(g, kernel, (rank + 1, rank, *range(rank)))
    return _result(g, call, g.op("ConvTranspose", g.first(x), filters, **window, **pads))


def pool(operator: str) -> AddCall:
    """The maximum or the mean of each window."""

    def add(g: Builder, call: Call) -> Tensor:
        (x,) = call.tensors
        size = sizes_of(call.options["size"], x.rank - 2)
        steps = size if call.options["strides"] is None else sizes_of(call.options["strides"], x.rank - 2)
        pads = padding_of(list(x.shape[1:-1]), size, steps, call.options["padding"], (1,) * len(size))
        return _result(g, call, g.op(operator, g.first(x), kernel_shape=size, strides=steps, **pads))

    return add


def resample(g: Builder, call: Call) -> Tensor:
    """Images (batch, height, width, channels) in another size."""
    x, options = call.tensors[0], call.options
    sizes, targets = known(call.title, *x.shape[1:3]), [options["height"], options["width"]]
    order, filters = channels_first(x.rank), (options["interpolation"], options["antialias"])
    name = resize(g, g.view(x, order), order, x.dtype, list(sizes), targets, *filters)
    return _result(g, call, name)


OPERATIONS: dict[str, AddCall] = {
    "convolve": convolve,
    "convolve_channels": convolve_channels,
    "convolve_transposed": convolve_transposed,
    "image.resample": resample,
    "pool_average": pool("AveragePool"),
    "pool_maximum": pool("MaxPool"),
}
