"""A Kaggle notebook on passengers with pandas: gaps filled, dummies, a network, and a frame of answers."""

import keras
import numpy as np
import pandas as pd
from keras import layers

rng = np.random.default_rng(91)
train = pd.DataFrame(
    {
        "Survived": rng.integers(0, 2, 40),
        "Pclass": rng.integers(1, 4, 40),
        "Sex": rng.choice(["male", "female"], 40),
        "Age": np.where(rng.random(40) < 0.2, np.nan, rng.uniform(1, 70, 40)),
        "Fare": rng.uniform(5, 100, 40),
    }
)
train["Age"] = train["Age"].fillna(train["Age"].median())
features = pd.get_dummies(train.drop(columns="Survived"), columns=["Sex", "Pclass"]).astype("float32")
features = (features - features.mean()) / features.std()
y = train["Survived"]
model = keras.Sequential()
model.add(keras.Input(shape=(features.shape[1],)))
model.add(layers.Dense(8, activation="relu", kernel_regularizer=keras.regularizers.l2(0.01)))
model.add(layers.BatchNormalization())
model.add(layers.Dense(1, activation="sigmoid"))
# same weights: model
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(features, y, epochs=3, batch_size=20, shuffle=False, verbose=0, validation_split=0.5)
frame = pd.DataFrame(history.history)
columns = list(frame.columns)
submission = pd.DataFrame(
    {"PassengerId": np.arange(5), "Survived": (model.predict(features[:5], verbose=0) > 0.5)[:, 0].astype(int)}
)
answers = submission["Survived"].to_numpy()
