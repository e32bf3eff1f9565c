"""Times kept as counts by length: an eighth of an octave wide, so that no case need be read."""

from collections.abc import Mapping

STEPS = 8  # to an octave: what is read out is off by 4.5 % at most
SHORTEST = 60.0  # seconds; what is shorter counts as a minute


def bucket_of(seconds: float) -> int:
    """Return the bucket of a time, as the database counts it."""
    steps = 0
    while SHORTEST * 2 ** ((steps + 1) / STEPS) <= seconds:
        steps += 1
    return steps


def quantile(counts: Mapping[int, int], share: float) -> float | None:
    """Return the time in seconds that `share` of the counted ones do not exceed; None for none.

    Within a bucket the times are taken as spread evenly over it.
    """
    total = sum(counts.values())
    if total <= 0:
        return None
    wanted, passed = share * total, 0
    for bucket in sorted(counts):
        count = counts[bucket]
        if passed + count >= wanted:
            within = (wanted - passed) / count if count else 0.0
            return SHORTEST * 2 ** ((bucket + within) / STEPS)
        passed += count
    return SHORTEST * 2 ** ((max(counts) + 1) / STEPS)
