"""Images in folders by image_dataset_from_directory, with augmentation in map, and batches again after unbatch."""

import os

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(100)
for label in ("cats", "dogs"):
    os.makedirs(f"pets/{label}")
    for i in range(6):
        pixels = rng.integers(0, 255, size=(10, 12, 3))
        keras.utils.save_img(f"pets/{label}/{i}.png", pixels)

options = {"validation_split": 0.5, "seed": 1337, "image_size": (8, 8), "batch_size": 3}
train_ds = keras.utils.image_dataset_from_directory("pets", subset="training", **options)
val_ds = keras.utils.image_dataset_from_directory("pets", subset="validation", **options)
both_train, both_val = keras.utils.image_dataset_from_directory("pets", subset="both", label_mode="categorical", **options)
assert train_ds.class_names == ["cats", "dogs"]
assert [len(train_ds), len(val_ds)] == [2, 2]
data_augmentation = keras.Sequential([layers.RandomFlip("horizontal")])
augmented = train_ds.map(lambda images, labels: (data_augmentation(images, training=True) / 255.0, labels))
for images, labels in augmented.take(1):
    assert images.shape == (3, 8, 8, 3)
    assert labels.shape == (3,)
model = keras.Sequential(
    [keras.Input((8, 8, 3)), layers.Conv2D(3, 3, activation="relu"), layers.Flatten(), layers.Dense(1, activation="sigmoid")]
)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(augmented.prefetch(1), epochs=2, validation_data=val_ds, verbose=0)
assert sorted(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
assert model.predict(val_ds.map(lambda x, y: x), verbose=0).shape == (6, 1)
