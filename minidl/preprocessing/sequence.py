"""Padding of sequences, under Keras's older name."""

from minidl.utils.sequences import pad_sequences

__all__ = ["pad_sequences"]
