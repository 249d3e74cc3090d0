"""Connectionist temporal classification: the loss, and decoding of its outputs."""

import numpy as np

from minidl.autodiff import operation
from minidl.config.types import Array
from minidl.kernels.activations.softmax import log_softmax
from minidl.kernels.ctc import ctc, ctc_backward

__all__ = ["ctc_decode", "ctc_loss"]


@operation(
    None,
    lambda dy, y, target, output, target_length, output_length, mask_index: (
        _loss(target, output, target_length, output_length, mask_index)[1] * dy[:, np.newaxis, np.newaxis]
    ),
    None,
    None,
)
def ctc_loss(target: Array, output: Array, target_length: Array, output_length: Array, mask_index: int = 0) -> Array:
    """Negative log-probability of each row's labels, summed over all alignments.

    `loss = -log(sum over a of product over t of p[t, a[t]])`, where a are the paths that spell the labels.

    Args:
        target: labels (batch, letters), integers.
        output: logits (batch, time, classes).
        target_length, output_length: how many letters and steps of each row count.
        mask_index: the class of the blank.
    Example:
        >>> ctc_loss([[1]], np.zeros((1, 1, 2)), [1], [1]).round(2)
        array([0.69])
    """
    return _loss(target, output, target_length, output_length, mask_index)[0]


def _loss(target: Array, output: Array, target_length: Array, output_length: Array, mask_index: int) -> tuple[Array, Array]:
    """The losses and the logits' gradients for a `dy` of 1; the kernel's blank is class 0."""
    order = [mask_index, *(n for n in range(output.shape[-1]) if n != mask_index)]
    numbers = np.argsort(order)
    values, gradient = np.empty(len(output), output.dtype), np.zeros_like(output)
    for row, (letters, steps) in enumerate(zip(np.asarray(target_length, int), np.asarray(output_length, int), strict=True)):
        labels = numbers[np.asarray(target)[row : row + 1, :letters].astype(np.intp)]
        log_p = log_softmax(output[row : row + 1, :steps][..., order])
        loss, posterior = ctc(log_p, labels)
        values[row] = loss[0]
        gradient[row, :steps] = ctc_backward(np.ones(1), log_p, labels, posterior)[0][:, numbers]
    return values, gradient


@operation(tensors=2)
def ctc_decode(
    inputs: Array,
    sequence_lengths: Array,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int = 0,
) -> tuple[Array, Array]:
    """The labels of each row and their scores: (paths, batch, letters), filled with -1, and (batch, paths).

    Args:
        inputs: logits (batch, time, classes).
        sequence_lengths: how many steps of each row count.
        strategy: "greedy", the most probable class of each step, or "beam_search".
        beam_width, top_paths: for the beam search, how many labels are followed, and how many returned.
        merge_repeated: whether repeated classes count once; for "greedy" only.
        mask_index: the class of the blank.
    Example:
        >>> logits = np.log([[[0.1, 0.8, 0.1], [0.1, 0.8, 0.1], [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]]])
        >>> labels, scores = ctc_decode(logits, [4])
        >>> labels[0]
        array([[ 1,  2, -1, -1]])
    """
    lengths = np.asarray(sequence_lengths, int)
    if strategy == "greedy":
        return _greedy(inputs, lengths, merge_repeated, mask_index)
    if strategy != "beam_search":
        raise ValueError(f"ctc_decode expects strategy to be 'greedy' or 'beam_search', got {strategy!r}")
    return _beam_search(inputs, lengths, beam_width, top_paths, mask_index)


def _greedy(inputs: Array, lengths: Array, merge_repeated: bool, blank: int) -> tuple[Array, Array]:
    counts = np.arange(inputs.shape[1]) < lengths[:, np.newaxis]
    labels = np.where(counts, inputs.argmax(axis=-1), blank)
    kept = labels != blank
    if merge_repeated:
        kept[:, 1:] &= labels[:, 1:] != labels[:, :-1]
    decoded = np.full(labels.shape, -1)
    for row, (letters, keeps) in enumerate(zip(labels, kept, strict=True)):
        decoded[row, : keeps.sum()] = letters[keeps]
    scores = -np.where(counts, inputs.max(axis=-1), 0).sum(axis=1, keepdims=True)
    return decoded[np.newaxis], scores


def _beam_search(inputs: Array, lengths: Array, width: int, top: int, blank: int) -> tuple[Array, Array]:
    log_p = log_softmax(inputs)
    decoded = np.full((top, len(inputs), inputs.shape[1]), -1)
    scores = np.full((len(inputs), top), -np.inf, inputs.dtype)
    for row, steps in enumerate(lengths):
        best = _best_labels(log_p[row, :steps], width, blank)[:top]
        for rank, (labels, score) in enumerate(best):
            decoded[rank, row, : len(labels)] = labels
            scores[row, rank] = score
    return decoded, scores


def _best_labels(log_p: Array, width: int, blank: int) -> list[tuple[tuple[int, ...], float]]:
    """Labels and their log-probabilities, most probable first: each is followed as ending in a blank and in its last letter."""
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, -np.inf)}
    for step in log_p:
        found: dict[tuple[int, ...], list[float]] = {}
        for labels, (with_blank, with_letter) in beams.items():
            either = float(np.logaddexp(with_blank, with_letter))
            for letter, p in enumerate(step):
                if letter == blank:
                    _add(found, labels, 0, either + p)
                elif labels and letter == labels[-1]:
                    _add(found, labels, 1, with_letter + p)
                    _add(found, (*labels, letter), 1, with_blank + p)
                else:
                    _add(found, (*labels, letter), 1, either + p)
        ranked = sorted(found.items(), key=lambda item: -np.logaddexp(item[1][0], item[1][1]))[:width]
        beams = {labels: (pair[0], pair[1]) for labels, pair in ranked}
    return [(labels, float(np.logaddexp(pair[0], pair[1]))) for labels, pair in beams.items()]


def _add(found: dict[tuple[int, ...], list[float]], labels: tuple[int, ...], ending: int, value: float) -> None:
    pair = found.setdefault(labels, [-np.inf, -np.inf])
    pair[ending] = float(np.logaddexp(pair[ending], value))
