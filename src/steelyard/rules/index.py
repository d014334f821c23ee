"""What an index is worth: weighted average and median of its active sources, and how far apart prices may lie.

Prices are in index units, 1..2**40; weights in parts per billion of no particular total. Whoever changes a source's
state lives in the engine; here numbers are only looked at.
"""
from ..codes import SOURCE_IS_ACTIVE
from ..kernel import kernel, multiply_divide_down
from ..units import PPB

INDEX_SOURCES_MAX = 8
"""As in engine/records.py (a test compares them)."""
HALF_BITS = 20
HALF_MASK = (1 << HALF_BITS) - 1
"""Prices are split into two halves of 20 bits, so that weighted sums stay far below 2**63 and the mean is exact."""


@kernel
def split_mean(high_sum, low_sum, weight_sum):
    """(high_sum x 2**20 + low_sum) / weight_sum, rounded half up.  INDX-001

    high_sum, low_sum  weighted sums of the upper and lower 20 bits of the prices, each < 2**60
    weight_sum         sum of the weights, 1..2**40
    """
    whole = high_sum // weight_sum
    rest = high_sum % weight_sum
    return (whole << HALF_BITS) + ((rest << (HALF_BITS + 1)) + 2 * low_sum + weight_sum) // (2 * weight_sum)


@kernel
def active_count(index):
    """How many sources count."""
    count = 0
    for number in range(INDEX_SOURCES_MAX):
        if index.sources[number].state == SOURCE_IS_ACTIVE:
            count += 1
    return count


@kernel
def rank_of(index, number):
    """How many active sources lie below source ``number``; equal prices rank by number."""
    price = index.sources[number].price_units
    rank = 0
    for other in range(INDEX_SOURCES_MAX):
        source = index.sources[other]
        if source.state == SOURCE_IS_ACTIVE and (
                source.price_units < price or (source.price_units == price and other < number)):
            rank += 1
    return rank


@kernel
def median_price(index):
    """Median of the active sources' prices, unweighted; the mean of the middle two is rounded down.  INDX-002

    0 without an active source.
    """
    count = active_count(index)
    if count == 0:
        return 0
    middle_sum = 0
    for number in range(INDEX_SOURCES_MAX):
        if index.sources[number].state == SOURCE_IS_ACTIVE:
            rank = rank_of(index, number)
            if rank == (count - 1) // 2:
                middle_sum += index.sources[number].price_units
            if rank == count // 2:
                middle_sum += index.sources[number].price_units
    return middle_sum // 2


@kernel
def lies_beyond(price_units, reference_units, share_ppb, parts):
    """True where |price - reference| > reference x share / parts, exactly.  INDX-003

    ``parts`` is 1 for a source against the median or the last index, 2 where half the share is meant.
    """
    return abs(price_units - reference_units) > multiply_divide_down(reference_units, share_ppb, parts * PPB)

@kernel
def clamped(price_units, median_units, clamp_ppb):
    """A source's price moved into median x (1 +- clamp), the width rounded down; as it is without a clamp.  INDX-011"""
    if clamp_ppb == 0:
        return price_units
    width = multiply_divide_down(median_units, clamp_ppb, PPB)
    return max(median_units - width, min(median_units + width, price_units))


@kernel
def weighted_price(index):
    """Average of the active sources' last prices by weight, weights renormalized over them; rounds half up.  INDX-001,
    INDX-011

    0 without an active source. Source: bitmex.md 3 (index).
    """
    high_sum = 0
    low_sum = 0
    weight_sum = 0
    median = median_price(index) if index.clamp_ppb != 0 else 0
    for number in range(INDEX_SOURCES_MAX):
        source = index.sources[number]
        if source.state == SOURCE_IS_ACTIVE:
            price = clamped(source.price_units, median, index.clamp_ppb)
            weight_sum += source.weight_ppb
            high_sum += source.weight_ppb * (price >> HALF_BITS)
            low_sum += source.weight_ppb * (price & HALF_MASK)
    if weight_sum == 0:
        return 0
    return split_mean(high_sum, low_sum, weight_sum)
