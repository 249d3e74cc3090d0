"""Rows of the gradient table: operations of neural networks and of images."""

import numpy as np

from tests.ops.arrays import STACK, X, apart, positive, real

IMAGES, ONE = real(2, 6, 5, 3), real(6, 5, 3)
COLORS = np.random.default_rng(3).permutation(90).reshape(2, 5, 3, 3) / 100 + 0.05
P4 = positive(3, 4) / positive(3, 4).sum(axis=1, keepdims=True)
LABELS = np.array([2, 0, 3])
AFFINE = np.array([0.913, 0.1217, 0.417, -0.1331, 1.0937, 0.313, 0.0, 0.0])
BOTH = np.stack([AFFINE, AFFINE * 1.1])
CORNERS = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 5.0], [4.0, 5.0]])
MOVED = np.array([[0.4, 0.2], [3.7, 0.5], [0.3, 4.6], [4.2, 4.7]])
HEADS = [real(2, 3, 2, 4), real(2, 5, 2, 4), real(2, 5, 2, 4)]
FORMATS = ("channels_last", "channels_first")

NN_CALLS = {
    **{
        name: [((X,), {}), ((STACK,), {})]
        for name in (
            *("relu", "silu", "swish", "sigmoid", "softplus", "tanh", "celu", "hard_shrink", "hard_sigmoid", "hard_silu"),
            *("hard_swish", "hard_tanh", "log_sigmoid", "relu6", "selu", "soft_shrink", "softsign", "sparse_plus"),
            *("sparse_sigmoid", "squareplus", "tanh_shrink", "sparsemax", "glu"),
        )
    },
    "threshold": [((X,), {"threshold": 0.3, "default_value": -1.0})],
    "leaky_relu": [((X,), {}), ((X,), {"negative_slope": 0.4})],
    "elu": [((X,), {}), ((X,), {"alpha": 0.4})],
    "gelu": [((X,), {}), ((X,), {"approximate": False})],
    "softmax": [((STACK,), {}), ((STACK,), {"axis": 1})],
    "log_softmax": [((STACK,), {}), ((STACK,), {"axis": 1})],
    "multi_hot": [((np.array([[0, 2], [1, 1]]),), {"num_classes": 3}), ((np.array([0, 2]),), {"num_classes": 4})],
    # windows
    "conv": [
        ((real(2, 7, 3), real(3, 3, 4)), {}),
        ((real(2, 6, 5, 4), real(3, 2, 2, 4)), {"strides": 2, "padding": "same"}),
        ((real(2, 3, 6, 5), real(2, 2, 3, 2)), {"data_format": "channels_first", "dilation_rate": 2}),
    ],
    "depthwise_conv": [
        ((real(2, 7, 3), real(3, 3, 2)), {}),
        ((real(2, 6, 5, 2), real(3, 2, 2, 1)), {"strides": 2, "padding": "same"}),
    ],
    "separable_conv": [((real(2, 6, 5, 2), real(3, 2, 2, 2), real(1, 1, 4, 3)), {"padding": "same"})],
    "conv_transpose": [
        ((real(2, 4, 3), real(3, 4, 3)), {"strides": 2}),
        ((real(2, 4, 3, 3), real(3, 2, 2, 3)), {"strides": 2, "padding": "same"}),
        ((real(2, 4, 3), real(3, 4, 3)), {"strides": 2, "output_padding": 1}),
    ],
    "max_pool": [
        ((apart(2, 6, 3),), {"pool_size": (2,), "strides": (2,)}),
        ((apart(2, 5, 5, 2),), {"pool_size": (3, 2), "strides": 2, "padding": "same"}),
    ],
    "average_pool": [
        ((real(2, 6, 3),), {"pool_size": (2,), "strides": (2,)}),
        ((real(2, 2, 5, 5),), {"pool_size": 3, "strides": 1, "padding": "same", "data_format": "channels_first"}),
    ],
    "adaptive_average_pool": [((real(2, 7, 3),), {"output_size": 3}), ((real(2, 5, 6, 2),), {"output_size": (2, 4)})],
    "adaptive_max_pool": [((apart(2, 7, 3),), {"output_size": 3}), ((apart(2, 5, 6, 2),), {"output_size": (2, 4)})],
    "unfold": [
        ((real(2, 3, 5, 6),), {"kernel_size": (2, 3), "stride": 2, "padding": 1}),
        ((real(1, 2, 6, 6),), {"kernel_size": 2, "dilation": 2}),
    ],
    "fold": [
        ((real(2, 12, 9),), {"output_size": (4, 4), "kernel_size": 2}),
        ((real(1, 8, 16),), {"output_size": 6, "kernel_size": 2, "stride": 2, "padding": 1}),
    ],
    **{
        name: [((real(2, 4, 4, 4),), {"block_size": 2, "data_format": one}) for one in FORMATS]
        for name in ("depth_to_space", "space_to_depth")
    },
    # normalization
    "batch_normalization": [
        ((STACK, real(4), positive(4), real(4), real(4)), {"axis": -1}),
        ((STACK, real(3), positive(3)), {"axis": 1, "epsilon": 0.1}),
    ],
    "layer_normalization": [
        ((STACK,), {}),
        ((STACK, real(4), real(4)), {"epsilon": 0.01}),
        ((STACK, real(3, 4)), {"axis": (1, 2)}),
    ],
    "rms_normalization": [((STACK,), {}), ((STACK, real(4)), {"epsilon": 0.01})],
    "normalize": [((X,), {}), ((X,), {"axis": 0, "order": 1}), ((X,), {"order": 3})],
    # losses
    "binary_crossentropy": [((P4, P4[::-1].copy()), {}), ((P4, X), {"from_logits": True})],
    "categorical_crossentropy": [
        ((P4, P4[::-1].copy()), {}),
        ((P4, X), {"from_logits": True}),
        ((P4, X), {"from_logits": True, "axis": 0}),
    ],
    "sparse_categorical_crossentropy": [((LABELS, P4), {}), ((LABELS, X), {"from_logits": True})],
    "ctc_loss": [
        ((np.array([[1, 2, 2], [3, 1, 0]]), real(2, 6, 4), np.array([3, 2]), np.array([6, 5])), {}),
        ((np.array([[1, 2], [0, 1]]), real(2, 6, 4), np.array([2, 2]), np.array([6, 4])), {"mask_index": 3}),
    ],
    "ctc_decode": [
        ((real(2, 6, 4), np.array([6, 4])), {}),
        ((real(2, 6, 4), np.array([6, 4])), {"merge_repeated": False, "mask_index": 2}),
        ((real(2, 6, 4), np.array([6, 6])), {"strategy": "beam_search", "top_paths": 2}),
    ],
    "dot_product_attention": [
        (tuple(HEADS), {}),
        ((*HEADS, real(2, 2, 3, 5)), {"scale": 0.3}),
        ((HEADS[0], HEADS[0] + 0.1, HEADS[0] - 0.2), {"is_causal": True}),
    ],
    # images
    "image.resize": [
        ((IMAGES,), {"size": (3, 7)}),
        ((ONE,), {"size": (4, 4), "interpolation": "nearest"}),
        ((IMAGES,), {"size": (4, 4), "crop_to_aspect_ratio": True, "interpolation": "bicubic"}),
        ((IMAGES,), {"size": (4, 8), "pad_to_aspect_ratio": True, "fill_value": 0.5}),
        ((real(2, 3, 6, 5),), {"size": (3, 3), "antialias": True, "data_format": "channels_first"}),
    ],
    "image.rgb_to_grayscale": [((IMAGES,), {}), ((ONE,), {}), ((real(2, 3, 4, 5),), {"data_format": "channels_first"})],
    "image.rgb_to_hsv": [((COLORS,), {})],
    "image.hsv_to_rgb": [((COLORS,), {}), ((COLORS[0],), {})],
    "image.affine_transform": [
        ((IMAGES, BOTH), {}),
        ((ONE, AFFINE), {"interpolation": "nearest"}),
        *(((IMAGES, BOTH), {"fill_mode": mode}) for mode in ("nearest", "wrap", "mirror", "reflect")),
        ((real(2, 3, 6, 5), BOTH), {"fill_value": 0.3, "data_format": "channels_first"}),
    ],
    "image.perspective_transform": [
        ((ONE, CORNERS, MOVED), {}),
        ((IMAGES, np.stack([CORNERS, MOVED]), np.stack([MOVED, CORNERS])), {"fill_value": 0.2}),
    ],
    "image.map_coordinates": [
        ((X, real(2, 5) + 1.3), {"order": 1}),
        ((X, real(2, 5) + 1.3), {"order": 0, "fill_mode": "nearest"}),
        ((STACK, real(3, 2, 2) + 0.7), {"order": 1, "fill_mode": "reflect"}),
    ],
    "image.gaussian_blur": [
        ((IMAGES,), {"data_format": "channels_last"}),
        ((ONE,), {"kernel_size": (5, 3), "sigma": (1.5, 0.7), "data_format": "channels_last"}),
    ],
    "image.sobel_edges": [((IMAGES,), {"data_format": "channels_last"})],
    "image.ssim": [
        ((positive(2, 8, 7, 2), positive(2, 8, 7, 2)), {"filter_size": 5}),
        ((positive(12, 13, 1), positive(12, 13, 1)), {}),
    ],
    "image.crop_images": [((IMAGES,), {"top_cropping": 1, "left_cropping": 1, "target_height": 4, "target_width": 3})],
    "image.pad_images": [((ONE,), {"top_padding": 1, "left_padding": 2, "bottom_padding": 0, "right_padding": 1})],
    "image.extract_patches": [
        ((IMAGES,), {"size": 2}),
        ((ONE,), {"size": (3, 2), "strides": 1, "padding": "same"}),
        ((real(2, 3, 6, 5),), {"size": 2, "strides": 1, "dilation_rate": 2, "data_format": "channels_first"}),
    ],
    "image.extract_patches_3d": [((real(2, 4, 4, 5, 2),), {"size": 2})],
    "image.scale_and_translate": [
        (
            (IMAGES,),
            {
                "output_shape": (2, 9, 5, 3),
                "scale": np.array([1.5, 0.8]),
                "translation": np.array([0.3, 0.4]),
                "spatial_dims": (1, 2),
                "method": method,
            },
        )
        for method in ("linear", "lanczos3")
    ],
}
