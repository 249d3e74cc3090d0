"""When a callback saves: at the end of each epoch, or every n batches."""

from minidl.config.checks import is_integer


class SaveFrequency:
    """Counts batches across epochs.

    Args:
        owner: the callback's name, for messages.
        save_freq: "epoch", or a number of batches.
    Raises:
        ValueError: anything else.
    """

    def __init__(self, owner: str, save_freq: object) -> None:
        if save_freq != "epoch" and not is_integer(save_freq, least=1):
            raise ValueError(f'{owner} expects save_freq to be "epoch" or a number of batches, got {save_freq!r}')
        self.every = None if save_freq == "epoch" else int(save_freq)
        self.seen = 0

    def at_batch(self) -> bool:
        """Count a batch; returns whether to save now."""
        if self.every is None:
            return False
        self.seen = (self.seen + 1) % self.every
        return self.seen == 0
