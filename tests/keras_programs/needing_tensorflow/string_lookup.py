"""Words and numbers to indices and back: StringLookup, IntegerLookup, and one-hot codes in a model of a table."""

import keras
import numpy as np
from keras import layers

vocab = ["a", "b", "c"]
lookup = layers.StringLookup(vocabulary=vocab)
inverse = layers.StringLookup(vocabulary=vocab, invert=True)
indices = np.asarray(lookup(np.array([["a", "z"], ["c", "b"]])))
assert indices.tolist() == [[1, 0], [3, 2]]
assert [str(word) for word in np.asarray(inverse(indices)).ravel()] == ["a", "[UNK]", "c", "b"]
counted = layers.StringLookup(output_mode="count", vocabulary=vocab)
assert np.asarray(counted(np.array([["a", "a", "b"]]))).tolist() == [[0.0, 2.0, 1.0, 0.0]]
ids = layers.IntegerLookup(output_mode="one_hot")
ids.adapt(np.array([10, 20, 20, 30]))
assert np.asarray(ids(np.array([[20], [99]]))).shape == (2, 4)
windows = keras.utils.timeseries_dataset_from_array(np.arange(20.0), np.arange(20.0)[4:], sequence_length=4, batch_size=8)
samples, targets = next(iter(windows))
assert samples.shape == (8, 4)
assert np.asarray(targets)[0] == 4
left, right = keras.utils.split_dataset(np.arange(10), left_size=0.8)
assert [len(left), len(right)] == [8, 2]
