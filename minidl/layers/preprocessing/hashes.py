"""Hash functions of strings, the same in every process, on every machine, and in TensorFlow, which Keras hashes with."""

from collections.abc import Callable, Sequence

import numpy as np

from minidl.config.types import Array

MASK = (1 << 64) - 1  # all arithmetic is modulo 2^64
K0, K1, K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F  # FarmHash's odd constants


def buckets_of(strings: Sequence[str], count: int, salt: Sequence[int] | None = None) -> Array:
    """For each string a number below `count`: its FarmHash, or with two integers as salt its SipHash.

    Example:
        >>> buckets_of(["A", "B", "C", "D", "E"], 3)
        array([1, 0, 1, 1, 2])
    """

    def hash_of(text: str) -> int:
        data = text.encode("utf-8", "surrogatepass")
        return fingerprint64(data) if salt is None else siphash(data, int(salt[0]), int(salt[1]))

    found = {text: hash_of(text) % count for text in set(strings)}
    return np.array([found[text] for text in strings], np.int64)


def _rotate(value: int, bits: int) -> int:
    """The lowest bits moved to the top."""
    value &= MASK
    return (value >> bits | value << (64 - bits)) & MASK


def _shift_mix(value: int) -> int:
    value &= MASK
    return value ^ value >> 47


def _mixed(u: int, v: int, factor: int) -> int:
    """Two numbers as one."""
    mixed = _shift_mix(((u ^ v) & MASK) * factor)
    return _shift_mix(((v ^ mixed) & MASK) * factor) * factor & MASK


def fingerprint64(data: bytes) -> int:
    """The 64-bit fingerprint of FarmHash.

    Source: Pike & Alakuijala, FarmHash.
    Example:
        >>> fingerprint64(b"A") % 3
        1
    """
    n = len(data)

    def at(place: int, size: int = 8) -> int:
        return int.from_bytes(data[place : place + size], "little")

    if n == 0:
        return K2
    if n < 4:
        y, z = data[0] + (data[n >> 1] << 8), n + (data[-1] << 2)
        return _shift_mix(y * K2 ^ z * K0) * K2 & MASK
    factor = K2 + 2 * n
    if n < 8:
        return _mixed(n + (at(0, 4) << 3), at(n - 4, 4), factor)
    if n <= 16:
        a, b = at(0) + K2, at(n - 8)
        return _mixed(_rotate(b, 37) * factor + a, (_rotate(a, 25) + b) * factor, factor)
    if n > 64:
        return _fingerprint_of_blocks(at, n)
    a, b, c, d = at(0) * (K1 if n <= 32 else K2), at(8), at(n - 8) * factor, at(n - 16) * K2
    y, z = _rotate(a + b, 43) + _rotate(c, 30) + d, a + _rotate(b + K2, 18) + c
    if n <= 32:
        return _mixed(y, z, factor)
    z = _mixed(y, z, factor)
    e, f, g, h = at(16) * factor, at(24), (y + at(n - 32)) * factor, (z + at(n - 24)) * factor
    return _mixed(_rotate(e + f, 43) + _rotate(g, 30) + h, e + _rotate(f + a, 18) + g, factor)


def _fingerprint_of_blocks(at: Callable[[int], int], n: int) -> int:
    """That of more than 64 bytes, by blocks of 64; the last block may overlap the one before."""

    def pair(place: int, a: int, b: int) -> tuple[int, int]:
        """32 bytes mixed into two numbers."""
        first, second, third, fourth = (at(place + offset) for offset in (0, 8, 16, 24))
        a += first
        total = a + second + third
        return total + fourth & MASK, _rotate(b + a + fourth, 21) + _rotate(total, 44) + a & MASK

    x, y, v, w = 81 * K2 + at(0), 81 * K1 + 113, (0, 0), (0, 0)
    z = _shift_mix(y * K2 + 113) * K2
    blocks = (n - 1) // 64
    for place in (64 * block for block in range(blocks)):
        x = _rotate(x + y + v[0] + at(place + 8), 37) * K1 ^ w[1]
        y = _rotate(y + v[1] + at(place + 48), 42) * K1 + v[0] + at(place + 40)
        z = _rotate(z + w[0], 33) * K1
        v, w = pair(place, v[1] * K1, x + w[0]), pair(place + 32, z + w[1], y + at(place + 16))
        x, y, z = z & MASK, y & MASK, x & MASK
    place, factor = n - 64, K1 + ((z & 0xFF) << 1)
    w = (w[0] + (n - 1 & 63), w[1])
    v = (v[0] + w[0], v[1])
    w = (w[0] + v[0], w[1])
    x = _rotate(x + y + v[0] + at(place + 8), 37) * factor ^ w[1] * 9
    y = _rotate(y + v[1] + at(place + 48), 42) * factor + v[0] * 9 + at(place + 40)
    z = _rotate(z + w[0], 33) * factor
    v, w = pair(place, v[1] * factor, x + w[0]), pair(place + 32, z + w[1], y + at(place + 16))
    return _mixed(_mixed(v[0], w[0], factor) + _shift_mix(y) * K0 + x, _mixed(v[1], w[1], factor) + z, factor)


def siphash(data: bytes, key_0: int, key_1: int) -> int:
    """SipHash-2-4 of bytes under a key of two 64-bit numbers.

    Source: Aumasson & Bernstein 2012, "SipHash: a fast short-input PRF".
    Example:
        >>> hex(siphash(bytes(range(15)), 0x0706050403020100, 0x0F0E0D0C0B0A0908))
        '0xa129ca6149be45e5'
    """
    key_0, key_1 = key_0 & MASK, key_1 & MASK
    v = [key_0 ^ 0x736F6D6570736575, key_1 ^ 0x646F72616E646F6D, key_0 ^ 0x6C7967656E657261, key_1 ^ 0x7465646279746573]
    end = len(data) // 8 * 8
    words = [int.from_bytes(data[start : start + 8], "little") for start in range(0, end, 8)]
    for word in [*words, int.from_bytes(data[end:], "little") | (len(data) & 0xFF) << 56]:
        v[3] ^= word
        _sip_rounds(v, 2)
        v[0] ^= word
    v[2] ^= 0xFF
    _sip_rounds(v, 4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def _sip_rounds(v: list[int], count: int) -> None:
    """Mix the four numbers of the state, in place."""
    for _ in range(count):
        for a, b, left, then in ((0, 1, 13, 32), (2, 3, 16, None), (0, 3, 21, None), (2, 1, 17, 32)):
            v[a] = v[a] + v[b] & MASK
            v[b] = _rotate(v[b], 64 - left) ^ v[a]
            if then is not None:
                v[a] = _rotate(v[a], then)


def crossed(columns: Sequence[Array]) -> Array:
    """For each row one hash of its 64-bit numbers, in this order.

    Example:
        >>> crossed([np.array([fingerprint64(b"A")], np.uint64), np.array([101], np.uint64)]) % 5
        array([1], dtype=uint64)
    """
    factor = np.uint64(0xC6A4A7935BD1E995)

    def shift_mix(values: Array) -> Array:
        mixed: Array = values ^ (values >> np.uint64(47))
        return mixed

    found = np.full(columns[0].shape, 0xDECAFCAFFE, np.uint64)
    for values in columns:
        found = (found ^ factor ^ (shift_mix(values * factor) * factor)) * factor
        found = shift_mix(shift_mix(found) * factor)
    return found
