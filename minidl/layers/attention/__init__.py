"""Attention layers, their masks and projections, and position encodings."""
