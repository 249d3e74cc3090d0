"""The small helpers of keras.utils on arrays, and random functions by their shapes."""

import keras
import numpy as np
from keras import utils

labels = utils.to_categorical([1, 0, 2], num_classes=4)
padded = utils.pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2, value=9, padding="post")
normalized = utils.normalize(np.array([[3.0, 4.0], [1.0, 0.0]]), axis=-1)
packed = utils.pack_x_y_sample_weight(np.ones(2), np.zeros(2))
x, y, sample_weight = utils.unpack_x_y_sample_weight(packed)
utils.set_random_seed(812)
seed_gen = keras.random.SeedGenerator(seed=42)
drawn = {
    "normal": keras.ops.convert_to_numpy(keras.random.normal((2, 3), seed=1)),
    "uniform": keras.ops.convert_to_numpy(keras.random.uniform((2,), minval=-1, maxval=1, seed=seed_gen)),
    "integers": keras.ops.convert_to_numpy(keras.random.randint((4,), 0, 5, seed=2)),
    "dropped": keras.ops.convert_to_numpy(keras.random.dropout(keras.ops.ones((3, 3)), 0.5, seed=3)),
    "shuffled": keras.ops.convert_to_numpy(keras.random.shuffle(keras.ops.arange(5), seed=4)),
}
# random: drawn
