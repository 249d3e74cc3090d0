"""A Transformer block composes from these layers: drawn as a function, and as a layer of its own."""

import numpy as np
import pytest

from minidl import Model, load_model
from minidl.layers import (
    Add,
    Dense,
    Embedding,
    GlobalAveragePooling1D,
    Input,
    Layer,
    LayerNormalization,
    MultiHeadAttention,
    PositionEmbedding,
    SinePositionEncoding,
)
from minidl.testing import check_layer


def transformer_block(x, num_heads, key_dim, hidden):
    """Pre-norm: each half normalises, computes, and adds what it found to what came (Xiong et al. 2020)."""
    features = x.shape[-1]
    h = LayerNormalization()(x)
    h = MultiHeadAttention(num_heads, key_dim)(h, h, use_causal_mask=True)
    x = Add()([x, h])
    h = LayerNormalization()(x)
    h = Dense(hidden, "gelu")(h)
    h = Dense(features)(h)
    return Add()([x, h])


class TransformerBlock(Layer):
    """The same as a layer: forward and backward walk the halves in opposite order."""

    def __init__(self, num_heads, key_dim, hidden, **kwargs):
        super().__init__(**kwargs)
        self.num_heads, self.key_dim, self.hidden = num_heads, key_dim, hidden

    def build(self, input_shape):
        layers = LayerNormalization(), MultiHeadAttention(self.num_heads, self.key_dim)
        self.first_norm, self.attention = layers
        self.second_norm, self.inner, self.outer = LayerNormalization(), Dense(self.hidden, "gelu"), Dense(input_shape[-1])
        for layer in (*layers, self.second_norm, self.inner):
            layer.build(input_shape)
        self.outer.build((*input_shape[:-1], self.hidden))

    def forward(self, x, training=False):
        h, norm1 = self.first_norm.forward(x)
        h, attention = self.attention.forward(h, training, use_causal_mask=True)
        x = x + h
        h, norm2 = self.second_norm.forward(x)
        h, inner = self.inner.forward(h)
        h, outer = self.outer.forward(h)
        return x + h, (norm1, attention, norm2, inner, outer)

    def backward(self, dy, cache):
        norm1, attention, norm2, inner, outer = cache
        dh = self.inner.backward(self.outer.backward(dy, outer), inner)
        dx = dy + self.second_norm.backward(dh, norm2)
        dh = self.attention.backward(dx, attention)
        return dx + self.first_norm.backward(dh, norm1)


def as_function(x):
    return transformer_block(x, 2, 4, 16)


def as_layer(x):
    return TransformerBlock(2, 4, 16)(x)


@pytest.mark.parametrize("block", [as_function, as_layer])
def test_a_block_learns_and_predicts_the_same_when_it_is_loaded(block, tmp_path, rng):
    x = rng.normal(size=(128, 6, 8))
    y = np.cumsum(x[..., :1], axis=1) / np.arange(1, 7)[:, np.newaxis]  # the mean so far, which a causal block can tell
    inputs = Input((6, 8))
    model = Model(inputs, Dense(1)(block(inputs)))
    model.compile("adam", "mse")
    model.optimizer.learning_rate = 0.01
    losses = model.fit(x, y, epochs=10, verbose=0).history["loss"]
    assert losses[-1] < 0.3 * losses[0]

    model.save(tmp_path / "block.safetensors")
    again = load_model(tmp_path / "block.safetensors", custom_objects={"TransformerBlock": TransformerBlock})
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    later = x + (np.arange(6) > 2)[:, np.newaxis]
    np.testing.assert_allclose(again.predict(later, verbose=0)[:, :3], again.predict(x, verbose=0)[:, :3], atol=1e-5)
    assert not np.allclose(again.predict(later, verbose=0)[:, 3:], again.predict(x, verbose=0)[:, 3:], atol=1e-2)


def test_function_and_layer_compute_the_same(rng):
    inputs = Input((5, 8))
    one, other = Model(inputs, as_function(inputs)), Model(inputs, as_layer(inputs))
    other.set_weights(one.get_weights())
    x = rng.normal(size=(3, 5, 8))
    np.testing.assert_allclose(other.predict(x, verbose=0), one.predict(x, verbose=0), atol=1e-6)


def test_the_layer_passes_all_checks():
    reason = {"zero_gradients": {"weights[5] bias": "a key's bias, which softmax takes away"}}
    check_layer(lambda: TransformerBlock(2, 3, 5), (3, 4, 6), sizes_of_one=False, **reason)


@pytest.mark.parametrize("encoding", [SinePositionEncoding, lambda: PositionEmbedding(8)])
def test_a_transformer_block_takes_positions_and_skips_padding(encoding):
    ids = Input((None,), dtype="int32")
    words = Embedding(10, 8, mask_zero=True)(ids)
    x = as_function(Add()([words, encoding()(words)]))
    model = Model(ids, Dense(2, "softmax")(GlobalAveragePooling1D()(x)))
    short, long = np.array([[3, 1, 4], [1, 5, 9]]), np.array([[3, 1, 4, 0, 0], [1, 5, 9, 0, 0]])
    model.fit(long, [0, 1], epochs=3, verbose=0)
    np.testing.assert_allclose(model.predict(long, verbose=0), model.predict(short, verbose=0), atol=1e-6)
    assert not np.allclose(model.predict(short, verbose=0), model.predict(short[:, [1, 0, 2]], verbose=0), atol=1e-6)
