"""Texts in folders by text_dataset_from_directory, with map, cache, prefetch, take and batches."""

import os

import keras
import numpy as np
from keras import layers

for part in ("train", "val"):
    for label in ("neg", "pos"):
        os.makedirs(f"imdb/{part}/{label}")
        for i in range(6):
            with open(f"imdb/{part}/{label}/{i}.txt", "w") as file:
                file.write(f"a {'good' if label == 'pos' else 'bad'} film number {i}")

train_ds = keras.utils.text_dataset_from_directory("imdb/train", batch_size=4, seed=1)
val_ds = keras.utils.text_dataset_from_directory("imdb/val", batch_size=4, shuffle=False)
assert train_ds.class_names == ["neg", "pos"]
text_vectorization = layers.TextVectorization(max_tokens=30, output_mode="multi_hot")
text_vectorization.adapt(train_ds.map(lambda x, y: x))
binary_train_ds = train_ds.map(lambda x, y: (text_vectorization(x), y), num_parallel_calls=4)
binary_val_ds = val_ds.map(lambda x, y: (text_vectorization(x), y))
for inputs, targets in binary_train_ds.take(1):
    assert inputs.shape == (4, text_vectorization.vocabulary_size())
    assert targets.shape == (4,)
model = keras.Sequential(
    [
        keras.Input((text_vectorization.vocabulary_size(),)),
        layers.Dense(8, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(binary_train_ds.cache().prefetch(2), validation_data=binary_val_ds.cache(), epochs=3, verbose=0)
assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
assert len(model.evaluate(binary_val_ds, verbose=0)) == 2
predictions = model.predict(binary_val_ds, verbose=0)
assert np.asarray(predictions).shape == (12, 1)
