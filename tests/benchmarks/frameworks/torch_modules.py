"""Two networks of PyTorch that are no plain chain; their classes stand in functions, so that reading this imports nothing."""

from typing import Any


def recurrent(kind: str) -> Any:
    """An LSTM or GRU whose last output goes through a linear layer; the LSTM's second bias, which Keras lacks, stays zero."""
    from torch import nn

    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.steps = {"lstm": nn.LSTM, "gru": nn.GRU}[kind](28, 128, batch_first=True)
            self.steps.bias_hh_l0.requires_grad = kind == "gru"
            self.output = nn.Linear(128, 10)

        def forward(self, x: Any) -> Any:
            return self.output(self.steps(x)[0][:, -1])

    return Recurrent()


def block() -> Any:
    """`nn.TransformerEncoderLayer` written out around `scaled_dot_product_attention`, parameters in its order."""
    from torch import nn
    from torch.nn.functional import scaled_dot_product_attention

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.joined, self.mixed = nn.Linear(128, 384), nn.Linear(128, 128)
            self.inner, self.outer = nn.Linear(128, 512), nn.Linear(512, 128)
            self.norm1, self.norm2 = nn.LayerNorm(128), nn.LayerNorm(128)

        def forward(self, x: Any) -> Any:
            query, key, value = self.joined(x).view(len(x), -1, 3, 4, 32).permute(2, 0, 3, 1, 4)
            attended = scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(x.shape)
            x = self.norm1(x + self.mixed(attended))
            return self.norm2(x + self.outer(self.inner(x).relu()))

    return Block()


def transformer(variant: str) -> Any:
    """One block, the mean over the tokens, a linear layer."""
    from torch import nn

    class Transformer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            library = variant == "TransformerEncoderLayer"
            self.block = nn.TransformerEncoderLayer(128, 4, 512, dropout=0.0, batch_first=True) if library else block()
            self.output = nn.Linear(128, 10)

        def forward(self, x: Any) -> Any:
            return self.output(self.block(x).mean(1))

    return Transformer()
