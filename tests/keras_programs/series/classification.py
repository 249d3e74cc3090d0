"""Series classification from scratch: three blocks of Conv1D, BatchNormalization and ReLU, and callbacks."""

import keras
import numpy as np

rng = np.random.default_rng(22)
x_train = rng.normal(size=(24, 12, 1)).astype("float32")
y_train = np.where(x_train[:, :6, 0].sum(axis=1) > 0, 1, -1)
y_train[y_train == -1] = 0
num_classes = len(np.unique(y_train))


def make_model(input_shape):
    input_layer = keras.layers.Input(input_shape)
    conv = input_layer
    for _ in range(2):
        conv = keras.layers.Conv1D(filters=4, kernel_size=3, padding="same")(conv)
        conv = keras.layers.BatchNormalization()(conv)
        conv = keras.layers.ReLU()(conv)
    gap = keras.layers.GlobalAveragePooling1D()(conv)
    return keras.models.Model(inputs=input_layer, outputs=keras.layers.Dense(num_classes, activation="softmax")(gap))


model = make_model(input_shape=x_train.shape[1:])
# same weights: model
callbacks = [
    keras.callbacks.ModelCheckpoint("best_model.keras", save_best_only=True, monitor="val_loss"),
    keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=1, min_lr=0.0001),
    keras.callbacks.EarlyStopping(monitor="val_loss", patience=50, verbose=1),
]
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["sparse_categorical_accuracy"])
history = model.fit(
    x_train, y_train, batch_size=20, epochs=3, callbacks=callbacks, validation_split=0.2, shuffle=False, verbose=0
)
model = keras.models.load_model("best_model.keras")
test_loss, test_acc = model.evaluate(x_train, y_train, verbose=0)
