"""Connectionist temporal classification: the sum over all alignments of a label with the steps of a sequence.

A path emits one letter or the blank (class 0) at each step; repeated letters without a blank between them are merged. Its
states are the letters with blanks around them, `_ a _ b _`; at each step it stays, advances by one, or skips a blank between
two different letters. Probabilities are summed in log space in float64, as they span hundreds of orders of magnitude.

Source: Graves et al. 2006.
"""

import numpy as np

from minidl.config.types import Array


def ctc(log_p: Array, labels: Array) -> tuple[Array, Array]:
    """Negative log-probability of each row's label, and the probability of each state at each step, given the label.

    Args:
        log_p: (batch, time, classes), logarithms of probabilities.
        labels: (batch, letters), integers, with zeros after the last letter.
    """
    states = extended(labels)
    log_emission = np.take_along_axis(log_p.astype(np.float64), states[:, np.newaxis, :], axis=2)  # (batch, time, states)
    last = 2 * np.count_nonzero(labels, axis=1)[:, np.newaxis]  # the blank after the last letter
    number = np.arange(states.shape[1])
    skip_penalty = np.where(_may_skip(states), 0.0, -np.inf)  # transitions that skip a blank
    alpha, beta = np.empty_like(log_emission), np.empty_like(log_emission)

    alpha[:, 0] = np.where(number <= 1, log_emission[:, 0], -np.inf)
    for step in range(1, log_emission.shape[1]):
        previous = alpha[:, step - 1]
        skipped = _shifted(previous, 2) + skip_penalty
        alpha[:, step] = np.logaddexp(np.logaddexp(previous, _shifted(previous, 1)), skipped) + log_emission[:, step]

    beta[:, -1] = np.where((number == last) | (number == last - 1), 0.0, -np.inf)
    for step in range(log_emission.shape[1] - 2, -1, -1):
        following = beta[:, step + 1] + log_emission[:, step + 1]
        skips = _shifted(following + skip_penalty, -2)
        beta[:, step] = np.logaddexp(np.logaddexp(following, _shifted(following, -1)), skips)

    total = np.logaddexp.reduce(alpha[:, -1] + beta[:, -1], axis=1)
    posterior = np.exp(alpha + beta - total[:, np.newaxis, np.newaxis])
    return (-total).astype(log_p.dtype), posterior


def ctc_backward(dvalues: Array, log_p: Array, labels: Array, posterior: Array) -> Array:
    """`dlogits = softmax - P(class at step | label)`."""
    one_hot = extended(labels)[:, :, np.newaxis] == np.arange(log_p.shape[2])
    expected = np.matmul(posterior, one_hot.astype(np.float64))  # (batch, time, states) @ (batch, states, classes)
    dlogits: Array = ((np.exp(log_p) - expected) * dvalues[:, np.newaxis, np.newaxis]).astype(log_p.dtype)
    return dlogits


def extended(labels: Array) -> Array:
    """The states: blanks around the letters, (batch, 2 * letters + 1)."""
    states = np.zeros((labels.shape[0], 2 * labels.shape[1] + 1), np.intp)
    states[:, 1::2] = labels
    return states


def _may_skip(states: Array) -> Array:
    """Whether a state can be reached from the second state before it: a letter that differs from that one."""
    allowed = np.zeros(states.shape, bool)
    allowed[:, 2:] = (states[:, 2:] != 0) & (states[:, 2:] != states[:, :-2])
    return allowed


def _shifted(x: Array, places: int) -> Array:
    """Each state's value shifted by `places` states, filled with -inf."""
    y = np.full_like(x, -np.inf)
    if places > 0:
        y[:, places:] = x[:, :-places]
    else:
        y[:, :places] = x[:, -places:]
    return y
