"""Images written, loaded and turned into arrays and back, as in a notebook that looks at one picture."""

import keras
import numpy as np
from keras.utils import array_to_img, img_to_array, load_img, save_img

pixels = (np.arange(6 * 5 * 3).reshape(6, 5, 3) * 2).astype("uint8")
save_img("picture.png", pixels, scale=False)
img = load_img("picture.png")
array = img_to_array(img)
small = img_to_array(load_img("picture.png", target_size=(3, 2), color_mode="grayscale"))
batch = np.expand_dims(array, 0) / 255.0
back = img_to_array(array_to_img(batch[0]))
resized = keras.ops.image.resize(batch, (3, 3), interpolation="bilinear")
patches = keras.ops.image.extract_patches(batch, (2, 2))
model = keras.Sequential([keras.Input((6, 5, 3)), keras.layers.Conv2D(2, 3)])
# same weights: model
result = model.predict(batch, verbose=0)
