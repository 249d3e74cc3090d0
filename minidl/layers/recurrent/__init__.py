"""Recurrent layers, their cells, and wrappers over time."""
