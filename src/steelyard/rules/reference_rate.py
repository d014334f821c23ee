"""A reference rate from the trades of an hour: volume-weighted medians of equal partitions, and their mean.

Not a kernel: it runs once a day, outside the engine, and its result enters as a settlement price. Source: cme.md 4.
"""
PARTITIONS = 12
"""Five minutes each in an hour of observation."""


def weighted_median(trades) -> int:
    """The price at which half of the volume is reached, going up, of (price, size) trades with sizes > 0.  BRRR-001

    Where half is reached exactly at a price, that price (the lower of the two in the middle): ours, the methodology we
    have does not say.

    >>> weighted_median([(100, 1), (101, 3), (105, 2)])
    101
    """
    total = sum(size for _price, size in trades)
    reached = 0
    for price, size in sorted(trades):
        reached += size
        if 2 * reached >= total:
            return price
    raise ValueError("a median needs a trade with a size above 0")


def partition_of(time_ns: int, begin_ns: int, length_ns: int) -> int:
    """Which of the partitions of an observation a time lies in; -1 outside. A boundary belongs to the later one.
    BRRR-002"""
    if not begin_ns <= time_ns < begin_ns + length_ns:
        return -1
    return (time_ns - begin_ns) * PARTITIONS // length_ns


def reference_rate(trades, begin_ns: int, length_ns: int) -> int | None:
    """The mean of the partitions' medians, rounded half up to a unit of price; None where nothing traded.  BRRR-003

    ``trades`` are (time in ns, price, size) of every constituent, in any order. A partition in which nobody traded does
    not count: ours, the methodology we have does not say.
    """
    parts = [[] for _number in range(PARTITIONS)]
    for time_ns, price, size in trades:
        number = partition_of(time_ns, begin_ns, length_ns)
        if number >= 0 and size > 0:
            parts[number].append((price, size))
    medians = [weighted_median(part) for part in parts if part]
    if not medians:
        return None
    return (2 * sum(medians) + len(medians)) // (2 * len(medians))
