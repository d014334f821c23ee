"""Seeded numbers by counting: every draw is a function of (seed, stream, counter), so no draw depends on another's
order.

The mix is SplitMix64 (Steele, Lea, Flood 2014). Only operations that IEEE 754 defines exactly are used afterwards (no
logarithm, no sine), so the same seed gives the same bytes on any machine.
"""

from __future__ import annotations

import numpy as np

from ..kernel import kernel

U = np.uint64
GAMMA = U(0x9E3779B97F4A7C15)
FIRST = U(0xBF58476D1CE4E5B9)
SECOND = U(0x94D049BB133111EB)
S30, S27, S31, S11 = U(30), U(27), U(31), U(11)
TO_UNIT = 1.0 / (1 << 53)


@kernel
def mix(word):
    """SplitMix64's finalizer of an unsigned 64-bit word (or array of words)."""
    word = (word ^ (word >> S30)) * FIRST
    word = (word ^ (word >> S27)) * SECOND
    return word ^ (word >> S31)


@kernel
def key(seed, stream):
    """The 64-bit key of one stream of a seed."""
    return mix(mix(U(seed) + GAMMA) + U(stream) * GAMMA)


@kernel
def uniform(stream_key, counter):
    """A float in [0, 1) for one counter of a stream: 53 random bits."""
    return float(mix(stream_key + (U(counter) + U(1)) * GAMMA) >> S11) * TO_UNIT


def uniforms(seed: int, stream: int, count: int, first: int = 0) -> np.ndarray:
    """``count`` floats in [0, 1), the same numbers as :func:`uniform` from counter ``first`` on."""
    with np.errstate(over="ignore"):
        stream_key = np.array([seed], U)
        stream_key = _mix(_mix(stream_key + GAMMA) + np.array([stream], U) * GAMMA)
        words = _mix(stream_key + (np.arange(first, first + count, dtype=U) + U(1)) * GAMMA)
    return (words >> S11).astype(np.float64) * TO_UNIT


def _mix(words: np.ndarray) -> np.ndarray:
    words = (words ^ (words >> S30)) * FIRST
    words = (words ^ (words >> S27)) * SECOND
    return words ^ (words >> S31)


def normals(seed: int, stream: int, count: int) -> np.ndarray:
    """``count`` nearly normal floats, mean 0 and variance 1: the sum of twelve uniforms less six (never beyond +-6)."""
    total = np.zeros(count)
    for part in range(12):
        total += uniforms(seed, stream * 16 + part + (1 << 32), count)
    return total - 6.0


def powers_of_two(exponents: np.ndarray) -> np.ndarray:
    """2**x for |x| < 60 by a polynomial of exact operations (relative error below 1e-6), equal on every machine."""
    whole = np.floor(exponents)
    x = (exponents - whole) * 0.6931471805599453
    series = 1.0 + x * (1.0 + x * (0.5 + x * (1 / 6 + x * (1 / 24 + x * (1 / 120 + x * (1 / 720 + x / 5040))))))
    return np.ldexp(series, whole.astype(np.int64))
