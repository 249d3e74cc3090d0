"""Random numbers that differ by rank, for layers such as Dropout; the order of the rows stays the same on all ranks."""

from __future__ import annotations

from minidl.config.layer_like import ModelLike


class RandomStreams:
    """Gives each generator of a model's layers, until `end`, a stream of its own on each rank.

    The stream of rank r begins where 2^128 * r numbers have been drawn, so streams never overlap, and rank 0 continues the
    generator itself. Afterwards every rank skips the streams of all, whatever was drawn, so that the ranks agree again.

    Args:
        model: the model; the generator that shuffles its data is left alone.
        rank, size: number of this process, number of processes.
    """

    def __init__(self, model: ModelLike, rank: int, size: int) -> None:
        generators = [generator for generator in model.generators if generator is not model._shuffler.generator]
        self._size = size
        self._began = [(generator, generator.bit_generator.jumped(0)) for generator in generators]
        for generator, start in self._began:
            generator.bit_generator.state = start.jumped(rank).state

    def end(self) -> None:
        """Set all generators to the same state on all ranks."""
        for generator, start in self._began:
            generator.bit_generator.state = start.jumped(self._size).state
