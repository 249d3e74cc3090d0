"""A notebook's `create_dataset` on a sine wave, a stacked LSTM, and a forecast that feeds itself."""

import numpy as np
from keras.layers import LSTM, Dense, Input
from keras.models import Sequential

wave = np.sin(np.arange(60) / 4).astype("float32").reshape(-1, 1)
smallest, largest = wave.min(), wave.max()
dataset = (wave - smallest) / (largest - smallest)


def create_dataset(dataset, look_back=1):
    data_x, data_y = [], []
    for i in range(len(dataset) - look_back - 1):
        data_x.append(dataset[i : (i + look_back), 0])
        data_y.append(dataset[i + look_back, 0])
    return np.array(data_x), np.array(data_y)


look_back = 4
train_x, train_y = create_dataset(dataset, look_back)
train_x = np.reshape(train_x, (train_x.shape[0], train_x.shape[1], 1))
model = Sequential()
model.add(Input((look_back, 1)))
model.add(LSTM(4, return_sequences=True))
model.add(LSTM(3))
model.add(Dense(1))
# same weights: model
model.compile(loss="mean_squared_error", optimizer="adam")
history = model.fit(train_x, train_y, epochs=3, batch_size=len(train_x), verbose=0)
window = list(train_x[-1, :, 0])
forecast = []
for _ in range(3):
    nextone = model.predict(np.array(window[-look_back:]).reshape(1, look_back, 1), verbose=0)[0, 0]
    window.append(nextone)
    forecast.append(nextone)
