"""Adds rows to those of a table, also several rows to the same one."""

import numpy as np

from minidl.config.types import Array


def add_rows(table: Array, ids: Array, rows: Array) -> None:
    """`table[ids[n]] += rows[n]` for every n: (entries, width), (n,), (n, width)."""
    if ids.size == 0:
        return
    order = np.argsort(ids, kind="stable")  # sorted, so that equal ids are adjacent; np.add.at is up to seven times slower
    ids = ids[order]
    starts = np.flatnonzero(np.diff(ids, prepend=-1))
    counts = np.diff(starts, append=len(ids))
    once = starts[counts == 1]
    table[ids[once]] += rows[order[once]]
    if len(once) < len(starts):
        repeated = np.repeat(counts > 1, counts)  # `reduceat` takes as long for each id as for ten rows
        ids, rows = ids[repeated], rows[order[repeated]]
        starts = np.flatnonzero(np.diff(ids, prepend=-1))
        table[ids[starts]] += np.add.reduceat(rows, starts, axis=0)
