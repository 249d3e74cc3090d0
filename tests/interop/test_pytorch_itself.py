"""Weights from and to PyTorch, with PyTorch as the judge: equal outputs in both directions."""

from types import SimpleNamespace

import numpy as np
import pytest

from minidl import Input, Model, Sequential, layers
from minidl.interop.torch import load_state_dict, state_dict

pytestmark = pytest.mark.thorough
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def torch():
    """PyTorch; only the thorough tier has it."""
    import torch

    torch.manual_seed(0)
    return torch


CASES = {}  # name -> (layers, input shape, function from torch.nn to its module, whether the input and the output are maps)


def case(name, parts, shape, module, maps=(False, False)):
    CASES[name] = SimpleNamespace(parts=parts, shape=shape, module=module, maps=maps)


MAPS = (True, True)
case("Linear", [layers.Dense(5), layers.Dense(2)], (4,), lambda nn: nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 2)))
case("Conv1d", [layers.Conv1D(5, 3)], (9, 4), lambda nn: nn.Conv1d(4, 5, 3), MAPS)
case("Conv2d in groups", [layers.Conv2D(6, 3, 2, groups=2)], (9, 8, 4), lambda nn: nn.Conv2d(4, 6, 3, 2, groups=2), MAPS)
case("Conv3d", [layers.Conv3D(6, (1, 2, 3))], (5, 6, 7, 4), lambda nn: nn.Conv3d(4, 6, (1, 2, 3)), MAPS)
case("ConvTranspose1d", [layers.Conv1DTranspose(6, 3, 2)], (9, 4), lambda nn: nn.ConvTranspose1d(4, 6, 3, 2), MAPS)
case("ConvTranspose2d", [layers.Conv2DTranspose(6, (2, 3))], (9, 8, 4), lambda nn: nn.ConvTranspose2d(4, 6, (2, 3)), MAPS)
case("ConvTranspose3d", [layers.Conv3DTranspose(6, 2, 2)], (4, 3, 2, 4), lambda nn: nn.ConvTranspose3d(4, 6, 2, 2), MAPS)
case("depthwise", [layers.DepthwiseConv2D(3, depth_multiplier=2)], (9, 8, 4), lambda nn: nn.Conv2d(4, 8, 3, groups=4), MAPS)
case(
    "separable",
    [layers.SeparableConv2D(5, 3, depth_multiplier=2)],
    (9, 8, 4),
    lambda nn: nn.Sequential(nn.Conv2d(4, 8, 3, groups=4, bias=False), nn.Conv2d(8, 5, 1)),
    MAPS,
)
case("BatchNorm2d", [layers.BatchNormalization(epsilon=1e-5)], (5, 6, 4), lambda nn: nn.BatchNorm2d(4), MAPS)
case("LayerNorm", [layers.LayerNormalization(epsilon=1e-5)], (6, 4), lambda nn: nn.LayerNorm(4))
case("LayerNorm of steps", [layers.LayerNormalization([1, 2], epsilon=1e-5)], (6, 4), lambda nn: nn.LayerNorm((6, 4)))
case(
    "LayerNorm of maps",
    [layers.LayerNormalization([1, 2, 3], epsilon=1e-5)],
    (5, 6, 4),
    lambda nn: nn.LayerNorm((4, 5, 6)),
    MAPS,
)
case("GroupNorm", [layers.GroupNormalization(2, epsilon=1e-5)], (5, 6, 4), lambda nn: nn.GroupNorm(2, 4), MAPS)
case("RMSNorm", [layers.RMSNormalization(epsilon=1e-5)], (6, 4), lambda nn: nn.RMSNorm(4, eps=1e-5))
case("PReLU", [layers.PReLU(shared_axes=[1, 2])], (5, 6, 4), lambda nn: nn.PReLU(4), MAPS)
for kind, name in ((layers.SimpleRNN, "RNN"), (layers.LSTM, "LSTM"), (layers.GRU, "GRU")):
    one = [kind(5, return_sequences=True, use_bias=False)]
    case(f"{name} without bias", one, (6, 4), lambda nn, name=name: getattr(nn, name)(4, 5, bias=False, batch_first=True))
    both = [layers.Bidirectional(kind(5, return_sequences=True)) for _ in range(2)]
    case(
        f"{name} of two levels in both directions",
        both,
        (6, 4),
        lambda nn, name=name: getattr(nn, name)(4, 5, 2, bidirectional=True, batch_first=True),
    )
