"""Raw texts to numbers by TextVectorization in every mode, in and before a model."""

import keras
import numpy as np
from keras import layers

texts = ["the cat sat on the mat", "the dog ate my homework", "a cat and a dog"]
labels = np.array([0.0, 1.0, 1.0])
text_vectorization = layers.TextVectorization(max_tokens=20, output_mode="int", output_sequence_length=6)
text_vectorization.adapt(texts)
vocabulary = text_vectorization.get_vocabulary()
assert vocabulary[:2] == ["", "[UNK]"]
assert vocabulary[2] == "the"
encoded = np.asarray(text_vectorization(["the cat flew"]))
assert encoded.shape == (1, 6)
assert encoded[0, 2] == 1
binary = layers.TextVectorization(ngrams=2, max_tokens=30, output_mode="multi_hot")
binary.adapt(texts)
tf_idf = layers.TextVectorization(output_mode="tf_idf")
tf_idf.adapt(texts)
assert np.asarray(tf_idf(texts)).shape == (3, tf_idf.vocabulary_size())

inputs = keras.Input(shape=(None,), dtype="int64")
x = layers.Embedding(len(vocabulary), 4)(inputs)
x = layers.GlobalAveragePooling1D()(x)
model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
history = model.fit(text_vectorization(texts), labels, epochs=3, verbose=0)
assert list(history.history) == ["accuracy", "loss"]
whole = keras.Sequential([keras.Input((1,), dtype="string"), text_vectorization, model])
assert whole.predict(np.array([["the dog"], ["my mat"]], dtype=object), verbose=0).shape == (2, 1)
