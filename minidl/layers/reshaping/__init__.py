"""Layers that change the shape: flatten, reshape, permute, repeat, pad, crop."""