case(
    "Flatten",
    [layers.Conv2D(5, 3), layers.MaxPooling2D(), layers.Flatten(), layers.BatchNormalization(epsilon=1e-5), layers.Dense(7)],
    (9, 6, 3),
    lambda nn: nn.Sequential(nn.Conv2d(3, 5, 3), nn.MaxPool2d(2), nn.Flatten(), nn.BatchNorm1d(30), nn.Linear(30, 7)),
    (True, False),
)
case(
    "Unflatten",
    [layers.Dense(120), layers.BatchNormalization(epsilon=1e-5), layers.Reshape((5, 6, 4)), layers.Conv2DTranspose(3, 3)],
    (8,),
    lambda nn: nn.Sequential(nn.Linear(8, 120), nn.BatchNorm1d(120), nn.Unflatten(1, (4, 5, 6)), nn.ConvTranspose2d(4, 3, 3)),
    (False, True),
)


def check_both_ways(torch, model, module, x, maps):
    """Equal outputs with the module's weights in minidl, and with minidl's new weights in the module."""
    module.eval()
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    for name, buffer in module.named_buffers():
        if "running" in name:
            torch.nn.init.uniform_(buffer, 0.5, 1.5)
    x_there = torch.tensor(np.moveaxis(x, -1, 1).copy() if maps[0] else x)

    def expected():
        with torch.no_grad():
            y = module(x_there)
        y = (y[0] if isinstance(y, tuple) else y).numpy()
        return np.moveaxis(y, 1, -1) if maps[1] else y

    load_state_dict(model, module.state_dict())
    np.testing.assert_allclose(model.predict(x, verbose=0), expected(), rtol=1e-5, atol=1e-5)
    model.set_weights([np.abs(weight) + RNG.uniform(0, 0.1, weight.shape) for weight in model.get_weights()])
    state = {name: torch.tensor(value) for name, value in zip(module.state_dict(), state_dict(model).values(), strict=True)}
    module.load_state_dict(state)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_outputs_are_equal_both_ways(torch, name):
    one = CASES[name]
    x = RNG.normal(size=(3, *one.shape)).astype("float32")
    check_both_ways(torch, Sequential([Input(one.shape), *one.parts]), one.module(torch.nn), x, one.maps)


def test_embedding_is_equal_both_ways(torch):
    x = RNG.integers(0, 7, (3, 5))
    check_both_ways(torch, Sequential([Input((5,)), layers.Embedding(7, 3)]), torch.nn.Embedding(7, 3), x, (False, False))


@pytest.mark.parametrize("widths", [(8, 8), (5, 3)])
def test_attention_is_equal_both_ways(torch, widths):
    key_width, value_width = widths

    class Attending(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.value = torch.nn.Linear(8, value_width)
            self.key = torch.nn.Linear(8, key_width)
            self.attention = torch.nn.MultiheadAttention(8, 2, kdim=key_width, vdim=value_width, batch_first=True)

        def forward(self, x):
            return self.attention(x, self.key(x), self.value(x))

    start = Input((6, 8))
    value, key = layers.Dense(value_width)(start), layers.Dense(key_width)(start)
    model = Model(start, layers.MultiHeadAttention(2, 4)(start, value, key))
    x = RNG.normal(size=(3, 6, 8)).astype("float32")
    check_both_ways(torch, model, Attending(), x, (False, False))


def test_tensors_of_half_width_and_files_of_safetensors(torch, tmp_path):
    from safetensors.torch import save_file

    module = torch.nn.Linear(4, 3).bfloat16()
    model = Sequential([Input((4,)), layers.Dense(3)])
    load_state_dict(model, module.state_dict())
    expected = model.get_weights()
    np.testing.assert_array_equal(expected[0], module.weight.detach().float().numpy().T)
    save_file(module.state_dict(), tmp_path / "net.safetensors")
    load_state_dict(model, tmp_path / "net.safetensors")
    np.testing.assert_array_equal(model.get_weights()[0], expected[0])
    torch.save(module.state_dict(), tmp_path / "net.pt")
    with pytest.raises(ValueError, match="is a pickle of torch.save"):
        load_state_dict(model, tmp_path / "net.pt")
