"""Functions of bounding boxes, with Keras's names."""

from minidl.layers.preprocessing.bounding_boxes import affine_transform, clip_to_image_size, convert_format, crop, pad
from minidl.layers.preprocessing.box_deltas import decode_deltas_to_boxes, encode_box_to_deltas
from minidl.layers.preprocessing.box_overlap import compute_ciou, compute_iou

__all__ = [
    "affine_transform",
    "clip_to_image_size",
    "compute_ciou",
    "compute_iou",
    "convert_format",
    "crop",
    "decode_deltas_to_boxes",
    "encode_box_to_deltas",
    "pad",
]
