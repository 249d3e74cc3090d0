"""A matrix of given word vectors in a frozen embedding, as with GloVe, and a convolution over words."""

import keras
import numpy as np
from keras import layers
from keras.initializers import Constant

rng = np.random.default_rng(34)
embeddings_index = {f"word{i}": rng.normal(size=4) for i in range(8)}
word_index = {f"word{i}": i + 1 for i in range(0, 10, 2)}
num_tokens = max(word_index.values()) + 1
embedding_matrix = np.zeros((num_tokens, 4))
hits = misses = 0
for word, i in word_index.items():
    vector = embeddings_index.get(word)
    if vector is not None:
        embedding_matrix[i] = vector
        hits += 1
    else:
        misses += 1
embedding_layer = layers.Embedding(num_tokens, 4, embeddings_initializer=Constant(embedding_matrix), trainable=False)
int_sequences_input = keras.Input(shape=(None,), dtype="int32")
embedded_sequences = embedding_layer(int_sequences_input)
x = layers.Conv1D(5, 3, activation="relu")(embedded_sequences)
x = layers.GlobalMaxPooling1D()(x)
preds = layers.Dense(3, activation="softmax")(x)
model = keras.Model(int_sequences_input, preds)
# same weights: model
model.compile(loss="sparse_categorical_crossentropy", optimizer="rmsprop", metrics=["acc"])
x_train, y_train = rng.integers(0, num_tokens, size=(16, 6)), rng.integers(0, 3, 16)
history = model.fit(x_train, y_train, batch_size=16, epochs=3, verbose=0)
unchanged = embedding_layer.get_weights()[0]
