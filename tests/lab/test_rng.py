"""Random numbers: known words of SplitMix64, one law in both forms, no dependence on order."""

import numpy as np

from steelyard.lab import rng

KNOWN = (0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F)
"""First outputs of SplitMix64 from state 0 (Steele, Lea, Flood 2014; reference implementation by Vigna)."""


def test_known_words_of_splitmix():
    """LABS-004"""
    with np.errstate(over="ignore"):
        words = rng._mix((np.arange(1, 4, dtype=np.uint64)) * rng.GAMMA)
    assert tuple(int(word) for word in words) == KNOWN


def test_kernel_and_array_form_agree():
    """LABS-004"""
    with np.errstate(over="ignore"):
        key = rng.key(7, 3)
        assert [rng.uniform(key, counter) for counter in range(20)] == rng.uniforms(7, 3, 20).tolist()
    assert rng.uniforms(7, 3, 10, first=10).tolist() == rng.uniforms(7, 3, 20).tolist()[10:]


def test_laws():
    draws = rng.uniforms(1, 2, 200_000)
    assert 0 <= draws.min() and draws.max() < 1 and abs(draws.mean() - 0.5) < 0.003
    bell = rng.normals(1, 2, 200_000)
    assert abs(bell.mean()) < 0.01 and abs(bell.std() - 1) < 0.01
    assert abs(np.corrcoef(rng.uniforms(1, 2, 50_000), rng.uniforms(1, 3, 50_000))[0, 1]) < 0.02


def test_powers_of_two_are_right_and_exact_at_whole_numbers():
    exponents = np.linspace(-20, 20, 4001)
    assert np.max(np.abs(rng.powers_of_two(exponents) / 2.0**exponents - 1)) < 1e-6
    assert rng.powers_of_two(np.array([-3.0, 0.0, 5.0])).tolist() == [0.125, 1.0, 32.0]
